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

#else

/* How many keys of a line are smaller: a fixed count, which compilers vectorise. */
static inline size_t rank16(const int32_t *keys, int32_t key)
{
	int32_t rank = 0;

	for (int i = 0; i < TREE32_NODE; i++)
		rank += keys[i] < key;
	return (size_t)rank;
}

#endif

static inline ALWAYS_INLINE size_t find32(const struct tree32 *tree, uint32_t value,
					  uint32_t levels)
{
	int32_t	 key = tree32_key(value);
	size_t	 at = rank16(tree->keys, key) + rank16(tree->keys + TREE32_NODE, key);
	uint32_t level = 0;

	for (; level + 1 < levels; level++)
		at = at * (TREE32_NODE + 1) +
		     rank16(tree->keys + tree->level_at[level] + at * TREE32_NODE, key);
	if (level < levels)
		at = at * TREE32_NODE +
		     rank16(tree->keys + tree->level_at[level] + at * TREE32_NODE, key);
	return at;
}

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

/* Flows of one side; the numbers of levels are the plane's, known where this is compiled. */
static inline ALWAYS_INLINE void find_flows(const struct plane *plane, const struct match_v4 *flows,
					    size_t count, uint16_t *answers, struct levels levels)
{
	for (size_t i = 0; i < count; i++)
		answers[i] = eval_cell(plane, find32(&plane->v4, flows[i].peer, levels.v4),
				       find32(&plane->ports, flows[i].key, levels.ports));
}

static void eval_run(const struct plane *plane, const struct match_v4 *flows, size_t count,
		     uint16_t *answers)
{
	struct levels levels = { plane->v4.level_count, plane->ports.level_count };

	if (levels.v4 == 1 && levels.ports == 1)
		find_flows(plane, flows, count, answers, (struct levels){ 1, 1 });
	else if (levels.v4 == 2 && levels.ports == 1)
		find_flows(plane, flows, count, answers, (struct levels){ 2, 1 });
	else
		find_flows(plane, flows, count, answers, levels);
}

/* Flows of many sides while they are looked up together. */
struct mixture {
	const struct plane *planes[EVAL_MIXTURE];
	size_t rows[EVAL_MIXTURE], columns[EVAL_MIXTURE]; /* nodes, at last intervals */
};

static inline void fetch(const void *place)
{
	__builtin_prefetch(place);
}

/* One level below; asks for the node that comes next.  levels done so far. */
static inline size_t step_down(const struct tree32 *tree, size_t at, uint32_t value, uint32_t level)
{
	const int32_t *nodes = tree->keys + tree->level_at[level] + at * TREE32_NODE;
	size_t	       rank = rank16(nodes, tree32_key(value));

	if (level + 1 == tree->level_count)
		return at * TREE32_NODE + rank;
	at = at * (TREE32_NODE + 1) + rank;
	fetch(tree->keys + tree->level_at[level + 1] + at * TREE32_NODE);
	return at;
}

static inline size_t step_root(const struct tree32 *tree, uint32_t value)
{
	int32_t key = tree32_key(value);
	size_t	at = rank16(tree->keys, key) + rank16(tree->keys + TREE32_NODE, key);

	if (tree->level_count)
		fetch(tree->keys + tree->level_at[0] + at * TREE32_NODE);
	return at;
}

static void fetch_roots(const struct plane *const *planes, const struct match_v4 *flows,
			size_t count, struct mixture *mixture)
{
	for (size_t i = 0; i < count; i++) {
		mixture->planes[i] = planes[flows[i].side];
		fetch(mixture->planes[i]);
		fetch((const char *)mixture->planes[i] + 64);
	}
	for (size_t i = 0; i < count; i++) {
		fetch(mixture->planes[i]->v4.keys);
		fetch(mixture->planes[i]->v4.keys + TREE32_NODE);
		fetch(mixture->planes[i]->ports.keys);
		fetch(mixture->planes[i]->ports.keys + TREE32_NODE);
	}
}

/*
 * What takes the time is waiting for memory, so all flows take each step together, and each asks for what it
 * will need in the next one.
 */
void eval_mixed_v4(const struct plane *const *planes, const struct match_v4 *flows, size_t count,
		   uint16_t *answers)
{
	struct mixture mixture;
	uint32_t       levels = 0;

	fetch_roots(planes, flows, count, &mixture);
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture.planes[i];

		mixture.rows[i] = step_root(&plane->v4, flows[i].peer);
		mixture.columns[i] = step_root(&plane->ports, flows[i].key);
		levels = plane->v4.level_count > levels ? plane->v4.level_count : levels;
		levels = plane->ports.level_count > levels ? plane->ports.level_count : levels;
	}
	for (uint32_t level = 0; level < levels; level++) {
		for (size_t i = 0; i < count; i++) {
			const struct plane *plane = mixture.planes[i];

			if (level < plane->v4.level_count)
				mixture.rows[i] = step_down(&plane->v4, mixture.rows[i],
							    flows[i].peer, level);
			if (level < plane->ports.level_count)
				mixture.columns[i] = step_down(&plane->ports, mixture.columns[i],
							       flows[i].key, level);
		}
	}
	for (size_t i = 0; i < count; i++) {
		fetch(&mixture.planes[i]->rows_v4[mixture.rows[i]]);
		fetch(&mixture.planes[i]->columns[mixture.columns[i]]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture.planes[i];

		mixture.rows[i] = plane->rows_v4[mixture.rows[i]] +
				  plane->columns[mixture.columns[i]];
		fetch(&plane->cells[mixture.rows[i]]);
	}
	for (size_t i = 0; i < count; i++)
		answers[i] = mixture.planes[i]->cells[mixture.rows[i]];
}

size_t eval_run_length(const struct match_v4 *flows, size_t count)
{
	size_t run = 1;

	while (run < count && flows[run].side == flows[0].side)
		run++;
	return run;
}

static void eval_v4(const struct plane *const *planes, const struct match_v4 *flows, size_t count,
		    uint16_t *answers)
{
	for (size_t i = 0, taken; i < count; i += taken) {
		taken = eval_run_length(flows + i, count - i);
		if (taken >= EVAL_MIXTURE) {
			eval_run(planes[flows[i].side], flows + i, taken, answers + i);
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
		answers[i] = plane->cells[row + plane->columns[find32(&plane->ports, flows[i].key,
								      plane->ports.level_count)]];
	}
}

static bool is_here(void)
{
	return true;
}

const struct eval_ops eval_scalar = {
	.name = "scalar", .is_here = is_here, .v4 = eval_v4, .v6 = eval_v6
};
