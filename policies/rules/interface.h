/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one interface lets through: its security groups and, when the packet crosses the edge of its subnet,
 * the subnet's network ACL.  This is exactly what a flow-log record's action speaks of (aws-semantics.md 8).
 */
#pragma once

#include "policies/rules/nacl.h"
#include "policies/rules/sg.h"

struct interface_decision {
	struct decision overall; /* of the two below */
	struct decision sg;
	struct decision nacl;
	bool		nacl_crossed; /* false: same subnet, exempt: the ACL has no say */
	bool		is_exempt;    /* what no rule filters */
};

/*
 * A packet that enters or leaves the interface.  as_reply: it answers a packet that went the other way, so
 * the groups admit it by state when they admitted that one, and only the ACL looks at this one.
 */
struct interface_decision interface_decide(const struct world *world, uint32_t eni_idx, bool egress,
					   const struct packet *packet, bool as_reply);

/* Whether traffic between a subnet and a peer leaves the subnet.  Unknown subnet: yes. */
bool interface_crosses_edge(const struct world *world, uint32_t eni_idx, struct ip peer);

/* What a subnet's network ACL says of a packet at its edge; exempt traffic passes.  WORLD_NONE: not known. */
struct decision interface_edge(const struct world *world, uint32_t subnet_idx, bool egress,
			       const struct packet *packet);

/* How interface_decide puts its parts together: exempt traffic, and what does or does not cross the edge. */
struct interface_decision interface_exempt(const char *what);
struct interface_decision interface_crossed(struct decision sg, struct decision nacl);
struct interface_decision interface_inside(struct decision sg);
