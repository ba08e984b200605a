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

#include "policies/match/ways.inc"

enum { LANES = 8, VECTORS = 2, BATCH = LANES * VECTORS };

/* Flows between the roots and their cells. */
struct batch {
	int32_t	 peers[BATCH], keys[BATCH]; /* of tree32_key */
	uint32_t rows[BATCH], columns[BATCH];
} __attribute__((aligned(32)));

/* The ranks of eight keys in a root, by halves: each step looks one key a lane up. */
static inline AVX2 __m256i rank_root(const int32_t *root, __m256i keys)
{
	__m256i low = load(root), high = load(root + LANES), one = _mm256_set1_epi32(1);
	__m256i upper = _mm256_cmpgt_epi32(keys, _mm256_set1_epi32(root[7]));
	__m256i probe = _mm256_blendv_epi8(_mm256_set1_epi32(root[3]), _mm256_set1_epi32(root[11]),
					   upper);
	__m256i rank = _mm256_and_si256(upper, _mm256_set1_epi32(8)), next;

	rank = _mm256_or_si256(
		rank, _mm256_and_si256(_mm256_cmpgt_epi32(keys, probe), _mm256_set1_epi32(4)));
	next = _mm256_or_si256(rank, one);
	probe = _mm256_blendv_epi8(_mm256_permutevar8x32_epi32(low, next),
				   _mm256_permutevar8x32_epi32(high, next), upper);
	rank = _mm256_or_si256(
		rank, _mm256_and_si256(_mm256_cmpgt_epi32(keys, probe), _mm256_set1_epi32(2)));
	probe = _mm256_blendv_epi8(_mm256_permutevar8x32_epi32(low, rank),
				   _mm256_permutevar8x32_epi32(high, rank), upper);
	rank = _mm256_sub_epi32(rank, _mm256_cmpgt_epi32(keys, probe));
	return _mm256_sub_epi32(rank, _mm256_cmpgt_epi32(keys, _mm256_set1_epi32(root[15])));
}

/* Peers and keys of eight flows, which lie in three vectors: of flow i the words 3 × i and 3 × i + 2. */
static inline AVX2 void pick(const struct match_v4 *flows, __m256i *peers, __m256i *keys)
{
	const __m256i *words = (const __m256i *)flows;
	__m256i	       first = _mm256_loadu_si256(words), second = _mm256_loadu_si256(words + 1);
	__m256i	       third = _mm256_loadu_si256(words + 2);
	__m256i	       bias = _mm256_set1_epi32(INT32_MIN);
	__m256i	       peer_at = _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5);
	__m256i	       key_at = _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7);

	/* Of words 0, 3, 6 … 21 the first three are in the first vector, three in the second. */
	*peers = _mm256_blend_epi32(_mm256_blend_epi32(first, second, 0x92), third, 0x24);
	*keys = _mm256_blend_epi32(_mm256_blend_epi32(first, second, 0x49), third, 0x92);
	*peers = _mm256_xor_si256(_mm256_permutevar8x32_epi32(*peers, peer_at), bias);
	*keys = _mm256_xor_si256(_mm256_permutevar8x32_epi32(*keys, key_at), bias);
}

static inline AVX2 void rank_roots(const struct plane *plane, const struct match_v4 *flows,
				   struct batch *batch)
{
	__m256i peers[VECTORS], keys[VECTORS];

	for (int i = 0; i < VECTORS; i++) {
		pick(flows + i * LANES, &peers[i], &keys[i]);
		_mm256_store_si256((__m256i *)batch->peers + i, peers[i]);
		_mm256_store_si256((__m256i *)batch->keys + i, keys[i]);
	}
	for (int i = 0; i < VECTORS; i++) {
		_mm256_store_si256((__m256i *)batch->rows + i, rank_root(plane->v4.keys, peers[i]));
		_mm256_store_si256((__m256i *)batch->columns + i,
				   rank_root(plane->ports.keys, keys[i]));
	}
	/* Lanes are read through memory: compilers would shuffle them out, which takes longer. */
	__asm__("" : "+m"(*batch));
}

static inline AVX2 ALWAYS_INLINE void find_flows(const struct plane    *plane,
						 const struct match_v4 *flows, size_t count,
						 uint16_t *answers, const struct form forms[2])
{
	size_t done = 0;

	for (; done + BATCH <= count; done += BATCH) {
		struct batch batch;

		rank_roots(plane, flows + done, &batch);
		for (size_t i = 0; i < BATCH; i++)
			answers[done + i] = eval_cell(
				plane,
				find_below(&plane->v4, batch.rows[i], batch.peers[i], forms[0]),
				find_below(&plane->ports, batch.columns[i], batch.keys[i],
					   forms[1]));
	}
	for (; done < count; done++)
		answers[done] = eval_cell(plane, find32(&plane->v4, flows[done].peer, forms[0]),
					  find32(&plane->ports, flows[done].key, forms[1]));
}

#include "policies/match/runs.inc"

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
		if (taken >= EVAL_MIXTURE) {
			const struct plane *plane = planes[flows[i].side];

			if (plane->directory)
				find_members(plane, flows + i, taken, answers + i);
			else
				find_run(plane, flows + i, taken, answers + i);
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
