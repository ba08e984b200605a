/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends that are in other tiers of the policy than they were.  The packets between them are the same, and the
 * policy judges them otherwise: a difference of its own.
 */
#pragma once

#include "simulator/reach/change_set.h"
#include "simulator/reach/joint.h"

/* Of what passes in both worlds; ALLOW where that is so, DENY elsewhere. */
struct tier_verdicts {
	uint32_t forbidden; /* what B's tiers are not allowed, and A's were */
	uint32_t permitted; /* the reverse */
};

/* Whether the ends of a joint kind are in both worlds, and in other tiers of the policy. */
bool tier_moved(const struct joint *joint, uint32_t kind_idx);

/* before, after: what passes from one to the other in A and in B. */
struct tier_verdicts tier_verdicts_of(const struct joint *joint, uint32_t src, uint32_t dst,
				      uint32_t before, uint32_t after);

/*
 * Adds what was changed of the ends of a kind that the policy's tiers are made of: tags, names, groups, places.
 * judge: of either world.
 */
void tier_changes_find(const struct joint *joint, const struct delta *delta,
		       const struct judge *judge, uint32_t kind_idx, struct change_set *out);
