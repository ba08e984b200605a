/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"
#include "simulator/flows/period.h"

enum { NOW = 1790000000 }; /* 2026-09-21T14:13:20Z */

TEST(period_moment_reads_dates_times_seconds_and_ages)
{
	static const struct {
		const char *text;
		int64_t	    seconds;
	} cases[] = {
		{ "1970-01-01", 0 },
		{ "2026-10-02", 1790899200 },
		{ "2026-10-02T08:00:00Z", 1790928000 },
		{ "2026-10-02t08:00:00z", 1790928000 },
		{ "2026-10-02 08:00:00Z", 1790928000 },
		{ "2026-10-02T10:00:00+02:00", 1790928000 },
		{ "2026-10-02T02:30:00-05:30", 1790928000 },
		{ "2026-10-02T08:00:00.999Z", 1790928000 },
		{ "2016-12-31T23:59:60Z", 1483228800 },
		{ "0", 0 },
		{ "1790928000", 1790928000 },
		{ "30s", NOW - 30 },
		{ "90m", NOW - 5400 },
		{ "24h", NOW - 86400 },
		{ "7d", NOW - 604800 },
		{ "4w", NOW - 2419200 },
		{ "4294967295w", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = -1;

		CHECK(period_moment(str_of(cases[i].text), NOW, &seconds) == 0);
		CHECK(seconds == cases[i].seconds);
	}
}

TEST(period_moment_refuses_and_leaves_output_alone)
{
	static const char *bad[] = { "",
				     "now",
				     "m",
				     "-1",
				     "7 d",
				     "7y",
				     "7dd",
				     "4294967296s",
				     "253402300800",
				     "2026-02-29",
				     "2026-10-02T",
				     "2026-10-02T08:00",
				     "2026-10-02T08:00:00",
				     "2026-10-02T24:00:00Z",
				     "2026-10-02T08:60:00Z",
				     "2026-10-02T08:00:61Z",
				     "2026-10-02T08:00:00.Z",
				     "2026-10-02T08:00:00+2:00",
				     "2026-10-02T08:00:00+02:00x",
				     "2026-10-02x08:00:00Z" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t seconds = 77;

		CHECK(period_moment(str_of(bad[i]), NOW, &seconds) == -1);
		CHECK(seconds == 77);
	}
}

TEST(period_holds_what_reaches_into_it)
{
	static const struct {
		uint64_t start, end;
		bool	 in;
	} cases[] = {
		{ 0, 99, false },   { 0, 100, true },	 { 100, 100, true }, { 150, 160, true },
		{ 199, 300, true }, { 200, 200, false }, { 50, 300, true },  { 250, 300, false },
	};
	struct period period;
	struct err    err;

	CHECK(period_parse("100", "200", &period, &err) == 0);
	CHECK(!period_is_all(&period));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(period_has(&period, cases[i].start, cases[i].end) == cases[i].in);
}

TEST(period_without_ends_holds_everything)
{
	struct period period;
	struct err    err;

	CHECK(period_parse(NULL, NULL, &period, &err) == 0);
	CHECK(period_is_all(&period));
	CHECK(period_has(&period, 0, 0));
	CHECK(period_has(&period, UINT64_MAX, UINT64_MAX));
}

TEST(period_ages_are_before_now)
{
	int64_t	      before = clock_seconds(clock_now().wall), after;
	struct period period;
	struct err    err;

	CHECK(period_parse("1h", NULL, &period, &err) == 0);
	after = clock_seconds(clock_now().wall);
	CHECK(period.since_s >= before - 3600 && period.since_s <= after - 3600);
	CHECK(period.until_s == INT64_MAX);
}

TEST(period_parse_names_the_option_that_is_wrong)
{
	static const struct {
		const char *since, *until, *text;
	} cases[] = {
		{ "soon", NULL, "--since 'soon': expected a date" },
		{ NULL, "later", "--until 'later': expected a date" },
		{ "200", "200", "--since '200' is not before --until '200'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct period period = { .since_s = 77 };
		struct err    err;

		CHECK(period_parse(cases[i].since, cases[i].until, &period, &err) == -1);
		CHECK(err.kind == ERR_USAGE && strstr(err.text, cases[i].text) == err.text);
		CHECK(period.since_s == 77);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(period_moment_reads_dates_times_seconds_and_ages),
		cmocka_unit_test(period_moment_refuses_and_leaves_output_alone),
		cmocka_unit_test(period_holds_what_reaches_into_it),
		cmocka_unit_test(period_without_ends_holds_everything),
		cmocka_unit_test(period_ages_are_before_now),
		cmocka_unit_test(period_parse_names_the_option_that_is_wrong),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
