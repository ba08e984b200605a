/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/record.h"

#include <assert.h>

#include "policies/match/port_evidence.h"

enum { SECONDS_A_DAY = 86400, TCP_SYN = 2, TCP_SYN_ACK = 18 };

/* The record cannot be judged. */
static bool unknown(struct record_answer *answer, const char *why)
{
	answer->verdict = RECORD_UNKNOWN;
	answer->role = ROLE_UNKNOWN;
	answer->why = why;
	return false;
}

/* By interface-id first; by address only when the format has no interface-id. */
static uint32_t find_eni(const struct world *world, const struct record *record)
{
	struct ip own = record->flow_direction == DIRECTION_INGRESS ? record->dstaddr
								    : record->srcaddr;

	if (record_has(record, FIELD_INTERFACE_ID))
		return world_index(world, WORLD_ENI, record->text[FIELD_INTERFACE_ID]);
	if (!record_has(record, FIELD_FLOW_DIRECTION))
		return WORLD_NONE;
	return world_eni_by_peer(world, WORLD_NONE, own);
}

/*
 * srcaddr of what leaves and dstaddr of what enters are always the interface's own (aws-semantics.md 1.9),
 * so one of them tells the direction where the field is not in the format.
 */
static enum direction find_direction(const struct eni *eni, const struct record *record)
{
	bool from, to;

	if (record_has(record, FIELD_FLOW_DIRECTION))
		return (enum direction)record->flow_direction;
	from = world_eni_has(eni, record->srcaddr);
	to = world_eni_has(eni, record->dstaddr);
	if (from == to)
		return DIRECTION_UNKNOWN;
	return from ? DIRECTION_EGRESS : DIRECTION_INGRESS;
}

struct packet record_packet(const struct record *record)
{
	struct packet packet = {
		.src = record_has(record, FIELD_PKT_SRCADDR) ? record->pkt_srcaddr
							     : record->srcaddr,
		.dst = record_has(record, FIELD_PKT_DSTADDR) ? record->pkt_dstaddr
							     : record->dstaddr,
		.protocol = (uint8_t)record->protocol,
		.src_port = (uint16_t)record->srcport,
		.dst_port = (uint16_t)record->dstport,
		.icmp_type = -1,
		.icmp_code = -1,
	};

	return packet;
}

enum role record_role_by_flags(uint64_t tcp_flags)
{
	if ((tcp_flags & TCP_SYN_ACK) == TCP_SYN_ACK)
		return ROLE_REPLY;
	return tcp_flags & TCP_SYN ? ROLE_INITIATOR : ROLE_UNKNOWN;
}

enum role record_role(const struct record *record)
{
	if (record->protocol != PROTO_TCP || !record_has(record, FIELD_TCP_FLAGS))
		return ROLE_UNKNOWN;
	return record_role_by_flags(record->tcp_flags);
}

enum role record_role_by_ports(uint8_t protocol, uint16_t src_port, uint16_t dst_port)
{
	bool from_system = src_port < RECORD_SYSTEM_PORTS;
	bool to_system = dst_port < RECORD_SYSTEM_PORTS;
	bool from_client = src_port >= RECORD_EPHEMERAL_MIN;
	bool to_client = dst_port >= RECORD_EPHEMERAL_MIN;

	if (!proto_has_ports(protocol))
		return ROLE_UNKNOWN;
	if (from_system != to_system)
		return to_system ? ROLE_INITIATOR : ROLE_REPLY;
	if (from_client == to_client)
		return ROLE_UNKNOWN;
	return from_client ? ROLE_INITIATOR : ROLE_REPLY;
}

/* What flags tell, the record's own before those of others, else the numbers of its ports. */
static enum role likely_role(const struct record *record, enum role known)
{
	struct packet packet = record_packet(record);
	enum role     own = record_role(record);

	if (own != ROLE_UNKNOWN)
		return own;
	if (known != ROLE_UNKNOWN)
		return known;
	return record_role_by_ports(packet.protocol, packet.src_port, packet.dst_port);
}

/* Whether a reading's verdict is what was recorded. */
static bool agrees(enum verdict verdict, enum action action)
{
	return verdict == (action == ACTION_ACCEPT ? VERDICT_ALLOW : VERDICT_DENY);
}

/*
 * The reading that alone can explain the action, or ROLE_UNKNOWN.  One whose verdict is not known may, so the
 * configuration is no evidence then.
 */
static enum role role_from_model(const struct record_readings *readings, enum action action)
{
	enum verdict opening = readings->opening.overall.verdict;
	enum verdict reply = readings->reply.overall.verdict;

	if (opening == VERDICT_UNKNOWN || reply == VERDICT_UNKNOWN ||
	    agrees(opening, action) == agrees(reply, action))
		return ROLE_UNKNOWN;
	return agrees(opening, action) ? ROLE_INITIATOR : ROLE_REPLY;
}

/*
 * A packet that came in and was rejected, as the configuration does with one that opens a connection, and not
 * or not for certain with a reply.  Its sender chose its source port, and scanners choose those of services,
 * so the ports do not speak against it; that it has no SYN would.
 */
static bool is_rejected_opening(const struct record *record, const struct record_readings *readings,
				const struct record_answer *answer)
{
	bool has_flags = record->protocol == PROTO_TCP && record_has(record, FIELD_TCP_FLAGS);

	return record->action == ACTION_REJECT && answer->direction == DIRECTION_INGRESS &&
	       !has_flags && readings->opening.overall.verdict == VERDICT_DENY &&
	       readings->reply.overall.verdict != VERDICT_DENY;
}

/* What is certain; answer->role at entry is what other records tell. */
static void set_role(const struct record *record, enum role by_model, enum role by_ports,
		     struct record_answer *answer)
{
	if (record_role(record) != ROLE_UNKNOWN) {
		answer->role = record_role(record);
		answer->evidence = EVIDENCE_TCP_FLAGS;
	} else if (answer->role != ROLE_UNKNOWN) {
		answer->evidence = EVIDENCE_OTHER_RECORD;
	} else if (by_model != ROLE_UNKNOWN && (by_ports == ROLE_UNKNOWN || by_ports == by_model)) {
		answer->role = by_model;
		answer->evidence = EVIDENCE_CONFIGURATION;
	}
}

/*
 * Tells the role, and the reading to go by when it cannot be told.  Flags are certain, the record's own
 * before those of other records.  A reading that alone explains the action is taken unless the ports speak
 * against it: almost anything that enters could be a reply to something, and that must not explain a
 * contradiction away.  Ports alone are only probable.
 */
static void set_reading(const struct record *record, const struct record_readings *readings,
			enum role by_ports, struct record_answer *answer)
{
	set_role(record, role_from_model(readings, (enum action)record->action), by_ports, answer);
	answer->reading = answer->role;
	if (answer->reading != ROLE_UNKNOWN)
		return;
	answer->reading = by_ports == ROLE_REPLY ? ROLE_REPLY : ROLE_INITIATOR;
	answer->evidence = by_ports == ROLE_UNKNOWN ? EVIDENCE_NONE : EVIDENCE_PORTS;
	if (by_ports == ROLE_REPLY && is_rejected_opening(record, readings, answer)) {
		answer->reading = ROLE_INITIATOR;
		answer->evidence = EVIDENCE_CONFIGURATION;
	}
}

static void set_opening(struct record_answer *answer)
{
	answer->opening = answer->packet;
	if (answer->reading == ROLE_REPLY)
		answer->opening = packet_asked(&answer->packet);
}

/* Who the record's ends are, to the policy too. */
static void set_ends(const struct world *world, const struct judge *judge,
		     struct record_answer *answer)
{
	bool	  egress = answer->direction == DIRECTION_EGRESS;
	struct ip peer = egress ? answer->packet.dst : answer->packet.src;
	struct ip own = egress ? answer->packet.src : answer->packet.dst;
	uint64_t  own_tiers, peer_tiers;

	answer->peer_eni_idx = world_eni_by_peer(world, world->enis[answer->eni_idx].vpc_idx, peer);
	if (!judge)
		return;
	own_tiers = judge_tiers(judge, answer->eni_idx, own);
	peer_tiers = judge_tiers(judge, answer->peer_eni_idx, peer);
	answer->src_tiers = egress ? own_tiers : peer_tiers;
	answer->dst_tiers = egress ? peer_tiers : own_tiers;
}

/* What the policy says of the record in one of its two readings. */
static struct intent_answer intent_of(const struct judge *judge, const struct record_answer *answer,
				      enum role reading, int32_t day)
{
	struct packet asked = packet_asked(&answer->packet);

	if (reading == ROLE_REPLY)
		return judge_packet(judge, answer->dst_tiers, answer->src_tiers, &asked, day);
	return judge_packet(judge, answer->src_tiers, answer->dst_tiers, &answer->packet, day);
}

/*
 * Whether what the policy says hangs on who opened the connection, of which there is no good evidence: none,
 * or ports that make a reading likely in which the policy has nothing against it.  What it forbids in the
 * likely reading is worth a look.
 */
static bool is_toss(const struct judge *judge, const struct record_answer *answer,
		    bool are_ports_strong, int32_t day)
{
	enum role other = answer->reading == ROLE_REPLY ? ROLE_INITIATOR : ROLE_REPLY;
	bool	  is_forbidden = intent_forbids(answer->intent.verdict);

	if (answer->evidence != EVIDENCE_NONE &&
	    (answer->evidence != EVIDENCE_PORTS || are_ports_strong || is_forbidden))
		return false;
	return is_forbidden != intent_forbids(intent_of(judge, answer, other, day).verdict);
}

static void conclude(const struct record *record, struct record_answer *answer)
{
	enum verdict model = answer->model.overall.verdict;
	bool	     accepted = record->action == ACTION_ACCEPT;

	if (model == VERDICT_UNKNOWN) {
		answer->verdict = RECORD_UNKNOWN;
	} else if (accepted != (model == VERDICT_ALLOW)) {
		answer->verdict = RECORD_CONTRADICTION;
		answer->why =
			accepted ? "accepted, but the configuration denies it: the snapshot is "
				   "older or newer than the record, or a tracked connection "
				   "outlived its rule"
				 : "rejected, but the configuration allows it: the snapshot is "
				   "older or newer than the record, or the packet came after its "
				   "connection had ended";
	} else if (!accepted) {
		answer->verdict = RECORD_REJECTED;
	} else if (answer->is_toss) {
		answer->verdict = RECORD_UNKNOWN;
		answer->why = answer->evidence == EVIDENCE_PORTS
				      ? "only its ports hint at who opened the connection, and the "
					"policy allows it one way only"
				      : "nothing tells who opened the connection, and the policy "
					"allows it one way only";
	} else if (answer->intent.verdict == INTENT_UNDECIDED) {
		answer->verdict = RECORD_UNKNOWN;
		answer->why = "the policy depends on the ICMP type, which a record does not have";
	} else {
		answer->verdict = intent_forbids(answer->intent.verdict) ? RECORD_UNEXPECTED
									 : RECORD_EXPECTED;
	}
}

/* Why a record cannot be judged at all, or NULL. */
static const char *unjudgeable(const struct record *record)
{
	static const enum field needed[] = { FIELD_SRCADDR, FIELD_DSTADDR, FIELD_PROTOCOL,
					     FIELD_ACTION };

	if (record_has(record, FIELD_LOG_STATUS) && record->log_status == LOG_STATUS_NODATA)
		return "NODATA: the interface had no traffic in the interval";
	if (record_has(record, FIELD_LOG_STATUS) && record->log_status == LOG_STATUS_SKIPDATA)
		return "SKIPDATA: records of the interval were lost";
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!record_has(record, needed[i]))
			return "the record lacks srcaddr, dstaddr, protocol or action";
	if (proto_has_ports((int16_t)record->protocol) &&
	    (!record_has(record, FIELD_SRCPORT) || !record_has(record, FIELD_DSTPORT)))
		return "the record lacks its ports";
	if (record->srcaddr.family != record->dstaddr.family)
		return "its addresses are of different families";
	if (record_has(record, FIELD_REJECT_REASON))
		return str_is(record->text[FIELD_REJECT_REASON], "BPA")
			       ? "rejected by VPC Block Public Access, not by a group or ACL"
			       : "rejected for a reason that is neither a group nor an ACL";
	return NULL;
}

struct record_answer record_judge(const struct world *world, const struct judge *judge,
				  const struct record *record)
{
	return record_judge_known(world, judge, record, ROLE_UNKNOWN);
}

struct record_answer record_judge_known(const struct world *world, const struct judge *judge,
					const struct record *record, enum role known)
{
	struct record_answer   answer;
	struct record_readings readings;
	bool		       egress;

	if (!record_locate(world, record, known, &answer))
		return answer;
	egress = answer.direction == DIRECTION_EGRESS;
	readings.opening = interface_decide(world, answer.eni_idx, egress, &answer.packet, false);
	readings.reply = interface_decide(world, answer.eni_idx, egress, &answer.packet, true);
	record_conclude(world, judge, record, &readings, &answer);
	return answer;
}

bool record_locate(const struct world *world, const struct record *record, enum role known,
		   struct record_answer *answer)
{
	const char *why = unjudgeable(record);

	*answer = (struct record_answer){ .role = known,
					  .eni_idx = WORLD_NONE,
					  .peer_eni_idx = WORLD_NONE };
	answer->direction = record_has(record, FIELD_FLOW_DIRECTION)
				    ? (enum direction)record->flow_direction
				    : DIRECTION_UNKNOWN;
	if (why)
		return unknown(answer, why);
	answer->packet = record_packet(record);
	answer->reading = likely_role(record, known);
	set_opening(answer);
	answer->eni_idx = find_eni(world, record);
	if (answer->eni_idx == WORLD_NONE)
		return unknown(answer, record_has(record, FIELD_INTERFACE_ID)
					       ? "the interface is not in the snapshot"
					       : "the record does not tell which interface saw it");
	answer->direction = find_direction(&world->enis[answer->eni_idx], record);
	if (answer->direction == DIRECTION_UNKNOWN)
		return unknown(answer, "neither or both addresses belong to the interface, and the "
				       "record has no flow-direction");
	return true;
}

void record_conclude(const struct world *world, const struct judge *judge,
		     const struct record *record, const struct record_readings *readings,
		     struct record_answer *answer)
{
	int32_t		     day = (int32_t)(record->end / SECONDS_A_DAY);
	struct port_evidence ports;

	set_ends(world, judge, answer);
	ports = port_evidence_of(world, judge, answer);
	set_reading(record, readings, ports.role, answer);
	answer->model = answer->reading == ROLE_REPLY ? readings->reply : readings->opening;
	answer->has_model = true;
	set_opening(answer);
	if (judge) {
		answer->intent = intent_of(judge, answer, answer->reading, day);
		answer->is_toss = is_toss(judge, answer, ports.is_strong, day);
	}
	conclude(record, answer);
}

const char *record_verdict_text(enum record_verdict verdict)
{
	static const char *const texts[RECORD_VERDICT_COUNT] = {
		[RECORD_EXPECTED] = "expected", [RECORD_UNEXPECTED] = "unexpected",
		[RECORD_REJECTED] = "rejected", [RECORD_CONTRADICTION] = "contradiction",
		[RECORD_UNKNOWN] = "unknown",
	};

	assert(verdict < RECORD_VERDICT_COUNT);
	return texts[verdict];
}

const char *role_text(enum role role)
{
	static const char *const texts[ROLE_COUNT] = {
		[ROLE_UNKNOWN] = "unknown",
		[ROLE_INITIATOR] = "initiator",
		[ROLE_REPLY] = "reply",
	};

	assert(role < ROLE_COUNT);
	return texts[role];
}

const char *evidence_text(enum evidence evidence)
{
	static const char *const texts[EVIDENCE_COUNT] = {
		[EVIDENCE_NONE] = "none",
		[EVIDENCE_TCP_FLAGS] = "tcp-flags",
		[EVIDENCE_OTHER_RECORD] = "other-record",
		[EVIDENCE_CONFIGURATION] = "configuration",
		[EVIDENCE_PORTS] = "ports",
	};

	assert(evidence < EVIDENCE_COUNT);
	return texts[evidence];
}
