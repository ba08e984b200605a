/* SPDX-License-Identifier: Apache-2.0 */
/* The route of a table that a packet takes (aws-semantics.md 4.2). */
#pragma once

#include "policies/rules/verdict.h"

struct route_answer {
	const struct route *route; /* NULL: none, or not known */
	struct decision
		decision; /* allow: usable; deny: no route or blackhole; unknown: a list or table
					 is not in the snapshot */
};

/*
 * Longest prefix, prefix lists taking part with the length of the entry that matches; of equal length
 * static before prefix list before propagated; a propagated route never beats `local`.  Where lists with
 * other targets overlap, AWS takes one as it pleases: UNKNOWN.  rtb_idx may be
 * WORLD_NONE: the table is not in the snapshot.
 */
struct route_answer route_find(const struct world *world, uint32_t rtb_idx, struct ip dst);
