/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/eval.h"

#if defined(__SSE2__)
#include <emmintrin.h>

static __m128i smaller(const int32_t *keys, __m128i key)
{
	return _mm_cmplt_epi32(_mm_load_si128((const __m128i *)keys), key);
}

/* How many keys of a line are smaller.  They are sorted: those that are come first. */
static inline size_t rank16(const int32_t *keys, int32_t value)
{
	__m128i	 key = _mm_set1_epi32(value);
	__m128i	 low = _mm_packs_epi32(smaller(keys, key), smaller(keys + 4, key));
	__m128i	 high = _mm_packs_epi32(smaller(keys + 8, key), smaller(keys + 12, key));
	unsigned mask = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(low, high));

	return (size_t)__builtin_ctz(~mask);
}

static inline unsigned line_find(const uint32_t *addresses, uint32_t address)
{
	const __m128i *four = (const __m128i *)addresses;
	__m128i	       key = _mm_set1_epi32((int)address);
	__m128i	       low = _mm_cmpeq_epi32(_mm_load_si128(four), key);
	__m128i	       high = _mm_cmpeq_epi32(_mm_load_si128(four + 1), key);

	return (unsigned)_mm_movemask_epi8(
		_mm_packs_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
}

#else

static inline unsigned line_find(const uint32_t *addresses, uint32_t address)
{
	unsigned found = 0;

	for (unsigned i = 0; i < 8; i++)
		found |= (unsigned)(addresses[i] == address) << i;
	return found;
}

/* How many keys of a line are smaller: a fixed count, which compilers vectorise. */
static inline size_t rank16(const int32_t *keys, int32_t key)
{
	int32_t rank = 0;

	for (int i = 0; i < TREE32_NODE; i++)
		rank += keys[i] < key;
	return (size_t)rank;
}

#endif

#define WAY
static inline size_t node_rank(const int32_t *keys, int32_t key)
{
	return rank16(keys, key);
}

#include "policies/match/ways.inc"

/* Flows of one side that has no directory. */
static inline WAY ALWAYS_INLINE void find_flows(const struct plane    *plane,
						const struct match_v4 *flows, size_t count,
						uint16_t *answers, const struct form forms[2])
{
	for (size_t i = 0; i < count; i++)
		answers[i] = eval_cell(plane, find32(&plane->v4, flows[i].peer, forms[0]),
				       find32(&plane->ports, flows[i].key, forms[1]));
}

#include "policies/match/runs.inc"

/* Sorted keys: a search by halves without branches. */
static size_t rank64(const int64_t *keys, size_t count, int64_t key)
{
	size_t rank = 0;

	for (size_t half = count / 2; half; half /= 2)
		rank += keys[rank + half - 1] < key ? half : 0;
	return rank + (keys[rank] < key);
}

static size_t find64(const struct tree64 *tree, uint64_t value)
{
	int64_t	 key = tree64_key(value);
	size_t	 at = rank64(tree->keys, TREE64_ROOT, key);
	uint32_t level = 0;

	for (; level + 1 < tree->level_count; level++)
		at = at * (TREE64_NODE + 1) +
		     rank64(tree->keys + tree->level_at[level] + at * TREE64_NODE, TREE64_NODE,
			    key);
	if (level < tree->level_count)
		at = at * TREE64_NODE +
		     rank64(tree->keys + tree->level_at[level] + at * TREE64_NODE, TREE64_NODE,
			    key);
	return at;
}

uint32_t eval_low_row(const struct plane *plane, uint32_t row, uint64_t lo)
{
	const struct lows *lows = &plane->lows[row & ~(uint32_t)ROW_IS_LOWS];
	const uint64_t	  *starts = plane->low_starts + lows->first;
	size_t		   low = 0, high = lows->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (starts[middle] <= lo)
			low = middle;
		else
			high = middle;
	}
	return plane->low_rows[lows->first + low];
}

size_t eval_run_length(const struct match_v4 *flows, size_t count)
{
	uint32_t side = flows[0].side;
	size_t	 run = 1;

	for (uint32_t other = 0; run + 8 <= count; run += 8) {
		for (size_t i = 0; i < 8; i++)
			other |= flows[run + i].side ^ side;
		if (other)
			break;
	}
	while (run < count && flows[run].side == side)
		run++;
	return run;
}

static void eval_v4(const struct plane *const *planes, const struct match_v4 *flows, size_t count,
		    uint16_t *answers)
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

static void eval_v6(const struct plane *const *planes, const struct match_v6 *flows, size_t count,
		    uint16_t *answers)
{
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = planes[flows[i].side];
		uint32_t	    row = plane->rows_v6[find64(&plane->v6, flows[i].peer.hi)];

		if (row & ROW_IS_LOWS)
			row = eval_low_row(plane, row, flows[i].peer.lo);
		answers[i] = plane->cells[row + plane->columns[find_key(plane, flows[i].key)]];
	}
}

static bool is_here(void)
{
	return true;
}

const struct eval_ops eval_scalar = {
	.name = "scalar", .is_here = is_here, .v4 = eval_v4, .v6 = eval_v6
};
