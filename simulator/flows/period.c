/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/period.h"

#include "lib/base/clock.h"

enum { SECONDS_A_DAY = 86400, DATE_LEN = 10, CLOCK_LEN = 8 };

/* The last second of the year 9999: what dates can say, seconds may. */
static const uint64_t seconds_max = 253402300799;

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 90m: that long before now, but not before 1970. */
static int parse_age(struct str text, int64_t now_s, int64_t *out)
{
	static const struct {
		char	 unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	uint64_t count;

	if (text.len < 2 || str_u64(str_head(text, text.len - 1), UINT32_MAX, &count) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t age = (int64_t)(count * units[i].seconds);

		if (text.ptr[text.len - 1] != units[i].unit)
			continue;
		*out = age < now_s ? now_s - age : 0;
		return 0;
	}
	return -1;
}

/* Two digits at text[at], at most max. */
static int two_digits(struct str text, size_t at, uint64_t max, int64_t *out)
{
	uint64_t value;

	if (text.len < at + 2 || str_u64(str_head(str_skip(text, at), 2), max, &value) < 0)
		return -1;
	*out = (int64_t)value;
	return 0;
}

/* Z, or +HH:MM east of it: how far ahead of UTC the clock is that was read. */
static int parse_zone(struct str text, int64_t *ahead_s)
{
	int64_t hours, minutes;

	*ahead_s = 0;
	if (str_is(text, "Z") || str_is(text, "z"))
		return 0;
	if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':' ||
	    two_digits(text, 1, 23, &hours) < 0 || two_digits(text, 4, 59, &minutes) < 0)
		return -1;
	*ahead_s = (hours * 60 + minutes) * (text.ptr[0] == '-' ? -60 : 60);
	return 0;
}

/* HH:MM:SS[.fraction]zone (RFC 3339, 5.6); a second 60 is the next one, the fraction is dropped. */
static int parse_clock(struct str text, int64_t *seconds)
{
	int64_t hours, minutes, rest, ahead;

	if (text.len < CLOCK_LEN || text.ptr[2] != ':' || text.ptr[5] != ':' ||
	    two_digits(text, 0, 23, &hours) < 0 || two_digits(text, 3, 59, &minutes) < 0 ||
	    two_digits(text, 6, 60, &rest) < 0)
		return -1;
	text = str_skip(text, CLOCK_LEN);
	if (text.len && text.ptr[0] == '.') {
		size_t len = 1;

		while (len < text.len && is_digit(text.ptr[len]))
			len++;
		if (len == 1)
			return -1;
		text = str_skip(text, len);
	}
	if (parse_zone(text, &ahead) < 0)
		return -1;
	*seconds = (hours * 60 + minutes) * 60 + rest - ahead;
	return 0;
}

static int parse_time(struct str text, int64_t *out)
{
	int64_t seconds = 0;
	int32_t days;

	if (clock_parse_date(str_head(text, DATE_LEN), &days) < 0)
		return -1;
	if (text.len > DATE_LEN) {
		char between = text.ptr[DATE_LEN];

		if ((between != 'T' && between != 't' && between != ' ') ||
		    parse_clock(str_skip(text, DATE_LEN + 1), &seconds) < 0)
			return -1;
	}
	*out = (int64_t)days * SECONDS_A_DAY + seconds;
	return 0;
}

int period_moment(struct str text, int64_t now_s, int64_t *out)
{
	uint64_t seconds;

	if (str_u64(text, seconds_max, &seconds) == 0) {
		*out = (int64_t)seconds;
		return 0;
	}
	if (parse_age(text, now_s, out) == 0)
		return 0;
	return parse_time(text, out);
}

static int parse_end(const char *option, const char *text, int64_t now_s, int64_t *out,
		     struct err *err)
{
	if (text && period_moment(str_of(text), now_s, out) < 0)
		return err_set(err, ERR_USAGE,
			       "%s '%s': expected a date like 2026-10-02, a time like "
			       "2026-10-02T08:00:00Z, Unix seconds, or an age like 90m, 24h, 7d, "
			       "4w",
			       option, text);
	return 0;
}

int period_parse(const char *since, const char *until, struct period *out, struct err *err)
{
	int64_t	      now_s = clock_seconds(clock_now().wall);
	struct period period = { .since_s = INT64_MIN, .until_s = INT64_MAX };

	if (parse_end("--since", since, now_s, &period.since_s, err) < 0 ||
	    parse_end("--until", until, now_s, &period.until_s, err) < 0)
		return -1;
	if (period.since_s >= period.until_s)
		return err_set(err, ERR_USAGE,
			       "--since '%s' is not before --until '%s': no record is in it", since,
			       until);
	*out = period;
	return 0;
}

bool period_is_all(const struct period *period)
{
	return period->since_s == INT64_MIN && period->until_s == INT64_MAX;
}
