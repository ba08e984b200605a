/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peering connection (aws-semantics.md 4.3): from one VPC's own addresses to the other's own, and nothing
 * further on either side.  Each side's route tables need their own route; what enters is not routed again.
 */
#include "simulator/walk.h"

/* Of a VPC that is not in the snapshot not all blocks need be known. */
static bool side_has(const struct world *world, const struct pcx_side *side, struct ip ip)
{
	uint32_t	  vpc_idx = world_index(world, WORLD_VPC, side->vpc_id);
	const struct vpc *vpc = vpc_idx == WORLD_NONE ? NULL : &world->vpcs[vpc_idx];

	return !vpc || vpc->cidr_count == 0 || world_vpc_has(vpc, ip);
}

/* The side that the packet goes to, or NULL when it is on neither. */
static const struct pcx_side *far_side(const struct walk *walk, const struct pcx *pcx)
{
	const struct vpc *vpc = walk_vpc(walk);

	if (vpc && str_eq(pcx->requester.vpc_id, vpc->object.id))
		return &pcx->accepter;
	return vpc && str_eq(pcx->accepter.vpc_id, vpc->object.id) ? &pcx->requester : NULL;
}

static struct decision decide(const struct walk *walk, const struct pcx *pcx,
			      const struct pcx_side *far)
{
	if (pcx->status.len && !str_is(pcx->status, "active"))
		return walk_deny(REASON_BAD_STATE, "the peering connection is not active");
	if (!far)
		return walk_unknown(REASON_UNKNOWN_RESOURCE,
				    "the peering connection does not name this VPC");
	if (!side_has(walk->world, far, walk->packet.dst))
		return walk_deny(REASON_PCX_REQUIRES_ADDRESS_IN_VPC_CIDR,
				 "the destination is not of the peer VPC: peering is not "
				 "transitive");
	if (!walk_is_from_here(walk))
		return walk_deny(REASON_PCX_REQUIRES_ADDRESS_IN_VPC_CIDR,
				 "the source is not of this VPC: peering is not transitive");
	return decision_allow(NULL);
}

static struct step outward(struct walk *walk, uint32_t pcx_idx)
{
	const struct world    *world = walk->world;
	const struct pcx      *pcx = &world->pcxs[pcx_idx];
	const struct pcx_side *far = far_side(walk, pcx);
	uint32_t	vpc_idx = far ? world_index(world, WORLD_VPC, far->vpc_id) : WORLD_NONE;
	struct decision decision = decide(walk, pcx, far);
	struct hop     *hop = walk_add(walk, HOP_PEERING, pcx_idx, decision);

	hop->direction = DIRECTION_EGRESS;
	if (!far)
		return walk_end();
	if (vpc_idx == WORLD_NONE)
		return walk_outside(walk, "vpc", far->vpc_id,
				    "the peer VPC is not in the snapshot");
	hop->to_vpc_idx = vpc_idx;
	if (decision.verdict != VERDICT_ALLOW)
		return walk_dead_end(walk);
	walk->place = (struct place){ vpc_idx, WORLD_NONE };
	walk->way_in = walk_to(&hop_pcx_ops, DIRECTION_EGRESS, pcx_idx);
	/* A group is no more than a name in another Region. */
	walk->identity_lost = walk->identity_lost ||
			      (pcx->requester.region.len && pcx->accepter.region.len &&
			       !str_eq(pcx->requester.region, pcx->accepter.region));
	return walk_deliver(walk);
}

const struct hop_ops hop_pcx_ops = {
	.name = "vpc-peering-connection", .label = "peering", .table = WORLD_PCX, .outward = outward
};
