/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/parties.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/reach/cell.h"

static const char *const names[PARTY_BY_COUNT] = {
	[PARTY_BY_INSTANCE] = "instance", [PARTY_BY_SG] = "sg",	    [PARTY_BY_SUBNET] = "subnet",
	[PARTY_BY_VPC] = "vpc",		  [PARTY_BY_TIER] = "tier",
};

/* What is in none of them. */
static const char *const rests[PARTY_BY_COUNT] = {
	[PARTY_BY_INSTANCE] = "(no instance)", [PARTY_BY_SG] = "(no group)",
	[PARTY_BY_SUBNET] = "(no subnet)",     [PARTY_BY_VPC] = "(no VPC)",
	[PARTY_BY_TIER] = "(no tier)",
};

/* What an interface belongs to has a number of its own: an index of the world's table, or a tier's. */
enum { REST = UINT32_MAX };

struct making {
	const struct reach *reach;
	const struct judge *judge;
	struct parties	   *parties;
	uint32_t	   *places; /* by that number: index of the party + 1 */
	uint32_t	    rest;   /* likewise */
	struct map	    unseen; /* ids of what the snapshot lacks → index of the party */
	struct map	    kinds;  /* party and kind → index of the party's kind */
	size_t		   *lasts;  /* of each party: the last end it was given + 1 */
	size_t		    lasts_capacity;
};

/* An end that is being added, and its kind. */
struct arrival {
	size_t		  number; /* of kinds->ends */
	const struct eni *eni;
	uint32_t	  eni_idx, kind;
};

int party_by_parse(const char *text, const struct judge *judge, enum party_by *out, struct err *err)
{
	for (int i = 0; i < PARTY_BY_COUNT; i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*out = (enum party_by)i;
		if (i == PARTY_BY_TIER && !judge)
			return err_set(err, ERR_USAGE,
				       "--by tier needs a policy: give --policy FILE");
		return 0;
	}
	return err_set(err, ERR_USAGE, "--by '%s': expected instance, sg, subnet, vpc or tier",
		       text);
}

const char *party_by_text(enum party_by by)
{
	return names[by];
}

const char *party_kind_text(const struct world *world, enum party_by by, const struct party *party)
{
	static const char *const kinds[PARTY_BY_COUNT] = {
		[PARTY_BY_INSTANCE] = "instance", [PARTY_BY_SG] = "security-group",
		[PARTY_BY_SUBNET] = "subnet",	  [PARTY_BY_VPC] = "vpc",
		[PARTY_BY_TIER] = "tier",
	};

	if (party->scope != KIND_INTERFACES)
		return party->scope == KIND_INTERNET ? "internet" : "on-premises";
	if (by == PARTY_BY_INSTANCE && world_index(world, WORLD_ENI, party->id) != WORLD_NONE)
		return "network-interface";
	return kinds[by];
}

static struct party *add_party(struct making *making, struct str label, struct str id)
{
	struct parties *parties = making->parties;

	making->lasts = mem_grow(making->lasts, parties->count, &making->lasts_capacity,
				 sizeof(*making->lasts));
	making->lasts[parties->count] = 0;
	parties->items = mem_grow(parties->items, parties->count, &parties->capacity,
				  sizeof(*parties->items));
	parties->items[parties->count] = (struct party){ .label = label,
							 .id = id,
							 .number = (uint32_t)parties->count };
	return &parties->items[parties->count++];
}

static struct str label_of(const struct object *object)
{
	return object->name.len ? object->name : object->id;
}

/* The party with that number; made when it is first met. */
static uint32_t party_at(struct making *making, uint32_t number, struct str label, struct str id)
{
	uint32_t *place = number == REST ? &making->rest : &making->places[number];

	if (*place == 0) {
		add_party(making, label, id)->is_rest = number == REST;
		*place = (uint32_t)making->parties->count;
	}
	return *place - 1;
}

/* The party of what is known by its id only. */
static uint32_t unseen_at(struct making *making, struct str id)
{
	uint32_t found = (uint32_t)making->parties->count;

	if (map_get(&making->unseen, id, &found))
		return found;
	add_party(making, id, id);
	map_put(&making->unseen, id, found);
	return found;
}

static void note_end(struct parties *parties, uint32_t party_idx)
{
	parties->end_parties = mem_grow(parties->end_parties, parties->end_party_count,
					&parties->end_party_capacity,
					sizeof(*parties->end_parties));
	parties->end_parties[parties->end_party_count++] = party_idx;
}

static void add_kind(struct making *making, uint32_t party_idx, uint32_t kind, size_t count)
{
	struct party *party = &making->parties->items[party_idx];
	uint32_t      key[2] = { party_idx, kind }, found;
	struct str    bytes = { (const char *)key, sizeof(key) };

	party->end_count += count;
	if (count)
		note_end(making->parties, party_idx);
	if (map_get(&making->kinds, bytes, &found)) {
		party->kinds[found].count += count;
		return;
	}
	map_put(&making->kinds, arena_str(&making->parties->arena, bytes),
		(uint32_t)party->kind_count);
	party->kinds = mem_grow(party->kinds, party->kind_count, &party->kind_capacity,
				sizeof(*party->kinds));
	party->kinds[party->kind_count++] = (struct party_kind){ .kind = kind, .count = count };
}

/* An end is in a party once, however often the snapshot says so. */
static void add_member(struct making *making, uint32_t party_idx, const struct arrival *arrival)
{
	if (making->lasts[party_idx] == arrival->number + 1)
		return;
	making->lasts[party_idx] = arrival->number + 1;
	add_kind(making, party_idx, arrival->kind, 1);
}

/* To the party of an object by its index, else by its id; what has neither is a party of its own. */
static void add_to_object(struct making *making, enum world_kind table, uint32_t idx, struct str id,
			  const struct arrival *arrival)
{
	const struct world *world = reach_kinds(making->reach)->world;
	uint32_t	    party_idx;

	if (idx != WORLD_NONE)
		party_idx = party_at(making, idx, label_of(world_object(world, table, idx)),
				     world_object(world, table, idx)->id);
	else if (id.len)
		party_idx = unseen_at(making, id);
	else
		party_idx = party_at(making, REST, str_of(rests[making->parties->by]), str_of(""));
	add_member(making, party_idx, arrival);
}

/* Interfaces that belong to no instance come behind the instances. */
static void add_by_instance(struct making *making, const struct arrival *arrival)
{
	const struct world *world = reach_kinds(making->reach)->world;
	const struct eni   *eni = arrival->eni;
	uint32_t	    base = (uint32_t)world->counts[WORLD_INSTANCE], party_idx;

	if (eni->instance_idx != WORLD_NONE)
		party_idx = party_at(making, eni->instance_idx,
				     label_of(&world->instances[eni->instance_idx].object),
				     world->instances[eni->instance_idx].object.id);
	else if (eni->instance_id.len)
		party_idx = unseen_at(making, eni->instance_id);
	else
		party_idx = party_at(making, base + arrival->eni_idx,
				     world_eni_label(world, arrival->eni_idx), eni->object.id);
	making->parties->items[party_idx].is_host = true;
	add_member(making, party_idx, arrival);
}

static void add_by_group(struct making *making, const struct arrival *arrival)
{
	const struct eni *eni = arrival->eni;

	for (uint32_t i = 0; i < eni->sg_count; i++)
		add_to_object(making, WORLD_SG, eni->sg_idxs[i], eni->sg_ids[i], arrival);
	if (eni->sg_count == 0)
		add_to_object(making, WORLD_SG, WORLD_NONE, str_of(""), arrival);
}

static void add_by_tier(struct making *making, uint32_t kind, size_t count)
{
	const struct intent *policy = judge_policy(making->judge);
	const struct kind   *item = &reach_kinds(making->reach)->items[kind];
	bool		     found = false;

	for (uint32_t i = 0; i < policy->tier_count; i++) {
		if (!(item->tiers >> i & 1))
			continue;
		add_kind(making, party_at(making, i, policy->tiers[i].name, str_of("")), kind,
			 count);
		found = true;
	}
	if (!found && item->scope == KIND_INTERFACES)
		add_kind(making, party_at(making, REST, str_of(rests[PARTY_BY_TIER]), str_of("")),
			 kind, count);
}

static void add_end(struct making *making, const struct arrival *arrival)
{
	const struct eni *eni = arrival->eni;

	switch (making->parties->by) {
	case PARTY_BY_INSTANCE:
		add_by_instance(making, arrival);
		break;
	case PARTY_BY_SG:
		add_by_group(making, arrival);
		break;
	case PARTY_BY_SUBNET:
		add_to_object(making, WORLD_SUBNET, eni->subnet_idx, eni->subnet_id, arrival);
		break;
	case PARTY_BY_VPC:
		add_to_object(making, WORLD_VPC, eni->vpc_idx, eni->vpc_id, arrival);
		break;
	case PARTY_BY_TIER:
		add_by_tier(making, arrival->kind, 1);
		break;
	case PARTY_BY_COUNT:
		break;
	}
}

bool party_is_component(const struct eni *eni)
{
	static const char *const types[] = { "nat_gateway", "natGateway", "regional_nat_gateway",
					     "transit_gateway" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_is(eni->type, types[i]))
			return true;
	return false;
}

static void add_interfaces(struct making *making)
{
	const struct kinds *kinds = reach_kinds(making->reach);
	uint32_t	    total = kinds->eni_ends[kinds->world->counts[WORLD_ENI]];

	making->parties->end_firsts = mem_alloc((total + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < total; i++) {
		struct arrival arrival = { .number = i,
					   .eni_idx = kinds->ends[i].eni_idx,
					   .eni = &kinds->world->enis[kinds->ends[i].eni_idx],
					   .kind = kinds->end_kinds[i] };

		if (!party_is_component(arrival.eni))
			add_end(making, &arrival);
		making->parties->end_firsts[i + 1] = (uint32_t)making->parties->end_party_count;
	}
}

/* A tier without a member is a row all the same: its author meant something. */
static void add_empty_tiers(struct making *making)
{
	const struct intent *policy = judge_policy(making->judge);

	for (uint32_t i = 0; i < policy->tier_count; i++)
		(void)party_at(making, i, policy->tiers[i].name, str_of(""));
}

static void add_foreign(struct making *making)
{
	static const struct {
		enum kind_scope scope;
		const char     *label;
	} scopes[] = { { KIND_INTERNET, "internet" }, { KIND_ON_PREMISES, "on-premises" } };
	const struct kinds *kinds = reach_kinds(making->reach);

	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		add_party(making, str_of(scopes[i].label), str_of(""))->scope = scopes[i].scope;
		for (uint32_t kind = 0; kind < kinds->count; kind++)
			if (kinds->items[kind].scope == scopes[i].scope)
				add_kind(making, (uint32_t)making->parties->count - 1, kind, 0);
	}
	for (uint32_t kind = 0; making->parties->by == PARTY_BY_TIER && kind < kinds->count; kind++)
		if (kinds->items[kind].scope != KIND_INTERFACES)
			add_by_tier(making, kind, 0);
}

static int compare_parties(const void *a, const void *b)
{
	const struct party *x = a, *y = b;
	int		    order;

	if (x->scope != y->scope)
		return (int)x->scope - (int)y->scope;
	if (x->is_rest != y->is_rest)
		return x->is_rest - y->is_rest;
	order = str_cmp_natural(x->label, y->label);
	return order ? order : str_cmp(x->id, y->id);
}

static int compare_kinds(const void *a, const void *b)
{
	const struct party_kind *x = a, *y = b;

	return (x->kind > y->kind) - (x->kind < y->kind);
}

static bool is_foreign_label(struct str label)
{
	return str_is(label, "internet") || str_is(label, "on-premises");
}

/* Groups of two VPCs may have one name: then the id tells them apart.  The parties are in order. */
static void tell_apart(struct parties *parties)
{
	bool is_twin = false;

	for (size_t i = 0; i < parties->count; i++) {
		struct party *party = &parties->items[i];
		bool	      has_next = i + 1 < parties->count && party->scope == party[1].scope &&
				str_eq(party->label, party[1].label);

		if ((is_twin || has_next ||
		     (party->scope == KIND_INTERFACES && is_foreign_label(party->label))) &&
		    party->id.len && !str_eq(party->id, party->label)) {
			size_t		    len = party->label.len + party->id.len + 3;
			auto_buf struct buf label = buf_make(len);

			buf_add_str(&label, party->label);
			buf_add_text(&label, " (");
			buf_add_str(&label, party->id);
			buf_add_char(&label, ')');
			party->label = arena_str(&parties->arena, buf_str(&label));
		}
		is_twin = has_next;
	}
}

/* What the ends were noted for by number is where that has come to in the order. */
static void renumber_ends(struct parties *parties)
{
	auto_free uint32_t *places = mem_alloc((parties->count + 1) * sizeof(*places));

	for (size_t i = 0; i < parties->count; i++)
		places[parties->items[i].number] = (uint32_t)i;
	for (size_t i = 0; i < parties->end_party_count; i++)
		parties->end_parties[i] = places[parties->end_parties[i]];
}

struct parties *parties_new(const struct reach *reach, const struct judge *judge, enum party_by by)
{
	const struct world *world = reach_kinds(reach)->world;
	struct parties	   *parties = mem_alloc(sizeof(*parties));
	struct making	    making = { .reach = reach, .judge = judge, .parties = parties };
	size_t numbers = INTENT_TIERS_MAX + world->counts[WORLD_SG] + world->counts[WORLD_SUBNET] +
			 world->counts[WORLD_VPC] + world->counts[WORLD_INSTANCE] +
			 world->counts[WORLD_ENI];

	parties->by = by;
	making.places = mem_alloc(numbers * sizeof(*making.places));
	if (by == PARTY_BY_TIER)
		add_empty_tiers(&making);
	add_interfaces(&making);
	add_foreign(&making);
	/* Tiers keep the order of the policy, which tells the chain. */
	if (by != PARTY_BY_TIER)
		qsort(parties->items, parties->count, sizeof(*parties->items), compare_parties);
	for (size_t i = 0; i < parties->count; i++)
		if (parties->items[i].kind_count)
			qsort(parties->items[i].kinds, parties->items[i].kind_count,
			      sizeof(*parties->items[i].kinds), compare_kinds);
	tell_apart(parties);
	renumber_ends(parties);
	free(making.places);
	free(making.lasts);
	map_done(&making.unseen);
	map_done(&making.kinds);
	return parties;
}

bool parties_are_nobody(const struct parties *parties)
{
	for (size_t i = 0; i < parties->count; i++)
		if (parties->items[i].end_count)
			return false;
	return true;
}

void parties_free(struct parties *parties)
{
	if (!parties)
		return;
	for (size_t i = 0; i < parties->count; i++)
		free(parties->items[i].kinds);
	free(parties->items);
	free(parties->end_firsts);
	free(parties->end_parties);
	arena_done(&parties->arena);
	free(parties);
}

void parties_free_at(struct parties **parties)
{
	parties_free(*parties);
}

struct cell parties_cell(struct reach *reach, const struct party *src, const struct party *dst)
{
	auto_cell_parts struct cell_parts parts = { 0 };

	cell_parts_fill(&parts, reach, src, dst, PACKET_SET_ALLOW);
	return cell_of_parts(reach, &parts);
}
