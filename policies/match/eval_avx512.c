/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/eval.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")))

static inline AVX512 size_t rank16(const int32_t *keys, __m512i key)
{
	return (size_t)__builtin_popcount(_mm512_cmplt_epi32_mask(_mm512_load_si512(keys), key));
}

#define WAY AVX512
static inline AVX512 size_t node_rank(const int32_t *keys, int32_t key)
{
	return rank16(keys, _mm512_set1_epi32(key));
}

static inline AVX512 unsigned line_find(const uint32_t *addresses, uint32_t address)
{
	return _mm256_cmpeq_epi32_mask(_mm256_load_si256((const void *)addresses),
				       _mm256_set1_epi32((int)address));
}

#include "policies/match/ways.inc"

static inline AVX512 size_t rank8(const int64_t *keys, __m512i key)
{
	return (size_t)__builtin_popcount(_mm512_cmplt_epi64_mask(_mm512_load_si512(keys), key));
}

/* A level of a tree below its root. */
static inline AVX512 size_t step64(const struct tree64 *tree, size_t at, uint64_t value,
				   uint32_t level)
{
	size_t children = level + 1 == tree->level_count ? TREE64_NODE : TREE64_NODE + 1;

	return at * children + rank8(tree->keys + tree->level_at[level] + at * TREE64_NODE,
				     _mm512_set1_epi64(tree64_key(value)));
}

enum { GROUP = 16, VECTORS = 4, BLOCK = GROUP * VECTORS, AHEAD = 512 /* words */ };

static inline AVX512 __m512i step(__m512i rank, __m512i probe, __m512i keys, int width)
{
	return _mm512_mask_add_epi32(rank, _mm512_cmplt_epi32_mask(probe, keys), rank,
				     _mm512_set1_epi32(width));
}

/* The keys at rank + ahead of the coarse ones. */
static inline AVX512 ALWAYS_INLINE __m512i probe_coarse(const int32_t *coarse, __m512i rank,
							int ahead)
{
	return _mm512_permutex2var_epi32(_mm512_load_si512(coarse),
					 _mm512_add_epi32(rank, _mm512_set1_epi32(ahead)),
					 _mm512_load_si512(coarse + GROUP));
}

static inline AVX512 ALWAYS_INLINE __m512i probe_wide(const int32_t *wide, __m512i rank, int ahead)
{
	__m512i	  at = _mm512_add_epi32(rank, _mm512_set1_epi32(ahead));
	__mmask16 odd = _mm512_test_epi32_mask(at, _mm512_set1_epi32(TREE32_WIDE / 4));
	__mmask16 high = _mm512_test_epi32_mask(at, _mm512_set1_epi32(TREE32_WIDE / 2));
	__m512i	  quarters[4];

	for (int i = 0; i < 4; i++)
		quarters[i] = _mm512_permutex2var_epi32(
			_mm512_load_si512(wide + 2 * i * GROUP), at,
			_mm512_load_si512(wide + (2 * i + 1) * GROUP));
	return _mm512_mask_blend_epi32(high, _mm512_mask_blend_epi32(odd, quarters[0], quarters[1]),
				       _mm512_mask_blend_epi32(odd, quarters[2], quarters[3]));
}

/*
 * How many of the wide keys are smaller, of sixteen keys a vector: by halves, each step a few permutations.
 * A step waits for the one before it; with several vectors side by side the processor need not.
 */
static inline AVX512 ALWAYS_INLINE void rank_coarse(const int32_t *coarse,
						    const __m512i  keys[VECTORS],
						    __m512i	   ranks[VECTORS])
{
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(_mm512_setzero_si512(),
				_mm512_set1_epi32(coarse[TREE32_COARSE / 2 - 1]), keys[i], 16);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_coarse(coarse, ranks[i], 7), keys[i], 8);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_coarse(coarse, ranks[i], 3), keys[i], 4);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_coarse(coarse, ranks[i], 1), keys[i], 2);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_coarse(coarse, ranks[i], 0), keys[i], 1);
}

static inline AVX512 ALWAYS_INLINE void rank_wide(const struct tree32 *tree,
						  const __m512i	       keys[VECTORS],
						  __m512i	       ranks[VECTORS])
{
	const int32_t *wide = tree->wide + TREE32_COARSE;

	rank_coarse(tree->wide, keys, ranks);
	if (tree->is_narrow)
		return;
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = _mm512_slli_epi32(ranks[i], 2);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_wide(wide, ranks[i], 1), keys[i], 2);
#pragma GCC unroll 4
	for (int i = 0; i < VECTORS; i++)
		ranks[i] = step(ranks[i], probe_wide(wide, ranks[i], 0), keys[i], 1);
}

/* One member of sixteen flows, which lie in three vectors: of flow i the word 3 × i + member. */
static inline AVX512 __m512i pick(const __m512i flows[3], int member)
{
	__m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m512i word = _mm512_add_epi32(_mm512_add_epi32(lane, _mm512_add_epi32(lane, lane)),
					_mm512_set1_epi32(member));
	__m512i rest = _mm512_mask_sub_epi32(
		lane, _mm512_cmpge_epi32_mask(word, _mm512_set1_epi32(2 * GROUP)), word,
		_mm512_set1_epi32(GROUP));

	return _mm512_permutex2var_epi32(_mm512_permutex2var_epi32(flows[0], word, flows[1]), rest,
					 flows[2]);
}

/* Flows between the wide ranks and their cells. */
struct group {
	int32_t	 peers[BLOCK], keys[BLOCK];
	uint32_t rows[BLOCK], columns[BLOCK]; /* intervals, or nodes to go on from */
} __attribute__((aligned(64)));

/* Lanes are read through memory: compilers would shuffle them out of the vectors, which takes longer. */
static inline void settle(struct group *group)
{
	__asm__("" : "+m"(*group));
}

/* The last levels of a tree, from a node of the first of them. */
static inline AVX512 ALWAYS_INLINE size_t descend_last(const struct tree32 *tree, size_t at,
						       __m512i key, uint32_t levels)
{
	for (uint32_t level = tree->level_count - levels; level < tree->level_count; level++) {
		bool is_leaf = level + 1 == tree->level_count;

		at = at * (is_leaf ? TREE32_NODE : TREE32_NODE + 1) +
		     rank16(tree->keys + tree->level_at[level] + at * TREE32_NODE, key);
	}
	return at;
}

/* Levels of the two trees that are left. */
struct levels {
	uint32_t v4, ports;
};

/* What is left to do lane by lane; the numbers of levels are the plane's, known where this is compiled. */
static inline AVX512 ALWAYS_INLINE void find_lanes(const struct plane *plane,
						   const struct group *group, uint16_t *answers,
						   struct levels levels)
{
	const int32_t *peers = plane->v4.keys, *keys = plane->ports.keys;

	if (levels.v4 == 1)
		peers += plane->v4.level_at[plane->v4.level_count - 1];
	if (levels.ports == 1)
		keys += plane->ports.level_at[plane->ports.level_count - 1];
#pragma GCC unroll 8
	for (int i = 0; i < BLOCK; i++) {
		size_t	row = group->rows[i], column = group->columns[i];
		__m512i peer = _mm512_set1_epi32(group->peers[i]);
		__m512i key = _mm512_set1_epi32(group->keys[i]);

		if (levels.v4 == 1)
			row = row * TREE32_NODE + rank16(peers + row * TREE32_NODE, peer);
		else if (levels.v4)
			row = descend_last(&plane->v4, row, peer, levels.v4);
		if (levels.ports == 1)
			column = column * TREE32_NODE + rank16(keys + column * TREE32_NODE, key);
		else if (levels.ports)
			column = descend_last(&plane->ports, column, key, levels.ports);
		answers[i] = eval_cell(plane, row, column);
	}
}

static inline AVX512 ALWAYS_INLINE void find_group(const struct plane *plane,
						   const struct group *group, uint16_t *answers)
{
	struct levels levels = { plane->v4.wide_levels, plane->ports.wide_levels };

	if (levels.v4 == 0 && levels.ports == 0)
		find_lanes(plane, group, answers, (struct levels){ 0, 0 });
	else if (levels.v4 == 1 && levels.ports == 0)
		find_lanes(plane, group, answers, (struct levels){ 1, 0 });
	else if (levels.v4 == 1 && levels.ports == 1)
		find_lanes(plane, group, answers, (struct levels){ 1, 1 });
	else if (levels.v4 == 2 && levels.ports == 1)
		find_lanes(plane, group, answers, (struct levels){ 2, 1 });
	else
		find_lanes(plane, group, answers, levels);
}

/* Flows of one side, a block at a time, as far as they go; how many these were. */
static AVX512 size_t eval_run(const struct plane *plane, const struct match_v4 *flows, size_t count,
			      uint16_t *answers)
{
	const __m512i bias = _mm512_set1_epi32(INT32_MIN);
	const __m512i side = _mm512_set1_epi32((int)flows[0].side);
	size_t	      done = 0;

	for (; done + BLOCK <= count; done += BLOCK) {
		const int32_t *words = (const int32_t *)&flows[done];
		__m512i	       peers[VECTORS], keys[VECTORS], rows[VECTORS], columns[VECTORS];
		__mmask16      others = 0;
		struct group   group;

#pragma GCC unroll 4
		for (int i = 0; i < VECTORS; i++, words += 3 * GROUP) {
			const __m512i three[3] = { _mm512_loadu_si512(words),
						   _mm512_loadu_si512(words + GROUP),
						   _mm512_loadu_si512(words + 2 * GROUP) };

			others |= _mm512_cmpneq_epi32_mask(pick(three, 1), side);
			peers[i] = _mm512_xor_si512(pick(three, 0), bias);
			keys[i] = _mm512_xor_si512(pick(three, 2), bias);
			_mm_prefetch((const char *)(words + AHEAD), _MM_HINT_T0);
			_mm_prefetch((const char *)(words + AHEAD + GROUP), _MM_HINT_T0);
			_mm_prefetch((const char *)(words + AHEAD + 2 * GROUP), _MM_HINT_T0);
		}
		if (others)
			break;
		rank_wide(&plane->v4, peers, rows);
		rank_wide(&plane->ports, keys, columns);
#pragma GCC unroll 4
		for (int i = 0; i < VECTORS; i++) {
			_mm512_store_si512(group.peers + i * GROUP, peers[i]);
			_mm512_store_si512(group.keys + i * GROUP, keys[i]);
			_mm512_store_si512(group.rows + i * GROUP, rows[i]);
			_mm512_store_si512(group.columns + i * GROUP, columns[i]);
		}
		settle(&group);
		find_group(plane, &group, answers + done);
	}
	return done;
}

static AVX512 void eval_v4(const struct plane *const *planes, const struct match_v4 *flows,
			   size_t count, uint16_t *answers)
{
	for (size_t i = 0, taken; i < count; i += taken) {
		taken = 0;
		if (count - i >= BLOCK && flows[i + BLOCK - 1].side == flows[i].side) {
			const struct plane *plane = planes[flows[i].side];

			if (plane->directory) {
				taken = eval_run_length(flows + i, count - i);
				find_members(plane, flows + i, taken, answers + i);
			} else {
				taken = eval_run(plane, flows + i, count - i, answers + i);
			}
		}
		if (taken)
			continue;
		taken = count - i < EVAL_MIXTURE ? count - i : EVAL_MIXTURE;
		eval_mixed_v4(planes, flows + i, taken, answers + i);
	}
}

/* IPv6 takes each level for several flows before the next one: none has to wait for another. */
static AVX512 void eval_some_v6(const struct plane *const *planes, const struct match_v6 *flows,
				size_t count, uint16_t *answers)
{
	size_t	 rows[EVAL_SOME];
	uint32_t levels = 0;

	for (size_t i = 0; i < count; i++) {
		const struct tree64 *tree = &planes[flows[i].side]->v6;
		__m512i		     key = _mm512_set1_epi64(tree64_key(flows[i].peer.hi));

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

static AVX512 void eval_v6(const struct plane *const *planes, const struct match_v6 *flows,
			   size_t count, uint16_t *answers)
{
	for (size_t i = 0; i < count; i += EVAL_SOME)
		eval_some_v6(planes, flows + i, count - i < EVAL_SOME ? count - i : EVAL_SOME,
			     answers + i);
}

static bool is_here(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const struct eval_ops eval_avx512 = {
	.name = "AVX-512", .is_here = is_here, .v4 = eval_v4, .v6 = eval_v6
};

#else

static bool is_here(void)
{
	return false;
}

const struct eval_ops eval_avx512 = { .name = "AVX-512", .is_here = is_here };

#endif
