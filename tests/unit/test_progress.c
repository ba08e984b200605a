/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/progress.h"

#define GIB (UINT64_C(1) << 30)

TEST(progress_says_how_far_it_is_how_fast_and_how_long_it_will_take)
{
	static const struct {
		const char	     *text;
		double		      seconds;
		struct progress_state state;
	} cases[] = {
		{ "25 %  1.0 GiB of 4.0 GiB  18,204,551 records  18.2 M/s  0:03 left",
		  1,
		  { GIB, 4 * GIB, 18204551, "records" } },
		{ "50 %  2.0 GiB of 4.0 GiB  900 records  9/s  1:40 left",
		  100,
		  { 2 * GIB, 4 * GIB, 900, "records" } },
		{ "100 %  4.0 GiB of 4.0 GiB  7 records  7/s",
		  1,
		  { 4 * GIB, 4 * GIB, 7, "records" } },
		/* A file that has grown since, and nothing read yet. */
		{ "100 %  4.0 GiB of 4.0 GiB  7 records  7/s",
		  1,
		  { 5 * GIB, 4 * GIB, 7, "records" } },
		{ "0 %  0 B of 4.0 GiB  0 records  0/s", 1, { 0, 4 * GIB, 0, "records" } },
		/* A pipe does not tell how much there will be. */
		{ "1.0 GiB  5 records  5/s", 1, { GIB, 0, 5, "records" } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf text = buf_make(PROGRESS_TEXT_MAX);

		progress_print(&cases[i].state, cases[i].seconds, &text);
		CHECK_STR(buf_str(&text), cases[i].text);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_says_how_far_it_is_how_fast_and_how_long_it_will_take),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
