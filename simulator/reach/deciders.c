/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/deciders.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/reach/cuts.h"

struct deciders {
	struct reach	    *reach;
	size_t		     walks_left;
	struct arena	     arena;
	struct map	     known; /* source, destination and set → index */
	struct decider_list *lists;
	size_t		     count, capacity;
	const struct hop   **doubts;
	size_t		     doubt_count, doubt_capacity;
	/* Where the rules of an interface begin and end, in one direction: the last that was asked for. */
	struct cuts cuts;
	uint32_t    cuts_eni_idx;
	bool	    cuts_egress;
};

struct deciders *deciders_new(struct reach *reach)
{
	struct deciders *deciders = mem_alloc(sizeof(*deciders));

	deciders->reach = reach;
	deciders->cuts_eni_idx = WORLD_NONE;
	return deciders;
}

void deciders_allow(struct deciders *deciders, size_t walks)
{
	deciders->walks_left = walks;
}

void deciders_free(struct deciders *deciders)
{
	if (!deciders)
		return;
	for (size_t i = 0; i < deciders->count; i++)
		free(deciders->lists[i].items);
	free(deciders->lists);
	free(deciders->doubts);
	cuts_done(&deciders->cuts);
	map_done(&deciders->known);
	arena_done(&deciders->arena);
	free(deciders);
}

static bool is_same_doubt(const struct hop *a, const struct hop *b)
{
	return a->kind == b->kind && a->object_idx == b->object_idx &&
	       a->decision.note == b->decision.note && a->decision.reason == b->decision.reason &&
	       str_eq(a->outside_id, b->outside_id);
}

/* Each of the few that there are is kept once. */
static const struct hop *keep_doubt(struct deciders *deciders, const struct hop *doubt)
{
	struct hop *kept;

	for (size_t i = 0; i < deciders->doubt_count; i++)
		if (is_same_doubt(deciders->doubts[i], doubt))
			return deciders->doubts[i];
	kept = arena_alloc(&deciders->arena, sizeof(*kept));
	*kept = *doubt;
	deciders->doubts = mem_grow(deciders->doubts, deciders->doubt_count,
				    &deciders->doubt_capacity, sizeof(*deciders->doubts));
	deciders->doubts[deciders->doubt_count++] = kept;
	return kept;
}

bool decider_is_same(const struct decider *a, const struct decider *b)
{
	return a->verdict == b->verdict && a->rule == b->rule && a->note == b->note &&
	       a->doubt == b->doubt;
}

/* Joined to the one that is the same, when there is one. */
static void add(struct decider_list *list, const struct decider *decider, struct packet_sets *sets)
{
	for (size_t i = 0; i < list->count; i++)
		if (decider_is_same(&list->items[i], decider)) {
			list->items[i].set = packet_sets_either(sets, list->items[i].set,
								decider->set);
			return;
		}
	list->items = mem_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = *decider;
}

static void find_cuts(struct deciders *deciders, uint32_t eni_idx, bool egress)
{
	const struct world *world = reach_kinds(deciders->reach)->world;
	const struct eni   *eni = &world->enis[eni_idx];

	if (deciders->cuts_eni_idx == eni_idx && deciders->cuts_egress == egress)
		return;
	cuts_done(&deciders->cuts);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			if (sg->rules[j].egress == egress)
				cuts_add(&deciders->cuts, sg->rules[j].protocol, sg->rules[j].ports,
					 sg->rules[j].icmp_type, sg->rules[j].icmp_code);
	}
	cuts_close(&deciders->cuts);
	deciders->cuts_eni_idx = eni_idx;
	deciders->cuts_egress = egress;
}

/* The first cut behind a key. */
static uint32_t next_cut(const struct cuts *cuts, uint32_t key)
{
	size_t low = 0, high = cuts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cuts->keys[middle] <= key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < cuts->count ? cuts->keys[low] : PACKET_KEY_END;
}

static bool has_balancer(const struct path *path)
{
	for (size_t i = 0; i < path->forward.count; i++)
		if (path->forward.hops[i].kind == HOP_LOAD_BALANCER)
			return true;
	return false;
}

/* Where the stretch of packets ends that fare like the one that was walked. */
static uint32_t stretch_end(struct deciders *deciders, const struct path *path, uint32_t key,
			    uint32_t end)
{
	const struct hop *hop = path_opener(path);
	uint32_t	  next;

	/* Each port of a load balancer has targets of its own. */
	if (has_balancer(path) && proto_has_ports((int16_t)(key >> 16)))
		return key + 1;
	if (!hop)
		return end;
	find_cuts(deciders, hop->eni_idx, hop->direction == DIRECTION_EGRESS);
	next = next_cut(&deciders->cuts, key);
	return next < end ? next : end;
}

/* Walks the packet of the key; returns where what it says ends, at most at `end`. */
static uint32_t walk_stretch(struct deciders *deciders, const struct question *question,
			     struct packet_cut at, uint32_t end, struct decider_list *out)
{
	struct packet_sets *sets = reach_sets(deciders->reach);
	struct decider	    decider = { .verdict = at.verdict, .sg_idx = WORLD_NONE };
	const struct hop   *hop, *doubt;
	struct path	    path;

	deciders->walks_left--;
	path_walk(reach_kinds(deciders->reach)->world, question, &path);
	hop = path_opener(&path);
	doubt = path_doubt(&path);
	if (hop && at.verdict == VERDICT_ALLOW) {
		decider.rule = hop->decision.sg_rule;
		decider.sg_idx = hop->decision.object_idx;
		decider.note = decider.rule ? NULL : hop->decision.note;
	}
	if (at.verdict == VERDICT_UNKNOWN && doubt)
		decider.doubt = keep_doubt(deciders, doubt);
	end = stretch_end(deciders, &path, at.key, end);
	decider.set = packet_sets_range(sets, at.key, end - 1, at.verdict);
	add(out, &decider, sets);
	return end;
}

static struct decider_list find(struct deciders *deciders, uint32_t src_kind, uint32_t dst_kind,
				uint32_t set)
{
	struct decider_list	     list = { 0 };
	size_t			     count;
	const struct packet_cut	    *borrowed = packet_sets_cuts(reach_sets(deciders->reach), set,
								 &count);
	auto_free struct packet_cut *cuts = mem_alloc(count * sizeof(*cuts));

	memcpy(cuts, borrowed, count * sizeof(*cuts));
	for (size_t i = 0; i < count; i++) {
		uint32_t end = i + 1 < count ? cuts[i + 1].key : PACKET_KEY_END;

		while (cuts[i].key < end && cuts[i].verdict != VERDICT_DENY) {
			struct question question = reach_question(deciders->reach, src_kind,
								  dst_kind, cuts[i].key);

			if (deciders->walks_left == 0) {
				list.is_cut = true;
				return list;
			}
			cuts[i].key = walk_stretch(deciders, &question, cuts[i], end, &list);
		}
	}
	return list;
}

/* There may be hundreds of thousands of lists of one. */
static void trim(struct decider_list *list)
{
	if (list->count == 0)
		return;
	list->items = mem_resize(list->items, list->count, sizeof(*list->items));
	list->capacity = list->count;
}

const struct decider_list *deciders_between(struct deciders *deciders, uint32_t src_kind,
					    uint32_t dst_kind, uint32_t set)
{
	uint32_t   key[3] = { src_kind, dst_kind, set }, found;
	struct str bytes = { (const char *)key, sizeof(key) };

	if (map_get(&deciders->known, bytes, &found))
		return &deciders->lists[found];
	deciders->lists = mem_grow(deciders->lists, deciders->count, &deciders->capacity,
				   sizeof(*deciders->lists));
	deciders->lists[deciders->count] = find(deciders, src_kind, dst_kind, set);
	trim(&deciders->lists[deciders->count]);
	/* What was cut short may be whole the next time. */
	if (!deciders->lists[deciders->count].is_cut)
		map_put(&deciders->known, arena_str(&deciders->arena, bytes),
			(uint32_t)deciders->count);
	return &deciders->lists[deciders->count++];
}
