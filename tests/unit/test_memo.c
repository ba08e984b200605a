/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/flows/memo.h"

enum { KEYS = 20000 };

static void make_key(uint32_t words, uint64_t number, uint64_t *out)
{
	memset(out, 0, words * sizeof(*out));
	out[number % words] = number;
}

TEST(what_was_put_is_found_and_nothing_else)
{
	static const uint32_t widths[] = { MEMO_NARROW, MEMO_WIDE };

	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		struct memo *memo = memo_new(widths[i], KEYS);
		uint64_t     key[MEMO_WIDE];

		for (uint32_t number = 1; number < KEYS; number++) {
			make_key(widths[i], number, key);
			CHECK(memo_get(memo, key) == MEMO_NONE);
			memo_put(memo, key, number);
		}
		for (uint32_t number = 1; number < KEYS; number++) {
			make_key(widths[i], number, key);
			CHECK(memo_get(memo, key) == number);
		}
		make_key(widths[i], KEYS, key);
		CHECK(memo_get(memo, key) == MEMO_NONE);
		memo_free(memo);
	}
}

TEST(many_at_a_time_are_found_as_one_by_one)
{
	static uint64_t keys[MEMO_BATCH_MAX * MEMO_NARROW];
	static uint32_t numbers[MEMO_BATCH_MAX];
	struct memo    *memo = memo_new(MEMO_NARROW, KEYS);

	for (uint32_t i = 0; i < MEMO_BATCH_MAX; i++) {
		make_key(MEMO_NARROW, i + 1, keys + (size_t)i * MEMO_NARROW);
		if (i % 3 == 0)
			memo_put(memo, keys + (size_t)i * MEMO_NARROW, i);
	}
	memo_find(memo, keys, MEMO_BATCH_MAX, numbers);
	for (uint32_t i = 0; i < MEMO_BATCH_MAX; i++)
		CHECK(numbers[i] == (i % 3 == 0 ? i : MEMO_NONE));
	memo_free(memo);
}

TEST(a_key_of_zeros_and_the_number_zero_are_like_any)
{
	struct memo *memo = memo_new(MEMO_NARROW, KEYS);
	uint64_t     zeros[MEMO_NARROW] = { 0 };

	CHECK(memo_get(memo, zeros) == MEMO_NONE);
	memo_put(memo, zeros, 0);
	CHECK(memo_get(memo, zeros) == 0);
	memo_free(memo);
}

TEST(a_known_key_gets_the_new_number)
{
	struct memo *memo = memo_new(MEMO_NARROW, KEYS);
	uint64_t     key[MEMO_NARROW] = { 7, 7, 7, 7 };

	memo_put(memo, key, 1);
	memo_put(memo, key, 2);
	CHECK(memo_get(memo, key) == 2 && memo->count == 1);
	memo_free(memo);
}

TEST(a_full_memory_forgets_everything_and_goes_on)
{
	struct memo *memo = memo_new(MEMO_NARROW, 10);
	uint64_t     key[MEMO_NARROW];

	for (uint32_t number = 1; number <= 11; number++) {
		make_key(MEMO_NARROW, number, key);
		memo_put(memo, key, number);
	}
	CHECK(memo->count == 1 && memo_get(memo, key) == 11);
	make_key(MEMO_NARROW, 1, key);
	CHECK(memo_get(memo, key) == MEMO_NONE);
	memo_free(memo);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_and_nothing_else),
		cmocka_unit_test(many_at_a_time_are_found_as_one_by_one),
		cmocka_unit_test(a_key_of_zeros_and_the_number_zero_are_like_any),
		cmocka_unit_test(a_known_key_gets_the_new_number),
		cmocka_unit_test(a_full_memory_forgets_everything_and_goes_on),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
