/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/crowds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* A party while its joint kinds are collected. */
struct draft {
	struct crowd_party party;
	enum kind_scope	   scope;
	bool		   is_rest;
	uint32_t	   tier;
	uint32_t	  *kinds;
	size_t		   kind_count, kind_capacity;
};

struct making {
	const struct joint	  *joint;
	const struct judge *const *judges;
	enum party_by		   by;
	struct draft		  *drafts;
	size_t			   count, capacity;
	struct map		   parties; /* id or label → draft */
	struct map		   pairs;   /* draft and joint kind: known already */
	struct arena		   arena;
	uint32_t		   kind; /* that is being placed */
};

/* The draft with that key, or a new one. */
static struct draft *draft_at(struct making *making, struct str key)
{
	uint32_t found;

	if (map_get(&making->parties, key, &found))
		return &making->drafts[found];
	map_put(&making->parties, arena_str(&making->arena, key), (uint32_t)making->count);
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

/* Objects are known by their ids; what has none, a tier or the rest, by its label. */
static void place(void *context, const struct membership *membership)
{
	struct making	   *making = context;
	struct draft	   *draft;
	auto_buf struct buf key = buf_make(SIZE_MAX);

	buf_add_char(&key, membership->id.len ? 'i' : membership->is_rest ? 'r' : 'l');
	buf_add_str(&key, membership->id.len ? membership->id : membership->label);
	draft = draft_at(making, buf_str(&key));
	draft->party = (struct crowd_party){ .label = membership->label, .id = membership->id };
	draft->is_rest = membership->is_rest;
	draft->tier = making->by == PARTY_BY_TIER ? membership->number : 0;
	add_kind(making, draft, making->kind);
}

static void ask(struct making *making, size_t side, const struct end *end)
{
	parties_of(making->joint->reaches[side], making->judges[side], making->by, end, place,
		   making);
}

static void add_interfaces(struct making *making)
{
	const struct joint *joint = making->joint;

	for (size_t i = 0; i < joint->end_count; i++) {
		const struct joint_end *end = &joint->ends[i];
		size_t			side = end->ends[1].ip.family == IP_NONE ? 0 : 1;

		making->kind = joint->end_kinds[i];
		ask(making, side, &end->ends[side]);
	}
}

static void add_foreign(struct making *making)
{
	static const struct {
		enum kind_scope scope;
		const char     *label;
	} scopes[] = { { KIND_INTERNET, "internet" }, { KIND_ON_PREMISES, "on-premises" } };
	const struct joint *joint = making->joint;

	for (uint32_t kind = 0; kind < joint->count; kind++) {
		const struct joint_kind *item = &joint->items[kind];
		const struct kinds	*kinds = reach_kinds(joint->reaches[1]);

		for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
			struct draft *draft;

			if (scopes[i].scope != item->scope)
				continue;
			draft = draft_at(making, str_of(scopes[i].label));
			draft->party.label = str_of(scopes[i].label);
			draft->scope = item->scope;
			add_kind(making, draft, kind);
		}
		making->kind = kind;
		if (making->by == PARTY_BY_TIER && item->scope != KIND_INTERFACES)
			ask(making, 1, &kinds->items[item->kinds[1]].ends[0]);
	}
}

static int compare_drafts(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int		    order;

	if (x->scope != y->scope)
		return (int)x->scope - (int)y->scope;
	if (x->is_rest != y->is_rest)
		return x->is_rest - y->is_rest;
	if (x->tier != y->tier)
		return x->tier < y->tier ? -1 : 1;
	order = str_cmp(x->party.label, y->party.label);
	return order ? order : str_cmp(x->party.id, y->party.id);
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
						       .kinds = TAKE(draft->kinds),
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
	struct making  making = { .joint = joint, .judges = judges, .by = by };

	add_interfaces(&making);
	add_foreign(&making);
	if (making.count)
		qsort(making.drafts, making.count, sizeof(*making.drafts), compare_drafts);
	gather(&making, crowds);
	list_by_kind(joint, crowds);
	free(making.drafts);
	map_done(&making.parties);
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
	free(crowds->items);
	free(crowds->kind_firsts);
	free(crowds->kind_crowds);
	free(crowds);
}
