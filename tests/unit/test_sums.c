/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/flows/sums.h"

TEST(sums_stop_at_the_largest_number)
{
	struct sums large = { .records = 1, .packets = UINT64_MAX - 1, .bytes = UINT64_MAX };
	struct sums small = { .records = 1, .packets = 1, .bytes = 1 }, sums = { 0 };

	sums_join(&sums, &large);
	sums_join(&sums, &small);
	CHECK(sums.records == 2 && sums.packets == UINT64_MAX && sums.bytes == UINT64_MAX);
	sums_join(&sums, &large);
	CHECK(sums.records == 3 && sums.packets == UINT64_MAX && sums.bytes == UINT64_MAX);
}

TEST(sums_keep_the_first_start_that_is_told_and_the_last_end)
{
	static const struct sums items[] = {
		{ .records = 1 },
		{ .records = 1, .start = 20, .end = 25 },
		{ .records = 1, .start = 10, .end = 15 },
		{ .records = 1, .end = 30 },
	};
	struct sums sums = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		sums_join(&sums, &items[i]);
	CHECK(sums.records == 4 && sums.start == 10 && sums.end == 30);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_stop_at_the_largest_number),
		cmocka_unit_test(sums_keep_the_first_start_that_is_told_and_the_last_end),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
