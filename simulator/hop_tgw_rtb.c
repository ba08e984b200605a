/* SPDX-License-Identifier: Apache-2.0 */
/* A route table of a transit gateway: the one that the attachment by which a packet came is associated with. */
#include "simulator/tgw_table.h"
#include "simulator/walk.h"

/* To the gateway that is peered with, where the same attachment has an association of its own. */
static struct step to_peer(struct walk *walk)
{
	uint32_t peer_idx = tgw_peer(walk->world, walk->tgw_idx, walk->attachment_idx);
	const struct tgw_attachment *attachment =
		&walk->world->tgw_attachments[walk->attachment_idx];

	walk->identity_lost = true;
	walk->az_subnet_idx = WORLD_NONE;
	if (peer_idx == WORLD_NONE)
		return walk_outside(walk, "transit-gateway", attachment->peer_tgw_id,
				    "the peered transit gateway is not in the snapshot");
	return walk_to(&hop_tgw_ops, DIRECTION_EGRESS, peer_idx);
}

/* Of several attachments only those of VPNs share the load, and lead to the same place. */
static struct step follow(struct walk *walk, const struct tgw_route *route)
{
	const struct world *world = walk->world;
	struct str id = route->attachment_count ? route->attachment_ids[0] : (struct str){ 0 };
	struct str type;

	walk->attachment_idx = world_index(world, WORLD_TGW_ATTACHMENT, id);
	if (walk->attachment_idx == WORLD_NONE)
		return walk_outside(walk, "transit-gateway-attachment", id,
				    "the attachment is not in the snapshot");
	type = world->tgw_attachments[walk->attachment_idx].resource_type;
	if (str_is(type, "vpc"))
		return walk_to(&hop_tgw_ops, DIRECTION_INGRESS, walk->tgw_idx);
	if (str_is(type, "peering"))
		return to_peer(walk);
	if (!str_is(type, "vpn") && !str_is(type, "direct-connect-gateway") &&
	    !str_is(type, "connect"))
		return walk_outside(walk, "transit-gateway-attachment", id,
				    "attachments of this type are not modelled");
	walk->way_out = walk_to(&hop_tgw_ops, DIRECTION_EGRESS, walk->tgw_idx);
	walk->way_out_vpc_idx = WORLD_NONE;
	return walk_to(&hop_on_premises_ops, DIRECTION_EGRESS, WORLD_NONE);
}

static struct step outward(struct walk *walk, uint32_t rtb_idx)
{
	struct tgw_answer answer = tgw_route_find(walk->world, rtb_idx, walk->packet.dst);
	struct hop	 *hop = walk_add(walk, HOP_TGW_ROUTE_TABLE, rtb_idx, answer.decision);

	hop->tgw_route = answer.route;
	if (answer.decision.verdict == VERDICT_ALLOW)
		return follow(walk, answer.route);
	return walk_dead_end(walk);
}

const struct hop_ops hop_tgw_rtb_ops = { .name = "transit-gateway-route-table",
					 .label = "tgw route",
					 .table = WORLD_TGW_RTB,
					 .outward = outward };
