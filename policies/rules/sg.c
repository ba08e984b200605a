/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/sg.h"

#include "policies/rules/prefix_list.h"
#include "policies/rules/reference.h"

/* What is asked of every rule of one direction, and the first rule that only may match. */
struct search {
	const struct world   *world;
	const struct eni     *eni;
	const struct packet  *packet;
	bool		      egress;
	struct sg_peer	      peer;
	const struct sg_rule *maybe;
	uint32_t	      maybe_sg_idx;
};

static enum match match_peer(const struct search *search, const struct sg_rule *rule,
			     struct ip peer)
{
	switch (rule->peer_kind) {
	case PEER_CIDR:
		return cidr_has(rule->cidr, peer) ? MATCH_YES : MATCH_NO;
	case PEER_PREFIX_LIST:
		return prefix_list_match(search->world, rule->peer_idx, peer);
	case PEER_GROUP:
		if (search->peer.is_known)
			return reference_match_member(search->world, search->eni, rule,
						      search->peer.eni_idx);
		return reference_match(search->world, search->eni, rule, peer);
	case PEER_KIND_COUNT:
		break;
	}
	return MATCH_NO;
}

/* ICMP is IPv4's and ICMPv6 IPv6's own (aws-semantics.md 2.3): `icmp` never covers an IPv6 packet. */
bool sg_family_fits(int16_t protocol, uint8_t family)
{
	return !(protocol == PROTO_ICMP && family == IP_V6) &&
	       !(protocol == PROTO_ICMPV6 && family == IP_V4);
}

static enum match match_rule(const struct search *search, const struct sg_rule *rule)
{
	const struct packet *packet = search->packet;
	struct ip	     peer = rule->egress ? packet->dst : packet->src;
	enum match	     header, who;

	if (!sg_family_fits(rule->protocol, peer.family))
		return MATCH_NO;
	header = packet_match(packet, rule->protocol, rule->ports, rule->icmp_type,
			      rule->icmp_code);
	if (header == MATCH_NO)
		return MATCH_NO;
	who = match_peer(search, rule, peer);
	if (who == MATCH_YES && rule->disputed)
		who = MATCH_MAYBE;
	return who < header ? who : header;
}

enum match sg_match(const struct world *world, const struct eni *eni, const struct sg_rule *rule,
		    const struct packet *packet)
{
	struct search search = { .world = world, .eni = eni, .packet = packet };

	return match_rule(&search, rule);
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

struct decision sg_allowed(uint32_t sg_idx, const struct sg_rule *rule, bool assumed)
{
	struct decision decision = decision_allow(NULL);

	decision.layer = LAYER_SG;
	decision.object_idx = sg_idx;
	decision.sg_rule = rule;
	if (assumed)
		decision.note = "assumed: a reference covers its members' IPv6 addresses and "
				"delegated prefixes";
	return decision;
}

struct decision sg_undecided(uint32_t sg_idx, const struct sg_rule *rule)
{
	struct decision decision = {
		.verdict = VERDICT_UNKNOWN, .layer = LAYER_SG, .object_idx = sg_idx, .sg_rule = rule
	};

	decision.note = why_maybe(rule, &decision.reason);
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

static bool has_rules(const struct sg *sg, bool egress)
{
	for (uint32_t i = 0; i < sg->rule_count; i++)
		if (sg->rules[i].egress == egress)
			return true;
	return false;
}

struct decision sg_unmatched(const struct world *world, uint32_t eni_idx, bool egress)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct decision	  decision = { .verdict = VERDICT_DENY,
				       .layer = LAYER_SG,
				       .reason = REASON_SG_HAS_NO_RULES };
	bool		  missing_group = false, missing_rules = false;

	if (eni->sg_count == 0)
		return decide_without_groups(eni);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		missing_group = missing_group || !sg;
		missing_rules = missing_rules || (sg && !sg->has_rules[egress]);
		if (sg && has_rules(sg, egress))
			decision.reason = REASON_ENI_SG_RULES_MISMATCH;
	}
	if (missing_group)
		return decision_unknown(LAYER_SG, REASON_UNKNOWN_RESOURCE,
					"a security group of the interface is not in the snapshot");
	if (missing_rules)
		return decision_unknown(
			LAYER_SG, REASON_UNKNOWN_RESOURCE,
			"a group's document leaves out its rules in this direction");
	decision.object_idx = eni->sg_idxs[0];
	return decision;
}

/* The first rule of the group that matches for certain, or NULL. */
static const struct sg_rule *search_group(struct search *search, uint32_t sg_idx)
{
	const struct sg *sg = &search->world->sgs[sg_idx];

	for (uint32_t i = 0; i < sg->rule_count; i++) {
		const struct sg_rule *rule = &sg->rules[i];
		enum match	      match;

		if (rule->egress != search->egress)
			continue;
		match = match_rule(search, rule);
		if (match == MATCH_YES)
			return rule;
		if (match == MATCH_MAYBE && !search->maybe) {
			search->maybe = rule;
			search->maybe_sg_idx = sg_idx;
		}
	}
	return NULL;
}

static bool is_assumed(const struct search *search, const struct sg_rule *rule)
{
	struct ip peer = search->egress ? search->packet->dst : search->packet->src;

	return rule->peer_kind == PEER_GROUP &&
	       reference_is_assumed(search->world, search->eni, peer);
}

struct decision sg_decide_peer(const struct world *world, uint32_t eni_idx, bool egress,
			       const struct packet *packet, struct sg_peer peer)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct search	  search = {
		    .world = world, .eni = eni, .packet = packet, .egress = egress, .peer = peer
	};

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		uint32_t	      sg_idx = eni->sg_idxs[i];
		const struct sg_rule *rule = sg_idx == WORLD_NONE ? NULL
								  : search_group(&search, sg_idx);

		if (rule)
			return sg_allowed(sg_idx, rule, is_assumed(&search, rule));
	}
	if (search.maybe)
		return sg_undecided(search.maybe_sg_idx, search.maybe);
	return sg_unmatched(world, eni_idx, egress);
}

struct decision sg_decide(const struct world *world, uint32_t eni_idx, bool egress,
			  const struct packet *packet)
{
	return sg_decide_peer(world, eni_idx, egress, packet, (struct sg_peer){ 0 });
}
