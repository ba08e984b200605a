/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/stretches.h"

#include "simulator/reach/cuts.h"
#include "simulator/reach/strands.h"

enum { ICMP_TYPES_APART = 6 };

static void cut_groups(struct cuts *cuts, const struct world *world, uint32_t eni_idx)
{
	const struct eni *eni = &world->enis[eni_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			cuts_add(cuts, sg->rules[j].protocol, sg->rules[j].ports,
				 sg->rules[j].icmp_type, sg->rules[j].icmp_code);
	}
}

static void cut_acl(struct cuts *cuts, const struct nacl *nacl)
{
	for (uint32_t i = 0; i < nacl->rule_count; i++)
		cuts_add(cuts, nacl->rules[i].protocol, nacl->rules[i].ports,
			 nacl->rules[i].icmp_type, nacl->rules[i].icmp_code);
}

/* Replies to an echo have the code of the request and a type of their own. */
static void cut_echo_codes(struct cuts *cuts, const struct nacl *nacl)
{
	static const struct {
		int16_t protocol, request, reply;
	} echoes[] = { { PROTO_ICMP, 8, 0 }, { PROTO_ICMPV6, 128, 129 } };
	static const struct port_range none;

	for (uint32_t i = 0; i < nacl->rule_count; i++)
		for (size_t j = 0; j < ARRAY_LEN(echoes); j++)
			if (nacl->rules[i].protocol == echoes[j].protocol &&
			    nacl->rules[i].icmp_type == echoes[j].reply)
				cuts_add(cuts, echoes[j].protocol, none, echoes[j].request,
					 nacl->rules[i].icmp_code);
}

static void cut_listeners(struct cuts *cuts, const struct world *world, uint32_t lb_idx)
{
	const struct lb *lb = &world->lbs[lb_idx];

	for (uint32_t i = 0; i < lb->listener_count; i++) {
		uint16_t	  number = world->listeners[lb->listener_idxs[i]].port;
		struct port_range port = { number, number };

		cuts_add(cuts, PROTO_TCP, port, -1, -1);
		cuts_add(cuts, PROTO_UDP, port, -1, -1);
	}
}

static void cut_leg(struct cuts *cuts, const struct world *world, const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++) {
		const struct hop *hop = &leg->hops[i];

		if (hop->kind == HOP_SECURITY_GROUP) {
			cut_groups(cuts, world, hop->eni_idx);
		} else if (hop->kind == HOP_NETWORK_ACL && hop->object_idx != WORLD_NONE) {
			cut_acl(cuts, &world->nacls[hop->object_idx]);
			cut_echo_codes(cuts, &world->nacls[hop->object_idx]);
		} else if (hop->kind == HOP_LOAD_BALANCER) {
			cut_listeners(cuts, world, hop->object_idx);
		}
	}
}

/* What components themselves tell apart. */
static void cut_classes(struct cuts *cuts)
{
	static const struct {
		int16_t protocol, type;
	} apart[] = { { PROTO_TCP, -1 },  { PROTO_UDP, -1 },	 { PROTO_ICMP, 8 },
		      { PROTO_ICMP, 13 }, { PROTO_ICMP, 15 },	 { PROTO_ICMP, 17 },
		      { PROTO_ICMP, 0 },  { PROTO_ICMPV6, 128 }, { PROTO_ICMPV6, 129 } };
	static const struct port_range none = { 1, 0 };

	for (size_t i = 0; i < ARRAY_LEN(apart); i++)
		cuts_add(cuts, apart[i].protocol, none, apart[i].type, -1);
}

struct query {
	const struct world *world;
	struct question	    question;
	struct path	    path;
};

static enum verdict ask(void *context, const struct packet *packet)
{
	struct query *query = context;

	query->question.packet = *packet;
	query->question.packet.src = query->question.src.ip;
	query->question.packet.dst = query->question.dst.ip;
	path_walk(query->world, &query->question, &query->path);
	return query->path.verdict;
}

uint32_t stretches_walk(const struct world *world, const struct question *question,
			struct packet_sets *sets)
{
	struct query query = { .world = world, .question = *question };
	struct cuts  cuts = { 0 };
	uint32_t     set;

	cut_classes(&cuts);
	for (int class = 0; class < CLASS_COUNT; class ++) {
		struct packet packet = packet_of_class((enum packet_class) class);

		(void)ask(&query, &packet);
		cut_leg(&cuts, world, &query.path.forward);
		cut_leg(&cuts, world, &query.path.back);
	}
	cuts_close(&cuts);
	set = cuts_ask(&cuts, sets, ask, &query);
	cuts_done(&cuts);
	return set;
}
