/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/nacl.h"

enum match nacl_match(const struct nacl_rule *rule, bool egress, const struct packet *packet)
{
	if (rule->egress != egress || !cidr_has(rule->cidr, egress ? packet->dst : packet->src))
		return MATCH_NO;
	return packet_match(packet, rule->protocol, rule->ports, rule->icmp_type, rule->icmp_code);
}

struct decision nacl_decided(uint32_t nacl_idx, const struct nacl_rule *rule)
{
	bool allow = rule && rule->allow;

	return (struct decision){ .verdict = allow ? VERDICT_ALLOW : VERDICT_DENY,
				  .layer = LAYER_NACL,
				  .reason = allow ? REASON_NONE : REASON_SUBNET_ACL_RESTRICTION,
				  .object_idx = nacl_idx,
				  .nacl_rule = rule };
}

struct decision nacl_undecided(uint32_t nacl_idx, const struct nacl_rule *maybe)
{
	struct decision decision = nacl_decided(nacl_idx, maybe);

	decision.verdict = VERDICT_UNKNOWN;
	decision.reason = REASON_SUBNET_ACL_RESTRICTION;
	decision.note = "an ACL rule matches some ICMP types, and the type is not known";
	return decision;
}

struct decision nacl_missing(void)
{
	return decision_unknown(LAYER_NACL, REASON_UNKNOWN_RESOURCE,
				"the subnet's network ACL is not in the snapshot");
}

/*
 * A rule that only may match (an ICMP type that the record does not tell) decides in one reading and is
 * passed over in the other; when both readings end alike, so does the packet.
 */
struct decision nacl_decide(const struct world *world, uint32_t nacl_idx, bool egress,
			    const struct packet *packet)
{
	const struct nacl      *nacl;
	const struct nacl_rule *maybe = NULL;
	struct decision		decision;
	bool			split = false;

	if (nacl_idx == WORLD_NONE)
		return nacl_missing();
	nacl = &world->nacls[nacl_idx];
	decision = nacl_decided(nacl_idx, NULL);
	for (uint32_t i = 0; i < nacl->rule_count && !split; i++) {
		const struct nacl_rule *rule = &nacl->rules[i];
		enum match		match = nacl_match(rule, egress, packet);

		if (match == MATCH_YES) {
			decision = nacl_decided(nacl_idx, rule);
			break;
		}
		if (match == MATCH_MAYBE) {
			split = maybe && maybe->allow != rule->allow;
			maybe = maybe ? maybe : rule;
		}
	}
	if (!maybe || (!split && maybe->allow == (decision.verdict == VERDICT_ALLOW)))
		return decision;
	return nacl_undecided(nacl_idx, maybe);
}
