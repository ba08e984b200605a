/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transit gateway (aws-semantics.md 4.3).  A packet goes to it through the attachment's subnet in the
 * sender's zone, and comes out of it through an attachment's subnet, whose route table leads on.  Between the
 * two a table of the gateway decides (hop_tgw_rtb.c).
 */
#include "simulator/tgw_table.h"
#include "simulator/walk.h"

/* Zones have names that each account may give otherwise; their ids are the same everywhere. */
static bool same_zone(const struct subnet *a, const struct subnet *b)
{
	if (a->az_id.len && b->az_id.len)
		return str_eq(a->az_id, b->az_id);
	return a->az.len && str_eq(a->az, b->az) && str_eq(a->object.owner, b->object.owner);
}

/* The attachment's subnets as far as they are in the snapshot; how many of them are in the zone. */
static size_t subnets_of(const struct world *world, const struct tgw_attachment *attachment,
			 uint32_t zone_subnet_idx, uint32_t *first)
{
	size_t count = 0;

	*first = WORLD_NONE;
	for (uint32_t i = 0; i < attachment->subnet_count; i++) {
		uint32_t idx = attachment->subnet_idxs[i];

		if (idx == WORLD_NONE ||
		    (zone_subnet_idx != WORLD_NONE &&
		     !same_zone(&world->subnets[idx], &world->subnets[zone_subnet_idx])))
			continue;
		if (count++ == 0)
			*first = idx;
	}
	return count;
}

static bool knows_all_subnets(const struct world *world, const struct tgw_attachment *attachment)
{
	uint32_t first;

	return attachment->subnet_count &&
	       subnets_of(world, attachment, WORLD_NONE, &first) == attachment->subnet_count;
}

/* How the packet gets to the gateway; *subnet_idx is the attachment's subnet that it goes through. */
static struct decision decide_way(const struct walk *walk, uint32_t attachment_idx,
				  uint32_t *subnet_idx)
{
	const struct world	    *world = walk->world;
	const struct tgw_attachment *attachment;

	*subnet_idx = WORLD_NONE;
	if (attachment_idx == WORLD_NONE)
		return walk_knows(world, WORLD_TGW_ATTACHMENT, "TransitGatewayVpcAttachments",
				  &walk_vpc(walk)->object)
			       ? walk_deny(REASON_BAD_STATE_ATTACHMENT,
					   "the VPC is not attached to the transit gateway")
			       : walk_unknown(REASON_UNKNOWN_RESOURCE,
					      "the VPC's attachment is not in the snapshot");
	attachment = &world->tgw_attachments[attachment_idx];
	if (!knows_all_subnets(world, attachment) || walk->az_subnet_idx == WORLD_NONE)
		return walk_unknown(REASON_UNKNOWN_RESOURCE,
				    "the attachment's subnets are not in the snapshot");
	if (subnets_of(world, attachment, walk->az_subnet_idx, subnet_idx) == 0)
		return walk_deny(REASON_TGW_ROUTE_AZ_RESTRICTION, NULL);
	if (walk->packet.dst.family == IP_V6 && !attachment->ipv6)
		return walk_deny(REASON_BAD_STATE_ATTACHMENT,
				 "IPv6 is off on the VPC's attachment");
	return decision_allow(NULL);
}

/*
 * From a VPC.  The ACL of the attachment's subnet sees the packet enter, even when the sender is in the same
 * subnet (aws-semantics.md 3).
 */
struct step walk_to_tgw(struct walk *walk, uint32_t tgw_idx)
{
	uint32_t subnet_idx;

	walk->attachment_idx = tgw_attachment_of(walk->world, tgw_idx, walk->place.vpc_idx);
	(void)decide_way(walk, walk->attachment_idx, &subnet_idx);
	if (subnet_idx == WORLD_NONE)
		return walk_to(&hop_tgw_ops, DIRECTION_EGRESS, tgw_idx);
	walk->then = walk_to(&hop_tgw_ops, DIRECTION_EGRESS, tgw_idx);
	walk->place.subnet_idx = subnet_idx;
	return walk_to(&hop_nacl_ops, DIRECTION_INGRESS, subnet_idx);
}

static struct hop *add(struct walk *walk, uint32_t tgw_idx, enum direction direction,
		       struct decision decision)
{
	struct hop *hop = walk_add(walk, HOP_TRANSIT_GATEWAY, tgw_idx, decision);

	hop->direction = direction;
	hop->attachment_idx = walk->attachment_idx;
	return hop;
}

/* Only a gateway's owner sees its tables: where one is, the attachments are described in full too. */
static bool sees_tables(const struct world *world, uint32_t tgw_idx)
{
	for (uint32_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++)
		if (str_eq(world->tgw_rtbs[i].tgw_id, world->tgws[tgw_idx].object.id))
			return true;
	return false;
}

/* The table for what comes from the attachment; without one the gateway drops it. */
static struct step to_table(struct walk *walk, uint32_t tgw_idx)
{
	const struct world	    *world = walk->world;
	const struct tgw_attachment *attachment = &world->tgw_attachments[walk->attachment_idx];
	uint32_t		     rtb_idx = tgw_table_of(world, tgw_idx, walk->attachment_idx);

	walk->tgw_idx = tgw_idx;
	if (rtb_idx != WORLD_NONE)
		return walk_to(&hop_tgw_rtb_ops, DIRECTION_EGRESS, rtb_idx);
	if (attachment->rtb_id.len == 0 && attachment->is_described && sees_tables(world, tgw_idx))
		walk_add(walk, HOP_TGW_ROUTE_TABLE, WORLD_NONE,
			 walk_deny(REASON_TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION, NULL))
			->attachment_idx = walk->attachment_idx;
	else
		walk_add(walk, HOP_TGW_ROUTE_TABLE, WORLD_NONE,
			 walk_unknown(REASON_TGW_RTB_ROUTES_ARE_UNKNOWN,
				      "the attachment's route table is not in the snapshot"));
	return walk_dead_end(walk);
}

static struct step outward(struct walk *walk, uint32_t tgw_idx)
{
	uint32_t	subnet_idx;
	struct decision decision = decision_allow(NULL);

	if (walk->place.vpc_idx != WORLD_NONE)
		decision = decide_way(walk, walk->attachment_idx, &subnet_idx);
	add(walk, tgw_idx, DIRECTION_EGRESS, decision);
	if (walk->attachment_idx == WORLD_NONE)
		return walk_dead_end(walk);
	walk->place = (struct place){ WORLD_NONE, WORLD_NONE };
	return to_table(walk, tgw_idx);
}

/* Whether subnets differ in what they do with a packet that comes from a gateway. */
static bool fares_alike(const struct world *world, const struct tgw_attachment *attachment)
{
	const struct subnet *first = NULL;

	for (uint32_t i = 0; i < attachment->subnet_count; i++) {
		uint32_t idx = attachment->subnet_idxs[i];

		if (idx == WORLD_NONE)
			return false;
		if (!first)
			first = &world->subnets[idx];
		if (world->subnets[idx].nacl_idx != first->nacl_idx ||
		    world->subnets[idx].rtb_idx != first->rtb_idx)
			return false;
	}
	return true;
}

/* The subnet that it comes out of: in the sender's zone where there is one and no appliance mode. */
static uint32_t choose_subnet(struct walk *walk, const struct tgw_attachment *attachment)
{
	const struct world *world = walk->world;
	uint32_t	    zone = attachment->appliance_mode ? WORLD_NONE : walk->az_subnet_idx;
	uint32_t	    subnet_idx;
	size_t		    count = subnets_of(world, attachment, zone, &subnet_idx);

	if (count == 0)
		count = subnets_of(world, attachment, WORLD_NONE, &subnet_idx);
	if ((count > 1 || zone == WORLD_NONE) && !fares_alike(world, attachment))
		walk->doubt = "stops the packet if it comes by this one of the attachment's zones";
	return subnet_idx;
}

static struct decision decide_in(const struct walk *walk, const struct tgw_attachment *attachment,
				 uint32_t subnet_idx)
{
	if (subnet_idx == WORLD_NONE)
		return walk_unknown(REASON_UNKNOWN_RESOURCE,
				    "the attachment's subnets are not in the snapshot");
	if (walk->packet.dst.family == IP_V6 && !attachment->ipv6)
		return walk_deny(REASON_BAD_STATE_ATTACHMENT,
				 "IPv6 is off on the VPC's attachment");
	return decision_allow(attachment->appliance_mode ? "appliance mode: any zone of the "
							   "attachment"
							 : NULL);
}

/* By a VPC attachment into its VPC. */
static struct step inward(struct walk *walk, uint32_t tgw_idx)
{
	const struct world	    *world = walk->world;
	const struct tgw_attachment *attachment = &world->tgw_attachments[walk->attachment_idx];
	uint32_t    vpc_idx = world_index(world, WORLD_VPC, attachment->resource_id);
	uint32_t    subnet_idx = choose_subnet(walk, attachment);
	struct hop *hop;

	if (vpc_idx == WORLD_NONE)
		return walk_outside(walk, "vpc", attachment->resource_id,
				    "the attached VPC is not in the snapshot");
	hop = add(walk, tgw_idx, DIRECTION_INGRESS, decide_in(walk, attachment, subnet_idx));
	hop->to_vpc_idx = vpc_idx;
	walk->place = (struct place){ vpc_idx, subnet_idx };
	walk->way_in = walk_to(&hop_tgw_ops, DIRECTION_INGRESS, tgw_idx);
	if (subnet_idx != WORLD_NONE)
		return walk_leave(walk);
	walk->edge_doubt = walk_same_subnet_doubt;
	return walk_deliver(walk);
}

const struct hop_ops hop_tgw_ops = { .name = "transit-gateway",
				     .label = "tgw",
				     .table = WORLD_TGW,
				     .outward = outward,
				     .inward = inward };
