/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/stamp.h"
#include "tests/unit/unit.h"

TEST(stamp_parse_reads_every_form_that_aws_writes)
{
	static const struct {
		const char *text;
		int64_t	    seconds;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "20150830T123600Z", 1440938160 },
		{ "2015-08-30T12:36:00Z", 1440938160 },
		{ "2015-08-30T12:36:00.123456Z", 1440938160 },
		{ "2015-08-30T14:36:00+02:00", 1440938160 },
		{ "2015-08-30T07:06:00-0530", 1440938160 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = -1;

		CHECK(stamp_parse(str_of(cases[i].text), &seconds) == 0);
		CHECK(seconds == cases[i].seconds);
	}
}

TEST(stamp_parse_refuses_what_is_no_time_and_leaves_output_alone)
{
	static const char *const bad[] = {
		"",
		"2015",
		"2015-08-30",
		"2015-08-30T12:36:00",
		"2015-02-30T12:36:00Z",
		"20150830T1236Z",
		"2015-08-30 12:36:00Z",
		"2015-08-30T24:00:00Z",
		"20150830T123600ZZ",
		"2015-08-30T12:36:00+2",
		"2015-08-30T12:36:00+",
		"2015083",
		"2015-08-30T12:3600Z",
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t seconds = 77;

		CHECK(stamp_parse(str_of(bad[i]), &seconds) == -1);
		CHECK(seconds == 77);
	}
}

TEST(stamp_print_is_what_parse_reads)
{
	char	out[STAMP_SIZE];
	int64_t seconds;

	stamp_print(1440938160, out);
	CHECK_TEXT(out, "20150830T123600Z");
	CHECK(stamp_parse(str_of(out), &seconds) == 0 && seconds == 1440938160);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamp_parse_reads_every_form_that_aws_writes),
		cmocka_unit_test(stamp_parse_refuses_what_is_no_time_and_leaves_output_alone),
		cmocka_unit_test(stamp_print_is_what_parse_reads),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
