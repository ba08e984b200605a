/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/tree.h"

#include <assert.h>

/* The shape of a tree over so many keys: leaves, and how many nodes each level has. */
struct shape {
	size_t nodes[TREE_LEVELS_MAX]; /* below the root, the leaves last */
	size_t levels;
};

static struct shape shape_of(size_t keys, size_t root, size_t node)
{
	struct shape shape = { 0 };
	size_t	     upwards[TREE_LEVELS_MAX], nodes = (keys + node - 1) / node;

	if (keys <= root)
		return shape;
	upwards[shape.levels++] = nodes;
	while (nodes > root + 1) {
		nodes = (nodes + node) / (node + 1);
		assert(shape.levels < TREE_LEVELS_MAX);
		upwards[shape.levels++] = nodes;
	}
	for (size_t i = 0; i < shape.levels; i++)
		shape.nodes[i] = upwards[shape.levels - 1 - i];
	return shape;
}

static struct shape shape32(size_t keys, uint8_t *halves)
{
	size_t leaves = (keys + TREE32_NODE - 1) / TREE32_NODE;

	for (*halves = 0; keys > TREE32_NODE && *halves <= TREE32_HALVES_MAX; ++*halves) {
		size_t children = (leaves + ((size_t)1 << *halves) - 1) >> *halves;

		if (children <= TREE32_NODE + 1)
			return (struct shape){ .nodes = { children << *halves }, .levels = 1 };
	}
	*halves = 0;
	return shape_of(keys, TREE32_NODE, TREE32_NODE);
}

static size_t room_of(const struct shape *shape, size_t root, size_t node)
{
	size_t room = root;

	for (size_t i = 0; i < shape->levels; i++)
		room += shape->nodes[i] * node;
	return room;
}

/* All keys, or one for each leaf after the first, are as few as the coarse ones. */
static bool is_narrow(size_t keys)
{
	return keys < TREE32_COARSE ||
	       (keys >= TREE32_WIDE && keys <= (size_t)TREE32_COARSE * TREE32_NODE);
}

size_t tree32_room(size_t count)
{
	uint8_t	     halves;
	struct shape shape = shape32(count - 1, &halves);

	return room_of(&shape, TREE32_NODE, TREE32_NODE) + TREE32_COARSE +
	       (is_narrow(count - 1) ? 0 : TREE32_WIDE);
}

size_t tree64_room(size_t count)
{
	struct shape shape = shape_of(count - 1, TREE64_ROOT, TREE64_NODE);

	return room_of(&shape, TREE64_ROOT, TREE64_NODE);
}

/*
 * Which of the sorted keys stands at a place of a level: separators of a level are the first keys of its
 * nodes' second and later children.  below: keys that one child holds, itself and all under it.
 */
static size_t key_of(size_t place, size_t node, size_t below)
{
	size_t children = node + 1, at = place / node, which = place % node;

	return below == 1 ? place : (at * children + which + 1) * below;
}

/* room: behind the levels.  What is not there is the greatest value, so the search ends before it. */
static void build_wide(struct tree32 *tree, const uint32_t *starts, size_t keys, int32_t *room)
{
	size_t	 below = 1, ratio = TREE32_WIDE / TREE32_COARSE;
	int32_t *wide = room + TREE32_COARSE;

	tree->wide = room;
	tree->is_narrow = is_narrow(keys);
	if (tree->is_narrow) {
		tree->wide_levels = keys >= TREE32_COARSE;
		for (size_t i = 0; i < TREE32_COARSE; i++) {
			size_t key = tree->wide_levels ? (i + 1) * TREE32_NODE : i;

			room[i] = key < keys ? tree32_key(starts[key + 1] - 1) : INT32_MAX;
		}
		return;
	}
	/* One place is always empty: the last, so that all coarse keys are never smaller. */
	for (; keys / below >= TREE32_WIDE; tree->wide_levels++)
		below *= below == 1 ? TREE32_NODE : TREE32_NODE + 1;
	for (size_t i = 0; i < TREE32_WIDE; i++) {
		size_t key = tree->wide_levels ? (i + 1) * below : i;

		wide[i] = key < keys ? tree32_key(starts[key + 1] - 1) : INT32_MAX;
	}
	for (size_t i = 0; i < TREE32_COARSE; i++)
		room[i] = wide[i * ratio + ratio - 1];
}

struct tree32 tree32_build(const uint32_t *starts, size_t count, int32_t *room)
{
	size_t	      keys = count - 1, below = 1;
	struct tree32 tree = { .keys = room };
	struct shape  shape = shape32(keys, &tree.halves);
	size_t	      at = TREE32_NODE;

	tree.level_count = (uint8_t)shape.levels;
	for (size_t level = 0; level < shape.levels; level++) {
		tree.level_at[level] = (uint32_t)at;
		at += shape.nodes[level] * TREE32_NODE;
	}
	for (size_t level = shape.levels; level-- > 0;) {
		int32_t *out = room + tree.level_at[level];

		for (size_t i = 0; i < shape.nodes[level] * TREE32_NODE; i++) {
			size_t key = key_of(i, TREE32_NODE, below);

			out[i] = key < keys ? tree32_key(starts[key + 1] - 1) : INT32_MAX;
		}
		below *= below == 1 ? TREE32_NODE : TREE32_NODE + 1;
	}
	below <<= tree.halves;
	for (size_t i = 0; i < TREE32_NODE; i++) {
		size_t key = key_of(i, TREE32_NODE, below);

		room[i] = key < keys ? tree32_key(starts[key + 1] - 1) : INT32_MAX;
	}
	build_wide(&tree, starts, keys, room + at);
	return tree;
}

struct tree64 tree64_build(const uint64_t *starts, size_t count, int64_t *room)
{
	size_t	      keys = count - 1, below = 1;
	struct shape  shape = shape_of(keys, TREE64_ROOT, TREE64_NODE);
	struct tree64 tree = { .keys = room, .level_count = (uint32_t)shape.levels };
	size_t	      at = TREE64_ROOT;

	for (size_t level = 0; level < shape.levels; level++) {
		tree.level_at[level] = (uint32_t)at;
		at += shape.nodes[level] * TREE64_NODE;
	}
	for (size_t level = shape.levels; level-- > 0;) {
		int64_t *out = room + tree.level_at[level];

		for (size_t i = 0; i < shape.nodes[level] * TREE64_NODE; i++) {
			size_t key = key_of(i, TREE64_NODE, below);

			out[i] = key < keys ? tree64_key(starts[key + 1] - 1) : INT64_MAX;
		}
		below *= below == 1 ? TREE64_NODE : TREE64_NODE + 1;
	}
	for (size_t i = 0; i < TREE64_ROOT; i++) {
		size_t key = key_of(i, TREE64_ROOT, below);

		room[i] = key < keys ? tree64_key(starts[key + 1] - 1) : INT64_MAX;
	}
	return tree;
}
