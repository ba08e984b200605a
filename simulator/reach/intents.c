/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/intents.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/reach/cuts.h"

/* The tiers of two ends, and the sets that were found for them. */
struct pair {
	uint64_t	    src_tiers, dst_tiers;
	uint32_t	    set, silent;
	struct intent_part *parts; /* NULL until they are asked for */
	size_t		    part_count, part_capacity;
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
	for (size_t i = 0; i < intents->count; i++)
		free(intents->pairs[i].parts);
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

static enum verdict ask_silent(void *context, const struct packet *packet)
{
	const struct query  *query = context;
	struct intent_answer answer = judge_packet(query->intents->judge, query->src_tiers,
						   query->dst_tiers, packet, query->intents->day);

	return answer.verdict == INTENT_SILENT ? VERDICT_ALLOW : VERDICT_DENY;
}

static struct pair *find_pair(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers)
{
	struct query query = { intents, src_tiers, dst_tiers };
	struct pair *pair;

	for (size_t i = 0; i < intents->count; i++)
		if (intents->pairs[i].src_tiers == src_tiers &&
		    intents->pairs[i].dst_tiers == dst_tiers)
			return &intents->pairs[i];
	intents->pairs = mem_grow(intents->pairs, intents->count, &intents->capacity,
				  sizeof(*intents->pairs));
	pair = &intents->pairs[intents->count++];
	*pair = (struct pair){ .src_tiers = src_tiers, .dst_tiers = dst_tiers };
	pair->set = cuts_ask(&intents->cuts, intents->sets, ask, &query);
	pair->silent = cuts_ask(&intents->cuts, intents->sets, ask_silent, &query);
	return pair;
}

uint32_t intents_between(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers)
{
	return intents->judge ? find_pair(intents, src_tiers, dst_tiers)->set : PACKET_SET_ALLOW;
}

uint32_t intents_silent(struct intents *intents, uint64_t src_tiers, uint64_t dst_tiers)
{
	return intents->judge ? find_pair(intents, src_tiers, dst_tiers)->silent : PACKET_SET_DENY;
}

bool intent_answers_eq(const struct intent_answer *a, const struct intent_answer *b)
{
	return a->verdict == b->verdict && a->statement == b->statement && a->expired == b->expired;
}

/* The part with that answer; it is added when there is none. */
static size_t part_of(struct pair *pair, const struct intent_answer *answer)
{
	for (size_t i = 0; i < pair->part_count; i++)
		if (intent_answers_eq(&pair->parts[i].answer, answer))
			return i;
	pair->parts = mem_grow(pair->parts, pair->part_count, &pair->part_capacity,
			       sizeof(*pair->parts));
	pair->parts[pair->part_count++].answer = *answer;
	return pair->part_count - 1;
}

static void find_parts(struct intents *intents, struct pair *pair)
{
	const struct cuts	    *cuts = &intents->cuts;
	auto_free size_t	    *owners = mem_alloc(cuts->count * sizeof(*owners));
	auto_free struct packet_cut *line = mem_alloc(cuts->count * sizeof(*line));

	for (size_t i = 0; i < cuts->count; i++) {
		struct packet	     packet = packet_of_key(cuts->keys[i]);
		struct intent_answer answer = judge_packet(intents->judge, pair->src_tiers,
							   pair->dst_tiers, &packet, intents->day);

		owners[i] = part_of(pair, &answer);
	}
	for (size_t i = 0; i < pair->part_count; i++) {
		for (size_t j = 0; j < cuts->count; j++)
			line[j] = (struct packet_cut){ .key = cuts->keys[j],
						       .verdict = owners[j] == i ? VERDICT_ALLOW
										 : VERDICT_DENY };
		pair->parts[i].set = packet_sets_put(intents->sets, line, cuts->count);
	}
}

const struct intent_part *intents_parts(struct intents *intents, uint64_t src_tiers,
					uint64_t dst_tiers, size_t *count)
{
	struct pair *pair;

	*count = 0;
	if (!intents->judge)
		return NULL;
	pair = find_pair(intents, src_tiers, dst_tiers);
	if (!pair->parts)
		find_parts(intents, pair);
	*count = pair->part_count;
	return pair->parts;
}
