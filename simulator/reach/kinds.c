/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/rules/exempt.h"
#include "simulator/lb_targets.h"
#include "simulator/prefix_ends.h"
#include "simulator/public_ip.h"
#include "simulator/reach/crowd.h"
#include "simulator/reach/foreign.h"

enum { APART = 1 };

/* What is needed while kinds are made. */
struct making {
	struct kinds	   *kinds;
	const struct judge *judge;
	struct arena	    arena;
	struct map	    group_sets, places, items; /* key → index */
	bool		   *is_apart; /* interfaces that components themselves speak of */
	uint32_t	    end_count;
};

/* What of an end makes its place; zeroed before it is filled, for it is compared as bytes. */
struct place_key {
	uint32_t family, vpc_idx, subnet_idx, address_class, public_class, apart;
	uint8_t	 source_dest_check, denies_igw, is_endpoint, scope, is_disputed;
};

struct kind_key {
	uint64_t tiers;
	uint32_t place, groups, address_class, public_class;
};

/* The index of what has these bytes; *is_new when it is first seen and gets `next`. */
static uint32_t put(struct making *making, struct map *map, struct str key, uint32_t next,
		    bool *is_new)
{
	uint32_t found;

	*is_new = !map_get(map, key, &found);
	if (!*is_new)
		return found;
	map_put(map, arena_str(&making->arena, key), next);
	return next;
}

static int compare_idxs(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Groups in any order are the same; those that are not in the snapshot are known by their ids. */
static uint32_t group_set_of(struct making *making, uint32_t eni_idx)
{
	struct kinds	   *kinds = making->kinds;
	const struct eni   *eni = &kinds->world->enis[eni_idx];
	auto_buf struct buf key = buf_make(SIZE_MAX);
	auto_free uint32_t *idxs = mem_alloc((eni->sg_count + 1) * sizeof(*idxs));
	uint32_t	    set;
	bool		    is_new;

	for (uint32_t i = 0; i < eni->sg_count; i++)
		idxs[i] = eni->sg_idxs[i];
	qsort(idxs, eni->sg_count, sizeof(*idxs), compare_idxs);
	buf_printf(&key, "%u", eni->vpc_idx);
	buf_add_str(&key, eni->vpc_id);
	for (uint32_t i = 0; i < eni->sg_count; i++)
		buf_printf(&key, " %u", idxs[i]);
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (eni->sg_idxs[i] == WORLD_NONE) {
			buf_add_char(&key, ' ');
			buf_add_str(&key, eni->sg_ids[i]);
		}
	if (eni->sg_count == 0) /* what that means depends on whose interface it is */
		buf_add_str(&key, eni->type);
	set = put(making, &making->group_sets, buf_str(&key), (uint32_t)kinds->group_set_count,
		  &is_new);
	if (is_new) {
		kinds->group_enis = mem_grow(kinds->group_enis, kinds->group_set_count,
					     &kinds->group_set_capacity,
					     sizeof(*kinds->group_enis));
		kinds->group_enis[kinds->group_set_count++] = eni_idx;
	}
	return set;
}

/* Keeps a second end when it is another interface's than the first. */
static void note_end(struct end ends[static 2], const struct end *end, bool is_first)
{
	if (is_first) {
		ends[0] = *end;
		ends[1] = (struct end){ .eni_idx = WORLD_NONE };
	} else if (ends[1].ip.family == IP_NONE && ends[0].eni_idx != end->eni_idx) {
		ends[1] = *end;
	}
}

static uint32_t put_place(struct making *making, const struct place_key *key, const struct end *end)
{
	struct kinds *kinds = making->kinds;
	bool	      is_new;
	uint32_t      place = put(making, &making->places,
				  (struct str){ (const char *)key, sizeof(*key) },
				  (uint32_t)kinds->place_count, &is_new);

	if (is_new)
		kinds->places = mem_grow(kinds->places, kinds->place_count++,
					 &kinds->place_capacity, sizeof(*kinds->places));
	note_end(kinds->places[place].ends, end, is_new);
	return place;
}

static uint32_t put_kind(struct making *making, const struct kind_key *key, enum kind_scope scope,
			 const struct end *end)
{
	struct kinds *kinds = making->kinds;
	bool	      is_new;
	uint32_t kind = put(making, &making->items, (struct str){ (const char *)key, sizeof(*key) },
			    (uint32_t)kinds->count, &is_new);

	if (is_new) {
		kinds->items = mem_grow(kinds->items, kinds->count, &kinds->capacity,
					sizeof(*kinds->items));
		kinds->items[kinds->count++] = (struct kind){
			.scope = scope,
			.family = end->ip.family,
			.place = key->place,
			.groups = key->groups,
			.tiers = key->tiers,
			.address_class = key->address_class,
		};
	}
	note_end(kinds->items[kind].ends, end, is_new);
	kinds->items[kind].count++;
	return kind;
}

/* The API spells the type in two ways. */
static bool is_endpoint(const struct eni *eni)
{
	return str_is(eni->type, "vpc_endpoint") || str_is(eni->type, "vpcEndpoint");
}

static bool is_reserved(const struct world *world, uint32_t subnet_idx, struct ip ip)
{
	struct packet packet = { .icmp_type = -1, .icmp_code = -1 };

	return exempt_from_rules(world, subnet_idx, ip, &packet) != NULL;
}

static bool is_disputed(const struct eni *eni, struct ip ip)
{
	for (uint32_t i = 0; i < eni->address_count; i++)
		if (ip_eq(eni->addresses[i].ip, ip))
			return eni->addresses[i].is_disputed;
	return false;
}

/*
 * What has a place of its own.  Of an interface of no known VPC it is each end: what becomes of a packet for one
 * depends on who else has that address where the packet is.
 */
static uint32_t apart_of(const struct making *making, uint32_t number)
{
	const struct world *world = making->kinds->world;
	const struct end   *end = &making->kinds->ends[number];
	const struct eni   *eni = &world->enis[end->eni_idx];

	if (eni->vpc_idx == WORLD_NONE)
		return (uint32_t)world->counts[WORLD_ENI] + number + APART;
	if (making->is_apart[end->eni_idx] || is_reserved(world, eni->subnet_idx, end->ip))
		return end->eni_idx + APART;
	return 0;
}

static uint32_t kind_of_end(struct making *making, uint32_t number)
{
	struct kinds	   *kinds = making->kinds;
	const struct world *world = kinds->world;
	const struct end   *end = &kinds->ends[number];
	const struct eni   *eni = &world->enis[end->eni_idx];
	struct ip	    outside = public_ip_of(world, eni->vpc_idx, end->ip);
	struct place_key    place;
	struct kind_key	    kind;

	memset(&place, 0, sizeof(place));
	memset(&kind, 0, sizeof(kind));
	place.family = end->ip.family;
	place.vpc_idx = eni->vpc_idx;
	place.subnet_idx = eni->subnet_idx;
	place.address_class = address_class(&kinds->place_classes, end->ip);
	place.source_dest_check = eni->source_dest_check;
	place.denies_igw = eni->denies_igw;
	place.is_endpoint = is_endpoint(eni);
	place.scope = KIND_INTERFACES;
	place.is_disputed = is_disputed(eni, end->ip);
	if (outside.family != IP_NONE) {
		place.public_class = address_class(&kinds->place_classes, outside) + 1;
		kind.public_class = address_class(&kinds->peer_classes, outside) + 1;
	}
	place.apart = apart_of(making, number);
	kind.place = put_place(making, &place, end);
	kind.groups = kinds->eni_groups[end->eni_idx];
	kind.address_class = address_class(&kinds->peer_classes, end->ip);
	if (making->judge)
		kind.tiers = judge_tiers(making->judge, end->eni_idx, end->ip);
	return put_kind(making, &kind, KIND_INTERFACES, end);
}

/* Load balancers' nodes, NAT gateways' and appliances' interfaces: components on other ends' ways. */
static void find_apart(struct making *making)
{
	const struct world *world = making->kinds->world;

	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (uint32_t j = 0; j < world->rtbs[i].route_count; j++) {
			uint32_t eni_idx = world_index(world, WORLD_ENI,
						       world->rtbs[i].routes[j].target);

			if (eni_idx != WORLD_NONE)
				making->is_apart[eni_idx] = true;
		}
	for (uint32_t i = 0; i < world->counts[WORLD_NAT]; i++)
		for (uint32_t j = 0; j < world->nats[i].address_count; j++) {
			uint32_t eni_idx = world_index(world, WORLD_ENI,
						       world->nats[i].addresses[j].eni_id);

			if (eni_idx != WORLD_NONE)
				making->is_apart[eni_idx] = true;
		}
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (lb_of_eni(world, i) != WORLD_NONE ||
		    str_is(world->enis[i].type, "nat_gateway") ||
		    str_is(world->enis[i].type, "natGateway"))
			making->is_apart[i] = true;
}

static struct ip public_of(const struct world *world, const struct end *end)
{
	struct ip none = { 0 }, outside;

	if (end->eni_idx == WORLD_NONE)
		return none;
	outside = public_ip_of(world, world->enis[end->eni_idx].vpc_idx, end->ip);
	return ip_eq(outside, end->ip) ? none : outside;
}

static void find_public_ips(struct kinds *kinds)
{
	for (size_t i = 0; i < kinds->place_count; i++)
		for (int j = 0; j < 2; j++)
			kinds->places[i].public_ips[j] = public_of(kinds->world,
								   &kinds->places[i].ends[j]);
}

static void add_end(struct making *making, const struct end *end, struct ip last)
{
	struct kinds *kinds = making->kinds;
	uint32_t      number = making->end_count++;

	kinds->ends[number] = *end;
	kinds->end_lasts[number] = last;
	kinds->end_kinds[number] = kind_of_end(making, number);
	for (uint32_t i = kinds->eni_ends[end->eni_idx]; kinds->is_simple && i < number; i++)
		kinds->is_simple = kinds->ends[i].ip.family != end->ip.family;
}

static void add_eni(struct making *making, uint32_t eni_idx, const struct prefix_ends *prefixes)
{
	const struct eni *eni = &making->kinds->world->enis[eni_idx];

	making->kinds->eni_ends[eni_idx] = making->end_count;
	making->kinds->eni_groups[eni_idx] = group_set_of(making, eni_idx);
	for (uint32_t i = 0; i < eni->address_count; i++) {
		struct end end = { .eni_idx = eni_idx, .ip = eni->addresses[i].ip };

		add_end(making, &end, end.ip);
	}
	for (uint32_t i = prefixes->firsts[eni_idx]; i < prefixes->firsts[eni_idx + 1]; i++)
		add_end(making, &prefixes->items[i].end, prefixes->items[i].last);
}

static void add_ends(struct making *making)
{
	struct kinds	   *kinds = making->kinds;
	const struct world *world = kinds->world;
	struct prefix_ends  prefixes = prefix_ends_of(world, &kinds->peer_classes);
	size_t		    total = prefixes.count;

	kinds->is_simple = true;
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		total += world->enis[i].address_count;
	kinds->ends = mem_alloc((total + 1) * sizeof(*kinds->ends));
	kinds->end_lasts = mem_alloc((total + 1) * sizeof(*kinds->end_lasts));
	kinds->end_kinds = mem_alloc((total + 1) * sizeof(*kinds->end_kinds));
	kinds->eni_ends = mem_alloc((world->counts[WORLD_ENI] + 1) * sizeof(*kinds->eni_ends));
	kinds->eni_groups = mem_alloc((world->counts[WORLD_ENI] + 1) * sizeof(*kinds->eni_groups));
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		add_eni(making, i, &prefixes);
	kinds->eni_ends[world->counts[WORLD_ENI]] = making->end_count;
	prefix_ends_done(&prefixes);
}

/* Sorts the ends by kind. */
static void list_members(struct kinds *kinds)
{
	uint32_t  total = kinds->eni_ends[kinds->world->counts[WORLD_ENI]];
	size_t	  first = 0;
	uint32_t *next;

	kinds->members = mem_alloc((total + 1) * sizeof(*kinds->members));
	kinds->owners = mem_alloc((total + 1) * sizeof(*kinds->owners));
	next = mem_alloc((kinds->count + 1) * sizeof(*next));
	for (size_t i = 0; i < kinds->count; i++) {
		kinds->items[i].first = first;
		next[i] = (uint32_t)first;
		first += kinds->items[i].count;
	}
	for (uint32_t i = 0; i < total; i++) {
		size_t at = next[kinds->end_kinds[i]]++;

		kinds->members[at] = i;
		kinds->owners[at] = kinds->ends[i].eni_idx;
	}
	free(next);
}

static uint32_t foreign_kind(void *context, enum kind_scope scope, uint32_t peer_class,
			     struct ip ip)
{
	struct making	*making = context;
	struct kinds	*kinds = making->kinds;
	struct end	 end = { .eni_idx = WORLD_NONE, .ip = ip };
	struct place_key place;
	struct kind_key	 kind;
	uint32_t	 idx;

	memset(&place, 0, sizeof(place));
	memset(&kind, 0, sizeof(kind));
	place.family = ip.family;
	place.vpc_idx = place.subnet_idx = WORLD_NONE;
	place.address_class = address_class(&kinds->place_classes, ip);
	place.scope = (uint8_t)scope;
	kind.place = put_place(making, &place, &end);
	kind.groups = WORLD_NONE;
	kind.address_class = peer_class;
	if (making->judge)
		kind.tiers = judge_tiers(making->judge, WORLD_NONE, ip);
	idx = put_kind(making, &kind, scope, &end);
	kinds->items[idx].count = 0;
	return idx;
}

struct kinds *kinds_new(const struct world *world, const struct judge *judge)
{
	struct kinds *kinds = mem_alloc(sizeof(*kinds));
	struct making making = { .kinds = kinds, .judge = judge };

	kinds->world = world;
	kinds->peer_classes = address_classes_of(world, judge, ADDRESS_PEER);
	kinds->place_classes = address_classes_of(world, judge, ADDRESS_PLACE);
	making.is_apart = mem_alloc(world->counts[WORLD_ENI] + 1);
	find_apart(&making);
	add_ends(&making);
	list_members(kinds);
	foreign_find(kinds, foreign_kind, &making);
	find_public_ips(kinds);
	free(making.is_apart);
	map_done(&making.group_sets);
	map_done(&making.places);
	map_done(&making.items);
	arena_done(&making.arena);
	return kinds;
}

void kinds_free(struct kinds *kinds)
{
	if (!kinds)
		return;
	free(kinds->items);
	free(kinds->places);
	free(kinds->group_enis);
	free(kinds->eni_groups);
	free(kinds->ends);
	free(kinds->end_lasts);
	free(kinds->end_kinds);
	free(kinds->eni_ends);
	free(kinds->members);
	free(kinds->owners);
	free(kinds->stretches);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		free(kinds->foreign[family]);
	address_classes_done(&kinds->peer_classes);
	address_classes_done(&kinds->place_classes);
	free(kinds);
}

uint32_t kinds_end_at(const struct kinds *kinds, const struct end *end)
{
	for (uint32_t i = kinds->eni_ends[end->eni_idx]; i < kinds->eni_ends[end->eni_idx + 1]; i++)
		if (ip_cmp(kinds->ends[i].ip, end->ip) <= 0 &&
		    ip_cmp(end->ip, kinds->end_lasts[i]) <= 0)
			return i;
	return WORLD_NONE;
}

uint32_t kinds_find(const struct kinds *kinds, const struct end *end)
{
	uint32_t at;

	if (end->eni_idx == WORLD_NONE)
		return end->ip.family == IP_NONE
			       ? WORLD_NONE
			       : kinds->foreign[span_family(end->ip)]
					       [address_class(&kinds->peer_classes, end->ip)];
	at = kinds_end_at(kinds, end);
	return at == WORLD_NONE ? WORLD_NONE : kinds->end_kinds[at];
}

const struct end *kinds_member(const struct kinds *kinds, const struct kind *kind, size_t index)
{
	return &kinds->ends[kinds->members[kind->first + index]];
}

static struct crowd crowd_of(const struct kinds *kinds, const struct kind *kind)
{
	return (struct crowd){ kind->scope, kind->family, kinds->owners + kind->first,
			       kind->count };
}

uint64_t kinds_pairs(const struct kinds *kinds, uint32_t src, uint32_t dst)
{
	const struct crowd from = crowd_of(kinds, &kinds->items[src]);
	const struct crowd to = crowd_of(kinds, &kinds->items[dst]);

	return crowd_pairs(&from, &to, kinds->is_simple);
}
