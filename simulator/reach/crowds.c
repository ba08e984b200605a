/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/crowds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* A party of either world while its joint kinds are collected. */
struct draft {
	struct crowd_party party;
	enum kind_scope	   scope;
	size_t		   side, place; /* among the parties of that side; of B when it is there */
	uint32_t	  *kinds;
	size_t		   kind_count, kind_capacity;
};

struct making {
	const struct joint *joint;
	struct parties	   *parties[2];
	struct draft	   *drafts;
	size_t		    count, capacity;
	struct map	    known; /* what a party is known by → draft */
	struct map	    pairs; /* draft and joint kind: known already */
	struct arena	    arena;
};

/* The draft with that key, or a new one. */
static struct draft *draft_at(struct making *making, struct str key)
{
	uint32_t found;

	if (map_get(&making->known, key, &found))
		return &making->drafts[found];
	map_put(&making->known, arena_str(&making->arena, key), (uint32_t)making->count);
	making->drafts = mem_grow(making->drafts, making->count, &making->capacity,
				  sizeof(*making->drafts));
	making->drafts[making->count] = (struct draft){ 0 };
	return &making->drafts[making->count++];
}

static void add_kind(struct making *making, struct draft *draft, uint32_t kind)
{
	uint32_t   key[2] = { (uint32_t)(draft - making->drafts), kind }, found;
	struct str bytes = { (const char *)key, sizeof(key) };

	if (map_get(&making->pairs, bytes, &found))
		return;
	map_put(&making->pairs, arena_str(&making->arena, bytes), 0);
	draft->kinds = mem_grow(draft->kinds, draft->kind_count, &draft->kind_capacity,
				sizeof(*draft->kinds));
	draft->kinds[draft->kind_count++] = kind;
}

/* Objects are known by their ids; what has none, a tier or the internet, by its label. */
static void place(struct making *making, size_t side, size_t party_idx, uint32_t kind)
{
	const struct party *party = &making->parties[side]->items[party_idx];
	struct draft	   *draft;
	auto_buf struct buf key = buf_make(SIZE_MAX);

	buf_printf(&key, "%d %d ", (int)party->scope, party->id.len > 0);
	buf_add_str(&key, party->id.len ? party->id : party->label);
	draft = draft_at(making, buf_str(&key));
	if (side == 1 || draft->kind_count == 0) {
		draft->party = (struct crowd_party){ .label = party->label, .id = party->id };
		draft->scope = party->scope;
		draft->side = side;
		draft->place = party_idx;
	}
	add_kind(making, draft, kind);
}

static void add_interfaces(struct making *making)
{
	const struct joint *joint = making->joint;

	for (size_t i = 0; i < joint->end_count; i++) {
		size_t		      side = joint->ends[i].numbers[1] != WORLD_NONE;
		const struct parties *parties = making->parties[side];
		uint32_t	      number = joint->ends[i].numbers[side];

		for (uint32_t j = parties->end_firsts[number]; j < parties->end_firsts[number + 1];
		     j++)
			place(making, side, parties->end_parties[j], joint->end_kinds[i]);
	}
}

/* The joint kinds by B's kinds: B's parties tell which of those they have. */
static void add_foreign(struct making *making)
{
	const struct joint   *joint = making->joint;
	const struct parties *parties = making->parties[1];
	size_t		      count = reach_kinds(joint->reaches[1])->count;

	for (size_t i = 0; i < parties->count; i++) {
		const struct party *party = &parties->items[i];
		auto_free bool	   *is_own = mem_alloc(count + 1);

		if (party->scope == KIND_INTERFACES && parties->by != PARTY_BY_TIER)
			continue;
		for (size_t j = 0; j < party->kind_count; j++)
			is_own[party->kinds[j].kind] = true;
		for (uint32_t kind = 0; kind < joint->count; kind++)
			if (joint->items[kind].scope != KIND_INTERFACES &&
			    is_own[joint->items[kind].kinds[1]])
				place(making, 1, i, kind);
	}
}

/* B's order; what only A has stands behind, and the internet and on-premises last. */
static int compare_drafts(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;

	if (x->scope != y->scope)
		return (int)x->scope - (int)y->scope;
	if (x->side != y->side)
		return x->side ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static int compare_kinds(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct crowd *add_crowd(struct crowds *crowds, struct draft *draft)
{
	crowds->items = mem_grow(crowds->items, crowds->count, &crowds->capacity,
				 sizeof(*crowds->items));
	crowds->items[crowds->count] = (struct crowd){ .scope = draft->scope,
						       .kinds = draft->kinds, /* taken */
						       .kind_count = draft->kind_count };
	return &crowds->items[crowds->count++];
}

/* Parties with the same joint kinds, of the same scope, become one crowd. */
static void gather(struct making *making, struct crowds *crowds)
{
	struct map known = { 0 };

	for (size_t i = 0; i < making->count; i++) {
		struct draft *draft = &making->drafts[i];
		struct crowd *crowd;
		struct str    key;
		uint32_t      found;

		qsort(draft->kinds, draft->kind_count, sizeof(*draft->kinds), compare_kinds);
		key = (struct str){ (const char *)draft->kinds,
				    draft->kind_count * sizeof(*draft->kinds) };
		if (draft->scope == KIND_INTERFACES && map_get(&known, key, &found)) {
			crowd = &crowds->items[found];
			free(draft->kinds);
		} else {
			crowd = add_crowd(crowds, draft);
			if (draft->scope == KIND_INTERFACES)
				map_put(&known, key, (uint32_t)crowds->count - 1);
		}
		crowd->parties = mem_grow(crowd->parties, crowd->party_count,
					  &crowd->party_capacity, sizeof(*crowd->parties));
		crowd->parties[crowd->party_count++] = draft->party;
	}
	map_done(&known);
}

/* The crowds of each joint kind, in order. */
static void list_by_kind(const struct joint *joint, struct crowds *crowds)
{
	auto_free uint32_t *next = mem_alloc((joint->count + 1) * sizeof(*next));
	size_t		    total = 0;

	crowds->kind_firsts = mem_alloc((joint->count + 1) * sizeof(*crowds->kind_firsts));
	for (size_t i = 0; i < crowds->count; i++)
		for (size_t j = 0; j < crowds->items[i].kind_count; j++, total++)
			crowds->kind_firsts[crowds->items[i].kinds[j] + 1]++;
	crowds->kind_crowds = mem_alloc((total + 1) * sizeof(*crowds->kind_crowds));
	for (size_t i = 0; i < joint->count; i++) {
		crowds->kind_firsts[i + 1] += crowds->kind_firsts[i];
		next[i] = crowds->kind_firsts[i];
	}
	for (size_t i = 0; i < crowds->count; i++)
		for (size_t j = 0; j < crowds->items[i].kind_count; j++)
			crowds->kind_crowds[next[crowds->items[i].kinds[j]]++] = (uint32_t)i;
}

struct crowds *crowds_new(const struct joint *joint, const struct judge *const judges[2],
			  enum party_by by)
{
	struct crowds *crowds = mem_alloc(sizeof(*crowds));
	struct making  making = { .joint = joint };

	for (size_t side = 0; side < 2; side++)
		making.parties[side] = crowds->parties[side] = parties_new(joint->reaches[side],
									   judges[side], by);
	add_interfaces(&making);
	add_foreign(&making);
	if (making.count)
		qsort(making.drafts, making.count, sizeof(*making.drafts), compare_drafts);
	gather(&making, crowds);
	list_by_kind(joint, crowds);
	free(making.drafts);
	map_done(&making.known);
	map_done(&making.pairs);
	arena_done(&making.arena);
	return crowds;
}

void crowds_free(struct crowds *crowds)
{
	if (!crowds)
		return;
	for (size_t i = 0; i < crowds->count; i++) {
		free(crowds->items[i].parties);
		free(crowds->items[i].kinds);
	}
	for (size_t side = 0; side < 2; side++)
		parties_free(crowds->parties[side]);
	free(crowds->items);
	free(crowds->kind_firsts);
	free(crowds->kind_crowds);
	free(crowds);
}
