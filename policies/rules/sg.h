/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security groups, plainly (aws-semantics.md 2): the rules of all groups on the interface are pooled, any
 * match allows, nothing matching denies.  This is the specification that the compiled matcher is held to.
 * State (replies) is the business of policies/rules/interface.h.
 */
#pragma once

#include "policies/rules/packet.h"
#include "policies/rules/verdict.h"

/*
 * A packet that enters (egress false) or leaves the interface.  The peer is its source or destination; a
 * rule that references a group asks which interface owns that address and which groups it carries.
 * Total: never fails, never allocates.  The deciding rule is the first that matches, in the order of the
 * interface's groups and then of the group's rules.
 */
struct decision sg_decide(const struct world *world, uint32_t eni_idx, bool egress,
			  const struct packet *packet);

/* Whether one rule, of a group of the interface and of the packet's direction, covers the packet. */
enum match sg_match(const struct world *world, const struct eni *eni, const struct sg_rule *rule,
		    const struct packet *packet);

/* Who stands behind the peer's address, for whoever knows better than the address tells. */
struct sg_peer {
	bool	 is_known; /* false: whoever has the address, seen from the interface's VPC */
	uint32_t eni_idx;  /* WORLD_NONE: nobody that a reference could see */
};

struct decision sg_decide_peer(const struct world *world, uint32_t eni_idx, bool egress,
			       const struct packet *packet, struct sg_peer peer);

/*
 * What sg_decide concludes, for whoever has found the rule in another way.  assumed: the rule is a reference
 * and reference_is_assumed of the peer.
 */
struct decision sg_allowed(uint32_t sg_idx, const struct sg_rule *rule, bool assumed);
struct decision sg_undecided(uint32_t sg_idx, const struct sg_rule *rule); /* it only may match */
struct decision sg_unmatched(const struct world *world, uint32_t eni_idx, bool egress);

/* Whether a rule of that protocol speaks of a family (enum ip_family) at all. */
bool sg_family_fits(int16_t protocol, uint8_t family);
