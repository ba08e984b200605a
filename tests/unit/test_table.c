/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/table.h"

static const struct table_column columns[] = {
	{ "NAME", false }, { "BYTES", true }, { "WHY", false }, { 0 }
};

static char *printed(const struct table *table, bool header)
{
	char  *text = NULL;
	size_t size = 0;
	FILE  *out = open_memstream(&text, &size);

	CHECK(out != NULL);
	table_print(table, header, out);
	CHECK(fclose(out) == 0);
	return text;
}

static void check_printed(const struct table *table, bool header, const char *expected)
{
	char *text = printed(table, header);

	CHECK_TEXT(text, expected);
	free(text);
}

TEST(table_aligns_by_contents_and_leaves_no_blanks_at_the_end)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("web"));
	table_cellf(table, "%d", 5);
	table_cell(table, str_of("sgr-1"));
	table_cell(table, str_of("a-long-name"));
	table_cellf(table, "%d", 1234567);
	table_cell(table, str_of("x"));
	check_printed(table, true,
		      "NAME           BYTES  WHY\n"
		      "web                5  sgr-1\n"
		      "a-long-name  1234567  x\n");
	check_printed(table, false,
		      "web                5  sgr-1\n"
		      "a-long-name  1234567  x\n");
}

TEST(table_counts_characters_not_bytes)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("caf\xc3\xa9"));
	table_cellf(table, "1");
	table_cell(table, str_of("a"));
	table_cell(table, str_of("cafe"));
	table_cellf(table, "2");
	table_cell(table, str_of("b"));
	check_printed(table, false, "caf\xc3\xa9  1  a\ncafe  2  b\n");
}

TEST(table_cells_cannot_drive_the_terminal)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("\033[2J"));
	table_cellf(table, "%s", "a\nb");
	table_cell(table, str_of(""));
	check_printed(table, false, "\\x1b[2J  a\\x0ab\n");
}

TEST(table_without_rows_is_its_header)
{
	auto_table struct table *table = table_new(columns);

	check_printed(table, true, "NAME  BYTES  WHY\n");
	check_printed(table, false, "");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_aligns_by_contents_and_leaves_no_blanks_at_the_end),
		cmocka_unit_test(table_counts_characters_not_bytes),
		cmocka_unit_test(table_cells_cannot_drive_the_terminal),
		cmocka_unit_test(table_without_rows_is_its_header),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
