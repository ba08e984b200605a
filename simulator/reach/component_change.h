/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of hop_change.h's question the gateways, endpoints, load balancers, and what else stands on a way: their
 * changes are of objects, and speak of no packet.
 */
#pragma once

#include "simulator/reach/hop_change.h"

/* Adds the changes of the component, and of what belongs to it, in either world. */
void component_changes_find(const struct crossing_pair *pair, struct change_set *out);

/* Adds the documents that their subnets and VPCs are missing from, else what was changed of the ends themselves. */
void component_changes_of_ends(const struct crossing_pair *pair, struct change_set *out);

/* Adds those of the components that either path goes over, but for single rules and routes. */
void component_changes_of_way(const struct crossing_pair *pair, const struct path *const paths[2],
			      struct change_set *out);

/* Adds those of everything that may stand on a way: the last resort. */
void component_changes_of_all(const struct crossing_pair *pair, struct change_set *out);
