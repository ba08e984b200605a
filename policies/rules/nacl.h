/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network ACLs, plainly (aws-semantics.md 3): ascending by number, the first match decides, no match is the
 * implicit deny.  Stateless: a reply is a packet of its own.  Whether a packet crosses the subnet's edge at
 * all is the business of policies/rules/interface.h.
 */
#pragma once

#include "policies/rules/packet.h"
#include "policies/rules/verdict.h"

/*
 * A packet that enters (egress false) or leaves a subnet with this ACL.  nacl_idx may be WORLD_NONE: not in
 * the snapshot, UNKNOWN.  Total: never fails, never allocates.
 */
struct decision nacl_decide(const struct world *world, uint32_t nacl_idx, bool egress,
			    const struct packet *packet);

/* Whether one rule covers a packet that leaves (egress) or enters the subnet. */
enum match nacl_match(const struct nacl_rule *rule, bool egress, const struct packet *packet);

/* What nacl_decide concludes, for whoever has found the rule in another way.  rule NULL: the implicit deny. */
struct decision nacl_decided(uint32_t nacl_idx, const struct nacl_rule *rule);
struct decision nacl_undecided(uint32_t nacl_idx, const struct nacl_rule *maybe);
struct decision nacl_missing(void);
