/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/component_change.h"

#include "simulator/explain.h"

/* The deciding route of a hop, or where there was none what is for the packet; all else of the table. */
static bool is_tgw_route(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;
	struct ip		    dst = pair->hops[pair->low]->packet.dst;

	if (change->part != DELTA_TGW_ROUTE)
		return true;
	for (size_t side = 0; side < 2; side++) {
		const struct tgw_route *route = change->tgw_routes[side];
		const struct hop       *hop = pair->hops[side];

		if (!route)
			continue;
		if (hop && hop->tgw_route ? route == hop->tgw_route
					  : route->prefix_list_id.len || cidr_has(route->cidr, dst))
			return true;
	}
	return false;
}

/* The transit gateway of a hop, or the one whose table it is. */
static struct str tgw_of(const struct crossing_pair *pair, size_t side)
{
	const struct hop *hop = pair->hops[side];

	if (hop && hop->kind == HOP_TGW_ROUTE_TABLE && hop->object_idx != WORLD_NONE)
		return pair->delta->worlds[side]->tgw_rtbs[hop->object_idx].tgw_id;
	return crossing_id(pair, side);
}

/* An attachment of the transit gateway that the packet is in. */
static bool is_attachment(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;

	for (size_t side = 0; side < 2 && change->kind == WORLD_TGW_ATTACHMENT; side++) {
		const struct tgw_attachment *attachment = (const void *)change->objects[side];

		for (size_t other = 0; attachment && other < 2; other++)
			if (str_eq(attachment->tgw_id, tgw_of(pair, other)))
				return true;
	}
	return false;
}

static void find_tgw(const struct crossing_pair *pair, struct change_set *out)
{
	size_t before = out->count;

	for (size_t side = 0; side < 2; side++) {
		const struct hop   *hop = pair->hops[side];
		const struct world *world = pair->delta->worlds[side];

		if (!hop)
			continue;
		change_set_pick((struct change_filter){ pair->delta, is_tgw_route, pair },
				hop_ops_of(hop->kind)->table, crossing_id(pair, side), out);
		if (hop->attachment_idx != WORLD_NONE)
			change_set_pick_all(pair->delta, WORLD_TGW_ATTACHMENT,
					    world->tgw_attachments[hop->attachment_idx].object.id,
					    out);
	}
	if (out->count == before)
		change_set_scan((struct change_filter){ pair->delta, is_attachment, pair }, out);
}

/* Adds a target group's changes and those of the hosts that it hands packets to. */
static void add_target_group(const struct crossing_pair *pair, size_t side, struct str group_id,
			     struct change_set *out)
{
	const struct world *world = pair->delta->worlds[side];
	uint32_t	    idx = world_index(world, WORLD_TARGET_GROUP, group_id);

	change_set_pick_all(pair->delta, WORLD_TARGET_GROUP, group_id, out);
	for (uint32_t i = 0; idx != WORLD_NONE && i < world->target_groups[idx].target_count; i++) {
		struct str id = world->target_groups[idx].targets[i].id;
		uint32_t   instance_idx = world_index(world, WORLD_INSTANCE, id), eni_idx;
		struct ip  ip;
		struct err ignored;

		change_set_pick_all(pair->delta, WORLD_INSTANCE, id, out);
		if (str_starts(id, "i-"))
			change_set_pick_documents(pair->delta, WORLD_INSTANCE, out);
		for (uint32_t j = 0;
		     instance_idx != WORLD_NONE && j < world->instances[instance_idx].eni_count;
		     j++)
			change_set_pick_all(pair->delta, WORLD_ENI,
					    world->instances[instance_idx].eni_ids[j], out);
		if (ip_parse(id, &ip, &ignored) < 0)
			continue;
		eni_idx = world_eni_by_peer(world, WORLD_NONE, ip);
		if (eni_idx != WORLD_NONE)
			change_set_pick_all(pair->delta, WORLD_ENI, world->enis[eni_idx].object.id,
					    out);
	}
}

/* Adds the groups of the listener at the packet's port, and of its rules. */
static void add_targets(const struct crossing_pair *pair, size_t side, struct change_set *out)
{
	const struct world *world = pair->delta->worlds[side];
	uint16_t	    port = pair->hops[pair->low]->packet.dst_port;

	for (size_t i = 0; i < world->counts[WORLD_LISTENER]; i++) {
		const struct listener *listener = &world->listeners[i];

		if (listener->port != port || !str_eq(listener->lb_id, crossing_id(pair, side)))
			continue;
		for (uint32_t j = 0; j < listener->target_group_count; j++)
			add_target_group(pair, side, listener->target_group_ids[j], out);
		for (size_t r = 0; r < world->counts[WORLD_LB_RULE]; r++)
			for (uint32_t j = 0; j < world->lb_rules[r].target_group_count; j++)
				if (str_eq(world->lb_rules[r].listener_id, listener->object.id))
					add_target_group(pair, side,
							 world->lb_rules[r].target_group_ids[j],
							 out);
	}
}

/* A listener at the packet's port, or a rule of such a one. */
static bool is_listener(const struct crossing_pair *pair, size_t side, struct str listener_id)
{
	const struct world *world = pair->delta->worlds[side];
	uint32_t	    idx = world_index(world, WORLD_LISTENER, listener_id);

	return idx != WORLD_NONE &&
	       world->listeners[idx].port == pair->hops[pair->low]->packet.dst_port &&
	       (str_eq(world->listeners[idx].lb_id, crossing_id(pair, 0)) ||
		str_eq(world->listeners[idx].lb_id, crossing_id(pair, 1)));
}

/* Who listens for the packet at a load balancer. */
static bool is_of_lb(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;

	for (size_t side = 0; side < 2; side++) {
		const struct lb_rule *rule = (const void *)change->objects[side];

		if (change->kind == WORLD_LISTENER && is_listener(pair, side, change->id))
			return true;
		if (change->kind == WORLD_LB_RULE && rule &&
		    is_listener(pair, side, rule->listener_id))
			return true;
	}
	return false;
}

/* Whatever is said of the internet in general, by an account or of an address. */
static bool is_of_edge(const void *query, const struct delta_change *change)
{
	(void)query;
	return change->kind == WORLD_BPA || change->kind == WORLD_BPA_EXCLUSION ||
	       change->kind == WORLD_EIP;
}

static bool is_vpn(const void *query, const struct delta_change *change)
{
	(void)query;
	return change->kind == WORLD_VPN;
}

static void find_behind(const struct crossing_pair *pair, struct change_set *out)
{
	static const struct {
		enum hop_kind	  hop;
		change_wanted_fn *wanted;
	} behind[] = {
		{ HOP_INTERNET_GATEWAY, is_of_edge },
		{ HOP_EGRESS_ONLY_GATEWAY, is_of_edge },
		{ HOP_LOAD_BALANCER, is_of_lb },
		{ HOP_VPN_GATEWAY, is_vpn },
	};

	for (size_t i = 0; i < ARRAY_LEN(behind); i++)
		if (behind[i].hop == pair->hops[pair->low]->kind)
			change_set_scan(
				(struct change_filter){ pair->delta, behind[i].wanted, pair }, out);
}

void component_changes_find(const struct crossing_pair *pair, struct change_set *out)
{
	enum hop_kind kind = pair->hops[pair->low]->kind;
	size_t	      before = out->count;

	if (kind == HOP_TRANSIT_GATEWAY || kind == HOP_TGW_ROUTE_TABLE) {
		find_tgw(pair, out);
		return;
	}
	find_behind(pair, out);
	for (size_t side = 0; side < 2 && kind == HOP_LOAD_BALANCER; side++)
		add_targets(pair, side, out);
	for (size_t side = 0; side < 2; side++)
		for (size_t other = 0; other < 2; other++) {
			struct str	id = crossing_id(pair, side);
			enum world_kind table;
			uint32_t	idx;

			if (world_find(pair->delta->worlds[other], id, &table, &idx))
				change_set_pick_all(pair->delta, table, id, out);
		}
	if (out->count == before)
		component_changes_of_ends(pair, out);
}

static void add_of_interface(const struct delta *delta, const struct eni *eni,
			     struct change_set *out)
{
	change_set_pick_all(delta, WORLD_ENI, eni->object.id, out);
	change_set_pick_all(delta, WORLD_INSTANCE, eni->instance_id, out);
	change_set_pick_all(delta, WORLD_SUBNET, eni->subnet_id, out);
	change_set_pick_all(delta, WORLD_VPC, eni->vpc_id, out);
}

static void add_documents_of(const struct delta *delta, const struct eni *eni,
			     struct change_set *out)
{
	if (eni->subnet_idx == WORLD_NONE)
		change_set_pick_documents(delta, WORLD_SUBNET, out);
	if (eni->vpc_idx == WORLD_NONE)
		change_set_pick_documents(delta, WORLD_VPC, out);
}

/* What else is said otherwise of the ends when documents are missing follows from that. */
void component_changes_of_ends(const struct crossing_pair *pair, struct change_set *out)
{
	static void (*const adds[])(const struct delta *, const struct eni *,
				    struct change_set *) = { add_documents_of, add_of_interface };
	size_t before = out->count;

	for (size_t i = 0; i < ARRAY_LEN(adds) && out->count == before; i++)
		for (size_t side = 0; side < 2; side++) {
			const struct world *world = pair->delta->worlds[side];
			uint32_t	    enis[] = { pair->questions[side]->src.eni_idx,
						       pair->questions[side]->dst.eni_idx };

			for (size_t j = 0; j < ARRAY_LEN(enis); j++)
				if (enis[j] != WORLD_NONE)
					adds[i](pair->delta, &world->enis[enis[j]], out);
		}
}

/* A rule or route that speaks of the packet was asked for before. */
static bool is_no_rule(const void *query, const struct delta_change *change)
{
	(void)query;
	return change->part != DELTA_SG_RULE && change->part != DELTA_NACL_RULE &&
	       change->part != DELTA_ROUTE && change->part != DELTA_TGW_ROUTE;
}

static void add_of_leg(const struct delta *delta, const struct world *world, const struct leg *leg,
		       struct change_set *out)
{
	struct change_filter filter = { .delta = delta, .wanted = is_no_rule };

	for (size_t i = 0; i < leg->count; i++) {
		const struct hop *hop = &leg->hops[i];
		enum world_kind	  table = hop_ops_of(hop->kind)->table;

		if (hop->eni_idx != WORLD_NONE) {
			change_set_pick(filter, WORLD_ENI, world->enis[hop->eni_idx].object.id,
					out);
			change_set_pick(filter, WORLD_SUBNET, world->enis[hop->eni_idx].subnet_id,
					out);
		}
		if (hop->kind == HOP_NAT_GATEWAY && hop->object_idx != WORLD_NONE)
			change_set_pick(filter, WORLD_SUBNET,
					world->nats[hop->object_idx].subnet_id, out);
		if (table != WORLD_KIND_COUNT && hop->kind != HOP_SECURITY_GROUP)
			change_set_pick(filter, table, explain_hop_id(world, hop), out);
	}
}

void component_changes_of_way(const struct crossing_pair *pair, const struct path *const paths[2],
			      struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		add_of_leg(pair->delta, pair->delta->worlds[side], &paths[side]->forward, out);
		add_of_leg(pair->delta, pair->delta->worlds[side], &paths[side]->back, out);
	}
}

static bool is_component(const void *query, const struct delta_change *change)
{
	if (!is_no_rule(query, change))
		return false;
	switch (change->kind) {
	case WORLD_PREFIX_LIST:
	case WORLD_IGW:
	case WORLD_EIGW:
	case WORLD_VGW:
	case WORLD_CAGW:
	case WORLD_NAT:
	case WORLD_PCX:
	case WORLD_TGW:
	case WORLD_TGW_ATTACHMENT:
	case WORLD_TGW_RTB:
	case WORLD_VPN:
	case WORLD_VPCE:
	case WORLD_EIP:
	case WORLD_LB:
	case WORLD_LISTENER:
	case WORLD_LB_RULE:
	case WORLD_TARGET_GROUP:
	case WORLD_BPA:
	case WORLD_BPA_EXCLUSION:
		return true;
	case WORLD_VPC:
	case WORLD_SUBNET:
	case WORLD_SG:
	case WORLD_NACL:
	case WORLD_ENI:
	case WORLD_INSTANCE:
	case WORLD_RTB:
	case WORLD_CGW:
	case WORLD_FLOW_LOG:
	case WORLD_AZ:
	case WORLD_KIND_COUNT:
		break;
	}
	return false;
}

void component_changes_of_all(const struct crossing_pair *pair, struct change_set *out)
{
	change_set_scan((struct change_filter){ .delta = pair->delta, .wanted = is_component },
			out);
}
