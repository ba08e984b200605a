/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/arena.h"

TEST(arena_memory_is_zeroed_and_aligned_for_any_type)
{
	struct arena arena = { 0 };

	for (size_t size = 0; size < 300; size++) {
		unsigned char *at = arena_alloc(&arena, size);

		CHECK((uintptr_t)at % _Alignof(max_align_t) == 0);
		for (size_t i = 0; i < size; i++)
			CHECK(at[i] == 0);
		memset(at, 0xff, size);
	}
	arena_done(&arena);
}

TEST(arena_pieces_do_not_overlap_and_stay_where_they_are)
{
	struct arena   arena = { 0 };
	unsigned char *pieces[500];

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		pieces[i] = arena_alloc(&arena, 100 + i);
		memset(pieces[i], (int)(i & 0xff), 100 + i);
	}
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		for (size_t j = 0; j < 100 + i; j++)
			CHECK(pieces[i][j] == (i & 0xff));
	arena_done(&arena);
}

TEST(arena_takes_a_piece_larger_than_its_blocks)
{
	struct arena arena = { 0 };
	char	    *big = arena_alloc(&arena, 5 << 20);

	memset(big, 1, 5 << 20);
	CHECK(arena.used >= 5 << 20);
	arena_done(&arena);
	CHECK(arena.used == 0 && arena.blocks == NULL);
}

TEST(arena_str_copies_the_slice_and_ends_it_in_nul)
{
	struct arena arena = { 0 };
	struct str   copy = arena_str(&arena, (struct str){ "abc", 2 });

	CHECK_STR(copy, "ab");
	CHECK(copy.ptr[2] == '\0');
	CHECK_STR(arena_str(&arena, (struct str){ 0 }), "");
	CHECK(memcmp(arena_copy(&arena, "xyz", 3), "xyz", 3) == 0);
	arena_done(&arena);
	arena_done(&arena);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_memory_is_zeroed_and_aligned_for_any_type),
		cmocka_unit_test(arena_pieces_do_not_overlap_and_stay_where_they_are),
		cmocka_unit_test(arena_takes_a_piece_larger_than_its_blocks),
		cmocka_unit_test(arena_str_copies_the_slice_and_ends_it_in_nul),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
