/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/intents.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/reach/cuts.h"

/* The tiers of two ends, and the set that was found for them. */
struct pair {
	uint64_t src_tiers, dst_tiers;
	uint32_t set;
};

struct intents {
	const struct judge *judge;
	int32_t		    day;
	struct packet_sets *sets;
	struct cuts	    cuts;  /* where some statement begins or ends */
	struct pair	   *pairs; /* few: tiers are */
	size_t		    count, capacity;
};

struct intents *intents_new(const struct judge *judge, int32_t day, struct packet_sets *sets)
{
	struct intents	    *intents = mem_alloc(sizeof(*intents));
	const struct intent *policy = judge ? judge_policy(judge) : NULL;

	intents->judge = judge;
	intents->day = day;
	intents->sets = sets;
	for (uint32_t i = 0; policy && i < policy->statement_count; i++)
		for (uint32_t j = 0; j < policy->statements[i].ports_count; j++)
			cuts_add_ports(&intents->cuts, &policy->statements[i].ports[j]);
	cuts_close(&intents->cuts);
	return intents;
}

void intents_free(struct intents *intents)
{
	if (!intents)
		return;
	cuts_done(&intents->cuts);
	free(intents->pairs);
	free(intents);
}

/* What is asked of each stretch of keys. */
struct query {
	const struct intents *intents;
	uint64_t	      src_tiers, dst_tiers;
};

static enum verdict ask(void *context, const struct packet *packet)
{
	const struct query  *query = context;
	struct intent_answer answer = judge_packet(query->intents->judge, query->src_tiers,
						   query->dst_tiers, packet, query->intents->day);

	if (answer.verdict == INTENT_UNDECIDED)
		return VERDICT_UNKNOWN;
	return intent_forbids(answer.verdict) ? VERDICT_DENY : VERDICT_ALLOW;
}

uint32_t intents_between(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers)
{
	struct query query = { intents, src_tiers, dst_tiers };
	uint32_t     set;

	if (!intents->judge)
		return PACKET_SET_ALLOW;
	for (size_t i = 0; i < intents->count; i++)
		if (intents->pairs[i].src_tiers == src_tiers &&
		    intents->pairs[i].dst_tiers == dst_tiers)
			return intents->pairs[i].set;
	set = cuts_ask(&intents->cuts, intents->sets, ask, &query);
	intents->pairs = mem_grow(intents->pairs, intents->count, &intents->capacity,
				  sizeof(*intents->pairs));
	intents->pairs[intents->count++] = (struct pair){ .src_tiers = src_tiers,
							  .dst_tiers = dst_tiers,
							  .set = set };
	return set;
}
