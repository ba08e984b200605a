/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which changes of a configuration make one component say otherwise of a packet than it did: of the less open
 * world (low) and the more open one (high).  Groups, ACLs and route tables here, all else in
 * component_change.h.
 */
#pragma once

#include "simulator/path.h"
#include "simulator/reach/change_set.h"

/* The same packet in both worlds, and how far it got. */
struct crossing_pair {
	const struct delta    *delta;
	size_t		       low;	/* the side that is less open */
	const struct hop      *hops[2]; /* by side; NULL: it does not come there in that world */
	const struct question *questions[2]; /* by side */
};

/* The id of the component in the world of a side; empty when the packet does not come there. */
struct str crossing_id(const struct crossing_pair *pair, size_t side);

/* Adds the changes that speak of the packet at that component. */
void hop_changes_find(const struct crossing_pair *pair, struct change_set *out);
