/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joint kinds as the causes of a change see them: those of one trait have the same groups, ACLs and route tables
 * in both worlds, their addresses are in the same blocks of what was changed, and nothing was changed of their
 * own.  A change that two of them share came about in the same way.
 */
#pragma once

#include "policies/world/delta.h"
#include "simulator/reach/joint.h"

struct change_traits {
	uint32_t *traits; /* by joint kind */
	size_t	  count;  /* of joint kinds */
};

void change_traits_init(struct change_traits *traits, const struct joint *joint,
			const struct delta *delta);
void change_traits_done(struct change_traits *traits);
