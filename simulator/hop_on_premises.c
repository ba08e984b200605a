/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks on the other side of a VPN or Direct Connect: the edge of the model.  What is asked from there
 * comes in where the destination's replies would go out.
 */
#include "simulator/route.h"
#include "simulator/tgw_table.h"
#include "simulator/walk.h"

static struct step outward(struct walk *walk, uint32_t idx)
{
	(void)idx;
	if (walk->to.eni_idx != WORLD_NONE)
		return walk_dead_end(walk);
	walk_add(walk, HOP_ON_PREMISES, WORLD_NONE,
		 decision_allow("the edge of the model: what is admitted there is not known"));
	walk->arrival = ARRIVAL_ON_PREMISES;
	return walk_end();
}

/* The attachment by which the gateway sends what is for the sender, as seen from the receiver's VPC. */
static uint32_t attachment_for(const struct walk *walk, uint32_t tgw_idx, uint32_t vpc_idx)
{
	const struct world *world = walk->world;
	uint32_t	    from = tgw_attachment_of(world, tgw_idx, vpc_idx), rtb_idx, found;
	struct tgw_answer   answer;

	if (from == WORLD_NONE)
		return WORLD_NONE;
	rtb_idx = tgw_table_of(world, tgw_idx, from);
	if (rtb_idx == WORLD_NONE)
		return WORLD_NONE;
	answer = tgw_route_find(world, rtb_idx, walk->packet.src);
	if (answer.decision.verdict != VERDICT_ALLOW || answer.route->attachment_count == 0)
		return WORLD_NONE;
	found = world_index(world, WORLD_TGW_ATTACHMENT, answer.route->attachment_ids[0]);
	if (found == WORLD_NONE || str_is(world->tgw_attachments[found].resource_type, "vpc") ||
	    str_is(world->tgw_attachments[found].resource_type, "peering"))
		return WORLD_NONE;
	return found;
}

/* The way in that matches the way back, as the receiver's route table has it; ops NULL: none is known. */
static struct step entry_of(struct walk *walk, const struct eni *eni)
{
	const struct world *world = walk->world;
	uint32_t	    rtb_idx = eni->subnet_idx == WORLD_NONE ? WORLD_NONE
								    : world->subnets[eni->subnet_idx].rtb_idx;
	struct route_answer answer = route_find(world, rtb_idx, walk->packet.src);
	enum world_kind	    kind;
	uint32_t	    idx;

	if (answer.decision.verdict != VERDICT_ALLOW ||
	    !world_find(world, answer.route->target, &kind, &idx))
		return walk_end();
	if (kind == WORLD_VGW) {
		walk->place.vpc_idx = eni->vpc_idx;
		return walk_to(&hop_vgw_ops, DIRECTION_INGRESS, idx);
	}
	if (kind != WORLD_TGW)
		return walk_end();
	walk->attachment_idx = attachment_for(walk, idx, eni->vpc_idx);
	if (walk->attachment_idx == WORLD_NONE)
		return walk_end();
	return walk_to(&hop_tgw_ops, DIRECTION_EGRESS, idx);
}

static struct step inward(struct walk *walk, uint32_t idx)
{
	const struct eni *eni = walk->to.eni_idx == WORLD_NONE
					? NULL
					: &walk->world->enis[walk->to.eni_idx];
	struct step	  entry = eni ? entry_of(walk, eni) : walk_end();

	(void)idx;
	if (entry.ops) {
		walk->identity_lost = true;
		walk_add(walk, HOP_ON_PREMISES, WORLD_NONE,
			 decision_allow("assumed: it comes in where replies to it go out"))
			->vpc_idx = WORLD_NONE;
		return entry;
	}
	(void)walk_outside(walk, "network-interface", (struct str){ 0 },
			   "no interface of the snapshot has this address");
	return walk_however(walk);
}

const struct hop_ops hop_on_premises_ops = {
	.name = "on-premises", .table = WORLD_KIND_COUNT, .outward = outward, .inward = inward
};
