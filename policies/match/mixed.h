/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 flows of whatever sides, up to EVAL_MIXTURE at once.  What takes the time is waiting for memory, so
 * all flows take each step together, and each asks for what it will need in the next one.
 *
 * For inclusion by each way of evaluation, once it has defined WAY, its target attribute, and
 *
 *	size_t node_rank(const int32_t *keys, int32_t key)   how many keys of a node are smaller
 */
#pragma once

#include "policies/match/directory.h"
#include "policies/match/eval.h"

/* Flows while they are looked up together. */
struct mixture {
	const struct plane *planes[EVAL_MIXTURE];
	size_t rows[EVAL_MIXTURE], columns[EVAL_MIXTURE]; /* nodes, at last intervals */
	size_t whos[EVAL_MIXTURE];			  /* of the directory: the same */
};

static inline void fetch(const void *place)
{
	__builtin_prefetch(place);
}

/* One level below; asks for the node that comes next. */
static inline WAY size_t step_down(const struct tree32 *tree, size_t at, uint32_t value,
				   uint32_t level)
{
	const int32_t *nodes = tree->keys + tree->level_at[level] + at * TREE32_NODE;
	size_t	       rank = node_rank(nodes, tree32_key(value));

	if (level + 1 == tree->level_count)
		return at * TREE32_NODE + rank;
	at = at * (TREE32_NODE + 1) + rank;
	fetch(tree->keys + tree->level_at[level + 1] + at * TREE32_NODE);
	return at;
}

static inline WAY size_t step_root(const struct tree32 *tree, uint32_t value)
{
	int32_t key = tree32_key(value);
	size_t	at = node_rank(tree->keys, key) + node_rank(tree->keys + TREE32_NODE, key);

	if (tree->level_count)
		fetch(tree->keys + tree->level_at[0] + at * TREE32_NODE);
	return at;
}

static inline WAY void fetch_roots(const struct plane *const *planes, const struct match_v4 *flows,
				   size_t count, struct mixture *mixture)
{
	for (size_t i = 0; i < count; i++) {
		mixture->planes[i] = planes[flows[i].side];
		fetch(mixture->planes[i]);
		fetch((const char *)mixture->planes[i] + 64);
		fetch((const char *)mixture->planes[i] + 128);
	}
	for (size_t i = 0; i < count; i++) {
		fetch(mixture->planes[i]->v4.keys);
		fetch(mixture->planes[i]->v4.keys + TREE32_NODE);
		fetch(mixture->planes[i]->ports.keys);
		fetch(mixture->planes[i]->ports.keys + TREE32_NODE);
	}
}

/* Who has the peers, as far as the flows' policies want to know. */
static inline WAY void find_whos(const struct match_v4 *flows, size_t count,
				 struct mixture *mixture)
{
	uint32_t levels = 0;

	for (size_t i = 0; i < count; i++) {
		const struct directory *directory = mixture->planes[i]->directory;

		if (!directory)
			continue;
		mixture->whos[i] = step_root(&directory->tree, flows[i].peer);
		levels = directory->tree.level_count > levels ? directory->tree.level_count
							      : levels;
	}
	for (uint32_t level = 0; level < levels; level++) {
		for (size_t i = 0; i < count; i++) {
			const struct directory *directory = mixture->planes[i]->directory;

			if (directory && level < directory->tree.level_count)
				mixture->whos[i] = step_down(&directory->tree, mixture->whos[i],
							     flows[i].peer, level);
		}
	}
	for (size_t i = 0; i < count; i++)
		if (mixture->planes[i]->directory)
			fetch(&mixture->planes[i]->directory->whos[mixture->whos[i]]);
}

/* The intervals of peers and keys. */
static inline WAY void find_intervals(const struct match_v4 *flows, size_t count,
				      struct mixture *mixture)
{
	uint32_t levels = 0;

	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture->planes[i];

		mixture->rows[i] = step_root(&plane->v4, flows[i].peer);
		mixture->columns[i] = step_root(&plane->ports, flows[i].key);
		levels = plane->v4.level_count > levels ? plane->v4.level_count : levels;
		levels = plane->ports.level_count > levels ? plane->ports.level_count : levels;
	}
	for (uint32_t level = 0; level < levels; level++) {
		for (size_t i = 0; i < count; i++) {
			const struct plane *plane = mixture->planes[i];

			if (level < plane->v4.level_count)
				mixture->rows[i] = step_down(&plane->v4, mixture->rows[i],
							     flows[i].peer, level);
			if (level < plane->ports.level_count)
				mixture->columns[i] = step_down(&plane->ports, mixture->columns[i],
								flows[i].key, level);
		}
	}
}

static inline WAY void eval_mixed_v4(const struct plane *const *planes,
				     const struct match_v4 *flows, size_t count, uint16_t *answers)
{
	struct mixture mixture;

	fetch_roots(planes, flows, count, &mixture);
	find_whos(flows, count, &mixture);
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture.planes[i];

		if (!plane->directory)
			continue;
		mixture.whos[i] = plane->directory->whos[mixture.whos[i]];
		fetch(&plane->class_of[mixture.whos[i]]);
	}
	find_intervals(flows, count, &mixture);
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture.planes[i];

		if (plane->directory)
			mixture.rows[i] = mixture.rows[i] * plane->class_count +
					  plane->class_of[mixture.whos[i]];
		fetch(&plane->rows_v4[mixture.rows[i]]);
		fetch(&plane->columns[mixture.columns[i]]);
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
