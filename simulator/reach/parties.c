/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/parties.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

static const char *const names[PARTY_BY_COUNT] = {
	[PARTY_BY_INSTANCE] = "instance", [PARTY_BY_SG] = "sg",	    [PARTY_BY_SUBNET] = "subnet",
	[PARTY_BY_VPC] = "vpc",		  [PARTY_BY_TIER] = "tier",
};

/* What an interface belongs to has a number of its own: an index of the world's table, or a tier's. */
enum { REST = UINT32_MAX };

struct making {
	const struct reach *reach;
	const struct judge *judge;
	struct parties	   *parties;
	uint32_t	   *places; /* by that number: index of the party + 1 */
	uint32_t	    rest;   /* likewise */
	struct map	    kinds;  /* party and kind → index of the party's kind */
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

static struct party *add_party(struct parties *parties, struct str label, struct str id)
{
	parties->items = mem_grow(parties->items, parties->count, &parties->capacity,
				  sizeof(*parties->items));
	parties->items[parties->count] = (struct party){ .label = label, .id = id };
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
		add_party(making->parties, label, id)->is_rest = number == REST;
		*place = (uint32_t)making->parties->count;
	}
	return *place - 1;
}

static void add_kind(struct making *making, uint32_t party_idx, uint32_t kind, size_t count)
{
	struct party *party = &making->parties->items[party_idx];
	uint32_t      key[2] = { party_idx, kind }, found;
	struct str    bytes = { (const char *)key, sizeof(key) };

	party->end_count += count;
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

/* Whoever is told what an end belongs to, and of what question. */
struct asking {
	const struct reach *reach;
	const struct judge *judge;
	membership_fn	   *tell;
	void		   *context;
};

static void tell(const struct asking *asking, uint32_t number, struct str label, struct str id)
{
	struct membership membership = { .label = label, .id = id, .number = number };

	membership.is_rest = number == REST;
	asking->tell(asking->context, &membership);
}

static void tell_object(const struct asking *asking, enum world_kind table, uint32_t idx,
			const char *rest)
{
	const struct world  *world = reach_kinds(asking->reach)->world;
	const struct object *object = idx == WORLD_NONE ? NULL : world_object(world, table, idx);

	if (object)
		tell(asking, idx, label_of(object), object->id);
	else
		tell(asking, REST, str_of(rest), str_of(""));
}

/* Interfaces that belong to no instance come behind the instances. */
static void tell_instance(const struct asking *asking, uint32_t eni_idx)
{
	const struct world *world = reach_kinds(asking->reach)->world;
	const struct eni   *eni = &world->enis[eni_idx];
	uint32_t	    base = (uint32_t)world->counts[WORLD_INSTANCE];

	if (eni->instance_idx != WORLD_NONE)
		tell_object(asking, WORLD_INSTANCE, eni->instance_idx, "");
	else
		tell(asking, base + eni_idx, world_eni_label(world, eni_idx), eni->object.id);
}

static void tell_groups(const struct asking *asking, const struct eni *eni)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		tell_object(asking, WORLD_SG, eni->sg_idxs[i], "(group not in the snapshot)");
	if (eni->sg_count == 0)
		tell_object(asking, WORLD_SG, WORLD_NONE, "(no group)");
}

static void tell_tiers(const struct asking *asking, const struct kind *kind)
{
	const struct intent *policy = judge_policy(asking->judge);
	bool		     found = false;

	for (uint32_t i = 0; i < policy->tier_count; i++) {
		if (!(kind->tiers >> i & 1))
			continue;
		tell(asking, i, policy->tiers[i].name, str_of(""));
		found = true;
	}
	if (!found && kind->scope == KIND_INTERFACES)
		tell(asking, REST, str_of("(no tier)"), str_of(""));
}

static void ask_end(const struct asking *asking, enum party_by by, const struct end *end,
		    uint32_t kind)
{
	const struct kinds *kinds = reach_kinds(asking->reach);
	const struct eni   *eni = &kinds->world->enis[end->eni_idx];

	switch (by) {
	case PARTY_BY_INSTANCE:
		tell_instance(asking, end->eni_idx);
		break;
	case PARTY_BY_SG:
		tell_groups(asking, eni);
		break;
	case PARTY_BY_SUBNET:
		tell_object(asking, WORLD_SUBNET, eni->subnet_idx, "(no subnet)");
		break;
	case PARTY_BY_VPC:
		tell_object(asking, WORLD_VPC, eni->vpc_idx, "(no VPC)");
		break;
	case PARTY_BY_TIER:
		tell_tiers(asking, &kinds->items[kind]);
		break;
	case PARTY_BY_COUNT:
		break;
	}
}

/* What passes through a NAT or transit gateway is its senders' and receivers', not its interfaces'. */
static bool is_component(const struct eni *eni)
{
	static const char *const types[] = { "nat_gateway", "natGateway", "regional_nat_gateway",
					     "transit_gateway" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_is(eni->type, types[i]))
			return true;
	return false;
}

/* The end that is being put into its parties. */
struct placing {
	struct making *making;
	uint32_t       kind;
	size_t	       count;
};

static void place(void *context, const struct membership *membership)
{
	struct placing *placing = context;

	add_kind(placing->making,
		 party_at(placing->making, membership->number, membership->label, membership->id),
		 placing->kind, placing->count);
}

static struct asking asking_of(struct making *making, struct placing *placing)
{
	return (struct asking){
		.reach = making->reach, .judge = making->judge, .tell = place, .context = placing
	};
}

void parties_of(const struct reach *reach, const struct judge *judge, enum party_by by,
		const struct end *end, membership_fn *fn, void *context)
{
	struct asking asking = { .reach = reach, .judge = judge, .tell = fn, .context = context };
	uint32_t      kind = kinds_find(reach_kinds(reach), end);

	if (end->eni_idx != WORLD_NONE) {
		if (!is_component(&reach_kinds(reach)->world->enis[end->eni_idx]))
			ask_end(&asking, by, end, kind);
	} else if (by == PARTY_BY_TIER && kind != WORLD_NONE) {
		tell_tiers(&asking, &reach_kinds(reach)->items[kind]);
	}
}

static void add_interfaces(struct making *making)
{
	const struct kinds *kinds = reach_kinds(making->reach);
	uint32_t	    total = kinds->eni_ends[kinds->world->counts[WORLD_ENI]];

	for (uint32_t i = 0; i < total; i++) {
		struct placing placing = { making, kinds->end_kinds[i], 1 };
		struct asking  asking = asking_of(making, &placing);

		if (!is_component(&kinds->world->enis[kinds->ends[i].eni_idx]))
			ask_end(&asking, making->parties->by, &kinds->ends[i], kinds->end_kinds[i]);
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
		add_party(making->parties, str_of(scopes[i].label), str_of(""))->scope =
			scopes[i].scope;
		for (uint32_t kind = 0; kind < kinds->count; kind++)
			if (kinds->items[kind].scope == scopes[i].scope)
				add_kind(making, (uint32_t)making->parties->count - 1, kind, 0);
	}
	for (uint32_t kind = 0; making->parties->by == PARTY_BY_TIER && kind < kinds->count;
	     kind++) {
		struct placing placing = { making, kind, 0 };
		struct asking  asking = asking_of(making, &placing);

		if (kinds->items[kind].scope != KIND_INTERFACES)
			tell_tiers(&asking, &kinds->items[kind]);
	}
}

static int compare_parties(const void *a, const void *b)
{
	const struct party *x = a, *y = b;
	int		    order;

	if (x->scope != y->scope)
		return (int)x->scope - (int)y->scope;
	if (x->is_rest != y->is_rest)
		return x->is_rest - y->is_rest;
	order = str_cmp(x->label, y->label);
	return order ? order : str_cmp(x->id, y->id);
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
	free(making.places);
	map_done(&making.kinds);
	return parties;
}

void parties_free(struct parties *parties)
{
	if (!parties)
		return;
	for (size_t i = 0; i < parties->count; i++)
		free(parties->items[i].kinds);
	free(parties->items);
	arena_done(&parties->arena);
	free(parties);
}

void parties_free_at(struct parties **parties)
{
	parties_free(*parties);
}

/* Pairs of ends; of foreign kinds each is one end. */
static uint64_t count_pairs(const struct kinds *kinds, const struct party_kind *src,
			    const struct party_kind *dst)
{
	const struct kind *from = &kinds->items[src->kind], *to = &kinds->items[dst->kind];
	bool		   is_whole = (src->count == from->count || !from->count) &&
			(dst->count == to->count || !to->count);

	if (is_whole || kinds_pairs(kinds, src->kind, dst->kind) == 0)
		return kinds_pairs(kinds, src->kind, dst->kind);
	return (src->count ? src->count : 1) * (uint64_t)(dst->count ? dst->count : 1);
}

static void add_pair(struct reach *reach, struct cell *cell, const struct party_kind *src,
		     const struct party_kind *dst)
{
	struct packet_sets *sets = reach_sets(reach);
	uint64_t	    pairs = count_pairs(reach_kinds(reach), src, dst);
	uint32_t	    set, unintended;

	if (pairs == 0)
		return;
	set = reach_between(reach, src->kind, dst->kind);
	cell->pairs += pairs;
	cell->common = packet_sets_both(sets, cell->common, set);
	if (set == PACKET_SET_DENY)
		return;
	cell->set = packet_sets_either(sets, cell->set, set);
	if (packet_sets_best(sets, set) == VERDICT_ALLOW)
		cell->open_pairs += pairs;
	else
		cell->undecided_pairs += pairs;
	unintended = packet_sets_both(
		sets, set, packet_sets_not(sets, reach_intended(reach, src->kind, dst->kind)));
	if (packet_sets_best(sets, unintended) == VERDICT_ALLOW)
		cell->unintended_pairs += pairs;
	cell->unintended = packet_sets_either(sets, cell->unintended, unintended);
}

struct cell parties_cell(struct reach *reach, const struct party *src, const struct party *dst)
{
	struct cell cell = { .set = PACKET_SET_DENY,
			     .common = PACKET_SET_ALLOW,
			     .unintended = PACKET_SET_DENY };

	for (size_t i = 0; i < src->kind_count; i++)
		for (size_t j = 0; j < dst->kind_count; j++)
			add_pair(reach, &cell, &src->kinds[i], &dst->kinds[j]);
	if (cell.pairs == 0)
		cell.common = PACKET_SET_DENY;
	return cell;
}
