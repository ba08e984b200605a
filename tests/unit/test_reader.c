/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/flow/line.h"
#include "lib/flow/reader.h"
#include "tests/unit/samples.h"

#define SSH                                                                                        \
	"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 "      \
	"1418530010 1418530070 ACCEPT OK"

TEST(reader_takes_every_field_of_a_published_record)
{
	struct format format = format_default();
	struct record record;
	struct err    err;

	CHECK(line_parse(str_of(SSH), &format, LINE_ALL_FIELDS, &record, &err) == LINE_FINE);
	CHECK(record.version == 2 && record.srcport == 20641 && record.dstport == 22);
	CHECK(record.protocol == 6 && record.packets == 20 && record.bytes == 4249);
	CHECK(record.start == 1418530010 && record.end == 1418530070);
	CHECK(record.action == ACTION_ACCEPT && record.log_status == LOG_STATUS_OK);
	CHECK(ip_eq(record.srcaddr, ip_v4(172, 31, 16, 139)));
	CHECK(ip_eq(record.dstaddr, ip_v4(172, 31, 16, 21)));
	CHECK_STR(record.text[FIELD_ACCOUNT_ID], "123456789010");
	CHECK_STR(record.text[FIELD_INTERFACE_ID], "eni-1235b8ca123456789");
	CHECK(record.has == (UINT64_C(1) << 14) - 1);
}

TEST(reader_has_no_value_where_the_record_has_a_dash)
{
	struct format format = format_default();
	struct record record;
	struct err    err;

	CHECK(line_parse(str_of(samples[2].line), &format, LINE_ALL_FIELDS, &record, &err) ==
	      LINE_FINE);
	CHECK(record.log_status == LOG_STATUS_NODATA && record_has(&record, FIELD_START));
	CHECK(!record_has(&record, FIELD_SRCADDR) && !record_has(&record, FIELD_ACTION));
	CHECK(!record_has(&record, FIELD_BYTES) && !record_has(&record, FIELD_VPC_ID));
}

TEST(reader_takes_runs_of_blanks_as_one_published_record_has_them)
{
	struct format format = format_default();
	struct record record;
	struct err    err;

	CHECK(line_parse(str_of("  2 123456789010  eni-1 \t - - - - - - - 1 2 - NODATA\r"), &format,
			 LINE_ALL_FIELDS, &record, &err) == LINE_FINE);
	CHECK_STR(record.text[FIELD_INTERFACE_ID], "eni-1");
}

TEST(reader_rejects_a_bad_line_with_its_column_and_leaves_output_alone)
{
	static const struct {
		const char *line;
		uint32_t    column;
	} cases[] = {
		{ "2 1 eni-1 10.0.0.300 10.0.0.1 1 2 6 1 1 1 1 ACCEPT OK", 11 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 65536 2 6 1 1 1 1 ACCEPT OK", 29 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 tcp 1 1 1 1 ACCEPT OK", 33 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 256 1 1 1 1 ACCEPT OK", 33 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 -1 1 1 1 ACCEPT OK", 35 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 accept OK", 43 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 ACCEPT FINE", 50 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 ACCEPT", 49 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 ACCEPT OK more", 53 },
		{ "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 99999999999999 ACCEPT OK", 41 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct format format = format_default();
		struct record record = { .has = 77 };
		struct err    err = { 0 };

		CHECK(line_parse(str_of(cases[i].line), &format, LINE_ALL_FIELDS, &record, &err) !=
		      LINE_FINE);
		CHECK(record.has == 77 && err.kind == ERR_INPUT);
		if (err.column != cases[i].column)
			fail_msg("%s: column %u: %s", cases[i].line, err.column, err.text);
	}
}

/* A reader on a file with this text; the file is gone at once, its open descriptor is not. */
static struct reader *open_text(const char *text, size_t len)
{
	char	       path[] = "/tmp/weir-reader-XXXXXX";
	int	       fd = mkstemp(path);
	struct err     err;
	struct reader *reader;

	CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len && close(fd) == 0);
	reader = reader_open(path, NULL, &err);
	CHECK(reader != NULL && unlink(path) == 0);
	return reader;
}

TEST(reader_follows_the_header_line_of_each_file_joined)
{
	static const char	   text[] = "version srcaddr dstaddr\n2 10.0.0.1 10.0.0.2\n\n"
					    "dstaddr srcaddr new-field\n10.0.0.3 10.0.0.4 x";
	auto_reader struct reader *reader = open_text(text, sizeof(text) - 1);
	struct record		   record;
	struct err		   err;

	CHECK(reader_next(reader, &record, &err) == READER_RECORD);
	CHECK(ip_eq(record.srcaddr, ip_v4(10, 0, 0, 1)) && reader_line_number(reader) == 2);
	CHECK(reader_next(reader, &record, &err) == READER_RECORD);
	CHECK(ip_eq(record.srcaddr, ip_v4(10, 0, 0, 4)) && reader_line_number(reader) == 5);
	CHECK_STR(reader_line(reader), "10.0.0.3 10.0.0.4 x");
	CHECK(reader_format(reader)->count == 3);
	CHECK(reader_next(reader, &record, &err) == READER_END);
	CHECK(reader_bytes(reader) == sizeof(text) - 1);
}

TEST(reader_goes_on_after_a_bad_line)
{
	static const char	   text[] = SSH "\nnonsense\n" SSH "\r\n";
	auto_reader struct reader *reader = open_text(text, sizeof(text) - 1);
	struct record		   record;
	struct err		   err = { 0 };

	CHECK(reader_next(reader, &record, &err) == READER_RECORD);
	CHECK(reader_next(reader, &record, &err) == READER_BAD_LINE);
	CHECK(err.line == 2 && err.source[0] && err.text[0]);
	CHECK(reader_next(reader, &record, &err) == READER_RECORD);
	CHECK(reader_next(reader, &record, &err) == READER_END);
	CHECK(reader_next(reader, &record, &err) == READER_END);
}

TEST(reader_hands_out_every_line_of_a_long_file)
{
	enum { LINES = 20000 };
	char	      *text = NULL;
	size_t	       size = 0;
	FILE	      *out = open_memstream(&text, &size);
	struct reader *reader;
	struct record  record;
	struct err     err;

	CHECK(out != NULL);
	for (int i = 0; i < LINES; i++)
		fprintf(out, "2 1 eni-%d 10.0.0.3 10.0.0.1 1 2 6 %d 1 1 1 ACCEPT OK\n", i, i);
	CHECK(fclose(out) == 0);
	reader = open_text(text, size);
	for (int i = 0; i < LINES; i++) {
		char expected[32];

		CHECK(reader_next(reader, &record, &err) == READER_RECORD);
		snprintf(expected, sizeof(expected), "eni-%d", i);
		CHECK(record.packets == (uint64_t)i);
		CHECK_STR(record.text[FIELD_INTERFACE_ID], expected);
	}
	CHECK(reader_next(reader, &record, &err) == READER_END);
	reader_close(reader);
	free(text);
}

TEST(reader_refuses_what_is_no_text)
{
	static const struct str starts[] = { STR_LITERAL("BZh91AY"), STR_LITERAL("PAR1more") };

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		auto_reader struct reader *reader = open_text(starts[i].ptr, starts[i].len);
		struct record		   record;
		struct err		   err = { 0 };

		CHECK(reader_next(reader, &record, &err) == READER_FAILED);
		CHECK(err.kind == ERR_INPUT && err.source[0]);
	}
}

TEST(a_line_longer_than_the_limit_is_a_bad_line_and_the_next_is_read)
{
	static const size_t lens[] = { FORMAT_LINE_MAX + 1, 300000, 700000 };

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		char			  *text = malloc(lens[i] + sizeof("\n" SSH));
		auto_reader struct reader *reader = NULL;
		struct record		   record;
		struct err		   err = { 0 };

		memset(text, 'x', lens[i]);
		memcpy(text + lens[i], "\n" SSH, sizeof("\n" SSH));
		reader = open_text(text, lens[i] + sizeof("\n" SSH) - 1);
		CHECK(reader_next(reader, &record, &err) == READER_BAD_LINE);
		CHECK(reader_fault(reader) == LINE_TOO_LONG && err.line == 1);
		CHECK(reader_next(reader, &record, &err) == READER_RECORD);
		CHECK(record.dstport == 22 && reader_line_number(reader) == 2);
		CHECK(reader_next(reader, &record, &err) == READER_END);
		free(text);
	}
}

TEST(reader_passes_over_a_time_in_front_of_the_fields)
{
	static const char *const texts[] = {
		"2026-10-02T08:00:00.000Z " SSH "\n2026-10-02T08:00:01.000Z " SSH,
		"\n2026-10-02T08:00:00+00:00 eni-1-all " SSH
		"\n2026-10-02T08:00:01+00:00 eni-1-all " SSH,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_reader struct reader *reader = open_text(texts[i], strlen(texts[i]));
		struct record		   record;
		struct err		   err = { 0 };

		CHECK(reader_next(reader, &record, &err) == READER_RECORD && record.dstport == 22);
		CHECK(reader_next(reader, &record, &err) == READER_RECORD && record.dstport == 22);
		CHECK(reader_next(reader, &record, &err) == READER_END);
	}
}

TEST(reader_of_nothing_ends_and_of_no_file_fails)
{
	auto_reader struct reader *reader = open_text("", 0);
	struct record		   record;
	struct err		   err = { 0 };

	CHECK(reader_next(reader, &record, &err) == READER_END);
	CHECK(reader_open("/nonexistent", NULL, &err) == NULL && err.kind == ERR_INPUT);
	CHECK(reader_open("/", NULL, &err) == NULL && err.kind == ERR_INPUT);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_takes_every_field_of_a_published_record),
		cmocka_unit_test(reader_has_no_value_where_the_record_has_a_dash),
		cmocka_unit_test(reader_takes_runs_of_blanks_as_one_published_record_has_them),
		cmocka_unit_test(reader_rejects_a_bad_line_with_its_column_and_leaves_output_alone),
		cmocka_unit_test(reader_follows_the_header_line_of_each_file_joined),
		cmocka_unit_test(reader_goes_on_after_a_bad_line),
		cmocka_unit_test(reader_hands_out_every_line_of_a_long_file),
		cmocka_unit_test(reader_refuses_what_is_no_text),
		cmocka_unit_test(a_line_longer_than_the_limit_is_a_bad_line_and_the_next_is_read),
		cmocka_unit_test(reader_passes_over_a_time_in_front_of_the_fields),
		cmocka_unit_test(reader_of_nothing_ends_and_of_no_file_fails),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
