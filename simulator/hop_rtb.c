/* SPDX-License-Identifier: Apache-2.0 */
/* A route table: of a subnet that the packet leaves, or of a gateway by which it enters (aws-semantics.md 4). */
#include <string.h>

#include "simulator/route.h"
#include "simulator/walk.h"

/* To the host that an interface belongs to, over the edge of its subnet. */
static struct step to_interface(struct walk *walk, uint32_t eni_idx)
{
	return walk_enter(walk, walk->world->enis[eni_idx].subnet_idx,
			  walk_to(&hop_eni_ops, DIRECTION_INGRESS, eni_idx));
}

static struct step to_nat(struct walk *walk, uint32_t nat_idx)
{
	const struct nat *nat = &walk->world->nats[nat_idx];
	struct step	  step = walk_to(&hop_nat_ops, DIRECTION_EGRESS, nat_idx);

	if (nat->subnet_id.len == 0)
		return step;
	return walk_enter(walk, world_index(walk->world, WORLD_SUBNET, nat->subnet_id), step);
}

/* The components that routes point at, by the kind that the loader gives a target.  follow NULL: outward. */
static const struct {
	const char	     *kind;
	enum world_kind	      table;
	const struct hop_ops *ops;
	struct step (*follow)(struct walk *walk, uint32_t idx);
} targets[] = {
	{ "internet-gateway", WORLD_IGW, &hop_igw_ops, NULL },
	{ "egress-only-internet-gateway", WORLD_EIGW, &hop_eigw_ops, NULL },
	{ "vpc-peering-connection", WORLD_PCX, &hop_pcx_ops, NULL },
	{ "vpn-gateway", WORLD_VGW, &hop_vgw_ops, NULL },
	{ "nat-gateway", WORLD_NAT, &hop_nat_ops, to_nat },
	{ "transit-gateway", WORLD_TGW, &hop_tgw_ops, walk_to_tgw },
	{ "vpc-endpoint", WORLD_VPCE, &hop_vpce_ops, walk_to_vpce },
	{ "network-interface", WORLD_ENI, &hop_eni_ops, to_interface },
};

static struct step follow(struct walk *walk, const struct route *route)
{
	const struct world *world = walk->world;

	if (walk->place.vpc_idx == WORLD_NONE)
		return walk_outside(walk, "vpc", (struct str){ 0 },
				    "the interface's VPC is not in the snapshot");
	if (str_is(route->target, "local"))
		return walk_deliver(walk);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		uint32_t idx;

		if (strcmp(targets[i].kind, route->target_kind) != 0)
			continue;
		idx = world_index(world, targets[i].table, route->target);
		if (idx == WORLD_NONE)
			return walk_outside(walk, route->target_kind, route->target,
					    "it is not in the snapshot");
		return targets[i].follow ? targets[i].follow(walk, idx)
					 : walk_to(targets[i].ops, DIRECTION_EGRESS, idx);
	}
	return walk_outside(walk, route->target_kind, route->target,
			    "what lies behind this route is not modelled");
}

/*
 * Replies to a NAT gateway come back over a peering connection though no route leads there
 * (aws-semantics.md 4.3).
 */
static bool comes_back_by_peering(const struct walk *walk, const struct route_answer *answer)
{
	return walk->asked && walk->asked->way_in.ops == &hop_pcx_ops && walk->translation_count &&
	       !answer->route && answer->decision.verdict == VERDICT_DENY;
}

static struct step outward(struct walk *walk, uint32_t rtb_idx)
{
	struct route_answer answer = route_find(walk->world, rtb_idx, walk->packet.dst);
	struct hop	   *hop;

	if (comes_back_by_peering(walk, &answer)) {
		walk_add(walk, HOP_ROUTE_TABLE, rtb_idx,
			 decision_allow("a reply to a NAT gateway needs no route over a peering"));
		return walk->asked->way_in;
	}
	hop = walk_add(walk, HOP_ROUTE_TABLE, rtb_idx, answer.decision);
	hop->route = answer.route;
	if (answer.decision.verdict == VERDICT_ALLOW)
		return follow(walk, answer.route);
	return walk_dead_end(walk);
}

const struct hop_ops hop_rtb_ops = {
	.name = "route-table", .label = "route", .table = WORLD_RTB, .outward = outward
};
