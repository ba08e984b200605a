/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy has nothing against, between tiers, as sets of packets. */
#pragma once

#include "policies/intent/judge.h"
#include "simulator/reach/packet_set.h"

struct intents;

/* All borrowed; judge may be NULL: everything is intended. */
struct intents *intents_new(const struct judge *judge, int32_t day,
			    struct packet_sets *sets) MUST_USE;
void		intents_free(struct intents *intents);

/* Tiers as judge_tiers gives them.  DENY: unlisted or forbidden. */
uint32_t intents_between(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers);

/* ALLOW: the policy is silent; all else DENY, and everything without a policy. */
uint32_t intents_silent(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers);

/* An answer of the policy, and of which packets it is the answer. */
struct intent_part {
	struct intent_answer answer;
	uint32_t	     set;
};

/* Together they are all packets.  Borrowed until intents_free; none without a policy. */
const struct intent_part *intents_parts(struct intents *intents, uint64_t src_tiers,
					uint64_t dst_tiers, size_t *count);
bool intent_answers_eq(const struct intent_answer *a, const struct intent_answer *b);
