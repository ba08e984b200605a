/* SPDX-License-Identifier: Apache-2.0 */
/* What is behind a load balancer: its listener for a packet, and the targets that a node passes it on to. */
#pragma once

#include "policies/rules/packet.h"
#include "policies/world/world.h"

/* The load balancer of which an interface is a node, or WORLD_NONE. */
uint32_t lb_of_eni(const struct world *world, uint32_t eni_idx);

/* The listener that takes the packet, or WORLD_NONE. */
uint32_t lb_listener_for(const struct world *world, uint32_t lb_idx, const struct packet *packet);

/* Whether its listeners are in the snapshot: they are asked for one load balancer at a time. */
bool lb_has_listeners(const struct world *world, uint32_t lb_idx);

bool lb_is_network(const struct lb *lb);

/* One target of one group. */
struct lb_target {
	const struct target_group *group;
	const struct target	  *target;
	uint32_t		   eni_idx; /* WORLD_NONE: no interface of the snapshot */
	struct ip		   ip;	    /* none: not an address that is known */
	uint16_t		   port;
};

/* What is known of the targets, beside those that are found. */
struct lb_targets {
	size_t count;	      /* that a node in this zone may pass on to */
	size_t elsewhere;     /* in other zones, which it may not */
	bool   has_group;     /* false: the listener answers itself */
	bool   is_incomplete; /* groups, targets or rules are not in the snapshot */
	bool   fails_open;    /* no target is healthy, so all are used */
};

/* Finds the targets of a listener as its node sees them; *out is the one with that number, when there is one. */
struct lb_targets lb_targets_find(const struct world *world, uint32_t listener_idx,
				  uint32_t node_idx, size_t number, struct lb_target *out);

/* Whether a target sees the client's address; *is_assumed when the group's attribute is not known. */
bool lb_preserves_client(const struct lb *lb, const struct target_group *group, bool *is_assumed);
