/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/stamp.h"

#include "lib/base/clock.h"

enum { DAY_S = 86400 };

/* count digits off the front of *rest. */
static int cut_number(struct str *rest, size_t count, uint64_t max, int64_t *out)
{
	uint64_t value;

	if (rest->len < count || str_u64(str_head(*rest, count), max, &value) < 0)
		return -1;
	*rest = str_skip(*rest, count);
	*out = (int64_t)value;
	return 0;
}

static bool cut_char(struct str *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = str_skip(*rest, 1);
	return true;
}

/* "Z", or how far the clock is ahead of UTC. */
static int parse_zone(struct str rest, int64_t *ahead_s)
{
	int64_t hours, minutes;
	bool	behind = rest.len && rest.ptr[0] == '-';

	*ahead_s = 0;
	if (str_is(rest, "Z"))
		return 0;
	if (!behind && !(rest.len && rest.ptr[0] == '+'))
		return -1;
	rest = str_skip(rest, 1);
	if (cut_number(&rest, 2, 23, &hours) < 0)
		return -1;
	cut_char(&rest, ':');
	if (cut_number(&rest, 2, 59, &minutes) < 0 || rest.len)
		return -1;
	*ahead_s = (hours * 60 + minutes) * 60 * (behind ? -1 : 1);
	return 0;
}

static int parse_day(struct str *rest, bool *extended, int64_t *day_s)
{
	char	date[10];
	int32_t days;

	*extended = rest->len > 4 && rest->ptr[4] == '-';
	if (rest->len < (*extended ? 10 : 8))
		return -1;
	for (size_t i = 0, from = 0; i < sizeof(date); i++)
		date[i] = !*extended && (i == 4 || i == 7) ? '-' : rest->ptr[from++];
	if (clock_parse_date((struct str){ date, sizeof(date) }, &days) < 0)
		return -1;
	*rest = str_skip(*rest, *extended ? 10 : 8);
	*day_s = (int64_t)days * DAY_S;
	return 0;
}

int stamp_parse(struct str text, int64_t *seconds)
{
	bool	extended;
	int64_t day_s, hour, minute, second, ahead_s;

	if (parse_day(&text, &extended, &day_s) < 0 || !cut_char(&text, 'T'))
		return -1;
	if (cut_number(&text, 2, 23, &hour) < 0 || (extended && !cut_char(&text, ':')) ||
	    cut_number(&text, 2, 59, &minute) < 0 || (extended && !cut_char(&text, ':')) ||
	    cut_number(&text, 2, 60, &second) < 0)
		return -1;
	if (cut_char(&text, '.'))
		while (text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9')
			text = str_skip(text, 1);
	if (parse_zone(text, &ahead_s) < 0)
		return -1;
	*seconds = day_s + (hour * 60 + minute) * 60 + second - ahead_s;
	return 0;
}

void stamp_print(int64_t seconds, char out[static STAMP_SIZE])
{
	char   iso[CLOCK_TIME_SIZE];
	size_t len = 0;

	clock_print_time(seconds, iso);
	for (size_t i = 0; iso[i] && len + 1 < STAMP_SIZE; i++)
		if (iso[i] != '-' && iso[i] != ':')
			out[len++] = iso[i];
	out[len] = '\0';
}
