/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/usage_maybe.h"

static bool is_passed(const struct record_answer *answer)
{
	return answer->verdict == RECORD_EXPECTED || answer->verdict == RECORD_UNEXPECTED;
}

/* Whether flags tell who opened the connection; what the configuration or the ports tell is a guess. */
static bool is_told(const struct record_answer *answer)
{
	return answer->evidence == EVIDENCE_TCP_FLAGS || answer->evidence == EVIDENCE_OTHER_RECORD;
}

/* Whether an accepted record may be of that reading: it is the one gone by, or not ruled out. */
static bool is_possible(const struct usage_rules *rules, const struct record_answer *answer,
			enum role reading)
{
	bool egress = answer->direction == DIRECTION_EGRESS;

	if (reading == answer->reading)
		return true;
	if (is_told(answer))
		return false;
	return interface_decide(rules->world, answer->eni_idx, egress, &answer->packet,
				reading == ROLE_REPLY)
		       .overall.verdict != VERDICT_DENY;
}

/* Rules for the packet that opened the connection in that reading; those that are counted as hits are not. */
static void add_sgs(const struct usage_rules *rules, const struct record_answer *answer,
		    enum role reading, struct usage_hits *hits)
{
	const struct world *world = rules->world;
	const struct eni   *eni = &world->enis[answer->eni_idx];
	bool	      egress = (answer->direction == DIRECTION_EGRESS) != (reading == ROLE_REPLY);
	bool	      is_counted = reading == answer->reading && is_passed(answer);
	struct packet opening = answer->packet;

	if (reading == ROLE_REPLY)
		opening = packet_asked(&answer->packet);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			enum match match = MATCH_NO;

			if (sg->rules[j].egress == egress)
				match = sg_match(world, eni, &sg->rules[j], &opening);
			if (match == MATCH_MAYBE || (match == MATCH_YES && !is_counted))
				usage_hits_add(hits, rules->sg_first[eni->sg_idxs[i]] + j,
					       USAGE_HIT_MAYBE);
		}
	}
}

/* Entries up to the first that matches for certain; an ACL looks at the packet, whoever opened what. */
static void add_nacl(const struct usage_rules *rules, const struct record_answer *answer,
		     bool accepted, struct usage_hits *hits)
{
	const struct decision  *decision = &answer->model.nacl;
	const struct nacl      *nacl;
	const struct nacl_rule *counted = NULL;
	enum match		match = MATCH_NO;

	if (!answer->model.nacl_crossed || decision->object_idx == WORLD_NONE)
		return;
	if (is_passed(answer) ||
	    (answer->verdict == RECORD_REJECTED && decision->verdict == VERDICT_DENY))
		counted = decision->nacl_rule;
	nacl = &rules->world->nacls[decision->object_idx];
	for (uint32_t i = 0; i < nacl->rule_count && match != MATCH_YES; i++) {
		const struct nacl_rule *rule = &nacl->rules[i];

		match = nacl_match(rule, answer->direction == DIRECTION_EGRESS, &answer->packet);
		if (match != MATCH_NO && rule != counted && rule->allow == accepted)
			usage_hits_add(hits, rules->nacl_first[decision->object_idx] + i,
				       USAGE_HIT_MAYBE);
	}
}

void usage_maybe(const struct usage_rules *rules, const struct record *record,
		 const struct record_answer *answer, struct usage_hits *hits)
{
	bool accepted = record->action == ACTION_ACCEPT;

	if (!answer->has_model || answer->model.is_exempt)
		return;
	for (int reading = ROLE_INITIATOR; accepted && reading <= ROLE_REPLY; reading++)
		if (is_possible(rules, answer, (enum role)reading))
			add_sgs(rules, answer, (enum role)reading, hits);
	add_nacl(rules, answer, accepted, hits);
}
