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

static struct decision decide(const struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	bool		  egress = direction == DIRECTION_EGRESS;
	const struct eni *eni = &walk->world->enis[eni_idx];
	struct ip	  peer = egress ? walk->packet.dst : walk->packet.src;
	struct decision	  decision;
	const char *exempt = exempt_from_rules(walk->world, eni->subnet_idx, peer, &walk->packet);

	if (has_state(walk, eni_idx, direction))
		return decision_allow("a reply passes by connection state");
	if (exempt)
		return decision_allow(exempt);
	decision = sg_decide_peer(walk->world, eni_idx, egress, &walk->packet,
				  peer_of(walk, egress));
	return egress ? decision : explain_lost(walk, eni_idx, decision);
}

static void add(struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	struct decision decision = decide(walk, eni_idx, direction);
	struct hop     *hop = walk_add(walk, HOP_SECURITY_GROUP, WORLD_NONE, decision);

	hop->direction = direction;
	hop->eni_idx = eni_idx;
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
