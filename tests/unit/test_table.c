/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/table.h"

static const struct table_column columns[] = {
	{ "NAME", false }, { "BYTES", true }, { "WHY", false }, { 0 }
};

typedef void print_fn(const struct table *table, FILE *out);

static void print_titled(const struct table *table, FILE *out)
{
	table_print(table, true, out);
}

static void print_bare(const struct table *table, FILE *out)
{
	table_print(table, false, out);
}

static void print_csv(const struct table *table, FILE *out)
{
	table_print_csv(table, true, out);
}

static void check_form(const struct table *table, print_fn *print, const char *expected)
{
	char  *text = NULL;
	size_t size = 0;
	FILE  *out = open_memstream(&text, &size);

	CHECK(out != NULL);
	print(table, out);
	CHECK(fclose(out) == 0);
	CHECK_TEXT(text, expected);
	free(text);
}

static void check_printed(const struct table *table, bool header, const char *expected)
{
	check_form(table, header ? print_titled : print_bare, expected);
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

TEST(table_note_stands_below_its_row)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("web"));
	table_cell_u64(table, 5);
	table_cell(table, str_of(""));
	table_note(table, str_of("first"));
	table_note(table, str_of("harmless\x1b"));
	table_cell(table, str_of("db"));
	table_cell_u64(table, 66);
	table_cell(table, str_of(""));
	check_printed(table, true,
		      "NAME  BYTES  WHY\n"
		      "web       5\n"
		      "    first\n"
		      "    harmless\\x1b\n"
		      "db       66\n");
}

TEST(table_cell_cut_counts_characters)
{
	static const struct {
		const char *text, *cell;
		bool	    is_whole;
	} cases[] = {
		{ "", "", true },	  { "abcd", "abcd", true },   { "abcde", "abc…", false },
		{ "äöüß", "äöüß", true }, { "äöüßé", "äöü…", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		static const struct table_column one[] = { { "X", false }, { 0 } };
		auto_table struct table		*table = table_new(one);
		char				 expected[32];

		CHECK(table_cell_cut(table, str_of(cases[i].text), 4) == cases[i].is_whole);
		snprintf(expected, sizeof(expected), "%s\n", cases[i].cell);
		check_printed(table, false, expected);
	}
}

TEST(table_cell_tells_that_there_was_more_and_whole_cells_have_it_all)
{
	static const struct table_column one[] = { { "LIST", false }, { 0 } };
	char				 list[1001];

	memset(list, 'a', sizeof(list) - 1);
	list[sizeof(list) - 1] = '\0';
	for (int whole = 0; whole < 2; whole++) {
		auto_table struct table *table = table_new(one);
		char			 expected[1024] = "";

		if (whole)
			table_cell_whole(table, str_of(list));
		else
			table_cell(table, str_of(list));
		snprintf(expected, sizeof(expected), "%.*s%s\n", whole ? 1000 : 512, list,
			 whole ? "" : "…");
		check_printed(table, false, expected);
	}
}

TEST(table_print_csv_quotes_and_disarms)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("a,b"));
	table_cell_u64(table, 5);
	table_cell(table, str_of("say \"x\""));
	table_cell(table, str_of("=1+1"));
	table_cell(table, str_of("-"));
	table_cell(table, str_of("@\"x"));
	check_form(table, print_csv,
		   "NAME,BYTES,WHY\n"
		   "\"a,b\",5,\"say \"\"x\"\"\"\n"
		   "\"'=1+1\",-,\"'@\"\"x\"\n");
}

TEST(table_print_markdown_escapes)
{
	auto_table struct table *table = table_new(columns);

	table_cell(table, str_of("a|b"));
	table_cell_u64(table, 5);
	table_cell(table, str_of("<i> [x](y) `z` _"));
	check_form(table, table_print_markdown,
		   "| NAME | BYTES | WHY |\n"
		   "|---|--:|---|\n"
		   "| a\\|b | 5 | &lt;i> \\[x\\](y) \\`z\\` \\_ |\n");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_aligns_by_contents_and_leaves_no_blanks_at_the_end),
		cmocka_unit_test(table_counts_characters_not_bytes),
		cmocka_unit_test(table_cells_cannot_drive_the_terminal),
		cmocka_unit_test(table_without_rows_is_its_header),
		cmocka_unit_test(table_note_stands_below_its_row),
		cmocka_unit_test(table_cell_cut_counts_characters),
		cmocka_unit_test(table_cell_tells_that_there_was_more_and_whole_cells_have_it_all),
		cmocka_unit_test(table_print_csv_quotes_and_disarms),
		cmocka_unit_test(table_print_markdown_escapes),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
