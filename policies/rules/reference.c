/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/reference.h"

static bool carries(const struct eni *eni, struct str group_id)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (str_eq(eni->sg_ids[i], group_id))
			return true;
	return false;
}

/* Stale rules are never removed by AWS; they match nothing. */
static bool is_stale(const struct sg_rule *rule)
{
	return rule->peering_status.len && !str_is(rule->peering_status, "active");
}

static bool joins(const struct pcx *pcx, struct str a, struct str b)
{
	bool same_region = pcx->requester.region.len == 0 || pcx->accepter.region.len == 0 ||
			   str_eq(pcx->requester.region, pcx->accepter.region);

	return str_is(pcx->status, "active") && same_region &&
	       ((str_eq(pcx->requester.vpc_id, a) && str_eq(pcx->accepter.vpc_id, b)) ||
		(str_eq(pcx->requester.vpc_id, b) && str_eq(pcx->accepter.vpc_id, a)));
}

static enum match by_peering(const struct world *world, const struct sg_rule *rule, struct str a,
			     struct str b)
{
	if (str_is(rule->peering_status, "active"))
		return MATCH_YES;
	for (size_t i = 0; i < world->counts[WORLD_PCX]; i++)
		if (joins(&world->pcxs[i], a, b))
			return MATCH_YES;
	return world_has_family(world, "VpcPeeringConnections") ? MATCH_NO : MATCH_MAYBE;
}

/* The attachment of a VPC to a transit gateway that lets identities through, or NULL. */
static const struct tgw_attachment *identity_attachment(const struct world *world,
							struct str vpc_id, struct str tgw_id)
{
	for (size_t i = 0; i < world->counts[WORLD_TGW_ATTACHMENT]; i++) {
		const struct tgw_attachment *attachment = &world->tgw_attachments[i];

		if (str_is(attachment->resource_type, "vpc") && attachment->sg_referencing &&
		    str_eq(attachment->resource_id, vpc_id) && str_eq(attachment->tgw_id, tgw_id))
			return attachment;
	}
	return NULL;
}

/* Through a transit gateway a reference works for inbound rules only. */
static enum match by_tgw(const struct world *world, bool egress, struct str a, struct str b)
{
	if (egress)
		return MATCH_NO;
	for (size_t i = 0; i < world->counts[WORLD_TGW]; i++) {
		struct str id = world->tgws[i].object.id;

		if (world->tgws[i].sg_referencing && identity_attachment(world, a, id) &&
		    identity_attachment(world, b, id))
			return MATCH_YES;
	}
	return world_has_family(world, "TransitGateways") &&
			       world_has_family(world, "TransitGatewayVpcAttachments")
		       ? MATCH_NO
		       : MATCH_MAYBE;
}

static enum match between_vpcs(const struct world *world, const struct sg_rule *rule, struct str a,
			       struct str b)
{
	enum match peering = by_peering(world, rule, a, b);
	enum match tgw = by_tgw(world, rule->egress, a, b);

	return peering > tgw ? peering : tgw;
}

/*
 * No interface of the snapshot has the address: it may be gone since, another account's, or not fetched.
 * Only a public IPv4 address of no VPC is nobody's for sure: members count by the addresses they have inside.
 */
static enum match unknown_peer(const struct world *world, struct ip peer)
{
	if (peer.family != IP_V4 || ip_is_private(peer) || world_vpcs_have(world, peer))
		return MATCH_MAYBE;
	return MATCH_NO;
}

enum match reference_match_member(const struct world *world, const struct eni *eni,
				  const struct sg_rule *rule, uint32_t member_idx)
{
	const struct eni *member;

	if (rule->peer_id.len == 0 || is_stale(rule) || member_idx == WORLD_NONE)
		return MATCH_NO;
	member = &world->enis[member_idx];
	if (!carries(member, rule->peer_id))
		return MATCH_NO;
	if (member->vpc_id.len == 0 || eni->vpc_id.len == 0 || str_eq(member->vpc_id, eni->vpc_id))
		return MATCH_YES;
	return between_vpcs(world, rule, eni->vpc_id, member->vpc_id);
}

enum match reference_match(const struct world *world, const struct eni *eni,
			   const struct sg_rule *rule, struct ip peer)
{
	uint32_t peer_idx = world_eni_by_peer(world, eni->vpc_idx, peer);

	if (peer_idx == WORLD_NONE && rule->peer_id.len && !is_stale(rule))
		return unknown_peer(world, peer);
	return reference_match_member(world, eni, rule, peer_idx);
}

bool reference_is_assumed(const struct world *world, const struct eni *eni, struct ip peer)
{
	uint32_t	  peer_idx = world_eni_by_peer(world, eni->vpc_idx, peer);
	const struct eni *member = peer_idx == WORLD_NONE ? NULL : &world->enis[peer_idx];

	if (peer.family == IP_V6)
		return true;
	for (uint32_t i = 0; member && i < member->address_count; i++)
		if (ip_eq(member->addresses[i].ip, peer))
			return false;
	return true;
}
