/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a rule that references a security group covers a peer (aws-semantics.md 2.4).  A reference stands
 * for the private addresses of the interfaces that carry the group: of the same VPC, of a VPC joined by an
 * active peering connection of the same Region, and, for what enters, of a VPC on the same transit gateway
 * when the gateway and both attachments allow it.
 */
#pragma once

#include "policies/rules/packet.h"
#include "policies/world/world.h"

/* rule->peer_kind is PEER_GROUP.  MATCH_MAYBE: members, or what joins the VPCs, are not in the snapshot. */
enum match reference_match(const struct world *world, const struct eni *eni,
			   const struct sg_rule *rule, struct ip peer);

/*
 * The same of a peer that is known to be that interface, whatever else has its address.  WORLD_NONE: nobody
 * that a reference could see, because the address was translated or the identity lost on the way.
 */
enum match reference_match_member(const struct world *world, const struct eni *eni,
				  const struct sg_rule *rule, uint32_t member_idx);

/* Matched on an address of which AWS does not say whether it counts: IPv6, or a delegated prefix. */
bool reference_is_assumed(const struct world *world, const struct eni *eni, struct ip peer);
