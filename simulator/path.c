/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/path.h"

#include "simulator/internet.h"
#include "simulator/walk.h"

/* A component adds no more hops than this before it says where to go. */
enum { HOPS_A_STEP = 4 };

/* More of a load balancer's targets are not tried one by one. */
enum { TARGETS_MAX = 256 };

struct port_range path_default_client_ports(void)
{
	return (struct port_range){ .min = 32768, .max = 60999 };
}

/* The internet as a whole has no address to look up. */
static uint64_t tiers_of(const struct judge *judge, const struct end *end)
{
	if (end->ip.family == IP_NONE)
		return UINT64_C(1) << INTENT_ANY | UINT64_C(1) << INTENT_INTERNET;
	return judge_tiers(judge, end->eni_idx, end->ip);
}

struct intent_answer path_intent(const struct question *question)
{
	if (!question->judge)
		return (struct intent_answer){ .verdict = INTENT_SILENT };
	return judge_packet(question->judge, tiers_of(question->judge, &question->src),
			    tiers_of(question->judge, &question->dst), &question->packet,
			    question->day);
}

/* Who asks of ways only, and not what stops them all, need not go on past a refusal. */
static bool is_settled(const struct walk *walk, size_t first)
{
	for (size_t i = first; walk->question->ignores_rules && i < walk->leg->count; i++)
		if (walk->leg->hops[i].decision.verdict == VERDICT_DENY)
			return true;
	return false;
}

/* From component to component, until there is nowhere to go. */
static void run(struct walk *walk, struct step step)
{
	while (step.ops) {
		size_t first = walk->leg->count;

		if (walk->leg->count + HOPS_A_STEP > HOPS_MAX) {
			walk->leg->count--;
			while (walk->crossing_count &&
			       walk->crossings[walk->crossing_count - 1].hop_idx >=
				       walk->leg->count)
				walk->crossing_count--;
			walk_add(walk, HOP_OUTSIDE, WORLD_NONE,
				 walk_deny(REASON_NO_POSSIBLE_DESTINATION,
					   "the routes lead in a circle"))
				->outside = "route-table";
			return;
		}
		step = step.direction == DIRECTION_EGRESS ? step.ops->outward(walk, step.idx)
							  : step.ops->inward(walk, step.idx);
		if (is_settled(walk, first))
			return;
	}
}

/* The reply starts where the packet arrived, as the packet was there. */
static void walk_back(struct walk *walk)
{
	const struct walk *asked = walk->asked;

	if (asked->arrival == ARRIVAL_INTERFACE) {
		run(walk, walk_to(&hop_eni_ops, DIRECTION_EGRESS, asked->to.eni_idx));
	} else if (asked->way_out.ops) {
		walk->place.vpc_idx = asked->way_out_vpc_idx;
		walk->attachment_idx = asked->attachment_idx;
		run(walk, asked->way_out);
	} else {
		run(walk, walk_to(&hop_internet_ops, DIRECTION_INGRESS, WORLD_NONE));
	}
}

static struct walk walk_start(const struct world *world, const struct question *question,
			      struct leg *leg)
{
	return (struct walk){ .world = world,
			      .question = question,
			      .leg = leg,
			      .packet = question->packet,
			      .place = { WORLD_NONE, WORLD_NONE },
			      .attachment_idx = WORLD_NONE,
			      .az_subnet_idx = WORLD_NONE,
			      .from = question->src,
			      .to = question->dst };
}

/* The way alone, of a packet that is asked about or of one that would answer it. */
static struct walk walk_way(const struct walk *asked, const struct question *question,
			    struct leg *leg, struct step start)
{
	struct walk walk = walk_start(asked->world, question, leg);

	run(&walk, start);
	return walk;
}

/*
 * A public address need not be the internet's: networks behind a VPN or Direct Connect have such, and VPCs may.
 * What no internet gateway brings comes from where the receiver's routes send replies to it.
 */
static bool is_of_the_internet(const struct walk *asked)
{
	struct question question = *asked->question;
	struct leg	leg = { 0 };
	struct walk	way;

	if (asked->to.eni_idx == WORLD_NONE || !on_premises_may_have(asked))
		return true;
	question.ignores_rules = true;
	(void)walk_way(asked, &question, &leg,
		       walk_to(&hop_internet_ops, DIRECTION_INGRESS, WORLD_NONE));
	if (leg_verdict(&leg) != VERDICT_DENY)
		return true;
	if (world_vpcs_have(asked->world, asked->from.ip))
		return false;
	question.src = asked->to;
	question.dst = asked->from;
	question.packet = packet_reply(&asked->packet);
	leg.count = 0;
	way = walk_way(asked, &question, &leg,
		       walk_to(&hop_eni_ops, DIRECTION_EGRESS, asked->to.eni_idx));
	return leg_verdict(&leg) == VERDICT_DENY ||
	       (way.arrival == ARRIVAL_INTERNET && !on_premises_by_appliance(asked));
}

static void walk_forward(struct walk *walk)
{
	if (walk->from.eni_idx != WORLD_NONE)
		run(walk, walk_to(&hop_eni_ops, DIRECTION_EGRESS, walk->from.eni_idx));
	else if (ip_is_private(walk->from.ip) || !is_of_the_internet(walk))
		run(walk, walk_to(&hop_on_premises_ops, DIRECTION_INGRESS, WORLD_NONE));
	else
		run(walk, walk_to(&hop_internet_ops, DIRECTION_INGRESS, WORLD_NONE));
}

/* Replies of a packet that did not arrive are not known; it is refused already, or undecided. */
static enum verdict find_back(const struct world *world, const struct question *question,
			      const struct walk *asked, struct path *out)
{
	struct walk  walk;
	enum verdict ports;

	out->back.arrived = asked->arrival == ARRIVAL_SERVICE;
	out->reply_acls = VERDICT_ALLOW;
	if (asked->arrival == ARRIVAL_NONE || is_settled(asked, 0))
		return VERDICT_UNKNOWN;
	if (asked->arrival == ARRIVAL_SERVICE)
		return VERDICT_ALLOW;
	walk = walk_start(world, question, &out->back);
	walk.asked = asked;
	walk.packet = packet_reply(&asked->packet);
	walk.translation_count = asked->translation_count;
	walk.doubt = asked->doubt;
	walk.from = asked->to;
	walk.to = question->src;
	walk_back(&walk);
	out->back.arrived = walk.arrival != ARRIVAL_NONE;
	ports = reply_ports_find(world, question, walk.crossings, walk.crossing_count, out);
	out->reply_acls = ports;
	if (walk.arrival == ARRIVAL_NONE && leg_verdict(&out->back) == VERDICT_ALLOW)
		return VERDICT_UNKNOWN;
	return leg_verdict(&out->back) < ports ? leg_verdict(&out->back) : ports;
}

/* To one target of the load balancer that is on the way, if there is one; returns how many it has. */
static size_t walk_once(const struct world *world, const struct question *question,
			size_t target_number, struct path *out)
{
	struct walk forward = walk_start(world, question, &out->forward);

	forward.target_number = target_number;

	out->back_needed = packet_wants_reply(&question->packet);
	out->forward.count = out->back.count = out->reply_port_count = 0;
	out->reply_ports_cut = false;
	walk_forward(&forward);
	out->forward.verdict = leg_verdict(&out->forward);
	out->forward.arrived = forward.arrival != ARRIVAL_NONE;
	if (forward.arrival == ARRIVAL_NONE && out->forward.verdict == VERDICT_ALLOW)
		out->forward.verdict = VERDICT_UNKNOWN;
	out->verdict = out->forward.verdict;
	out->back.verdict = find_back(world, question, &forward, out);
	if (out->back_needed && out->back.verdict < out->verdict)
		out->verdict = out->back.verdict;
	/* Of targets that are not known one may be reached; not so if the packet never gets there. */
	if (forward.targets_incomplete && forward.node_verdict > out->verdict)
		out->verdict = VERDICT_UNKNOWN;
	return forward.target_count;
}

/* What one target can be asked, the load balancer can: the one that is best to reach is the answer. */
static void walk_targets(const struct world *world, const struct question *question,
			 struct path *out)
{
	size_t	    count = walk_once(world, question, 0, out);
	struct path now;

	for (size_t i = 1; i < count && i < TARGETS_MAX && out->verdict != VERDICT_ALLOW; i++) {
		now.internet_ip = out->internet_ip;
		now.internet_varies = out->internet_varies;
		walk_once(world, question, i, &now);
		if (now.verdict > out->verdict)
			*out = now;
	}
	if (count > TARGETS_MAX && out->verdict == VERDICT_DENY)
		out->verdict = VERDICT_UNKNOWN;
}

void path_walk(const struct world *world, const struct question *question, struct path *out)
{
	out->internet_ip = (struct ip){ 0 };
	out->internet_varies = false;
	if (question->src.ip.family == IP_NONE || question->dst.ip.family == IP_NONE)
		internet_walk(world, question, walk_targets, out);
	else
		walk_targets(world, question, out);
}

const struct hop *path_opener(const struct path *path)
{
	for (size_t i = path->forward.count; i-- > 0;)
		if (path->forward.hops[i].kind == HOP_SECURITY_GROUP &&
		    path->forward.hops[i].direction == DIRECTION_INGRESS)
			return &path->forward.hops[i];
	for (size_t i = path->forward.count; i-- > 0;)
		if (path->forward.hops[i].kind == HOP_SECURITY_GROUP)
			return &path->forward.hops[i];
	return NULL;
}

const struct hop *path_doubt(const struct path *path)
{
	const struct leg *const legs[] = { &path->forward, &path->back };

	for (size_t i = 0; i < ARRAY_LEN(legs); i++)
		for (size_t j = 0; j < legs[i]->count; j++)
			if (legs[i]->hops[j].decision.verdict == VERDICT_UNKNOWN)
				return &legs[i]->hops[j];
	return NULL;
}
