/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/joint.h"

#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/reach/crowd.h"
#include "simulator/reach/eni_match.h"

/* What is needed while joint kinds are made. */
struct making {
	struct joint	   *joint;
	const struct kinds *kinds[2];
	const struct world *worlds[2];
	struct eni_match    match;
	struct map	    items; /* the kinds of both sides → index */
	size_t		    end_capacity, end_kind_capacity;
	struct arena	    arena;
};

static uint32_t put_kind(struct making *making, const uint32_t kinds[2])
{
	struct joint	  *joint = making->joint;
	struct str	   key = { (const char *)kinds, 2 * sizeof(*kinds) };
	const struct kind *kind;
	size_t		   side = kinds[0] == WORLD_NONE;
	uint32_t	   found;

	if (map_get(&making->items, key, &found))
		return found;
	kind = &making->kinds[side]->items[kinds[side]];
	map_put(&making->items, arena_str(&making->arena, key), (uint32_t)joint->count);
	joint->items = mem_grow(joint->items, joint->count, &joint->capacity,
				sizeof(*joint->items));
	joint->items[joint->count] = (struct joint_kind){ .scope = kind->scope,
							  .family = kind->family,
							  .kinds = { kinds[0], kinds[1] } };
	return (uint32_t)joint->count++;
}

/* Some addresses of an interface of A, of B, or of both; NULL: not there. */
static void add_end(struct making *making, const struct slice *const slices[2])
{
	struct joint	*joint = making->joint;
	struct joint_end end = { .interface = (uint32_t)joint->interface_count };
	uint32_t	 kinds[2] = { WORLD_NONE, WORLD_NONE };

	for (size_t side = 0; side < 2; side++) {
		end.ends[side] = (struct end){ .eni_idx = WORLD_NONE };
		end.numbers[side] = WORLD_NONE;
		if (!slices[side])
			continue;
		end.numbers[side] = slices[side]->number;
		end.ends[side] = making->kinds[side]->ends[slices[side]->number];
		end.ends[side].ip = slices[side]->first;
		kinds[side] = making->kinds[side]->end_kinds[slices[side]->number];
	}
	joint->ends = mem_grow(joint->ends, joint->end_count, &making->end_capacity,
			       sizeof(*joint->ends));
	joint->end_kinds = mem_grow(joint->end_kinds, joint->end_count, &making->end_kind_capacity,
				    sizeof(*joint->end_kinds));
	joint->ends[joint->end_count] = end;
	joint->end_kinds[joint->end_count] = put_kind(making, kinds);
	joint->items[joint->end_kinds[joint->end_count]].count++;
	joint->end_count++;
}

static void add_interface(struct making *making, uint32_t a, uint32_t b)
{
	const uint32_t	    enis[2] = { a, b };
	struct slices	    slices[2];
	auto_free uint32_t *others = NULL;
	auto_free bool	   *taken = NULL;

	slices_cut(making->kinds, enis, slices);
	others = slices_match(&slices[0], &slices[1]);
	taken = mem_alloc(slices[0].count + 1);
	for (size_t i = 0; i < slices[1].count; i++) {
		const struct slice *pair[2] = { NULL, &slices[1].items[i] };

		if (others[i] != WORLD_NONE) {
			taken[others[i]] = true;
			pair[0] = &slices[0].items[others[i]];
		}
		add_end(making, pair);
	}
	for (size_t i = 0; i < slices[0].count; i++) {
		const struct slice *pair[2] = { &slices[0].items[i], NULL };

		if (!taken[i])
			add_end(making, pair);
	}
	making->joint->interface_count++;
	for (size_t side = 0; side < 2; side++)
		slices_done(&slices[side]);
}

static void add_interfaces(struct making *making)
{
	size_t		count[2] = { making->worlds[0]->counts[WORLD_ENI],
				     making->worlds[1]->counts[WORLD_ENI] };
	auto_free bool *taken = mem_alloc(count[0] + 1);

	for (uint32_t i = 0; i < count[1]; i++) {
		uint32_t other = making->match.others[i];

		if (other != WORLD_NONE)
			taken[other] = true;
		add_interface(making, other, i);
	}
	for (uint32_t i = 0; i < count[0]; i++)
		if (!taken[i])
			add_interface(making, i, WORLD_NONE);
}

/* Sorts the ends by joint kind. */
static void list_members(struct joint *joint)
{
	size_t		    first = 0;
	auto_free uint32_t *next = mem_alloc((joint->count + 1) * sizeof(*next));

	joint->members = mem_alloc((joint->end_count + 1) * sizeof(*joint->members));
	joint->owners = mem_alloc((joint->end_count + 1) * sizeof(*joint->owners));
	for (size_t i = 0; i < joint->count; i++) {
		joint->items[i].first = first;
		next[i] = (uint32_t)first;
		first += joint->items[i].count;
	}
	for (uint32_t i = 0; i < joint->end_count; i++) {
		size_t at = next[joint->end_kinds[i]]++;

		joint->members[at] = i;
		joint->owners[at] = joint->ends[i].interface;
	}
}

static struct ip later(struct ip a, struct ip b)
{
	return ip_cmp(a, b) < 0 ? b : a;
}

static struct ip earlier(struct ip a, struct ip b)
{
	return ip_cmp(a, b) < 0 ? a : b;
}

/* What two stretches have in common, of a joint kind. */
static void add_stretch(struct making *making, const struct stretch *a, const struct stretch *b)
{
	struct kinds *foreign = &making->joint->foreign;
	uint32_t      kinds[2] = { a->kind, b->kind };

	foreign->stretches = mem_grow(foreign->stretches, foreign->stretch_count,
				      &foreign->stretch_capacity, sizeof(*foreign->stretches));
	foreign->stretches[foreign->stretch_count++] = (struct stretch){
		.first = later(a->first, b->first),
		.last = earlier(a->last, b->last),
		.kind = put_kind(making, kinds)
	};
}

/* The joint kinds as kinds, as far as their addresses are concerned. */
static void list_foreign(struct joint *joint)
{
	struct kinds *foreign = &joint->foreign;

	foreign->count = joint->count;
	foreign->items = mem_alloc((joint->count + 1) * sizeof(*foreign->items));
	for (size_t i = 0; i < joint->count; i++)
		foreign->items[i] = (struct kind){ .scope = joint->items[i].scope,
						   .family = joint->items[i].family };
	for (size_t i = 0; i < foreign->stretch_count; i++)
		foreign->items[foreign->stretches[i].kind].ends[0].ip = foreign->stretches[i].first;
}

/* Lays the foreign stretches of both worlds over each other: addresses in one of each are one end. */
static void add_foreign(struct making *making)
{
	const struct kinds *a = making->kinds[0], *b = making->kinds[1];
	size_t		    i = 0, j = 0;

	while (i < a->stretch_count && j < b->stretch_count) {
		const struct stretch *x = &a->stretches[i], *y = &b->stretches[j];

		if (ip_cmp(x->first, y->last) <= 0 && ip_cmp(y->first, x->last) <= 0 &&
		    a->items[x->kind].scope == b->items[y->kind].scope)
			add_stretch(making, x, y);
		if (ip_cmp(x->last, y->last) <= 0)
			i++;
		else
			j++;
	}
}

struct joint *joint_new(struct reach *a, struct reach *b)
{
	struct joint *joint = mem_alloc(sizeof(*joint));
	struct making making = { .joint = joint, .kinds = { reach_kinds(a), reach_kinds(b) } };

	joint->reaches[0] = a;
	joint->reaches[1] = b;
	joint->is_simple = making.kinds[0]->is_simple && making.kinds[1]->is_simple;
	for (size_t side = 0; side < 2; side++)
		making.worlds[side] = making.kinds[side]->world;
	eni_match_init(&making.match, making.worlds[0], making.worlds[1]);
	joint->renewed_count = making.match.renewed;
	add_interfaces(&making);
	list_members(joint);
	add_foreign(&making);
	list_foreign(joint);
	eni_match_done(&making.match);
	map_done(&making.items);
	arena_done(&making.arena);
	return joint;
}

void joint_free(struct joint *joint)
{
	if (!joint)
		return;
	free(joint->items);
	free(joint->ends);
	free(joint->end_kinds);
	free(joint->members);
	free(joint->owners);
	free(joint->foreign.items);
	free(joint->foreign.stretches);
	free(joint);
}

const struct joint_end *joint_member(const struct joint *joint, const struct joint_kind *kind,
				     size_t index)
{
	return &joint->ends[joint->members[kind->first + index]];
}

static struct crowd crowd_of(const struct joint *joint, const struct joint_kind *kind)
{
	return (struct crowd){ kind->scope, kind->family, joint->owners + kind->first,
			       kind->count };
}

uint64_t joint_pairs(const struct joint *joint, uint32_t src, uint32_t dst)
{
	const struct crowd from = crowd_of(joint, &joint->items[src]);
	const struct crowd to = crowd_of(joint, &joint->items[dst]);

	return crowd_pairs(&from, &to, joint->is_simple);
}

uint32_t joint_between(const struct joint *joint, size_t side, uint32_t src, uint32_t dst)
{
	uint32_t from = joint->items[src].kinds[side], to = joint->items[dst].kinds[side];

	if (from == WORLD_NONE || to == WORLD_NONE)
		return PACKET_SET_DENY;
	return reach_between(joint->reaches[side], from, to);
}

/* Two members of different interfaces. */
static void find_members(const struct joint *joint, const struct joint_kind *src,
			 const struct joint_kind *dst, const struct joint_end *found[2])
{
	for (size_t i = 0; i < src->count; i++)
		for (size_t j = 0; j < dst->count; j++) {
			found[0] = joint_member(joint, src, i);
			found[1] = joint_member(joint, dst, j);
			if (found[0]->interface != found[1]->interface)
				return;
		}
}

struct question joint_question(const struct joint *joint, size_t side, uint32_t src, uint32_t dst,
			       uint32_t key)
{
	const struct joint_kind *from = &joint->items[src], *to = &joint->items[dst];
	struct question		 question = reach_question(joint->reaches[side], from->kinds[side],
							   to->kinds[side], key);
	const struct joint_end	*ends[2] = { NULL, NULL };

	if (from->count && to->count) {
		find_members(joint, from, to, ends);
	} else if (from->count) {
		ends[0] = joint_member(joint, from, 0);
	} else if (to->count) {
		ends[1] = joint_member(joint, to, 0);
	}
	if (ends[0])
		question.src = ends[0]->ends[side];
	if (ends[1])
		question.dst = ends[1]->ends[side];
	question.packet.src = question.src.ip;
	question.packet.dst = question.dst.ip;
	return question;
}
