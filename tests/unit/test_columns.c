/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/flow/columns.h"
#include "tests/unit/samples.h"

#define SSH                                                                                        \
	"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 "      \
	"1418530010 1418530070 ACCEPT OK\n"
#define NODATA	   "2 123456789010 eni-1 - - - - - - - 1431280876 1431280934 - NODATA\n"
#define BIT(field) (UINT64_C(1) << (field))

enum { FILE_MAX = 1 << 20 };

/* What a run over a file found, in the order of its lines. */
struct found {
	uint64_t	 lines[4096];
	struct record	 records[64];
	uint32_t	 count;
	struct bad_lines bad;
	int		 end; /* of blocks_next */
};

static char path[] = "/tmp/weir-columns-XXXXXX";

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void read_all(enum parser_method method, uint64_t wanted, struct found *found)
{
	struct err     err;
	struct block   block;
	struct parser *parser = parser_new(wanted);
	struct blocks *blocks = blocks_open(path, 0, NULL, &err);

	memset(found, 0, sizeof(*found));
	assert_non_null(blocks);
	block_init(&block);
	parser_use(parser, method);
	while ((found->end = blocks_next(blocks, &block, &found->bad, &err)) == 1) {
		const struct columns *columns;

		parser_take(parser, &block);
		while ((columns = parser_next(parser, &found->bad))) {
			for (uint32_t row = 0; row < columns->count; row++) {
				if (found->count < ARRAY_LEN(found->records))
					columns_record(columns, row, &found->records[found->count]);
				found->lines[found->count++ % ARRAY_LEN(found->lines)] =
					columns_line_number(columns, row);
			}
		}
	}
	block_done(&block);
	blocks_close(blocks);
	parser_free(parser);
}

TEST(columns_hold_every_field_of_a_published_record)
{
	struct found found;

	write_file(SSH, strlen(SSH));
	for (int i = 0; i < PARSER_METHOD_COUNT; i++) {
		const struct record *record = &found.records[0];

		if (!parser_method_is_here((enum parser_method)i))
			continue;
		read_all((enum parser_method)i, LINE_ALL_FIELDS, &found);
		CHECK(found.count == 1 && found.bad.total == 0 && found.end == 0);
		CHECK(record->version == 2 && record->srcport == 20641 && record->dstport == 22);
		CHECK(record->protocol == 6 && record->packets == 20 && record->bytes == 4249);
		CHECK(record->start == 1418530010 && record->end == 1418530070);
		CHECK(record->action == ACTION_ACCEPT && record->log_status == LOG_STATUS_OK);
		CHECK(ip_eq(record->srcaddr, ip_v4(172, 31, 16, 139)));
		CHECK(ip_eq(record->dstaddr, ip_v4(172, 31, 16, 21)));
		CHECK(record->has == (UINT64_C(1) << 14) - 1);
	}
}

TEST(columns_have_only_the_fields_wanted_and_look_into_no_others)
{
	static const char text[] = "2 1 eni-1 10.0.0.1 nonsense 1 2 6 1 many 1 1 ACCEPT OK\n";
	struct found	  found;

	write_file(text, strlen(text));
	read_all(PARSER_SCALAR, BIT(FIELD_SRCADDR) | BIT(FIELD_DSTPORT), &found);
	CHECK(found.count == 1 && found.bad.total == 0);
	CHECK(found.records[0].has == (BIT(FIELD_SRCADDR) | BIT(FIELD_DSTPORT)));
	CHECK(found.records[0].dstport == 2 && found.records[0].packets == 0);
}

TEST(bad_lines_are_counted_by_reason_and_the_first_of_each_is_kept)
{
	static const char text[] = SSH "2 1 eni-1 10.0.0.300 10.0.0.1 1 2 6 1 1 1 1 ACCEPT OK\n"
				       "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 ACCEPT\n" NODATA
				       "2 1 eni-1 10.0.0.301 10.0.0.1 1 2 6 1 1 1 1 ACCEPT OK\n"
				       "\n"
				       "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 ACCEPT OK more\n"
				       "2 1 eni-1 10.0.0.3 10.0.0.1 1 2 6 1 1 1 1 accept OK\n";
	struct found found;

	write_file(text, strlen(text));
	read_all(PARSER_SCALAR, LINE_ALL_FIELDS, &found);
	CHECK(found.count == 2 && found.bad.total == 5);
	CHECK(found.bad.count[LINE_BAD_ADDRESS] == 2 && found.bad.line[LINE_BAD_ADDRESS] == 2);
	CHECK(found.bad.count[LINE_TOO_FEW_FIELDS] == 1);
	CHECK(found.bad.count[LINE_TOO_MANY_FIELDS] == 1);
	CHECK(found.bad.count[LINE_BAD_WORD] == 1 && found.bad.line[LINE_BAD_WORD] == 8);
	CHECK(found.bad.first[LINE_BAD_ADDRESS].line == 2);
	CHECK(strcmp(found.bad.first[LINE_BAD_ADDRESS].source, path) == 0);
}

TEST(headers_anywhere_change_the_format_and_are_no_rows)
{
	static const char text[] = "srcaddr dstaddr\n10.0.0.1 10.0.0.2\n"
				   "dstport srcaddr\n443 10.0.0.3\n80 10.0.0.4\n"
				   "- srcaddr new-field\n- 10.0.0.5 x\n"
				   "srcaddr srcaddr\n- 10.0.0.6 y\n";
	struct found	  found;

	write_file(text, strlen(text));
	read_all(PARSER_SCALAR, LINE_ALL_FIELDS, &found);
	CHECK(found.count == 5);
	for (uint8_t i = 0; i < 5; i++)
		CHECK(ip_eq(found.records[i].srcaddr,
			    ip_v4(10, 0, 0, (uint8_t)(i == 0 ? 1 : i + 2))));
	CHECK(found.lines[1] == 4 && found.records[1].dstport == 443);
	CHECK(found.bad.total == 1 && found.bad.line[LINE_BAD_HEADER] == 8);
}

TEST(a_time_in_front_of_the_fields_is_passed_over)
{
	static const char *const texts[] = {
		"2026-10-02T08:00:00.000Z " SSH,
		"\n2026-10-02T08:00:00+00:00 eni-1235b8ca123456789-all " SSH,
		SSH,
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct found found;

		write_file(texts[i], strlen(texts[i]));
		read_all(PARSER_SCALAR, LINE_ALL_FIELDS, &found);
		CHECK(found.count == 1 && found.records[0].dstport == 22);
	}
}

TEST(a_line_that_is_too_long_is_one_bad_line_and_the_next_is_read)
{
	static const size_t lens[] = { 40000, 65536, 65537, 300000, 700000 };

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		char	    *text = malloc(FILE_MAX);
		struct found found;

		memset(text, 'x', lens[i]);
		memcpy(text + lens[i], "\n" SSH, sizeof("\n" SSH));
		write_file(text, lens[i] + sizeof("\n" SSH) - 1);
		read_all(PARSER_SCALAR, LINE_ALL_FIELDS, &found);
		CHECK(found.count == 1 && found.lines[0] == 2 && found.bad.total == 1);
		CHECK(found.bad.count[lens[i] > 65536 ? LINE_TOO_LONG : LINE_BAD_NUMBER] == 1);
		free(text);
	}
}

/* One that begins where a read begins: its first part fills the room, and leaves next to none for the rest. */
TEST(a_line_that_is_too_long_may_begin_at_the_start_of_a_read)
{
	enum { AHEAD = 1 << 17, LONG = 1 << 19 };
	char	    *text = malloc(FILE_MAX);
	size_t	     lines = AHEAD / (sizeof(SSH) - 1) + 2, at = 0;
	struct found found;

	for (size_t i = 0; i < lines; i++, at += sizeof(SSH) - 1)
		memcpy(text + at, SSH, sizeof(SSH) - 1);
	memset(text + at, 'x', LONG);
	memcpy(text + at + LONG, "\n" SSH, sizeof("\n" SSH) - 1);
	write_file(text, at + LONG + sizeof("\n" SSH) - 1);
	read_all(PARSER_SCALAR, LINE_ALL_FIELDS, &found);
	CHECK(found.count == lines + 1 && found.lines[lines] == lines + 2);
	CHECK(found.bad.total == 1 && found.bad.count[LINE_TOO_LONG] == 1);
	CHECK(found.bad.line[LINE_TOO_LONG] == lines + 1);
	free(text);
}

/* Lines of ten bytes, so that what follows begins at `at`. */
static size_t fill_up_to(char *text, size_t at)
{
	size_t len = 0;

	memcpy(text, "srcport\n", 8);
	for (len = 8; len + 20 <= at; len += 10)
		memcpy(text + len, "   12345 \n", 10);
	memset(text + len, ' ', at - len);
	memcpy(text + len, "7", 1);
	text[at - 1] = '\n';
	return at;
}

TEST(a_file_reads_the_same_wherever_reads_and_chunks_cut_it)
{
	static const char   tail[] = "1\n-\n65535 \r\n65536\nsrcport dstport\n1 2\n\n3 4\n5";
	static const size_t cuts[] = { 1 << 15, (1 << 18) + (1 << 16), 1 << 18 };
	char		   *text = malloc(FILE_MAX);

	for (size_t cut = 0; cut < ARRAY_LEN(cuts); cut++) {
		for (size_t k = 0; k < sizeof(tail); k++) {
			size_t	     at = fill_up_to(text, cuts[cut] - k);
			struct found found;

			memcpy(text + at, tail, sizeof(tail) - 1);
			write_file(text, at + sizeof(tail) - 1);
			for (int i = 0; i < PARSER_METHOD_COUNT; i++) {
				if (!parser_method_is_here((enum parser_method)i))
					continue;
				read_all((enum parser_method)i, BIT(FIELD_SRCPORT), &found);
				CHECK(found.bad.count[LINE_BAD_NUMBER] == 1);
				CHECK(found.bad.count[LINE_TOO_FEW_FIELDS] == 1);
				CHECK(found.bad.total == 2);
				CHECK(found.count == (at - 8 + 9) / 10 + 5 ||
				      found.count == (at - 8) / 10 + 5);
			}
		}
	}
	free(text);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_hold_every_field_of_a_published_record),
		cmocka_unit_test(columns_have_only_the_fields_wanted_and_look_into_no_others),
		cmocka_unit_test(bad_lines_are_counted_by_reason_and_the_first_of_each_is_kept),
		cmocka_unit_test(headers_anywhere_change_the_format_and_are_no_rows),
		cmocka_unit_test(a_time_in_front_of_the_fields_is_passed_over),
		cmocka_unit_test(a_line_that_is_too_long_is_one_bad_line_and_the_next_is_read),
		cmocka_unit_test(a_line_that_is_too_long_may_begin_at_the_start_of_a_read),
		cmocka_unit_test(a_file_reads_the_same_wherever_reads_and_chunks_cut_it),
	};

	int fd = mkstemp(path), result;

	if (fd < 0)
		return 1;
	close(fd);
	result = unit_run(argc, argv, tests, ARRAY_LEN(tests));
	unlink(path);
	return result;
}
