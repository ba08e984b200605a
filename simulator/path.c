/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/path.h"

#include "policies/rules/interface.h"
#include "simulator/reply_ports.h"
#include "simulator/route.h"

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

static const struct eni *eni_at(const struct world *world, const struct end *end)
{
	return end->eni_idx == WORLD_NONE ? NULL : &world->enis[end->eni_idx];
}

static uint32_t subnet_at(const struct world *world, const struct end *end)
{
	return end->eni_idx == WORLD_NONE ? WORLD_NONE : world->enis[end->eni_idx].subnet_idx;
}

static struct hop sg_hop(uint32_t eni_idx, bool egress, struct decision decision)
{
	return (struct hop){ .kind = HOP_SECURITY_GROUP,
			     .direction = egress ? DIRECTION_EGRESS : DIRECTION_INGRESS,
			     .decision = decision,
			     .eni_idx = eni_idx,
			     .object_idx = WORLD_NONE };
}

static struct hop nacl_hop(const struct world *world, uint32_t subnet_idx, bool egress,
			   struct decision decision)
{
	return (struct hop){ .kind = HOP_NETWORK_ACL,
			     .direction = egress ? DIRECTION_EGRESS : DIRECTION_INGRESS,
			     .decision = decision,
			     .eni_idx = WORLD_NONE,
			     .object_idx = subnet_idx == WORLD_NONE
						   ? WORLD_NONE
						   : world->subnets[subnet_idx].nacl_idx };
}

static struct hop outside_hop(const char *kind, struct str id, const char *note)
{
	return (struct hop){ .kind = HOP_OUTSIDE,
			     .decision = decision_unknown(LAYER_NONE, REASON_UNSUPPORTED_COMPONENT,
							  note),
			     .eni_idx = WORLD_NONE,
			     .object_idx = WORLD_NONE,
			     .outside = kind,
			     .outside_id = id };
}

/* Hosts of one subnet talk directly: no ACL, no route. */
static bool same_subnet(const struct world *world, const struct question *question)
{
	if (question->src.eni_idx == WORLD_NONE || question->dst.ip.family == IP_NONE)
		return false;
	return !interface_crosses_edge(world, question->src.eni_idx, question->dst.ip);
}

static bool same_vpc(const struct world *world, const struct question *question)
{
	const struct eni *src = eni_at(world, &question->src), *dst = eni_at(world, &question->dst);

	return src && dst && src->vpc_idx != WORLD_NONE && src->vpc_idx == dst->vpc_idx;
}

/* The table of the subnet that the packet leaves, and what lies behind its route when that is not local. */
static void add_route(const struct world *world, struct leg *leg, const struct end *from,
		      const struct end *to, bool inside)
{
	uint32_t	    subnet_idx = subnet_at(world, from);
	uint32_t	    rtb_idx = subnet_idx == WORLD_NONE ? WORLD_NONE
							       : world->subnets[subnet_idx].rtb_idx;
	struct route_answer answer = route_find(world, rtb_idx, to->ip);
	struct hop	    hop = { .kind = HOP_ROUTE_TABLE,
				    .decision = answer.decision,
				    .eni_idx = WORLD_NONE,
				    .object_idx = rtb_idx,
				    .route = answer.route };

	leg_add(leg, hop);
	if (answer.decision.verdict != VERDICT_ALLOW)
		return;
	if (!str_is(answer.route->target, "local"))
		leg_add(leg, outside_hop(answer.route->target_kind, answer.route->target,
					 "what lies behind this route is not modelled"));
	else if (!inside)
		leg_add(leg, outside_hop("network-interface", (struct str){ 0 },
					 "no interface of the snapshot has this address"));
}

/* Out of an interface and its subnet, towards the other end. */
static void leave(const struct world *world, const struct question *question, struct leg *leg)
{
	const struct end	 *src = &question->src, *dst = &question->dst;
	uint32_t		  subnet_idx = subnet_at(world, src);
	struct interface_decision decision;

	if (src->eni_idx == WORLD_NONE) {
		bool is_private = src->ip.family != IP_NONE && ip_is_private(src->ip);

		leg_add(leg,
			outside_hop(is_private ? "network-interface" : "internet",
				    (struct str){ 0 },
				    is_private ? "no interface of the snapshot has this address"
					       : "how the internet gets in is not modelled"));
		return;
	}
	if (dst->ip.family == IP_NONE) {
		leg_add(leg, outside_hop("internet", (struct str){ 0 },
					 "how the internet is reached is not modelled"));
		return;
	}
	decision = interface_decide(world, src->eni_idx, true, &question->packet, false);
	leg_add(leg, sg_hop(src->eni_idx, true, decision.sg));
	if (same_subnet(world, question)) {
		if (dst->eni_idx == WORLD_NONE)
			leg_add(leg, outside_hop("network-interface", (struct str){ 0 },
						 "no interface of the snapshot has this address"));
		return;
	}
	leg_add(leg, nacl_hop(world, subnet_idx, true, decision.nacl));
	add_route(world, leg, src, dst, same_vpc(world, question));
}

/* Into the subnet and the interface of the other end. */
static void arrive(const struct world *world, const struct question *question, struct leg *leg)
{
	const struct end	 *dst = &question->dst;
	struct interface_decision decision;

	if (dst->eni_idx == WORLD_NONE || question->src.ip.family == IP_NONE)
		return;
	decision = interface_decide(world, dst->eni_idx, false, &question->packet, false);
	if (!same_subnet(world, question))
		leg_add(leg, nacl_hop(world, subnet_at(world, dst), false, decision.nacl));
	leg_add(leg, sg_hop(dst->eni_idx, false, decision.sg));
}

/* Replies are admitted by the groups' state; ACLs and routes look at each packet on its own. */
static void walk_back(const struct world *world, const struct question *question, struct path *out)
{
	struct decision	    by_state = decision_allow("a reply passes by connection state");
	struct reply_answer reply;

	leg_add(&out->back, sg_hop(question->dst.eni_idx, true, by_state));
	if (!same_subnet(world, question)) {
		reply = reply_ports_find(world, question, out);
		leg_add(&out->back,
			nacl_hop(world, subnet_at(world, &question->dst), true, reply.leaving));
		add_route(world, &out->back, &question->dst, &question->src, true);
		leg_add(&out->back,
			nacl_hop(world, subnet_at(world, &question->src), false, reply.entering));
		if (reply.overall < out->back.verdict)
			out->back.verdict = reply.overall;
	} else if (proto_has_ports(question->packet.protocol)) {
		out->reply_ports[0] = (struct port_range){ .min = 1024, .max = 65535 };
		out->reply_port_count = 1;
	}
	leg_add(&out->back, sg_hop(question->src.eni_idx, false, by_state));
}

void path_walk(const struct world *world, const struct question *question, struct path *out)
{
	*out = (struct path){ .back_needed = packet_wants_reply(&question->packet) };
	leave(world, question, &out->forward);
	arrive(world, question, &out->forward);
	out->verdict = out->forward.verdict;
	if (!same_vpc(world, question)) {
		/* Where the forward way is not known, neither is the way back. */
		out->back.verdict = VERDICT_UNKNOWN;
		return;
	}
	walk_back(world, question, out);
	if (out->back_needed && out->back.verdict < out->verdict)
		out->verdict = out->back.verdict;
}
