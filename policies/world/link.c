/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of loading: rules get their ids, names become indexes, and what dangles is noted. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "policies/world/load.h"

/* What makes two encodings the same rule, as text; ids and descriptions aside. */
static struct str rule_key(struct arena *arena, struct str group_id, const struct sg_rule *rule)
{
	auto_buf struct buf key = buf_make(group_id.len + rule->peer_id.len + 256);
	char		    cidr[CIDR_TEXT_SIZE] = "";

	if (rule->peer_kind == PEER_CIDR)
		cidr_print(rule->cidr, cidr);
	buf_add_str(&key, group_id);
	buf_printf(&key, " %d %d %u %u %d %d %d %s ", rule->egress, rule->protocol, rule->ports.min,
		   rule->ports.max, rule->icmp_type, rule->icmp_code, (int)rule->peer_kind, cidr);
	buf_add_str(&key, rule->peer_id);
	return arena_str(arena, buf_str(&key));
}

/* A rule of the documents of SecurityGroups. */
struct rule_place {
	uint32_t sg_idx, rule_idx;
};

/* All those rules by key, while rows are joined onto them. */
struct rule_index {
	struct arena	   arena;
	struct map	   by_key;
	struct rule_place *places;
	size_t		   count, capacity;
};

static void index_rules(const struct world *world, struct rule_index *index)
{
	for (uint32_t i = 0; i < world->counts[WORLD_SG]; i++) {
		const struct sg *sg = &world->sgs[i];

		for (uint32_t j = 0; j < sg->rule_count; j++) {
			index->places = mem_grow(index->places, index->count, &index->capacity,
						 sizeof(*index->places));
			map_put(&index->by_key,
				rule_key(&index->arena, sg->object.id, &sg->rules[j]),
				(uint32_t)index->count);
			index->places[index->count++] = (struct rule_place){ i, j };
		}
	}
}

/* Gives the rule that this row describes its id.  false: there is no such rule. */
static bool join_row(struct world *world, struct rule_index *index, const struct pending_rule *row)
{
	struct sg_rule *rule;
	uint32_t	at;

	if (!map_get(&index->by_key, rule_key(&index->arena, row->group_id, &row->rule), &at))
		return false;
	rule = &world->sgs[index->places[at].sg_idx].rules[index->places[at].rule_idx];
	rule->id = row->rule.id;
	if (rule->description.len == 0)
		rule->description = row->rule.description;
	return true;
}

/* Doubles at powers of two: what the documents of SecurityGroups gave is copied once. */
static void append_rule(struct arena *arena, struct sg *sg, struct sg_rule rule)
{
	struct sg_rule *rules = sg->rules;

	if (sg->rule_count >= sg->rule_room) {
		sg->rule_room = sg->rule_count ? sg->rule_count * 2 : 4;
		rules = arena_alloc(arena, sg->rule_room * sizeof(*rules));
		if (sg->rule_count)
			memcpy(rules, sg->rules, sg->rule_count * sizeof(*rules));
	}
	rules[sg->rule_count++] = rule;
	sg->rules = rules;
}

/*
 * A row without its counterpart: the two documents disagree, so whether the rule exists is not known.  It is
 * kept as disputed, which makes a packet that only it would allow undecided, never denied.
 */
static void dispute_row(struct world *world, const struct pending_rule *row)
{
	uint32_t       idx = world_index(world, WORLD_SG, row->group_id);
	struct sg_rule rule = row->rule;

	if (idx == WORLD_NONE) {
		load_note(world, "%.*s belongs to %.*s, which is not in the snapshot",
			  STR_ARG(rule.id), STR_ARG(row->group_id));
		return;
	}
	load_note(world,
		  "%.*s of %.*s is in SecurityGroupRules but not in SecurityGroups: whether it "
		  "exists "
		  "is not known",
		  STR_ARG(rule.id), STR_ARG(row->group_id));
	rule.disputed = true;
	append_rule(&world->arena, &world->sgs[idx], rule);
}

/* Of the rows with one id the last counts. */
static void join_rows(struct loader *loader)
{
	struct world	 *world = loader->world;
	struct rule_index index = { 0 };
	struct map	  last = { 0 };

	index_rules(world, &index);
	for (size_t i = 0; i < loader->pending_count; i++)
		map_put(&last, loader->pending[i].rule.id, (uint32_t)i);
	for (size_t i = 0; i < loader->pending_count; i++) {
		uint32_t last_row;

		if (map_get(&last, loader->pending[i].rule.id, &last_row) && last_row == i &&
		    !join_row(world, &index, &loader->pending[i]))
			dispute_row(world, &loader->pending[i]);
	}
	map_done(&last);
	map_done(&index.by_key);
	arena_done(&index.arena);
	free(index.places);
}

uint32_t load_resolve(struct world *world, enum world_kind kind, struct str id,
		      const struct object *holder)
{
	uint32_t idx = world_index(world, kind, id);

	if (idx == WORLD_NONE && id.len)
		load_note(world, "%.*s refers to %.*s, which is not in the snapshot",
			  STR_ARG(holder->id), STR_ARG(id));
	return idx;
}

/*
 * A VPC that subnets or interfaces refer to exists, though nothing is known of its blocks: its interfaces
 * must find one another all the same.
 */
static void imply_vpc(struct world *world, struct str vpc_id)
{
	struct vpc *vpc;
	uint32_t    idx;

	if (vpc_id.len == 0 || world_index(world, WORLD_VPC, vpc_id) != WORLD_NONE)
		return;
	vpc = load_add(world, WORLD_VPC, &idx);
	vpc->object.id = vpc_id;
	vpc->is_implied = true;
	vpc->default_nacl_idx = vpc->main_rtb_idx = WORLD_NONE;
	world_put(world, vpc_id, WORLD_VPC, idx);
	load_note(world, "%.*s is referred to, but not in the snapshot", STR_ARG(vpc_id));
}

static void imply_vpcs(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_SUBNET]; i++)
		imply_vpc(world, world->subnets[i].vpc_id);
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++)
		imply_vpc(world, world->enis[i].vpc_id);
}

static void link_rules(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_SG]; i++) {
		struct sg *sg = &world->sgs[i];

		for (uint32_t j = 0; j < sg->rule_count; j++) {
			struct sg_rule *rule = &sg->rules[j];

			if (rule->peer_kind == PEER_GROUP)
				rule->peer_idx = load_resolve(world, WORLD_SG, rule->peer_id,
							      &sg->object);
			else if (rule->peer_kind == PEER_PREFIX_LIST)
				rule->peer_idx = load_resolve(world, WORLD_PREFIX_LIST,
							      rule->peer_id, &sg->object);
		}
	}
}

static void link_nacls(struct world *world)
{
	for (uint32_t i = 0; i < world->counts[WORLD_NACL]; i++) {
		struct nacl *nacl = &world->nacls[i];
		uint32_t     vpc_idx = load_resolve(world, WORLD_VPC, nacl->vpc_id, &nacl->object);

		if (nacl->is_default && vpc_idx != WORLD_NONE)
			world->vpcs[vpc_idx].default_nacl_idx = i;
		for (uint32_t j = 0; j < nacl->subnet_count; j++) {
			uint32_t subnet_idx = load_resolve(world, WORLD_SUBNET, nacl->subnet_ids[j],
							   &nacl->object);

			if (subnet_idx != WORLD_NONE)
				world->subnets[subnet_idx].nacl_idx = i;
		}
	}
}

static void link_rtbs(struct world *world)
{
	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++) {
		struct rtb *rtb = &world->rtbs[i];
		uint32_t    vpc_idx = load_resolve(world, WORLD_VPC, rtb->vpc_id, &rtb->object);

		if (rtb->is_main && vpc_idx != WORLD_NONE)
			world->vpcs[vpc_idx].main_rtb_idx = i;
		for (uint32_t j = 0; j < rtb->subnet_count; j++) {
			uint32_t subnet_idx = load_resolve(world, WORLD_SUBNET, rtb->subnet_ids[j],
							   &rtb->object);

			if (subnet_idx != WORLD_NONE)
				world->subnets[subnet_idx].rtb_idx = i;
		}
		for (uint32_t j = 0; j < rtb->route_count; j++)
			if (rtb->routes[j].prefix_list_id.len)
				rtb->routes[j].prefix_list_idx = load_resolve(
					world, WORLD_PREFIX_LIST, rtb->routes[j].prefix_list_id,
					&rtb->object);
	}
}

/* A VPC's document does not tell its Region; its subnets' zones do. */
static void tell_region(struct world *world, const struct subnet *subnet)
{
	struct object *vpc = &world->vpcs[subnet->vpc_idx].object;

	if (vpc->region.len == 0)
		vpc->region = subnet->object.region;
}

/* After the explicit associations: what has none falls to the VPC's default ACL and main table. */
static void link_subnets(struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_SUBNET]; i++) {
		struct subnet	 *subnet = &world->subnets[i];
		const struct vpc *vpc;

		subnet->vpc_idx = load_resolve(world, WORLD_VPC, subnet->vpc_id, &subnet->object);
		if (subnet->vpc_idx == WORLD_NONE)
			continue;
		tell_region(world, subnet);
		vpc = &world->vpcs[subnet->vpc_idx];
		if (subnet->nacl_idx == WORLD_NONE)
			subnet->nacl_idx = vpc->default_nacl_idx;
		if (subnet->rtb_idx == WORLD_NONE)
			subnet->rtb_idx = vpc->main_rtb_idx;
	}
}

/* Of documents that are not of the same time: which of the two has it is not known. */
static void dispute(struct world *world, uint32_t eni_idx, struct ip ip)
{
	struct eni *eni = &world->enis[eni_idx];

	for (uint32_t i = 0; i < eni->address_count; i++)
		if (ip_eq(eni->addresses[i].ip, ip))
			eni->addresses[i].is_disputed = true;
}

static void index_addresses(struct world *world, uint32_t eni_idx)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct lpm	 *enis;
	uint32_t	  other;

	for (uint32_t i = 0; i < eni->address_count; i++)
		if (eni->addresses[i].public_ip.family == IP_V4)
			lpm_put(&world->public_enis, cidr_of_ip(eni->addresses[i].public_ip),
				eni_idx);
	if (eni->vpc_idx == WORLD_NONE)
		return;
	enis = &world->vpcs[eni->vpc_idx].enis;
	for (uint32_t i = 0; i < eni->prefix_count; i++)
		lpm_put(enis, eni->prefixes[i], eni_idx);
	for (uint32_t i = 0; i < eni->address_count; i++) {
		struct cidr cidr = cidr_of_ip(eni->addresses[i].ip);
		char	    text[IP_TEXT_SIZE];

		if (lpm_get(enis, cidr, &other)) {
			ip_print(eni->addresses[i].ip, text);
			load_note(world, "%s belongs to both %.*s and %.*s", text,
				  STR_ARG(world->enis[other].object.id), STR_ARG(eni->object.id));
			dispute(world, other, eni->addresses[i].ip);
			dispute(world, eni_idx, eni->addresses[i].ip);
			continue;
		}
		lpm_put(enis, cidr, eni_idx);
	}
}

/* An association that Addresses tells of and the interface's own document, of another time, does not. */
static void link_eips(struct world *world)
{
	for (uint32_t i = 0; i < world->counts[WORLD_EIP]; i++) {
		const struct eip *eip = &world->eips[i];
		uint32_t	  eni_idx = world_index(world, WORLD_ENI, eip->eni_id);
		struct eni	 *eni = eni_idx == WORLD_NONE ? NULL : &world->enis[eni_idx];

		for (uint32_t j = 0; eni && j < eni->address_count; j++) {
			struct address *address = &eni->addresses[j];

			if (address->public_ip.family != IP_NONE ||
			    eip->public_ip.family == IP_NONE ||
			    !ip_eq(address->ip, eip->private_ip))
				continue;
			address->public_ip = eip->public_ip;
			load_note(world, "%.*s is associated with %.*s, which does not show it",
				  STR_ARG(eip->object.id), STR_ARG(eni->object.id));
		}
	}
}

static void link_enis(struct world *world)
{
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		struct eni *eni = &world->enis[i];

		eni->subnet_idx = load_resolve(world, WORLD_SUBNET, eni->subnet_id, &eni->object);
		eni->vpc_idx = load_resolve(world, WORLD_VPC, eni->vpc_id, &eni->object);
		if (eni->vpc_idx == WORLD_NONE && eni->subnet_idx != WORLD_NONE)
			eni->vpc_idx = world->subnets[eni->subnet_idx].vpc_idx;
		eni->instance_idx = world_index(world, WORLD_INSTANCE, eni->instance_id);
		eni->sg_idxs = arena_alloc(&world->arena, eni->sg_count * sizeof(uint32_t));
		for (uint32_t j = 0; j < eni->sg_count; j++)
			eni->sg_idxs[j] = load_resolve(world, WORLD_SG, eni->sg_ids[j],
						       &eni->object);
		index_addresses(world, i);
	}
}

/* The interfaces of an instance: those it lists, in its order. */
static void link_instances(struct world *world)
{
	for (uint32_t i = 0; i < world->counts[WORLD_INSTANCE]; i++) {
		struct instance *instance = &world->instances[i];

		instance->eni_idxs = arena_alloc(&world->arena,
						 instance->eni_count * sizeof(uint32_t));
		for (uint32_t j = 0; j < instance->eni_count; j++) {
			uint32_t eni_idx = load_resolve(world, WORLD_ENI, instance->eni_ids[j],
							&instance->object);

			instance->eni_idxs[j] = eni_idx;
			if (eni_idx == WORLD_NONE ||
			    world->enis[eni_idx].instance_idx != WORLD_NONE)
				continue;
			world->enis[eni_idx].instance_idx = i;
			world->enis[eni_idx].instance_id = instance->object.id;
		}
	}
}

void link_world(struct loader *loader)
{
	struct world *world = loader->world;

	imply_vpcs(world);
	link_rows(loader);
	join_rows(loader);
	link_rules(world);
	link_nacls(world);
	link_rtbs(world);
	link_subnets(world);
	link_eips(world);
	link_enis(world);
	link_instances(world);
	link_gateways(world);
}
