/* SPDX-License-Identifier: Apache-2.0 */
/* The sheets of a draft laid over each other: one row of answers for each class of peers. */
#pragma once

#include "policies/match/draft.h"
#include "policies/match/plane.h"

/*
 * What a policy makes of the directory of its VPC.  An IPv4 address has an interval of the blocks' and the
 * edge's, and a class by who has it; of both together is its row.
 */
struct remap {
	uint8_t	 *class_of; /* who → class; NULL: there is no remap */
	size_t	  who_count, class_count, interval_count;
	uint32_t *rows; /* class × interval_count + interval → row */
};

struct fused {
	struct rows  rows;		       /* of answers, as wide as the axis */
	struct spans spans[SPAN_FAMILY_COUNT]; /* address → row, or → interval of the remap */
	struct remap remap;
	struct plane_answer *answers;
	size_t		     answer_count, answer_capacity;
};

/* false when the policy is too large to be compiled; nothing is to be freed then. */
bool fused_make(const struct draft *draft, struct owners *owners, uint32_t eni_idx,
		struct fused *fused);
void fused_done(struct fused *fused);
