/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The security groups of an interface (aws-semantics.md 2).  They filter what opens a connection; its
 * replies pass by state.
 */
#include "policies/rules/exempt.h"
#include "policies/rules/sg.h"
#include "simulator/walk.h"

static bool is_its_address(const struct walk *walk, const struct end *end, struct ip ip)
{
	return end->eni_idx != WORLD_NONE && ip_eq(end->ip, ip) &&
	       walk->world->enis[end->eni_idx].vpc_idx != WORLD_NONE;
}

/* Who sent it, or whom it is for, as far as a reference to a group can see that. */
static struct sg_peer peer_of(const struct walk *walk, bool egress)
{
	const struct end *end = egress ? &walk->to : &walk->from;
	struct ip	  ip = egress ? walk->packet.dst : walk->packet.src;

	if (!egress && walk->identity_lost)
		return (struct sg_peer){ .is_known = true, .eni_idx = WORLD_NONE };
	if (is_its_address(walk, end, ip))
		return (struct sg_peer){ .is_known = true, .eni_idx = end->eni_idx };
	return (struct sg_peer){ 0 };
}

/* Whether the packet that this one answers went over the same interface, so that there is state. */
static bool has_state(const struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	const struct leg *leg = walk->asked ? walk->asked->leg : NULL;

	for (size_t i = 0; leg && i < leg->count; i++)
		if (leg->hops[i].kind == HOP_SECURITY_GROUP && leg->hops[i].eni_idx == eni_idx &&
		    leg->hops[i].direction != direction)
			return true;
	return false;
}

static bool carries(const struct eni *eni, struct str group_id)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (str_eq(eni->sg_ids[i], group_id))
			return true;
	return false;
}

/* Whether a rule for what enters references one of the sender's groups, and would admit the packet. */
static bool references_sender(const struct walk *walk, uint32_t eni_idx)
{
	const struct world *world = walk->world;
	const struct eni   *eni = &world->enis[eni_idx], *sender = &world->enis[walk->from.eni_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (!rule->egress && rule->peer_kind == PEER_GROUP &&
			    carries(sender, rule->peer_id) &&
			    packet_match(&walk->packet, rule->protocol, rule->ports,
					 rule->icmp_type, rule->icmp_code) == MATCH_YES)
				return true;
		}
	}
	return false;
}

/* A refusal that would be none if the sender's groups were seen here says so. */
static struct decision explain_lost(const struct walk *walk, uint32_t eni_idx,
				    struct decision decision)
{
	if (decision.verdict != VERDICT_DENY || walk->from.eni_idx == WORLD_NONE ||
	    !references_sender(walk, eni_idx))
		return decision;
	if (walk->identity_lost)
		decision.reason = REASON_SG_REFERENCES_NOT_PRESERVED;
	else if (walk->way_in.ops == &hop_tgw_ops)
		decision.reason = REASON_SG_REFERENCING_SUPPORT;
	return decision;
}

static struct decision ask(const struct walk *walk, uint32_t eni_idx, bool egress,
			   const struct packet *packet)
{
	return sg_decide_peer(walk->world, eni_idx, egress, packet, peer_of(walk, egress));
}

/* The lowest port above `from` at which a rule begins or has ended, at most max + 1. */
static uint32_t next_boundary(const struct world *world, uint32_t eni_idx, uint32_t from,
			      uint32_t max)
{
	const struct eni *eni = &world->enis[eni_idx];
	uint32_t	  next = max + 1;

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			uint32_t begin = sg->rules[j].ports.min, end = sg->rules[j].ports.max + 1U;

			if (begin > from && begin < next)
				next = begin;
			if (end > from && end < next)
				next = end;
		}
	}
	return next;
}

/* A reply without state is a packet like any other, to one of the ports that the client may have. */
static struct decision ask_ports(const struct walk *walk, uint32_t eni_idx, bool egress,
				 struct port_range ports)
{
	struct packet	packet = walk->packet;
	struct decision first = { .verdict = VERDICT_COUNT }, now;

	for (uint32_t port = ports.min; port <= ports.max;
	     port = next_boundary(walk->world, eni_idx, port, ports.max)) {
		packet.dst_port = (uint16_t)port;
		now = ask(walk, eni_idx, egress, &packet);
		if (first.verdict == VERDICT_COUNT)
			first = now;
		else if (first.verdict != now.verdict)
			return decision_unknown(LAYER_SG, REASON_ENI_SG_RULES_MISMATCH,
						"some client ports pass, others do not");
	}
	return first;
}

/* Why rules have no say, as a static text, or NULL. */
static const char *passes_unasked(const struct walk *walk, uint32_t eni_idx,
				  enum direction direction)
{
	const struct eni *eni = &walk->world->enis[eni_idx];
	struct ip peer = direction == DIRECTION_EGRESS ? walk->packet.dst : walk->packet.src;

	if (has_state(walk, eni_idx, direction))
		return "a reply passes by connection state";
	return exempt_from_rules(walk->world, eni->subnet_idx, peer, &walk->packet);
}

static struct decision decide(const struct walk *walk, uint32_t eni_idx, bool egress,
			      struct port_range ports)
{
	struct decision decision;

	if (walk->question->ignores_rules)
		return decision_allow(NULL);
	decision = ports.max ? ask_ports(walk, eni_idx, egress, ports)
			     : ask(walk, eni_idx, egress, &walk->packet);
	return egress ? decision : explain_lost(walk, eni_idx, decision);
}

/* Where a reply may go: the client's ports, or a translator's. */
static struct port_range reply_range(const struct walk *walk)
{
	static const struct port_range none, translated = { 1024, 65535 };

	if (!walk->asked || !proto_has_ports(walk->packet.protocol))
		return none;
	return walk_port_translators(walk) ? translated : walk->question->client_ports;
}

/* An appliance has state of what it forwarded; whether that was this is not known. */
static struct decision doubt_state(const struct walk *walk, uint32_t eni_idx,
				   struct decision decision)
{
	if (decision.verdict == VERDICT_DENY && walk->asked && walk->asked->is_way_unknown &&
	    eni_idx != walk->from.eni_idx) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.note = "stops the reply unless what it answers came by here";
	}
	return decision;
}

static void add(struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	bool		  egress = direction == DIRECTION_EGRESS;
	struct port_range ports = reply_range(walk);
	const char	 *unasked = passes_unasked(walk, eni_idx, direction);
	struct decision	  decision = unasked ? decision_allow(unasked)
					     : decide(walk, eni_idx, egress, ports);
	struct hop	 *hop = walk_add(walk, HOP_SECURITY_GROUP, WORLD_NONE,
					 doubt_state(walk, eni_idx, decision));

	hop->direction = direction;
	hop->eni_idx = eni_idx;
	hop->ports = ports;
	hop->peer = peer_of(walk, egress);
	hop->is_stateful = unasked != NULL;
}

static struct step outward(struct walk *walk, uint32_t eni_idx)
{
	const struct eni *eni = &walk->world->enis[eni_idx];

	add(walk, eni_idx, DIRECTION_EGRESS);
	if (exempt_from_rules(walk->world, eni->subnet_idx, walk->packet.dst, &walk->packet)) {
		walk->arrival = ARRIVAL_SERVICE;
		return walk_end();
	}
	return walk_leave(walk);
}

static struct step inward(struct walk *walk, uint32_t eni_idx)
{
	add(walk, eni_idx, DIRECTION_INGRESS);
	return walk_behind(walk, eni_idx);
}

const struct hop_ops hop_sg_ops = { .name = "security-group",
				    .label = "sg",
				    .table = WORLD_SG,
				    .outward = outward,
				    .inward = inward };
