/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a path differs between two worlds: one packet of what differs is walked in both, and where a component of
 * the less open one refuses it, the changes of the configuration that speak of that packet there are the cause.
 */
#pragma once

#include "policies/world/delta.h"
#include "simulator/reach/joint.h"
#include "simulator/reach/transition.h"

struct causes;

struct cause_list {
	const uint32_t *items; /* of delta->changes, ascending */
	size_t		count;
	bool is_whole; /* every packet that was looked at was traced, and all were looked at */
};

/* All borrowed. */
struct causes *causes_new(const struct joint *joint, const struct delta *delta) MUST_USE;
void	       causes_free(struct causes *causes);

/* Why the transition came about between two joint kinds.  Lives as long as the causes. */
struct cause_list causes_find(struct causes *causes, uint32_t src, uint32_t dst,
			      const struct transition *transition);
