/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"

TEST(clock_converts_both_ways_about_a_pair)
{
	struct clock_pair pair = { .mono.ns = 5000, .wall.ns = 1700000000000000000 };

	CHECK(clock_wall_of(pair, (struct mono){ 6000 }).ns == 1700000000000001000);
	CHECK(clock_wall_of(pair, (struct mono){ 4000 }).ns == 1699999999999999000);
	CHECK(clock_mono_of(pair, (struct wall){ 1700000000000001000 }).ns == 6000);
	CHECK(clock_mono_of(pair, clock_wall_of(pair, (struct mono){ 1 })).ns == 1);
}

TEST(clock_now_goes_forward)
{
	struct clock_pair a = clock_now(), b = clock_now();

	CHECK(b.mono.ns >= a.mono.ns && a.wall.ns > 0);
}

TEST(clock_seconds_rounds_down_also_before_1970)
{
	CHECK(clock_seconds((struct wall){ 1999999999 }) == 1);
	CHECK(clock_seconds((struct wall){ 0 }) == 0);
	CHECK(clock_seconds((struct wall){ -1 }) == -1);
	CHECK(clock_seconds((struct wall){ -1000000000 }) == -1);
}

TEST(clock_parse_date_knows_the_calendar)
{
	static const struct {
		const char *text;
		int32_t	    days;
	} cases[] = {
		{ "1970-01-01", 0 },	 { "1970-12-31", 364 },	  { "2000-02-29", 11016 },
		{ "2024-02-29", 19782 }, { "2027-03-31", 20908 }, { "9999-12-31", 2932896 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int32_t days = -1;
		char	out[CLOCK_DATE_SIZE];

		CHECK(clock_parse_date(str_of(cases[i].text), &days) == 0);
		CHECK(days == cases[i].days);
		clock_print_date(days, out);
		CHECK_TEXT(out, cases[i].text);
	}
}

TEST(clock_parse_date_refuses_and_leaves_output_alone)
{
	static const char *bad[] = { "",	   "2027-02-29", "2100-02-29",	"2027-13-01",
				     "2027-00-10", "2027-01-00", "2027-04-31",	"1969-12-31",
				     "2027-1-01",  "2027/01/01", "2027-01-011", "+027-01-01",
				     " 2027-01-1" };
	int32_t		   days = 77;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(clock_parse_date(str_of(bad[i]), &days) == -1 && days == 77);
}

TEST(clock_print_time_is_iso_8601_in_utc)
{
	char out[CLOCK_TIME_SIZE];

	clock_print_time(1418530010, out);
	CHECK_TEXT(out, "2014-12-14T04:06:50Z");
	clock_print_time(INT64_MAX, out);
	CHECK_TEXT(out, "-");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_converts_both_ways_about_a_pair),
		cmocka_unit_test(clock_now_goes_forward),
		cmocka_unit_test(clock_seconds_rounds_down_also_before_1970),
		cmocka_unit_test(clock_parse_date_knows_the_calendar),
		cmocka_unit_test(clock_parse_date_refuses_and_leaves_output_alone),
		cmocka_unit_test(clock_print_time_is_iso_8601_in_utc),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
