/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/flow/format.h"

#define DEFAULT_FIELDS                                                                             \
	"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "  \
	"start end action log-status"

static struct format format(const char *text)
{
	struct format out;
	struct err    err;

	if (format_parse(str_of(text), &out, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

static void check_printed(const struct format *format, const char *expected)
{
	auto_buf struct buf buf = buf_make(FORMAT_LINE_MAX);

	format_print(format, &buf);
	CHECK_TEXT(buf.data, expected);
}

TEST(format_default_is_aws_own)
{
	struct format format = format_default();

	CHECK(format.count == 14 && format.version == 2);
	check_printed(&format, DEFAULT_FIELDS);
}

TEST(format_parse_takes_both_ways_of_writing_it)
{
	struct format dollars = format("${version}  ${srcaddr} ${pkt-dstaddr}");
	struct format header = format("version srcaddr pkt-dstaddr\r\n");
	struct format parquet = format("version srcaddr pkt_dstaddr");

	check_printed(&dollars, "version srcaddr pkt-dstaddr");
	check_printed(&header, "version srcaddr pkt-dstaddr");
	check_printed(&parquet, "version srcaddr pkt-dstaddr");
}

TEST(format_version_is_the_highest_of_its_fields)
{
	static const struct {
		const char *text;
		uint8_t	    version;
	} cases[] = {
		{ "srcaddr", 2 },
		{ "srcaddr vpc-id", 3 },
		{ "region vpc-id srcaddr", 4 },
		{ "flow-direction", 5 },
		{ "ecs-task-id region", 7 },
		{ "reject-reason", 8 },
		{ "resource-id", 9 },
		{ "encryption-status", 10 },
		{ "interface-type version", 11 },
		{ DEFAULT_FIELDS, 2 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(format(cases[i].text).version == cases[i].version);
}

TEST(format_keeps_an_unknown_field_as_a_column_and_names_it)
{
	struct format out;
	struct str    unknown;
	struct err    err;

	CHECK(format_parse(str_of("srcaddr quantum-spin dstaddr other"), &out, &unknown, &err) ==
	      0);
	CHECK_STR(unknown, "quantum-spin");
	CHECK(out.count == 4 && out.fields[1] == FIELD_COUNT && out.fields[2] == FIELD_DSTADDR);
	CHECK(format_parse(str_of("srcaddr"), &out, &unknown, &err) == 0 && unknown.len == 0);
}

TEST(format_parse_rejects_and_leaves_output_alone)
{
	static const char *bad[] = {
		"",	    "  ",  "srcaddr srcaddr",	   "pkt-srcaddr pkt_srcaddr", "${srcaddr",
		"srcaddr}", "${}", "${srcaddr}${dstaddr}", "srcaddr${dstaddr}",	      "src{addr"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct format out = { .count = 77 };
		struct err    err = { 0 };

		CHECK(format_parse(str_of(bad[i]), &out, NULL, &err) == -1);
		CHECK(out.count == 77 && err.kind == ERR_INPUT && err.text[0]);
	}
}

TEST(format_parse_has_a_limit)
{
	auto_buf struct buf text = buf_make(10000);
	struct format	    out = { .count = 77 };
	struct err	    err;

	for (int i = 0; i < FORMAT_FIELDS_MAX; i++)
		buf_printf(&text, "unknown-%d ", i);
	CHECK(format(text.data).count == FORMAT_FIELDS_MAX);
	buf_add_text(&text, "one-more");
	CHECK(format_parse(buf_str(&text), &out, NULL, &err) == -1 && out.count == 77);
}

TEST(format_is_header_by_its_first_word_that_is_not_an_unknown_column)
{
	CHECK(format_is_header(str_of(DEFAULT_FIELDS)));
	CHECK(format_is_header(str_of(" srcaddr something-new")));
	/* What format_print makes of "${something-new} ${srcaddr}". */
	CHECK(format_is_header(str_of("- srcaddr - dstaddr")));
	CHECK(!format_is_header(str_of("- - - 1795474595 1795474595 NODATA")));
	CHECK(!format_is_header(str_of("- -")));
	CHECK(!format_is_header(str_of("2 123456789010 eni-1235b8ca123456789")));
	CHECK(!format_is_header(str_of("- eni-1235b8ca123456789 10.0.1.5")));
	CHECK(!format_is_header(str_of("")));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_default_is_aws_own),
		cmocka_unit_test(format_parse_takes_both_ways_of_writing_it),
		cmocka_unit_test(format_version_is_the_highest_of_its_fields),
		cmocka_unit_test(format_keeps_an_unknown_field_as_a_column_and_names_it),
		cmocka_unit_test(format_parse_rejects_and_leaves_output_alone),
		cmocka_unit_test(format_parse_has_a_limit),
		cmocka_unit_test(format_is_header_by_its_first_word_that_is_not_an_unknown_column),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
