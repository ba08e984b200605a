/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which changes of a configuration make one component say otherwise of a packet than it did: of the less open
 * world (low) and the more open one (high).
 */
#pragma once

#include "policies/world/delta.h"
#include "simulator/path.h"

/* Indexes of delta->changes; a change may be in it more than once until it is sorted. */
struct change_set {
	uint32_t *items;
	size_t	  count, capacity;
};

void change_set_add(struct change_set *set, uint32_t change);
void change_set_sort(struct change_set *set); /* ascending, each once */
void change_set_done(struct change_set *set);

/* The same packet in both worlds, and how far it got. */
struct crossing_pair {
	const struct delta    *delta;
	size_t		       low;	/* the side that is less open */
	const struct hop      *hops[2]; /* by side; NULL: it does not come there in that world */
	const struct question *questions[2]; /* by side */
};

/* Adds those that speak of the packet at that component. */
void hop_changes_find(const struct crossing_pair *pair, struct change_set *out);

/* Adds all changes of an object that matter. */
void hop_changes_of(const struct delta *delta, enum world_kind kind, struct str id,
		    struct change_set *out);

/* Adds those of the two ends themselves, their instances, subnets and VPCs. */
void hop_changes_of_ends(const struct crossing_pair *pair, struct change_set *out);

/* Adds those of all that either path goes over, whatever they speak of. */
void hop_changes_of_way(const struct crossing_pair *pair, const struct path *const paths[2],
			struct change_set *out);

/* Adds those of gateways, endpoints, load balancers and what else may stand on the way: the last resort. */
void hop_changes_of_components(const struct crossing_pair *pair, struct change_set *out);
