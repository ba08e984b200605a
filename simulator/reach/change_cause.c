/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/change_cause.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/explain.h"
#include "simulator/reach/change_traits.h"
#include "simulator/reach/component_change.h"
#include "simulator/reach/cuts.h"
#include "simulator/reach/hop_change.h"

/*
 * Packets of one pair that are looked at, and of all together: a walk takes microseconds.  What is beyond is
 * not looked at, and said to be so.
 */
enum { SAMPLES_MAX = 64, WALKS_MAX = 50000 };

struct causes {
	const struct joint  *joint;
	const struct delta  *delta;
	struct path	    *paths[2];
	struct map	     lists; /* indexes as bytes → number of the list */
	struct map	     known; /* traits and transition → twice its number, odd when whole */
	struct change_traits traits;
	struct cause_list   *items;
	size_t		     count, capacity, walks;
	struct arena	     arena;
};

struct causes *causes_new(const struct joint *joint, const struct delta *delta)
{
	struct causes *causes = mem_alloc(sizeof(*causes));

	causes->joint = joint;
	causes->delta = delta;
	change_traits_init(&causes->traits, joint, delta);
	for (size_t side = 0; side < 2; side++)
		causes->paths[side] = mem_alloc(sizeof(*causes->paths[side]));
	return causes;
}

void causes_free(struct causes *causes)
{
	if (!causes)
		return;
	for (size_t side = 0; side < 2; side++)
		free(causes->paths[side]);
	map_done(&causes->lists);
	map_done(&causes->known);
	change_traits_done(&causes->traits);
	arena_done(&causes->arena);
	free(causes->items);
	free(causes);
}

/* What is being traced: two joint kinds, one of their packets, and what was found so far. */
struct trace {
	struct causes	 *causes;
	uint32_t	  src, dst;
	struct question	  questions[2];
	size_t		  low;
	bool		  is_doubtful; /* undecided in one of the worlds */
	struct change_set found;
	bool		  is_whole;
};

static bool is_whole_object(const void *query, const struct delta_change *change)
{
	(void)query;
	return change->part == DELTA_OBJECT;
}

static void look(struct trace *trace, const struct hop *low, const struct hop *high)
{
	struct crossing_pair pair = { .delta = trace->causes->delta,
				      .low = trace->low,
				      .questions = { &trace->questions[0], &trace->questions[1] } };

	pair.hops[trace->low] = low;
	pair.hops[!trace->low] = high;
	hop_changes_find(&pair, &trace->found);
}

static bool are_alike(const struct hop *a, const struct hop *b)
{
	return a->kind == b->kind && a->direction == b->direction;
}

/* Whether two tables send the packet elsewhere. */
static bool turn_apart(const struct hop *a, const struct hop *b)
{
	if (a->route && b->route)
		return !str_eq(a->route->target, b->route->target);
	if (a->tgw_route && b->tgw_route)
		return a->tgw_route->attachment_count && b->tgw_route->attachment_count &&
		       !str_eq(a->tgw_route->attachment_ids[0], b->tgw_route->attachment_ids[0]);
	return (a->route || a->tgw_route) != (b->route || b->tgw_route);
}

/* What was changed of the components themselves where two ways part. */
static void look_apart(struct trace *trace, const struct hop *low, const struct hop *high)
{
	const struct delta *delta = trace->causes->delta;
	const struct hop   *hops[2];

	hops[trace->low] = low;
	hops[!trace->low] = high;
	for (size_t side = 0; side < 2; side++) {
		enum world_kind table = hops[side] ? hop_ops_of(hops[side]->kind)->table
						   : WORLD_KIND_COUNT;

		if (table != WORLD_KIND_COUNT && hops[side]->kind != HOP_SECURITY_GROUP)
			change_set_pick(
				(struct change_filter){ .delta = delta, .wanted = is_whole_object },
				table, explain_hop_id(delta->worlds[side], hops[side]),
				&trace->found);
	}
}

/* Of what is doubtful in one of the worlds either may be the less open one at a component. */
static void compare_hops(struct trace *trace, const struct hop *low, const struct hop *high)
{
	if (low->decision.verdict < high->decision.verdict || turn_apart(low, high)) {
		look(trace, low, high);
	} else if (trace->is_doubtful && low->decision.verdict > high->decision.verdict) {
		trace->low = !trace->low;
		look(trace, high, low);
		trace->low = !trace->low;
	}
}

/*
 * Along both legs as far as they are the same way: where the less open one refuses more, or where they part.
 * Behind that a refusal is on another way; it counts when nothing was found before.  Returns whether they
 * part.
 */
static bool compare_legs(struct trace *trace, const struct leg *low, const struct leg *high)
{
	size_t i = 0, j = 0, before = trace->found.count;

	for (; i < low->count && j < high->count; i++, j++) {
		const struct hop *a = &low->hops[i], *b = &high->hops[j];

		if (!are_alike(a, b) && i + 1 < low->count && are_alike(&low->hops[i + 1], b)) {
			look(trace, a, NULL); /* it only has a hop when it refuses */
			a = &low->hops[++i];
		} else if (!are_alike(a, b) && j + 1 < high->count &&
			   are_alike(a, &high->hops[j + 1])) {
			b = &high->hops[++j];
		}
		if (!are_alike(a, b))
			break;
		compare_hops(trace, a, b);
	}
	if (i == low->count && j == high->count)
		return false;
	look_apart(trace, i < low->count ? &low->hops[i] : NULL,
		   j < high->count ? &high->hops[j] : NULL);
	for (; i < low->count && trace->found.count == before; i++)
		if (low->hops[i].decision.verdict != VERDICT_ALLOW)
			look(trace, &low->hops[i], NULL);
	return true;
}

/* The less open side; the one where it is undecided, when only one is: that is the one to explain. */
static size_t low_side(const struct path *const paths[2])
{
	bool unknown[2] = { paths[0]->verdict == VERDICT_UNKNOWN,
			    paths[1]->verdict == VERDICT_UNKNOWN };

	if (unknown[0] != unknown[1])
		return unknown[1];
	return paths[0]->verdict > paths[1]->verdict;
}

/* Whether something was found since, all of one object. */
static bool are_of_one_object(const struct trace *trace, size_t since)
{
	const struct delta_change *changes = trace->causes->delta->changes;
	const struct change_set	  *found = &trace->found;

	for (size_t i = since + 1; i < found->count; i++)
		if (changes[found->items[i]].kind != changes[found->items[since]].kind ||
		    !str_eq(changes[found->items[i]].id, changes[found->items[since]].id))
			return false;
	return found->count > since;
}

static void walk(struct trace *trace, uint32_t key)
{
	struct causes		*causes = trace->causes;
	const struct path	*low, *high;
	bool			 parted;
	const struct path *const paths[2] = { causes->paths[0], causes->paths[1] };
	size_t			 before = trace->found.count;
	struct crossing_pair	 ends = { .delta = causes->delta,
					  .questions = { &trace->questions[0], &trace->questions[1] } };

	for (size_t side = 0; side < 2; side++) {
		trace->questions[side] = joint_question(causes->joint, side, trace->src, trace->dst,
							key);
		path_walk(causes->delta->worlds[side], &trace->questions[side],
			  causes->paths[side]);
	}
	causes->walks++;
	trace->low = low_side(paths);
	trace->is_doubtful = (paths[0]->verdict == VERDICT_UNKNOWN) !=
			     (paths[1]->verdict == VERDICT_UNKNOWN);
	low = causes->paths[trace->low];
	high = causes->paths[!trace->low];
	parted = compare_legs(trace, &low->forward, &high->forward);
	/* The reply to what went another way, or nowhere, is on another way too. */
	if ((low->back_needed || high->back_needed) && !(parted && trace->found.count > before))
		compare_legs(trace, &low->back, &high->back);
	if (trace->found.count == before)
		component_changes_of_ends(&ends, &trace->found);
	if (trace->found.count > before)
		return;
	/* What stands on the way speaks of no packet; of several such changes any may be it. */
	component_changes_of_way(&ends, paths, &trace->found);
	if (trace->found.count == before)
		component_changes_of_all(&ends, &trace->found);
	if (!are_of_one_object(trace, before))
		trace->is_whole = false;
}

/* Where changed rules that may be on the way begin and end: those of the ends' groups and ACLs. */
static void cut_rules(const struct delta *delta, enum world_kind kind, struct str id,
		      struct cuts *cuts)
{
	size_t			   count;
	const struct delta_change *changes = delta_of(delta, kind, id, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t side = 0; side < 2; side++) {
			const struct delta_change *change = &changes[i];

			if (change->part == DELTA_SG_RULE && change->sg_rules[side])
				cuts_add(cuts, change->sg_rules[side]->protocol,
					 change->sg_rules[side]->ports,
					 change->sg_rules[side]->icmp_type,
					 change->sg_rules[side]->icmp_code);
			if (change->part == DELTA_NACL_RULE && change->nacl_rules[side])
				cuts_add(cuts, change->nacl_rules[side]->protocol,
					 change->nacl_rules[side]->ports,
					 change->nacl_rules[side]->icmp_type,
					 change->nacl_rules[side]->icmp_code);
		}
}

static void cut_end(const struct delta *delta, size_t side, const struct end *end,
		    struct cuts *cuts)
{
	const struct world *world = delta->worlds[side];
	const struct eni   *eni = end->eni_idx == WORLD_NONE ? NULL : &world->enis[end->eni_idx];
	uint32_t	    nacl_idx = WORLD_NONE;

	if (!eni)
		return;
	for (uint32_t i = 0; i < eni->sg_count; i++)
		cut_rules(delta, WORLD_SG, eni->sg_ids[i], cuts);
	if (eni->subnet_idx != WORLD_NONE)
		nacl_idx = world->subnets[eni->subnet_idx].nacl_idx;
	if (nacl_idx != WORLD_NONE)
		cut_rules(delta, WORLD_NACL, world->nacls[nacl_idx].object.id, cuts);
}

static struct cuts cuts_of(const struct trace *trace)
{
	const struct joint *joint = trace->causes->joint;
	struct cuts	    cuts = { 0 };

	for (size_t side = 0; side < 2; side++) {
		struct question question = joint_question(joint, side, trace->src, trace->dst, 0);

		cut_end(trace->causes->delta, side, &question.src, &cuts);
		cut_end(trace->causes->delta, side, &question.dst, &cuts);
	}
	cuts_close(&cuts);
	return cuts;
}

/* One packet of each stretch of the set, and of each part that the rules make of a stretch. */
static void walk_set(struct trace *trace, uint32_t set, const struct cuts *cuts, size_t *samples)
{
	size_t			 count, at = 0;
	const struct packet_cut *stretches = packet_sets_cuts(
		reach_sets(trace->causes->joint->reaches[0]), set, &count);

	for (size_t i = 0; i < count; i++) {
		uint32_t end = i + 1 < count ? stretches[i + 1].key : PACKET_KEY_END;
		uint32_t key = stretches[i].key;

		while (stretches[i].verdict == VERDICT_ALLOW && key < end) {
			if (*samples == SAMPLES_MAX) {
				trace->is_whole = false;
				return;
			}
			++*samples;
			walk(trace, key);
			while (at < cuts->count && cuts->keys[at] <= key)
				at++;
			key = at < cuts->count ? cuts->keys[at] : PACKET_KEY_END;
		}
	}
}

/* The interfaces and addresses that only one world has.  False: both have the ends of this kind. */
static bool find_present(struct trace *trace, uint32_t kind_idx)
{
	const struct joint	*joint = trace->causes->joint;
	const struct delta	*delta = trace->causes->delta;
	const struct joint_kind *kind = &joint->items[kind_idx];
	size_t			 side = kind->kinds[0] == WORLD_NONE;
	size_t			 before = trace->found.count;

	if (kind->kinds[0] != WORLD_NONE && kind->kinds[1] != WORLD_NONE)
		return false;
	for (size_t i = 0; i < kind->count; i++) {
		const struct end *end = &joint_member(joint, kind, i)->ends[side];
		const struct eni *eni = &delta->worlds[side]->enis[end->eni_idx];

		change_set_pick_all(delta, WORLD_ENI, eni->object.id, &trace->found);
		change_set_pick_all(delta, WORLD_INSTANCE, eni->instance_id, &trace->found);
	}
	if (trace->found.count == before)
		change_set_pick_documents(delta, WORLD_ENI, &trace->found);
	if (trace->found.count == before)
		change_set_pick_documents(delta, WORLD_INSTANCE, &trace->found);
	trace->is_whole = trace->is_whole && trace->found.count > before;
	return true;
}

/* Whether two changes of interfaces are the same but for whose they are. */
static bool is_same_change(const struct delta *delta, const struct delta_change *a,
			   const struct delta_change *b)
{
	enum world_kind kind;
	uint32_t	idx;
	bool		is_id = world_find(delta->worlds[0], a->before, &kind, &idx) ||
		     world_find(delta->worlds[1], a->after, &kind, &idx);

	return a->kind == b->kind && a->part == b->part && a->what == b->what &&
	       a->member == b->member &&
	       (!is_id || (str_eq(a->before, b->before) && str_eq(a->after, b->after)));
}

/* Adds what was changed in the same way of an object. */
static void add_alike(struct trace *trace, const struct delta_change *model, struct str id)
{
	const struct delta	  *delta = trace->causes->delta;
	size_t			   count;
	const struct delta_change *changes = delta_of(delta, model->kind, id, &count);

	for (size_t i = 0; i < count; i++)
		if (is_same_change(delta, model, &changes[i]))
			change_set_add(&trace->found, (uint32_t)(&changes[i] - delta->changes));
}

/*
 * What was changed of an end itself is the cause for its pairs alone: the other ends of the kind have the same
 * change, each its own.
 */
static void add_members(struct trace *trace, uint32_t kind_idx, const struct delta_change *model)
{
	const struct joint	*joint = trace->causes->joint;
	const struct joint_kind *kind = &joint->items[kind_idx];

	for (size_t i = 0; i < kind->count; i++)
		for (size_t side = 0; side < 2; side++) {
			const struct world *world = trace->causes->delta->worlds[side];
			const struct end   *end = &joint_member(joint, kind, i)->ends[side];

			if (end->eni_idx == WORLD_NONE)
				continue;
			add_alike(trace, model,
				  model->kind == WORLD_ENI ? world->enis[end->eni_idx].object.id
							   : world->enis[end->eni_idx].instance_id);
		}
}

static void expand(struct trace *trace)
{
	size_t count = trace->found.count;

	for (size_t i = 0; i < count; i++) {
		const struct delta_change *change =
			&trace->causes->delta->changes[trace->found.items[i]];

		if (change->kind != WORLD_ENI && change->kind != WORLD_INSTANCE)
			continue;
		add_members(trace, trace->src, change);
		add_members(trace, trace->dst, change);
	}
}

/* Equal lists are kept once. */
static uint32_t put_list(struct causes *causes, const struct change_set *set)
{
	struct str key = { (const char *)set->items, set->count * sizeof(*set->items) };
	uint32_t   number;

	if (map_get(&causes->lists, key, &number))
		return number;
	key = arena_str(&causes->arena, key);
	number = (uint32_t)causes->count;
	map_put(&causes->lists, key, number);
	causes->items = mem_grow(causes->items, causes->count, &causes->capacity,
				 sizeof(*causes->items));
	causes->items[causes->count++] = (struct cause_list){
		.items = (const uint32_t *)(const void *)key.ptr, .count = set->count
	};
	return number;
}

static struct cause_list list_at(const struct causes *causes, uint32_t number, bool is_whole)
{
	struct cause_list list = causes->items[number];

	list.is_whole = is_whole;
	return list;
}

static uint32_t find(struct causes *causes, uint32_t src, uint32_t dst,
		     const struct transition *transition, bool *is_whole)
{
	struct trace trace = { .causes = causes, .src = src, .dst = dst, .is_whole = true };
	struct cuts  cuts;
	size_t	     samples = 0;
	uint32_t     number;

	bool one_sided = find_present(&trace, src);

	if (!find_present(&trace, dst) && !one_sided) {
		cuts = cuts_of(&trace);
		walk_set(&trace, transition->opened, &cuts, &samples);
		walk_set(&trace, transition->closed, &cuts, &samples);
		walk_set(&trace, transition->undecided, &cuts, &samples);
		cuts_done(&cuts);
		change_set_sort(&trace.found);
		expand(&trace);
	}
	change_set_sort(&trace.found);
	number = put_list(causes, &trace.found);
	change_set_done(&trace.found);
	*is_whole = trace.is_whole;
	return number;
}

struct cause_list causes_find(struct causes *causes, uint32_t src, uint32_t dst,
			      const struct transition *transition)
{
	uint32_t   words[] = { transition->before, transition->after, causes->traits.traits[src],
			       causes->traits.traits[dst] };
	struct str key = { (const char *)words, sizeof(words) };
	uint32_t   number;
	bool	   is_whole;

	if (map_get(&causes->known, key, &number))
		return list_at(causes, number / 2, number & 1);
	if (causes->walks >= WALKS_MAX)
		return (struct cause_list){ 0 };
	number = find(causes, src, dst, transition, &is_whole);
	map_put(&causes->known, arena_str(&causes->arena, key), number * 2 + is_whole);
	return list_at(causes, number, is_whole);
}
