/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/sg.h"

#include "policies/rules/prefix_list.h"
#include "policies/rules/reference.h"

static enum match match_peer(const struct world *world, const struct eni *eni,
			     const struct sg_rule *rule, struct ip peer)
{
	switch (rule->peer_kind) {
	case PEER_CIDR:
		return cidr_has(rule->cidr, peer) ? MATCH_YES : MATCH_NO;
	case PEER_PREFIX_LIST:
		return prefix_list_match(world, rule->peer_idx, peer);
	case PEER_GROUP:
		return reference_match(world, eni, rule, peer);
	case PEER_KIND_COUNT:
		break;
	}
	return MATCH_NO;
}

/* ICMP is IPv4's and ICMPv6 IPv6's own (aws-semantics.md 2.3): `icmp` never covers an IPv6 packet. */
static bool family_fits(int16_t protocol, uint8_t family)
{
	return !(protocol == PROTO_ICMP && family == IP_V6) &&
	       !(protocol == PROTO_ICMPV6 && family == IP_V4);
}

static enum match match_rule(const struct world *world, const struct eni *eni,
			     const struct sg_rule *rule, const struct packet *packet)
{
	struct ip  peer = rule->egress ? packet->dst : packet->src;
	enum match header, who;

	if (!family_fits(rule->protocol, peer.family))
		return MATCH_NO;
	header = packet_match(packet, rule->protocol, rule->ports, rule->icmp_type,
			      rule->icmp_code);
	if (header == MATCH_NO)
		return MATCH_NO;
	who = match_peer(world, eni, rule, peer);
	if (who == MATCH_YES && rule->disputed)
		who = MATCH_MAYBE;
	return who < header ? who : header;
}

static const char *why_maybe(const struct sg_rule *rule, enum reason *reason)
{
	*reason = REASON_UNKNOWN_RESOURCE;
	if (rule->disputed)
		return "SecurityGroupRules and SecurityGroups disagree about a rule that would "
		       "allow it";
	if (rule->peer_kind == PEER_PREFIX_LIST)
		return "the entries of a prefix list are not in the snapshot";
	if (rule->peer_kind == PEER_GROUP) {
		*reason = REASON_UNKNOWN_PEERED_SGS;
		return "the members of a referenced group are not in the snapshot";
	}
	*reason = REASON_ENI_SG_RULES_MISMATCH;
	return "a rule allows some ICMP types, and the type is not known";
}

/* The search over all rules of one direction: what is asked, and what has been found so far. */
struct search {
	const struct world   *world;
	const struct eni     *eni;
	const struct packet  *packet;
	bool		      egress;
	const struct sg_rule *maybe;
	uint32_t	      maybe_sg_idx, rule_count;
	bool		      missing_group, missing_rules;
};

/* The first rule of the group that matches for certain, or NULL. */
static const struct sg_rule *search_group(struct search *search, uint32_t sg_idx)
{
	const struct sg *sg = &search->world->sgs[sg_idx];

	search->missing_rules = search->missing_rules || !sg->has_rules[search->egress];
	for (uint32_t i = 0; i < sg->rule_count; i++) {
		const struct sg_rule *rule = &sg->rules[i];
		enum match	      match;

		if (rule->egress != search->egress)
			continue;
		search->rule_count++;
		match = match_rule(search->world, search->eni, rule, search->packet);
		if (match == MATCH_YES)
			return rule;
		if (match == MATCH_MAYBE && !search->maybe) {
			search->maybe = rule;
			search->maybe_sg_idx = sg_idx;
		}
	}
	return NULL;
}

/* Nothing matched for certain. */
static struct decision undecided_or_deny(const struct search *search)
{
	struct decision decision = { .layer = LAYER_SG, .object_idx = WORLD_NONE };

	if (search->maybe) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.object_idx = search->maybe_sg_idx;
		decision.sg_rule = search->maybe;
		decision.note = why_maybe(search->maybe, &decision.reason);
		return decision;
	}
	if (search->missing_group)
		return decision_unknown(LAYER_SG, REASON_UNKNOWN_RESOURCE,
					"a security group of the interface is not in the snapshot");
	if (search->missing_rules)
		return decision_unknown(
			LAYER_SG, REASON_UNKNOWN_RESOURCE,
			"a group's document leaves out its rules in this direction");
	decision.verdict = VERDICT_DENY;
	decision.reason = search->rule_count ? REASON_ENI_SG_RULES_MISMATCH
					     : REASON_SG_HAS_NO_RULES;
	decision.object_idx = search->eni->sg_idxs[0];
	return decision;
}

/*
 * Some of AWS's own interfaces carry no group (aws-semantics.md 2.8); an instance's always carries one.  The
 * API spells the types in two ways.
 */
static struct decision decide_without_groups(const struct eni *eni)
{
	static const char *const types[] = { "nat_gateway",
					     "natGateway",
					     "regional_nat_gateway",
					     "transit_gateway",
					     "network_load_balancer",
					     "gateway_load_balancer",
					     "gateway_load_balancer_endpoint" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_is(eni->type, types[i]))
			return decision_allow("no security group on this interface");
	return decision_unknown(LAYER_SG, REASON_UNKNOWN_RESOURCE,
				"the interface's security groups are not in the snapshot");
}

/* What an allowing rule leaves open (aws-semantics.md 9, item 11). */
static const char *note_of(const struct search *search, const struct sg_rule *rule)
{
	struct ip peer = rule->egress ? search->packet->dst : search->packet->src;

	if (rule->peer_kind == PEER_GROUP && reference_is_assumed(search->world, search->eni, peer))
		return "assumed: a reference covers its members' IPv6 addresses and delegated "
		       "prefixes";
	return NULL;
}

struct decision sg_decide(const struct world *world, uint32_t eni_idx, bool egress,
			  const struct packet *packet)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct search search = { .world = world, .eni = eni, .packet = packet, .egress = egress };

	if (eni->sg_count == 0)
		return decide_without_groups(eni);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		uint32_t	      sg_idx = eni->sg_idxs[i];
		const struct sg_rule *rule = sg_idx == WORLD_NONE ? NULL
								  : search_group(&search, sg_idx);

		if (rule)
			return (struct decision){ .verdict = VERDICT_ALLOW,
						  .layer = LAYER_SG,
						  .object_idx = sg_idx,
						  .sg_rule = rule,
						  .note = note_of(&search, rule) };
		search.missing_group = search.missing_group || sg_idx == WORLD_NONE;
	}
	return undecided_or_deny(&search);
}
