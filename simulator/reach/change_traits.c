/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/change_traits.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/reach/hop_change.h"

/* One side of a joint kind; zeroed before it is filled, for it is compared as bytes. */
struct side_trait {
	uint32_t groups, vpc_idx, nacl_idx, rtb_idx, subnet_idx, place;
	uint32_t address_class, public_class;
	uint64_t zone; /* a hash */
};

struct trait {
	struct side_trait sides[2];
	uint32_t	  own; /* the joint kind, when something of its ends was changed */
};

struct making {
	const struct joint *joint;
	const struct delta *delta;
	struct lpm	    blocks; /* all that changes speak of */
	struct map	    known;  /* trait → number */
	struct arena	    arena;
};

static void add_block(struct making *making, struct cidr cidr)
{
	if (cidr.base.family != IP_NONE)
		lpm_put(&making->blocks, cidr, (uint32_t)making->blocks.count + 1);
}

static void add_list(struct making *making, size_t side, struct str id)
{
	const struct world *world = making->delta->worlds[side];
	uint32_t	    idx = world_index(world, WORLD_PREFIX_LIST, id);

	for (uint32_t i = 0; idx != WORLD_NONE && i < world->prefix_lists[idx].entry_count; i++)
		add_block(making, world->prefix_lists[idx].entries[i]);
}

static void add_change(struct making *making, const struct delta_change *change, size_t side)
{
	if (!change->rows[side])
		return;
	if (change->part == DELTA_SG_RULE) {
		add_block(making, change->sg_rules[side]->cidr);
		if (change->sg_rules[side]->peer_kind == PEER_PREFIX_LIST)
			add_list(making, side, change->sg_rules[side]->peer_id);
	} else if (change->part == DELTA_NACL_RULE) {
		add_block(making, change->nacl_rules[side]->cidr);
	} else if (change->part == DELTA_ROUTE) {
		add_block(making, change->routes[side]->cidr);
		add_list(making, side, change->routes[side]->prefix_list_id);
	} else if (change->part == DELTA_TGW_ROUTE) {
		add_block(making, change->tgw_routes[side]->cidr);
		add_list(making, side, change->tgw_routes[side]->prefix_list_id);
	} else if (change->kind == WORLD_PREFIX_LIST && change->part == DELTA_ELEMENT) {
		add_block(making, *(const struct cidr *)change->rows[side]);
	}
}

/* Blocks nest or are apart: the innermost tells all that an address is in. */
static uint32_t class_of(const struct making *making, struct ip ip)
{
	uint32_t value;

	return ip.family != IP_NONE && lpm_find(&making->blocks, ip, &value, NULL) ? value : 0;
}

static struct ip public_ip_of(const struct eni *eni, struct ip ip)
{
	for (uint32_t i = 0; i < eni->address_count; i++)
		if (ip_eq(eni->addresses[i].ip, ip))
			return eni->addresses[i].public_ip;
	return (struct ip){ 0 };
}

static bool is_changed(const struct delta *delta, enum world_kind kind, struct str id)
{
	struct change_set set = { 0 };
	bool		  changed;

	hop_changes_of(delta, kind, id, &set);
	changed = set.count > 0;
	change_set_done(&set);
	return changed;
}

static void fill_subnet(const struct making *making, const struct world *world, uint32_t subnet_idx,
			struct side_trait *out)
{
	const struct subnet *subnet = &world->subnets[subnet_idx];

	out->nacl_idx = subnet->nacl_idx;
	out->rtb_idx = subnet->rtb_idx;
	out->zone = map_hash(subnet->az.ptr, subnet->az.len);
	if (is_changed(making->delta, WORLD_SUBNET, subnet->object.id))
		out->subnet_idx = subnet_idx + 1;
}

static void fill_side(const struct making *making, const struct joint_kind *kind, size_t side,
		      struct side_trait *out)
{
	const struct kinds *kinds = reach_kinds(making->joint->reaches[side]);
	const struct world *world = kinds->world;
	const struct kind  *item;
	const struct end   *end;

	out->groups = out->vpc_idx = out->nacl_idx = out->rtb_idx = WORLD_NONE;
	if (kind->kinds[side] == WORLD_NONE)
		return;
	item = &kinds->items[kind->kinds[side]];
	end = &item->ends[0];
	out->groups = item->groups;
	out->address_class = class_of(making, end->ip);
	if (kind->scope != KIND_INTERFACES) {
		out->place = item->place + 1;
		return;
	}
	out->vpc_idx = world->enis[end->eni_idx].vpc_idx;
	out->public_class = class_of(making, public_ip_of(&world->enis[end->eni_idx], end->ip));
	if (world->enis[end->eni_idx].subnet_idx != WORLD_NONE)
		fill_subnet(making, world, world->enis[end->eni_idx].subnet_idx, out);
}

static bool has_own_changes(const struct making *making, const struct joint_kind *kind)
{
	for (size_t i = 0; i < kind->count; i++)
		for (size_t side = 0; side < 2; side++) {
			const struct world *world = making->delta->worlds[side];
			const struct end   *end = &joint_member(making->joint, kind, i)->ends[side];
			const struct eni   *eni = end->eni_idx == WORLD_NONE
							  ? NULL
							  : &world->enis[end->eni_idx];

			if (eni && (is_changed(making->delta, WORLD_ENI, eni->object.id) ||
				    is_changed(making->delta, WORLD_INSTANCE, eni->instance_id)))
				return true;
		}
	return false;
}

static uint32_t trait_of(struct making *making, uint32_t kind_idx)
{
	const struct joint_kind *kind = &making->joint->items[kind_idx];
	struct trait		 trait;
	struct str		 key = { (const char *)&trait, sizeof(trait) };
	uint32_t		 number = (uint32_t)making->known.count;

	memset(&trait, 0, sizeof(trait));
	for (size_t side = 0; side < 2; side++)
		fill_side(making, kind, side, &trait.sides[side]);
	if (has_own_changes(making, kind))
		trait.own = kind_idx + 1;
	if (!map_get(&making->known, key, &number))
		map_put(&making->known, arena_str(&making->arena, key), number);
	return number;
}

void change_traits_init(struct change_traits *traits, const struct joint *joint,
			const struct delta *delta)
{
	struct making making = { .joint = joint, .delta = delta };

	*traits = (struct change_traits){ .count = joint->count };
	traits->traits = mem_alloc((joint->count + 1) * sizeof(*traits->traits));
	for (size_t i = 0; i < delta->count; i++)
		for (size_t side = 0; side < 2; side++)
			add_change(&making, &delta->changes[i], side);
	for (uint32_t i = 0; i < joint->count; i++)
		traits->traits[i] = trait_of(&making, i);
	lpm_done(&making.blocks);
	map_done(&making.known);
	arena_done(&making.arena);
}

void change_traits_done(struct change_traits *traits)
{
	free(traits->traits);
	*traits = (struct change_traits){ 0 };
}
