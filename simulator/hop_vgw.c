/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VPN gateway: between interfaces of its VPC and what is on the other side of its VPN and Direct Connect
 * connections (aws-semantics.md 4.3).
 */
#include "simulator/walk.h"

static bool is_interface(const struct walk *walk, struct ip ip)
{
	return world_eni_in_vpc(walk->world, walk->place.vpc_idx, ip) != WORLD_NONE;
}

/* Whether it certainly has a way there: it told the VPC so itself, or a static VPN route does. */
static bool knows_way(const struct walk *walk, uint32_t vgw_idx)
{
	const struct world *world = walk->world;
	struct str	    vgw_id = world->vgws[vgw_idx].object.id;
	const struct leg   *leg = walk->leg;
	const struct route *route = leg->count ? leg->hops[leg->count - 1].route : NULL;

	if (route && str_is(route->origin, "EnableVgwRoutePropagation"))
		return true;
	for (uint32_t i = 0; i < world->counts[WORLD_VPN]; i++)
		for (uint32_t j = 0; j < world->vpns[i].route_count; j++)
			if (str_eq(world->vpns[i].vgw_id, vgw_id) &&
			    cidr_has(world->vpns[i].routes[j], walk->packet.dst))
				return true;
	return false;
}

static struct decision decide_out(const struct walk *walk, uint32_t vgw_idx)
{
	if (!walk_is_from_here(walk))
		return walk_deny(REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS, NULL);
	if (!is_interface(walk, walk->packet.src))
		return walk_unknown(REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS,
				    "the source is no interface's of the snapshot");
	if (!knows_way(walk, vgw_idx))
		return walk_unknown(REASON_UNKNOWN_RESOURCE,
				    "whether the VPN gateway has a route to it is not in the "
				    "snapshot");
	return decision_allow(NULL);
}

static struct step outward(struct walk *walk, uint32_t vgw_idx)
{
	walk_add(walk, HOP_VPN_GATEWAY, vgw_idx, decide_out(walk, vgw_idx))->direction =
		DIRECTION_EGRESS;
	walk->way_out = walk_to(&hop_vgw_ops, DIRECTION_INGRESS, vgw_idx);
	walk->way_out_vpc_idx = walk->place.vpc_idx;
	walk->place = (struct place){ WORLD_NONE, WORLD_NONE };
	return walk_to(&hop_on_premises_ops, DIRECTION_EGRESS, WORLD_NONE);
}

/* place is the VPC already. */
static struct step inward(struct walk *walk, uint32_t vgw_idx)
{
	struct decision decision = decision_allow(NULL);

	if (!world_vpc_has(walk_vpc(walk), walk->packet.dst) && !walk_vpc(walk)->is_implied)
		decision = walk_deny(REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS, NULL);
	else if (!is_interface(walk, walk->packet.dst))
		decision = walk_unknown(REASON_VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS,
					"the destination is no interface's of the snapshot");

	walk_add(walk, HOP_VPN_GATEWAY, vgw_idx, decision)->direction = DIRECTION_INGRESS;
	walk->way_in = walk_to(&hop_vgw_ops, DIRECTION_INGRESS, vgw_idx);
	if (decision.verdict == VERDICT_DENY)
		return walk_end();
	return walk_edge(walk, walk->world->vgws[vgw_idx].object.id);
}

const struct hop_ops hop_vgw_ops = { .name = "vpn-gateway",
				     .label = "vgw",
				     .table = WORLD_VGW,
				     .outward = outward,
				     .inward = inward };
