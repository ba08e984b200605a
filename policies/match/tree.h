/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which interval of a line a key lies in, as a search tree whose nodes are as wide as a cache line: a node's
 * rank (how many of its keys are smaller) is one or two comparisons of vectors, and a level narrows the
 * search by 17 or 9 instead of 2.  All keys are in the leaves, in order; the levels above hold the first keys
 * of the nodes below them.  The root of a tree64 is two lines.
 *
 * A tree32 that is a little too large for one level below its root has no second one: a child of its root is
 * two or four leaves, and one or two comparisons of single keys say which.
 *
 * A key is the last value of an interval, its sign bit turned so that signed comparisons order it, and what
 * is not there is the greatest value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TREE32_NODE = 16, /* the root too */
	TREE32_HALVES_MAX = 2,
	TREE64_ROOT = 16,
	TREE64_NODE = 8,
	TREE_LEVELS_MAX = 6, /* below the root */
	TREE32_WIDE = 128,
	TREE32_COARSE = 32
};

/* keys: root, then level by level; level_at: where each begins, in keys; the last is the leaves. */
struct tree32 {
	const int32_t *keys; /* aligned to a line */
	/*
	 * For processors that search so many keys in registers: every fourth key of `wide`, then `wide` itself:
	 * the separators of the highest level that has no more nodes than that, or all keys when these are few.
	 * Where the coarse ones can be that themselves, they are, and there are no others (is_narrow).
	 * wide_levels: how many levels are then left, the leaves among them.
	 */
	const int32_t *wide;
	uint32_t       level_at[TREE_LEVELS_MAX];
	uint8_t	       wide_levels;
	bool	is_narrow;   /* only the coarse keys: all, or one for each leaf after the first */
	uint8_t level_count; /* 0: the root has all keys */
	uint8_t halves;	     /* a child of the root is 2^halves leaves; then there is one level */
};

struct tree64 {
	const int64_t *keys;
	uint32_t       level_at[TREE_LEVELS_MAX];
	uint32_t       level_count;
};

static inline int32_t tree32_key(uint32_t value)
{
	return (int32_t)(value ^ UINT32_C(0x80000000));
}

static inline int64_t tree64_key(uint64_t value)
{
	return (int64_t)(value ^ UINT64_C(0x8000000000000000));
}

/* From a child of the root to the leaf where the key (of tree32_key) is. */
static inline size_t tree32_halve(const int32_t *leaves, size_t at, int32_t key, unsigned halves)
{
	for (; halves > 0; halves--) {
		size_t upper = (at * 2 + 1) << (halves - 1);

		at = at * 2 + (leaves[upper * TREE32_NODE - 1] < key);
	}
	return at;
}

/* Room for a tree over that many intervals, in keys. */
size_t tree32_room(size_t count);
size_t tree64_room(size_t count);

/* starts: of the intervals, ascending, the first 0.  The tree's keys are written to room and stay there. */
struct tree32 tree32_build(const uint32_t *starts, size_t count, int32_t *room);
struct tree64 tree64_build(const uint64_t *starts, size_t count, int64_t *room);
