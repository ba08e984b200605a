/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/flow/format.h"
#include "lib/flow/line_at.h"

enum { LINES = 20000 };

static char path[] = "/tmp/weir-line-at-XXXXXX";

static void write_lines(const char *last)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 1; i <= LINES; i++)
		fprintf(file, "line %d of many\n", i);
	fputs(last, file);
	assert_int_equal(fclose(file), 0);
}

static bool find(uint64_t number, uint64_t *budget, struct buf *out)
{
	buf_clear(out);
	return line_at(path, number, budget, out);
}

TEST(a_line_is_found_by_its_number_wherever_pieces_end)
{
	auto_buf struct buf line = buf_make(FORMAT_LINE_MAX);

	write_lines("the end");
	for (uint64_t number = 1; number <= LINES; number += 97) {
		uint64_t budget = UINT64_MAX;
		char	 expected[64];

		snprintf(expected, sizeof(expected), "line %d of many", (int)number);
		CHECK(find(number, &budget, &line));
		CHECK_STR(buf_str(&line), expected);
	}
}

TEST(the_last_line_needs_no_newline_and_behind_it_is_none)
{
	auto_buf struct buf line = buf_make(FORMAT_LINE_MAX);
	uint64_t	    budget = UINT64_MAX;

	write_lines("the end");
	CHECK(find(LINES + 1, &budget, &line));
	CHECK_STR(buf_str(&line), "the end");
	CHECK(!find(LINES + 2, &budget, &line));
	write_lines("");
	CHECK(!find(LINES + 1, &budget, &line));
}

TEST(no_more_is_read_than_the_budget_allows)
{
	auto_buf struct buf line = buf_make(FORMAT_LINE_MAX);
	uint64_t	    budget = 1 << 17;

	write_lines("");
	CHECK(find(1, &budget, &line) && budget == 1 << 16);
	CHECK(!find(LINES, &budget, &line) && budget == 0);
}

TEST(what_cannot_be_read_again_has_no_lines)
{
	auto_buf struct buf line = buf_make(FORMAT_LINE_MAX);
	uint64_t	    budget = UINT64_MAX;

	CHECK(!line_at("standard input", 1, &budget, &line));
	CHECK(!line_at("/tmp", 1, &budget, &line));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_found_by_its_number_wherever_pieces_end),
		cmocka_unit_test(the_last_line_needs_no_newline_and_behind_it_is_none),
		cmocka_unit_test(no_more_is_read_than_the_budget_allows),
		cmocka_unit_test(what_cannot_be_read_again_has_no_lines),
	};
	int fd = mkstemp(path), result;

	if (fd < 0)
		return 1;
	close(fd);
	result = unit_run(argc, argv, tests, ARRAY_LEN(tests));
	unlink(path);
	return result;
}
