/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"

#include <stdio.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* The wall clock is read between two readings of the other; their middle belongs to it. */
struct clock_pair clock_now(void)
{
	int64_t before = read_ns(CLOCK_MONOTONIC);
	int64_t wall = read_ns(CLOCK_REALTIME);
	int64_t after = read_ns(CLOCK_MONOTONIC);

	return (struct clock_pair){ .mono.ns = (uint64_t)(before + (after - before) / 2),
				    .wall.ns = wall };
}

struct wall clock_wall_of(struct clock_pair pair, struct mono mono)
{
	return (struct wall){ .ns = pair.wall.ns + (int64_t)(mono.ns - pair.mono.ns) };
}

struct mono clock_mono_of(struct clock_pair pair, struct wall wall)
{
	return (struct mono){ .ns = pair.mono.ns + (uint64_t)(wall.ns - pair.wall.ns) };
}

int64_t clock_seconds(struct wall wall)
{
	return wall.ns / NS_PER_S - (wall.ns % NS_PER_S < 0);
}

/* Days from civil date and back: the proleptic Gregorian calendar in eras of 400 years. */
static int32_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t	 y = month <= 2 ? year - 1 : year;
	int64_t	 era = y / 400;
	unsigned year_of_era = (unsigned)(y - era * 400);
	unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int32_t)(era * 146097 + day_of_era - 719468);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool		     leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int clock_parse_date(struct str text, int32_t *days)
{
	uint64_t year, month, day;

	if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' ||
	    str_u64(str_head(text, 4), 9999, &year) < 0 ||
	    str_u64(str_head(str_skip(text, 5), 2), 12, &month) < 0 ||
	    str_u64(str_skip(text, 8), 31, &day) < 0)
		return -1;
	if (year < 1970 || month < 1 || day < 1 ||
	    day > days_in_month((unsigned)year, (unsigned)month))
		return -1;
	*days = days_of((int64_t)year, (unsigned)month, (unsigned)day);
	return 0;
}

static bool civil_of(int64_t seconds, struct tm *civil)
{
	time_t time = (time_t)seconds;

	return gmtime_r(&time, civil) != NULL;
}

void clock_print_date(int32_t days, char out[static CLOCK_DATE_SIZE])
{
	struct tm civil;

	if (!civil_of((int64_t)days * 86400, &civil) ||
	    strftime(out, CLOCK_DATE_SIZE, "%Y-%m-%d", &civil) == 0)
		snprintf(out, CLOCK_DATE_SIZE, "-");
}

void clock_print_time(int64_t seconds, char out[static CLOCK_TIME_SIZE])
{
	struct tm civil;

	if (!civil_of(seconds, &civil) ||
	    strftime(out, CLOCK_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &civil) == 0)
		snprintf(out, CLOCK_TIME_SIZE, "-");
}
