/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/port_evidence.h"

/* The smallest range that clients draw from has so many ports: 1025-5000 (aws-semantics.md 3). */
enum { CLIENT_RANGE_MIN = 5000 - 1025 + 1 };

bool port_evidence_names(struct port_range range)
{
	return range.max - range.min + 1 < CLIENT_RANGE_MIN;
}

static bool range_names(struct port_range range, uint16_t port)
{
	return port >= range.min && port <= range.max && port_evidence_names(range);
}

/* A rule of the interface's groups.  What it says of the other end is all that its peer's ports are held to. */
static bool is_named_by_rule(const struct world *world, const struct eni *eni, bool egress,
			     uint8_t protocol, uint16_t port)
{
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			if (sg->rules[j].egress == egress && sg->rules[j].protocol == protocol &&
			    range_names(sg->rules[j].ports, port))
				return true;
	}
	return false;
}

static bool is_named_in(const struct ports *ports, uint8_t protocol, uint16_t port)
{
	for (uint8_t i = 0; ports->protocol == protocol && i < ports->count; i++)
		if (range_names(ports->ranges[i], port))
			return true;
	return false;
}

/* A line about what may reach the end, whatever it says of it. */
static bool is_named_by_policy(const struct judge *judge, uint64_t tiers, uint8_t protocol,
			       uint16_t port)
{
	const struct intent *intent = judge_policy(judge);

	for (uint32_t i = 0; i < intent->statement_count; i++) {
		const struct statement *statement = &intent->statements[i];

		if (!(tiers >> statement->dst & 1))
			continue;
		for (uint32_t j = 0; j < statement->ports_count; j++)
			if (is_named_in(&statement->ports[j], protocol, port))
				return true;
	}
	return false;
}

/* The two ends of a packet. */
enum end { SRC, DST, ENDS };

/* The only end of which it is true, as the service's; ROLE_UNKNOWN when it is both or neither. */
static enum role role_of(const bool *is_service)
{
	if (is_service[SRC] == is_service[DST])
		return ROLE_UNKNOWN;
	return is_service[DST] ? ROLE_INITIATOR : ROLE_REPLY;
}

struct port_evidence port_evidence_of(const struct world *world, const struct judge *judge,
				      const struct record_answer *answer)
{
	const struct packet *packet = &answer->packet;
	const uint16_t	     ports[ENDS] = { packet->src_port, packet->dst_port };
	const uint64_t	     tiers[ENDS] = { answer->src_tiers, answer->dst_tiers };
	enum end	     own = answer->direction == DIRECTION_EGRESS ? SRC : DST;
	struct port_evidence evidence = { .role = ROLE_UNKNOWN };
	bool		     is_named[ENDS], is_marked[ENDS];

	if (!proto_has_ports(packet->protocol))
		return evidence;
	for (enum end end = SRC; end < ENDS; end++) {
		is_named[end] = is_named_by_rule(world, &world->enis[answer->eni_idx], end != own,
						 packet->protocol, ports[end]) ||
				(judge && is_named_by_policy(judge, tiers[end], packet->protocol,
							     ports[end]));
		is_marked[end] = is_named[end] || ports[end] < RECORD_SYSTEM_PORTS;
	}
	evidence.role = role_of(is_named);
	if (evidence.role == ROLE_UNKNOWN)
		evidence.role = record_role_by_ports(packet->protocol, ports[SRC], ports[DST]);
	evidence.is_strong = evidence.role != ROLE_UNKNOWN && evidence.role == role_of(is_marked);
	return evidence;
}
