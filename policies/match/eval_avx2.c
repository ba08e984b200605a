/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/eval.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

static inline AVX2 __m256i load(const void *keys)
{
	return _mm256_load_si256(keys);
}

static inline AVX2 __m256i smaller32(const int32_t *keys, __m256i key)
{
	return _mm256_cmpgt_epi32(key, load(keys));
}

static inline AVX2 size_t rank16(const int32_t *keys, __m256i key)
{
	__m256i smaller = _mm256_packs_epi32(smaller32(keys, key), smaller32(keys + 8, key));

	return (size_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(smaller)) / 2;
}

#define WAY AVX2
static inline AVX2 size_t node_rank(const int32_t *keys, int32_t key)
{
	return rank16(keys, _mm256_set1_epi32(key));
}

static inline AVX2 unsigned line_find(const uint32_t *addresses, uint32_t address)
{
	__m256i equal = _mm256_cmpeq_epi32(load(addresses), _mm256_set1_epi32((int)address));

	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(equal));
}

#include "policies/match/ways.h"

static inline AVX2 size_t rank8(const int64_t *keys, __m256i key)
{
	__m256i low = _mm256_cmpgt_epi64(key, load(keys));
	__m256i high = _mm256_cmpgt_epi64(key, load(keys + 4));

	return (size_t)__builtin_popcount(
		       (unsigned)_mm256_movemask_epi8(_mm256_packs_epi32(low, high))) /
	       4;
}

/* A level of a tree below its root. */
static inline AVX2 size_t step64(const struct tree64 *tree, size_t at, uint64_t value,
				 uint32_t level)
{
	size_t children = level + 1 == tree->level_count ? TREE64_NODE : TREE64_NODE + 1;

	return at * children + rank8(tree->keys + tree->level_at[level] + at * TREE64_NODE,
				     _mm256_set1_epi64x(tree64_key(value)));
}

static AVX2 void eval_v4(const struct plane *const *planes, const struct match_v4 *flows,
			 size_t count, uint16_t *answers)
{
	for (size_t i = 0, taken; i < count; i += taken) {
		taken = eval_run_length(flows + i, count - i);
		if (taken >= EVAL_MIXTURE && !planes[flows[i].side]->directory) {
			find_run(planes[flows[i].side], flows + i, taken, answers + i);
			continue;
		}
		taken = count - i < EVAL_MIXTURE ? count - i : EVAL_MIXTURE;
		eval_mixed_v4(planes, flows + i, taken, answers + i);
	}
}

/* IPv6 takes each level for several flows before the next one: none has to wait for another. */
static AVX2 void eval_some_v6(const struct plane *const *planes, const struct match_v6 *flows,
			      size_t count, uint16_t *answers)
{
	size_t	 rows[EVAL_SOME];
	uint32_t levels = 0;

	for (size_t i = 0; i < count; i++) {
		const struct tree64 *tree = &planes[flows[i].side]->v6;
		__m256i		     key = _mm256_set1_epi64x(tree64_key(flows[i].peer.hi));

		rows[i] = rank8(tree->keys, key) + rank8(tree->keys + TREE64_NODE, key);
		levels = tree->level_count > levels ? tree->level_count : levels;
	}
	for (uint32_t level = 0; level < levels; level++) {
		for (size_t i = 0; i < count; i++) {
			const struct tree64 *tree = &planes[flows[i].side]->v6;

			if (level < tree->level_count)
				rows[i] = step64(tree, rows[i], flows[i].peer.hi, level);
		}
	}
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = planes[flows[i].side];
		size_t		    column = find_key(plane, flows[i].key);
		uint32_t	    row = plane->rows_v6[rows[i]];

		if (row & ROW_IS_LOWS)
			row = eval_low_row(plane, row, flows[i].peer.lo);
		answers[i] = plane->cells[row + plane->columns[column]];
	}
}

static AVX2 void eval_v6(const struct plane *const *planes, const struct match_v6 *flows,
			 size_t count, uint16_t *answers)
{
	for (size_t i = 0; i < count; i += EVAL_SOME)
		eval_some_v6(planes, flows + i, count - i < EVAL_SOME ? count - i : EVAL_SOME,
			     answers + i);
}

static bool is_here(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
	       __builtin_cpu_supports("popcnt");
}

const struct eval_ops eval_avx2 = {
	.name = "AVX2", .is_here = is_here, .v4 = eval_v4, .v6 = eval_v6
};

#else

static bool is_here(void)
{
	return false;
}

const struct eval_ops eval_avx2 = { .name = "AVX2", .is_here = is_here };

#endif
