/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/pairs.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { GROUPS_MAX = 1 << 20 };

/* Ends of a kind are of one class; a kind is known by the class + 1 that it got. */
static void find_classes(struct pair_side *side, const struct kinds *kinds)
{
	const struct endpoint *endpoint = side->endpoint;
	size_t		       kind_count = kinds ? kinds->count : 0;
	auto_free uint32_t    *known = mem_alloc((kind_count + 1) * sizeof(*known));

	side->classes = mem_alloc(endpoint->count * sizeof(*side->classes));
	for (size_t i = 0; i < endpoint->count; i++) {
		uint32_t kind = kinds ? kinds_find(kinds, &endpoint->ends[i]) : WORLD_NONE;

		/* An address outside is one of very many of its kind; as an operand it is itself. */
		if (kind == WORLD_NONE || endpoint->ends[i].eni_idx == WORLD_NONE) {
			side->classes[i] = (uint32_t)side->class_count++;
			continue;
		}
		if (known[kind] == 0)
			known[kind] = (uint32_t)++side->class_count;
		side->classes[i] = known[kind] - 1;
	}
}

static void list_members(struct pair_side *side)
{
	size_t		    count = side->endpoint->count;
	auto_free uint32_t *next = mem_alloc((side->class_count + 1) * sizeof(*next));

	side->members = mem_alloc(count * sizeof(*side->members));
	side->firsts = mem_alloc((side->class_count + 1) * sizeof(*side->firsts));
	for (size_t i = 0; i < count; i++)
		side->firsts[side->classes[i] + 1]++;
	for (size_t i = 0; i < side->class_count; i++) {
		side->firsts[i + 1] += side->firsts[i];
		next[i] = side->firsts[i];
	}
	for (uint32_t i = 0; i < count; i++)
		side->members[next[side->classes[i]]++] = i;
}

const struct end *pair_side_member(const struct pair_side *side, uint32_t class_idx, size_t index)
{
	return &side->endpoint->ends[side->members[side->firsts[class_idx] + index]];
}

size_t pair_side_count(const struct pair_side *side, uint32_t class_idx)
{
	return side->firsts[class_idx + 1] - side->firsts[class_idx];
}

static bool is_own(const struct endpoint *endpoint, const struct end *end)
{
	return (size_t)(end - endpoint->ends) < endpoint->own_count;
}

/*
 * Whether a question can be asked of two ends: one family, not of an interface to itself, and one of them at
 * least the snapshot's.
 */
static bool is_pair(const struct pairs *pairs, const struct end *src, const struct end *dst)
{
	uint8_t from = src->ip.family, to = dst->ip.family;

	if (src->eni_idx != WORLD_NONE && src->eni_idx == dst->eni_idx)
		return false;
	if (!is_own(pairs->src.endpoint, src) && !is_own(pairs->dst.endpoint, dst))
		return false;
	return from && to ? from == to : from || to;
}

/* The first of the pairs of two classes.  False: an interface has all of their ends, or families differ. */
static bool find_first(const struct pairs *pairs, struct pair_group *group)
{
	size_t src_count = pair_side_count(&pairs->src, group->src_class);
	size_t dst_count = pair_side_count(&pairs->dst, group->dst_class);

	for (size_t i = 0; i < src_count; i++)
		for (size_t j = 0; j < dst_count; j++) {
			const struct end *src = pair_side_member(&pairs->src, group->src_class, i);
			const struct end *dst = pair_side_member(&pairs->dst, group->dst_class, j);

			group->src = *src;
			group->dst = *dst;
			if (is_pair(pairs, src, dst))
				return true;
			/* All ends of a class are of one family. */
			if (src->eni_idx != dst->eni_idx || src->eni_idx == WORLD_NONE)
				return false;
		}
	return false;
}

static void find_groups(struct pairs *pairs)
{
	size_t width = pairs->dst.class_count, count = pairs->src.class_count * width;

	pairs->groups = mem_alloc(count * sizeof(*pairs->groups));
	pairs->at = mem_alloc(count * sizeof(*pairs->at));
	for (size_t i = 0; i < count; i++) {
		struct pair_group *group = &pairs->groups[pairs->count];

		*group = (struct pair_group){ .src_class = (uint32_t)(i / width),
					      .dst_class = (uint32_t)(i % width) };
		pairs->at[i] = WORLD_NONE;
		if (!find_first(pairs, group))
			continue;
		group->count = (uint64_t)pair_side_count(&pairs->src, group->src_class) *
			       pair_side_count(&pairs->dst, group->dst_class);
		pairs->at[i] = (uint32_t)pairs->count++;
	}
}

struct placed_end {
	uint32_t eni_idx, class_idx;
};

static int compare_placed(const void *a, const void *b)
{
	const struct placed_end *x = a, *y = b;

	return (x->eni_idx > y->eni_idx) - (x->eni_idx < y->eni_idx);
}

static struct placed_end *place_ends(const struct pair_side *side)
{
	size_t		   count = side->endpoint->count;
	struct placed_end *placed = mem_alloc(count * sizeof(*placed));

	for (size_t i = 0; i < count; i++)
		placed[i] = (struct placed_end){ side->endpoint->ends[i].eni_idx,
						 side->classes[i] };
	qsort(placed, count, sizeof(*placed), compare_placed);
	return placed;
}

/* Takes the pairs of an interface with itself out of the counts. */
static void leave_out_own(struct pairs *pairs)
{
	auto_free struct placed_end *src = place_ends(&pairs->src);
	auto_free struct placed_end *dst = place_ends(&pairs->dst);
	size_t			     from = 0;

	for (size_t i = 0; i < pairs->src.endpoint->count; i++) {
		if (src[i].eni_idx == WORLD_NONE)
			continue;
		while (from < pairs->dst.endpoint->count && dst[from].eni_idx < src[i].eni_idx)
			from++;
		for (size_t j = from; j < pairs->dst.endpoint->count; j++) {
			size_t at = (size_t)src[i].class_idx * pairs->dst.class_count +
				    dst[j].class_idx;

			if (dst[j].eni_idx != src[i].eni_idx)
				break;
			if (pairs->at[at] != WORLD_NONE)
				pairs->groups[pairs->at[at]].count--;
		}
	}
	for (size_t i = 0; i < pairs->count; i++)
		pairs->total += pairs->groups[i].count;
}

static bool is_one_interface(const struct pairs *pairs)
{
	const struct pair_side *const sides[] = { &pairs->src, &pairs->dst };
	uint32_t		      eni_idx = pairs->src.endpoint->ends[0].eni_idx;

	for (size_t i = 0; i < ARRAY_LEN(sides); i++)
		for (size_t j = 0; j < sides[i]->endpoint->count; j++)
			if (sides[i]->endpoint->ends[j].eni_idx != eni_idx)
				return false;
	return eni_idx != WORLD_NONE;
}

static int refuse(const struct pairs *pairs, struct err *err)
{
	const struct endpoint *src = pairs->src.endpoint, *dst = pairs->dst.endpoint;

	if (is_one_interface(pairs))
		return err_set(err, ERR_USAGE,
			       "'%s' and '%s' are one interface: what it sends to itself never "
			       "reaches AWS",
			       src->query, dst->query);
	if (!src->ends[0].ip.family && !dst->ends[0].ip.family)
		return err_set(err, ERR_USAGE,
			       "'internet' to 'internet' is no question about a snapshot");
	if (!src->own_count && !dst->own_count)
		return err_set(err, ERR_USAGE,
			       "neither '%s' nor '%s' is of an interface of the snapshot: what is "
			       "between them is no question about it",
			       src->query, dst->query);
	return err_set(err, ERR_USAGE, "'%s' and '%s' are of different address families",
		       src->query, dst->query);
}

int pairs_find(const struct endpoint *src, const struct endpoint *dst, const struct kinds *kinds,
	       struct pairs *out, struct err *err)
{
	struct pairs pairs = { .src = { .endpoint = src }, .dst = { .endpoint = dst } };
	int	     result = 0;

	find_classes(&pairs.src, kinds);
	find_classes(&pairs.dst, kinds);
	list_members(&pairs.src);
	list_members(&pairs.dst);
	if (pairs.src.class_count > GROUPS_MAX / pairs.dst.class_count) {
		result = err_set(err, ERR_USAGE, "'%s' and '%s' make more than %d kinds of pairs",
				 src->query, dst->query, GROUPS_MAX);
	} else {
		find_groups(&pairs);
		leave_out_own(&pairs);
		if (pairs.total == 0)
			result = refuse(&pairs, err);
	}
	if (result < 0)
		pairs_done(&pairs);
	else
		*out = pairs;
	return result;
}

static void side_done(struct pair_side *side)
{
	free(side->classes);
	free(side->members);
	free(side->firsts);
}

void pairs_done(struct pairs *pairs)
{
	side_done(&pairs->src);
	side_done(&pairs->dst);
	free(pairs->groups);
	free(pairs->at);
	*pairs = (struct pairs){ 0 };
}

const struct pair_group *pairs_at(const struct pairs *pairs, size_t src_idx, size_t dst_idx)
{
	size_t at = (size_t)pairs->src.classes[src_idx] * pairs->dst.class_count +
		    pairs->dst.classes[dst_idx];

	if (pairs->at[at] == WORLD_NONE || !is_pair(pairs, &pairs->src.endpoint->ends[src_idx],
						    &pairs->dst.endpoint->ends[dst_idx]))
		return NULL;
	return &pairs->groups[pairs->at[at]];
}
