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

static struct step to_igw(struct walk *walk, uint32_t idx)
{
	(void)walk;
	return walk_to(&hop_igw_ops, DIRECTION_EGRESS, idx);
}

/* The components that routes point at, by the kind that the loader gives a target. */
static const struct {
	const char     *kind;
	enum world_kind table;
	struct step (*follow)(struct walk *walk, uint32_t idx);
} targets[] = {
	{ "internet-gateway", WORLD_IGW, to_igw },
	{ "network-interface", WORLD_ENI, to_interface },
};

static struct step follow(struct walk *walk, const struct route *route)
{
	const struct world *world = walk->world;

	if (str_is(route->target, "local"))
		return walk_deliver(walk);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		uint32_t idx = world_index(world, targets[i].table, route->target);

		if (strcmp(targets[i].kind, route->target_kind) != 0)
			continue;
		if (idx == WORLD_NONE)
			return walk_outside(walk, route->target_kind, route->target,
					    "it is not in the snapshot");
		return targets[i].follow(walk, idx);
	}
	return walk_outside(walk, route->target_kind, route->target,
			    "what lies behind this route is not modelled");
}

static struct step outward(struct walk *walk, uint32_t rtb_idx)
{
	struct route_answer answer = route_find(walk->world, rtb_idx, walk->packet.dst);
	struct hop	   *hop = walk_add(walk, HOP_ROUTE_TABLE, rtb_idx, answer.decision);

	hop->route = answer.route;
	if (answer.decision.verdict == VERDICT_ALLOW)
		return follow(walk, answer.route);
	return walk_dead_end(walk);
}

const struct hop_ops hop_rtb_ops = {
	.name = "route-table", .label = "route", .table = WORLD_RTB, .outward = outward
};
