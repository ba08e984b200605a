/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/exposure_facts.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/nacl.h"
#include "policies/rules/sg.h"
#include "simulator/lb_targets.h"
#include "simulator/reach/cuts.h"

/* As many of a load balancer's targets as path_walk tries. */
enum { TARGETS_MAX = 256 };

/* Narrower than any block: where both let it in, the block says more. */
enum { LIST_LEN = 129 };

bool exposure_facts_eq(const struct exposure_facts *a, const struct exposure_facts *b)
{
	return a->verdict == b->verdict && a->intent.verdict == b->intent.verdict &&
	       a->intent.statement == b->intent.statement &&
	       a->intent.expired == b->intent.expired && a->sg_rule == b->sg_rule &&
	       a->nacl_rule == b->nacl_rule && a->listener_idx == b->listener_idx;
}

struct exposure_receiver exposure_receiver_of(const struct exposure_question *question,
					      uint32_t			      kind_idx)
{
	const struct kinds *kinds = reach_kinds(question->reach);
	const struct kind  *kind = &kinds->items[kind_idx];

	return (struct exposure_receiver){
		.question = question,
		.world = kinds->world,
		.kind = kind,
		.eni_idx = kind->ends[0].eni_idx,
		.lb_idx = lb_of_eni(kinds->world, kind->ends[0].eni_idx),
		.listener_idx = WORLD_NONE,
	};
}

void exposure_receiver_done(struct exposure_receiver *receiver)
{
	free(receiver->rules);
	free(receiver->rule_sgs);
}

static const struct sg *group_at(const struct exposure_receiver *receiver, uint32_t i)
{
	uint32_t sg_idx = receiver->world->enis[receiver->eni_idx].sg_idxs[i];

	return sg_idx == WORLD_NONE ? NULL : &receiver->world->sgs[sg_idx];
}

static uint32_t nacl_of(const struct exposure_receiver *receiver)
{
	uint32_t subnet_idx = receiver->world->enis[receiver->eni_idx].subnet_idx;

	return subnet_idx == WORLD_NONE ? WORLD_NONE
					: receiver->world->subnets[subnet_idx].nacl_idx;
}

static void cut_rules(const struct exposure_receiver *receiver, struct cuts *cuts)
{
	const struct eni  *eni = &receiver->world->enis[receiver->eni_idx];
	uint32_t	   nacl_idx = nacl_of(receiver);
	const struct nacl *nacl = nacl_idx == WORLD_NONE ? NULL : &receiver->world->nacls[nacl_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = group_at(receiver, i);

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (!rule->egress)
				cuts_add(cuts, rule->protocol, rule->ports, rule->icmp_type,
					 rule->icmp_code);
		}
	}
	for (uint32_t i = 0; nacl && i < nacl->rule_count; i++) {
		const struct nacl_rule *rule = &nacl->rules[i];

		if (!rule->egress)
			cuts_add(cuts, rule->protocol, rule->ports, rule->icmp_type,
				 rule->icmp_code);
	}
}

static void cut_listeners(const struct exposure_receiver *receiver, struct cuts *cuts)
{
	const struct world *world = receiver->world;
	const struct lb	   *lb = &world->lbs[receiver->lb_idx];

	for (uint32_t i = 0; i < lb->listener_count; i++) {
		const struct listener  *listener = &world->listeners[lb->listener_idxs[i]];
		const struct port_range port = { listener->port, listener->port };

		cuts_add(cuts, PROTO_TCP, port, -1, -1);
		cuts_add(cuts, PROTO_UDP, port, -1, -1);
	}
}

void exposure_receiver_cuts(const struct exposure_receiver *receiver, struct cuts *cuts)
{
	const struct judge  *judge = receiver->question->judge;
	const struct intent *policy = judge ? judge_policy(judge) : NULL;

	if (receiver->lb_idx == WORLD_NONE)
		cut_rules(receiver, cuts);
	else
		cut_listeners(receiver, cuts);
	for (uint32_t i = 0; policy && i < policy->statement_count; i++)
		for (uint32_t j = 0; j < policy->statements[i].ports_count; j++)
			cuts_add_ports(cuts, &policy->statements[i].ports[j]);
}

static void add_rule(struct exposure_receiver *receiver, const struct sg_rule *rule,
		     uint32_t sg_idx)
{
	receiver->rules = mem_grow(receiver->rules, receiver->rule_count, &receiver->rule_capacity,
				   sizeof(struct sg_rule *));
	receiver->rule_sgs = mem_grow(receiver->rule_sgs, receiver->rule_count,
				      &receiver->sg_capacity, sizeof(*receiver->rule_sgs));
	receiver->rules[receiver->rule_count] = rule;
	receiver->rule_sgs[receiver->rule_count++] = sg_idx;
}

void exposure_receiver_turn(struct exposure_receiver *receiver, uint32_t key)
{
	const struct eni *eni = &receiver->world->enis[receiver->eni_idx];

	receiver->packet = packet_of_key(key);
	receiver->packet.dst = receiver->kind->ends[0].ip;
	receiver->rule_count = 0;
	if (receiver->lb_idx != WORLD_NONE) {
		receiver->listener_idx = lb_listener_for(receiver->world, receiver->lb_idx,
							 &receiver->packet);
		return;
	}
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = group_at(receiver, i);

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			/* Who comes from the internet is a member of no group. */
			if (!rule->egress && rule->peer_kind != PEER_GROUP &&
			    packet_match(&receiver->packet, rule->protocol, rule->ports,
					 rule->icmp_type, rule->icmp_code) != MATCH_NO)
				add_rule(receiver, rule, eni->sg_idxs[i]);
		}
	}
}

/* How much the policy minds: what it does not speak of more than what it waives. */
static int badness(enum intent_verdict verdict)
{
	static const int ranks[INTENT_VERDICT_COUNT] = {
		[INTENT_ALLOWED] = 0, [INTENT_WAIVED] = 1,   [INTENT_UNDECIDED] = 2,
		[INTENT_SILENT] = 3,  [INTENT_UNLISTED] = 4, [INTENT_FORBIDDEN] = 5,
	};

	return ranks[verdict];
}

/* Of the targets that the listener's packets get to: the one that is worst. */
static bool judge_targets(const struct exposure_receiver *receiver, uint64_t src_tiers,
			  struct intent_answer *out)
{
	const struct exposure_question *question = receiver->question;
	struct lb_target		target;
	struct lb_targets		found = { .count = 1 };
	bool				any = false;

	for (size_t i = 0; i < found.count && i < TARGETS_MAX; i++) {
		struct intent_answer answer;

		found = lb_targets_find(receiver->world, receiver->listener_idx, receiver->eni_idx,
					i, &target);
		if (i >= found.count || target.ip.family == IP_NONE)
			continue;
		answer = judge_packet(question->judge, src_tiers,
				      judge_tiers(question->judge, target.eni_idx, target.ip),
				      &receiver->packet, question->day);
		if (!any || badness(answer.verdict) > badness(out->verdict))
			*out = answer;
		any = true;
	}
	return any;
}

struct intent_answer exposure_receiver_intent(const struct exposure_receiver *receiver,
					      uint64_t			      src_tiers)
{
	const struct exposure_question *question = receiver->question;
	struct intent_answer		answer = { .verdict = INTENT_SILENT };

	if (!question->judge)
		return answer;
	if (receiver->listener_idx != WORLD_NONE &&
	    receiver->kind->tiers == UINT64_C(1) << INTENT_ANY &&
	    judge_targets(receiver, src_tiers, &answer))
		return answer;
	return judge_packet(question->judge, src_tiers, receiver->kind->tiers, &receiver->packet,
			    question->day);
}

static unsigned len_of(const struct sg_rule *rule)
{
	return rule->peer_kind == PEER_PREFIX_LIST ? LIST_LEN : rule->cidr.prefix_len;
}

/* The widest rule that lets the packet in, else the first that may. */
static void find_rule(const struct exposure_receiver *receiver, const struct packet *packet,
		      struct exposure_facts *out)
{
	const struct eni *eni = &receiver->world->enis[receiver->eni_idx];
	enum match	  best = MATCH_NO;

	for (size_t i = 0; i < receiver->rule_count; i++) {
		const struct sg_rule *rule = receiver->rules[i];
		enum match	      match;

		if (best == MATCH_YES && len_of(rule) >= len_of(out->sg_rule))
			continue;
		match = sg_match(receiver->world, eni, rule, packet);
		if (match == MATCH_NO || (match == MATCH_MAYBE && best != MATCH_NO))
			continue;
		best = match;
		out->sg_rule = rule;
		out->sg_idx = receiver->rule_sgs[i];
	}
}

void exposure_receiver_rules(const struct exposure_receiver *receiver, struct ip src,
			     struct exposure_facts *out)
{
	struct packet	packet = receiver->packet;
	struct decision decision;

	out->sg_idx = out->nacl_idx = WORLD_NONE;
	out->listener_idx = receiver->listener_idx;
	if (receiver->lb_idx != WORLD_NONE)
		return;
	packet.src = src;
	find_rule(receiver, &packet, out);
	decision = nacl_decide(receiver->world, nacl_of(receiver), false, &packet);
	out->nacl_rule = decision.nacl_rule;
	out->nacl_idx = decision.object_idx;
}
