/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/lb_targets.h"

#include <string.h>

/* arn:…:loadbalancer/app/NAME/ID: its nodes are described as "ELB app/NAME/ID". */
static bool is_node_of(const struct lb *lb, struct str description)
{
	static const char mark[] = ":loadbalancer/";
	struct str	  arn = lb->object.id, name = str_skip(description, 4);
	size_t		  len = sizeof(mark) - 1 + name.len;

	return str_starts(description, "ELB ") && len <= arn.len &&
	       str_starts(str_skip(arn, arn.len - len), mark) &&
	       str_eq(str_skip(arn, arn.len - name.len), name);
}

uint32_t lb_of_eni(const struct world *world, uint32_t eni_idx)
{
	struct str description = world->enis[eni_idx].description;

	for (uint32_t i = 0; str_starts(description, "ELB ") && i < world->counts[WORLD_LB]; i++)
		if (is_node_of(&world->lbs[i], description))
			return i;
	return WORLD_NONE;
}

bool lb_is_network(const struct lb *lb)
{
	return str_is(lb->type, "network");
}

static bool listens_for(const struct listener *listener, uint8_t protocol)
{
	static const char *const udp[] = { "UDP", "TCP_UDP", "QUIC", "TCP_QUIC" };
	static const char *const tcp[] = { "TCP", "TCP_UDP", "TLS", "HTTP", "HTTPS", "TCP_QUIC" };
	const char *const	*names = protocol == PROTO_UDP ? udp : tcp;
	size_t			 count = protocol == PROTO_UDP ? ARRAY_LEN(udp) : ARRAY_LEN(tcp);

	for (size_t i = 0; proto_has_ports(protocol) && i < count; i++)
		if (str_is(listener->protocol, names[i]))
			return true;
	return false;
}

bool lb_has_listeners(const struct world *world, uint32_t lb_idx)
{
	return world->lbs[lb_idx].listener_count > 0;
}

uint32_t lb_listener_for(const struct world *world, uint32_t lb_idx, const struct packet *packet)
{
	const struct lb *lb = &world->lbs[lb_idx];

	for (uint32_t i = 0; i < lb->listener_count; i++) {
		const struct listener *listener = &world->listeners[lb->listener_idxs[i]];

		if (listener->port == packet->dst_port && listens_for(listener, packet->protocol))
			return lb->listener_idxs[i];
	}
	return WORLD_NONE;
}

/* The address that a target is reached by: an instance's primary one, or its own. */
static void locate(const struct world *world, struct lb_target *out)
{
	struct str	       id = out->target->id;
	struct str	       type = out->group->target_type;
	uint32_t	       vpc_idx = world_index(world, WORLD_VPC, out->group->vpc_id);
	uint32_t	       idx = world_index(world, WORLD_INSTANCE, id);
	const struct instance *instance = idx == WORLD_NONE ? NULL : &world->instances[idx];
	struct err	       ignored;

	out->eni_idx = WORLD_NONE;
	if (str_is(type, "instance")) {
		if (!instance || instance->eni_count == 0 || instance->eni_idxs[0] == WORLD_NONE)
			return;
		out->eni_idx = instance->eni_idxs[0];
		if (world->enis[out->eni_idx].address_count)
			out->ip = world->enis[out->eni_idx].addresses[0].ip;
	} else if (str_is(type, "ip") && ip_parse(id, &out->ip, &ignored) == 0) {
		out->eni_idx = world_eni_by_peer(world, vpc_idx, out->ip);
	}
}

static bool is_healthy(const struct target *target)
{
	return target->health.len == 0 || str_is(target->health, "healthy") ||
	       str_is(target->health, "unavailable");
}

/* The zone of an interface's subnet; empty when it is not known. */
static struct str zone_of(const struct world *world, uint32_t eni_idx)
{
	struct str none = { 0 };

	if (eni_idx == WORLD_NONE || world->enis[eni_idx].subnet_idx == WORLD_NONE)
		return none;
	return world->subnets[world->enis[eni_idx].subnet_idx].az;
}

/* Off for a network load balancer unless its attributes, or the group's, say otherwise. */
static bool crosses_zones(const struct lb *lb, const struct target_group *group)
{
	if (str_is(group->cross_zone, "true") || str_is(group->cross_zone, "false"))
		return str_is(group->cross_zone, "true");
	if (lb->cross_zone.len)
		return str_is(lb->cross_zone, "true");
	return !lb_is_network(lb);
}

/* The search for one target by number. */
struct target_search {
	const struct world *world;
	const struct lb	   *lb;
	uint32_t	    node_idx;
	size_t		    number;
	struct lb_targets   found;
	struct lb_target   *out;
	bool		    unhealthy_too;
};

static void consider(struct target_search *search, const struct target_group *group,
		     const struct target *target)
{
	struct lb_target now = { .group = group,
				 .target = target,
				 .port = target->port ? target->port : group->port };
	struct str	 node_zone = zone_of(search->world, search->node_idx), zone;

	if (!is_healthy(target) && !search->unhealthy_too)
		return;
	locate(search->world, &now);
	zone = zone_of(search->world, now.eni_idx);
	if (!crosses_zones(search->lb, group) && zone.len && node_zone.len &&
	    !str_eq(zone, node_zone)) {
		search->found.elsewhere++;
		/* Not said by attributes: by default only. */
		search->found.is_incomplete = search->found.is_incomplete ||
					      (search->lb->cross_zone.len == 0 &&
					       group->cross_zone.len == 0);
		return;
	}
	if (search->found.count++ == search->number)
		*search->out = now;
}

static void consider_groups(struct target_search *search, const struct str *ids, uint32_t count)
{
	const struct world *world = search->world;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t		   idx = world_index(world, WORLD_TARGET_GROUP, ids[i]);
		const struct target_group *group = idx == WORLD_NONE ? NULL
								     : &world->target_groups[idx];

		search->found.has_group = true;
		if (!group || !group->has_targets)
			search->found.is_incomplete = true;
		for (uint32_t j = 0; group && j < group->target_count; j++)
			consider(search, group, &group->targets[j]);
	}
}

/* A listener of an application load balancer has one rule at least: none is in the snapshot, or all. */
static void consider_listener(struct target_search *search, const struct listener *listener)
{
	const struct world *world = search->world;
	bool		    has_rules = lb_is_network(search->lb);

	consider_groups(search, listener->target_group_ids, listener->target_group_count);
	for (size_t i = 0; i < world->counts[WORLD_LB_RULE]; i++) {
		if (!str_eq(world->lb_rules[i].listener_id, listener->object.id))
			continue;
		has_rules = true;
		consider_groups(search, world->lb_rules[i].target_group_ids,
				world->lb_rules[i].target_group_count);
	}
	search->found.is_incomplete = search->found.is_incomplete || !has_rules;
}

struct lb_targets lb_targets_find(const struct world *world, uint32_t listener_idx,
				  uint32_t node_idx, size_t number, struct lb_target *out)
{
	const struct listener *listener = &world->listeners[listener_idx];
	uint32_t	       lb_idx = world_index(world, WORLD_LB, listener->lb_id);
	struct target_search   search = { .world = world,
					  .lb = &world->lbs[lb_idx],
					  .node_idx = node_idx,
					  .number = number,
					  .out = out };

	consider_listener(&search, listener);
	if (search.found.count == 0) {
		/* When no target is healthy all are used. */
		search.unhealthy_too = true;
		search.found = (struct lb_targets){ .fails_open = true };
		consider_listener(&search, listener);
	}
	return search.found;
}

bool lb_preserves_client(const struct lb *lb, const struct target_group *group, bool *is_assumed)
{
	bool is_tcp = str_is(group->protocol, "TCP") || str_is(group->protocol, "TLS");

	*is_assumed = false;
	if (!lb_is_network(lb))
		return false;
	if (group->preserve_client_ip.len)
		return str_is(group->preserve_client_ip, "true");
	*is_assumed = is_tcp;
	return str_is(group->target_type, "instance") || !is_tcp;
}
