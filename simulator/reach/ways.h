/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways between places.  A way is walked with the groups and ACLs open, once for each protocol that its
 * components tell apart; what is left is a set of packets that all its other components and its ACLs let
 * through, replies included, and the groups that have to be asked yet.
 */
#pragma once

#include "simulator/reach/kinds.h"
#include "simulator/reach/packet_set.h"

/* Who it is that a check speaks of. */
enum way_role {
	ROLE_SRC,
	ROLE_SRC_PUBLIC, /* the sender by its public address */
	ROLE_DST,
	ROLE_DST_PUBLIC,
	ROLE_OTHER, /* always the same one */
	ROLE_NOBODY,
};

/* Groups that a packet passes: whose, and whom they see at the far end. */
struct way_check {
	uint8_t	  owner, address, identity;	/* enum way_role; identity: who a reference sees */
	uint8_t	  egress, is_doubted;		/* a refusal is none for certain */
	uint8_t	  is_known;			/* false: identity is whoever has the address */
	uint32_t  owner_eni_idx, other_eni_idx; /* where the role is ROLE_OTHER */
	struct ip ip;				/* likewise */
};

enum { CHECKS_MAX = 6 };

/* Packets of some protocols, which share a way. */
struct strand {
	uint32_t rest; /* what all but the checks let through; denied beyond the strand's packets */
	uint32_t check_count;
	struct way_check checks[CHECKS_MAX];
};

enum { STRANDS_MAX = 10 };

struct way {
	struct strand *strands;
	size_t	       count;
	bool is_odd; /* groups see replies, or there is more than a way holds: walk each packet */
	uint32_t
		lb_idx; /* the destination is its node, and its listeners let more through; WORLD_NONE: no */
};

struct ways;

/* All borrowed. */
struct ways *ways_new(const struct kinds *kinds, struct port_range client_ports,
		      struct packet_sets *sets) MUST_USE;
void	     ways_free(struct ways *ways);

/* NULL: there are no two ends of different interfaces. */
const struct way *ways_between(struct ways *ways, uint32_t src_place, uint32_t dst_place);
