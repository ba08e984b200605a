/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/flows/memo.h"

enum { ENTRIES = 5000 };

static uint32_t find_one(struct memo *memo, uint64_t word)
{
	uint64_t key[MEMO_WIDE] = { [1] = word };
	uint32_t number;

	memo_find(memo, key, 1, &number);
	return number;
}

static void put(struct memo *memo, uint64_t word, uint32_t number)
{
	uint64_t key[MEMO_WIDE] = { [1] = word };

	memo_put(memo, key, number);
}

TEST(a_memory_keeps_what_it_has_room_for_and_takes_no_more_than_it_says)
{
	static const uint32_t widths[] = { MEMO_NARROW, MEMO_WIDE };

	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		struct memo *memo = memo_new(widths[i], ENTRIES);

		for (uint32_t number = 0; number < ENTRIES; number++)
			put(memo, number, number);
		CHECK(memo->capacity * (memo->words + 1) * sizeof(*memo->slots) <=
		      ENTRIES * memo_entry_bytes(widths[i]));
		for (uint32_t number = 0; number < ENTRIES; number++)
			CHECK(find_one(memo, number) == number);
		CHECK(find_one(memo, ENTRIES) == MEMO_NONE);
		memo_free(memo);
	}
}

TEST(a_full_memory_forgets_all_for_a_new_key_and_nothing_for_a_known_one)
{
	struct memo *memo = memo_new(MEMO_NARROW, 2);

	put(memo, 1, 10);
	put(memo, 2, 20);
	put(memo, 2, 21);
	CHECK(find_one(memo, 1) == 10 && find_one(memo, 2) == 21);
	put(memo, 3, 30);
	CHECK(find_one(memo, 1) == MEMO_NONE && find_one(memo, 2) == MEMO_NONE);
	CHECK(find_one(memo, 3) == 30);
	memo_free(memo);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_memory_keeps_what_it_has_room_for_and_takes_no_more_than_it_says),
		cmocka_unit_test(
			a_full_memory_forgets_all_for_a_new_key_and_nothing_for_a_known_one),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
