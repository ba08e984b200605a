/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all ways of evaluation do in the same steps, for inclusion by each once it has defined WAY, its target
 * attribute, and
 *
 *	size_t node_rank(const int32_t *keys, int32_t key)   how many keys of a node are smaller
 *	unsigned line_find(const uint32_t *addresses, uint32_t address)   a bit for each that is equal
 */
#pragma once

#include "policies/match/directory.h"
#include "policies/match/eval.h"

/* The form of a tree, as constants where a loop is compiled for it. */
struct form {
	uint32_t levels, halves;
};

static inline WAY ALWAYS_INLINE size_t find32(const struct tree32 *tree, uint32_t value,
					      struct form form)
{
	int32_t	 key = tree32_key(value);
	size_t	 at = node_rank(tree->keys, key);
	uint32_t level = 0;

	if (form.levels == 1) {
		const int32_t *leaves = tree->keys + TREE32_NODE;

		at = tree32_halve(leaves, at, key, form.halves);
		return at * TREE32_NODE + node_rank(leaves + at * TREE32_NODE, key);
	}
	for (; level + 1 < form.levels; level++)
		at = at * (TREE32_NODE + 1) +
		     node_rank(tree->keys + tree->level_at[level] + at * TREE32_NODE, key);
	if (level < form.levels)
		at = at * TREE32_NODE +
		     node_rank(tree->keys + tree->level_at[level] + at * TREE32_NODE, key);
	return at;
}

static inline WAY size_t find_key(const struct plane *plane, uint32_t key)
{
	return find32(&plane->ports, key,
		      (struct form){ plane->ports.level_count, plane->ports.halves });
}

/* Flows of one side that has no directory. */
static inline WAY ALWAYS_INLINE void find_flows(const struct plane    *plane,
						const struct match_v4 *flows, size_t count,
						uint16_t *answers, const struct form forms[2])
{
	for (size_t i = 0; i < count; i++)
		answers[i] = eval_cell(plane, find32(&plane->v4, flows[i].peer, forms[0]),
				       find32(&plane->ports, flows[i].key, forms[1]));
}

/* Loops for the forms of trees that policies mostly have, so short that several flows are under way at once. */
static inline WAY void find_run(const struct plane *plane, const struct match_v4 *flows,
				size_t count, uint16_t *answers)
{
	const struct form forms[2] = { { plane->v4.level_count, plane->v4.halves },
				       { plane->ports.level_count, plane->ports.halves } };

#define FIND_IN(v4_levels, v4_halves, port_halves)                                                 \
	if (forms[0].levels == (v4_levels) && forms[0].halves == (v4_halves) &&                    \
	    forms[1].levels == 1 && forms[1].halves == (port_halves)) {                            \
		find_flows(                                                                        \
			plane, flows, count, answers,                                              \
			(const struct form[2]){ { v4_levels, v4_halves }, { 1, port_halves } });   \
		return;                                                                            \
	}
	FIND_IN(1, 0, 0)
	FIND_IN(1, 1, 0)
	FIND_IN(1, 2, 0)
	FIND_IN(1, 2, 1)
	FIND_IN(2, 0, 0)
	FIND_IN(2, 0, 1)
#undef FIND_IN
	find_flows(plane, flows, count, answers, forms);
}

/*
 * IPv4 flows of whatever sides, up to EVAL_MIXTURE at once.  What takes the time is waiting for memory, so
 * all flows take each step together, and each asks for what it will need in the next one.
 */
struct mixture {
	const struct plane *planes[EVAL_MIXTURE];
	size_t rows[EVAL_MIXTURE], columns[EVAL_MIXTURE]; /* nodes, at last intervals */
	size_t whos[EVAL_MIXTURE];			  /* of the peers */
};

static inline void fetch(const void *place)
{
	__builtin_prefetch(place);
}

static inline WAY size_t step_root(const int32_t *keys, uint32_t value, unsigned halves)
{
	size_t at = node_rank(keys, tree32_key(value));

	fetch(keys + TREE32_NODE + (at << halves) * TREE32_NODE);
	return at;
}

/* To the leaf and in it, when there is one level. */
static inline WAY size_t step_leaf(const int32_t *keys, size_t at, uint32_t value, unsigned halves)
{
	const int32_t *leaves = keys + TREE32_NODE;
	int32_t	       key = tree32_key(value);

	at = tree32_halve(leaves, at, key, halves);
	return at * TREE32_NODE + node_rank(leaves + at * TREE32_NODE, key);
}

/* One of several levels below the root; asks for the node that comes next. */
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

static inline WAY void fetch_roots(const struct plane *const *planes, const struct match_v4 *flows,
				   size_t count, struct mixture *mixture)
{
	for (size_t i = 0; i < count; i++) {
		mixture->planes[i] = planes[flows[i].side];
		fetch(mixture->planes[i]);
	}
	for (size_t i = 0; i < count; i++) {
		fetch(mixture->planes[i]->v4_keys);
		fetch(mixture->planes[i]->port_keys);
		if (mixture->planes[i]->directory)
			fetch(directory_line(mixture->planes[i]->directory, flows[i].peer));
	}
}

/* Who has the peer. */
static inline WAY uint32_t find_who(const struct directory *directory, uint32_t peer)
{
	const struct directory_line *line = directory_line(directory, peer);
	struct form		     form = { directory->tree.level_count, directory->tree.halves };
	uint32_t		     who = directory->whos[find32(&directory->tree, peer, form)];
	unsigned		     found = line_find(line->addresses, peer);

	return found ? line->whos[__builtin_ctz(found)] : who;
}

/* Through the roots, and the directories of policies that have one; the deepest tree. */
static inline WAY uint32_t find_roots(const struct match_v4 *flows, size_t count,
				      struct mixture *mixture)
{
	uint32_t levels = 0;

	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture->planes[i];

		mixture->rows[i] = step_root(plane->v4_keys, flows[i].peer, plane->v4_halves);
		mixture->columns[i] = step_root(plane->port_keys, flows[i].key, plane->port_halves);
		levels |= plane->v4_levels | plane->port_levels;
		if (!plane->directory)
			continue;
		mixture->whos[i] = find_who(plane->directory, flows[i].peer);
		fetch(&plane->class_of[mixture->whos[i]]);
	}
	return levels;
}

/* The trees that have more than one level below the root. */
static inline WAY void find_deep(const struct match_v4 *flows, size_t count,
				 struct mixture *mixture)
{
	for (uint32_t level = 0; level < TREE_LEVELS_MAX; level++) {
		for (size_t i = 0; i < count; i++) {
			const struct plane *plane = mixture->planes[i];

			if (plane->v4_levels > 1 && level < plane->v4_levels)
				mixture->rows[i] = step_down(&plane->v4, mixture->rows[i],
							     flows[i].peer, level);
			if (plane->port_levels > 1 && level < plane->port_levels)
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
	if (find_roots(flows, count, &mixture) > 1)
		find_deep(flows, count, &mixture);
	for (size_t i = 0; i < count; i++) {
		const struct plane *plane = mixture.planes[i];
		size_t		    row = mixture.rows[i], column = mixture.columns[i];

		if (plane->v4_levels == 1)
			row = step_leaf(plane->v4_keys, row, flows[i].peer, plane->v4_halves);
		if (plane->port_levels == 1)
			column = step_leaf(plane->port_keys, column, flows[i].key,
					   plane->port_halves);
		if (plane->directory)
			row += (size_t)plane->class_of[mixture.whos[i]] * plane->interval_count;
		fetch(&plane->rows_v4[row]);
		fetch(&plane->columns[column]);
		mixture.rows[i] = row;
		mixture.columns[i] = column;
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
