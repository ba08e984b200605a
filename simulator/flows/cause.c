/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/cause.h"

#include <assert.h>

#include "lib/base/clock.h"

enum { TCP_SYN = 2 };

#define BIT(cause) (UINT32_C(1) << (cause))

static const struct {
	const char *code, *text;
} causes[CAUSE_COUNT] = {
	[CAUSE_TRACKED_REPLY] = { "tracked-reply",
				  "a reply of a tracked connection: as such it passes by state" },
	[CAUSE_UNTRACKED_REPLY] = { "untracked-reply",
				    "of an untracked connection: a rule for everyone on all ports "
				    "lets it pass without state" },
	[CAUSE_ENDED] = { "connection-ended",
			  "the packet came after its connection had ended: no SYN among its "
			  "tcp-flags" },
	[CAUSE_UNTRACKED_CUT] = { "untracked-cut",
				  "of an untracked connection, which a change of its rules cuts "
				  "at once" },
	[CAUSE_MISSING_OBJECT] = { "missing-object",
				   "the snapshot lacks an object that the decision depends on" },
	[CAUSE_NEWER] = { "newer-than-snapshot", "newer than the snapshot" },
	[CAUSE_OLDER] = { "older-than-snapshot", "older than the snapshot" },
	[CAUSE_OUTLIVED] = { "outlived-rule",
			     "a tracked connection outlived its rule: no SYN among its tcp-flags" },
	[CAUSE_PERHAPS_ENDED] = { "connection-perhaps-ended",
				  "the packet may have come after its connection had ended: the "
				  "record has no tcp-flags" },
	[CAUSE_PERHAPS_OUTLIVED] = { "perhaps-outlived-rule",
				     "a tracked connection may have outlived its rule: the record "
				     "has no tcp-flags" },
};

const char *cause_code(enum cause cause)
{
	assert(cause < CAUSE_COUNT);
	return causes[cause].code;
}

static void add_age(uint64_t seconds, struct buf *out)
{
	static const struct {
		uint64_t    seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(units) && seconds < 2 * units[i].seconds)
		i++;
	buf_printf(out, "%llu %s", (unsigned long long)(seconds / units[i].seconds), units[i].unit);
}

/* " by 2 d or more (2026-10-02T08:00:00Z, its files' modification time)" */
static void add_distance(uint64_t seconds, const struct snapshot_time *snapshot, struct buf *out)
{
	char time[CLOCK_TIME_SIZE];

	clock_print_time(snapshot->s, time);
	buf_add_text(out, " by ");
	add_age(seconds, out);
	buf_printf(out, " or more (%s%s)", time,
		   snapshot->source == SNAPSHOT_TIME_FILES ? ", its files' modification time" : "");
}

void cause_print(enum cause cause, const struct sums *sums, const struct snapshot_time *snapshot,
		 struct buf *out)
{
	assert(cause < CAUSE_COUNT);
	buf_add_text(out, causes[cause].text);
	if (cause == CAUSE_NEWER)
		add_distance(sums->start - (uint64_t)snapshot->s, snapshot, out);
	if (cause != CAUSE_OLDER)
		return;
	add_distance((uint64_t)snapshot->s - sums->end, snapshot, out);
	if (snapshot->source == SNAPSHOT_TIME_FILES)
		buf_add_text(out, ", unless they were copied");
}

uint32_t causes_of_time(const struct sums *sums, const struct snapshot_time *snapshot)
{
	if (snapshot->source == SNAPSHOT_TIME_UNKNOWN)
		return 0;
	if (sums->start && sums->start > (uint64_t)snapshot->s)
		return BIT(CAUSE_NEWER);
	if (sums->end && sums->end < (uint64_t)snapshot->s)
		return BIT(CAUSE_OLDER);
	return 0;
}

/* What a record's own flags say of whether it opens or answers the opening of a connection. */
enum syn { SYN_UNKNOWN, SYN_SEEN, SYN_NOT_SEEN };

static enum syn syn_of(const struct record *record)
{
	if (record->protocol != PROTO_TCP || !record_has(record, FIELD_TCP_FLAGS))
		return SYN_UNKNOWN;
	return record->tcp_flags & TCP_SYN ? SYN_SEEN : SYN_NOT_SEEN;
}

/* 0.0.0.0/0 or ::/0, of the packet's family. */
static bool is_for_everyone(const struct sg_rule *rule, const struct packet *packet)
{
	return rule->peer_kind == PEER_CIDR && rule->cidr.prefix_len == 0 && !rule->disputed &&
	       rule->cidr.base.family == packet->src.family;
}

static bool covers_all_ports(const struct sg_rule *rule, const struct packet *packet)
{
	if (rule->protocol == PROTO_ANY)
		return true;
	return rule->protocol == packet->protocol && rule->ports.min == 0 &&
	       rule->ports.max == UINT16_MAX;
}

/* Whether a rule of the interface's groups is for everyone; on_all_ports: on all, else on the packet's. */
static bool has_rule_for_everyone(const struct world *world, uint32_t eni_idx, bool egress,
				  const struct packet *packet, bool on_all_ports)
{
	const struct eni *eni = &world->enis[eni_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (rule->egress != egress || !is_for_everyone(rule, packet))
				continue;
			if (on_all_ports
				    ? covers_all_ports(rule, packet)
				    : packet_match(packet, rule->protocol, rule->ports,
						   rule->icmp_type, rule->icmp_code) == MATCH_YES)
				return true;
		}
	}
	return false;
}

/* AWS's own interfaces (NAT gateway, load balancer, Lambda, endpoint) track everything (2.6). */
static bool may_be_untracked(const struct world *world, const struct record_answer *answer)
{
	struct str type = world->enis[answer->eni_idx].type;

	return proto_has_ports(answer->packet.protocol) &&
	       (type.len == 0 || str_is(type, "interface"));
}

/* A rule for everyone lets the opening pass, and one on all ports what answers it (2.6). */
static bool is_untracked(const struct world *world, const struct record_answer *answer)
{
	bool egress = (answer->direction == DIRECTION_EGRESS) != (answer->reading == ROLE_REPLY);

	return may_be_untracked(world, answer) &&
	       has_rule_for_everyone(world, answer->eni_idx, egress, &answer->opening, false) &&
	       has_rule_for_everyone(world, answer->eni_idx, !egress, &answer->opening, true);
}

/* A deleted group, one of a peering that is gone, or a group or list that the snapshot lacks. */
static bool refers_to_nothing(const struct sg_rule *rule)
{
	if (rule->peer_kind == PEER_CIDR)
		return false;
	return rule->peer_idx == WORLD_NONE ||
	       (rule->peering_status.len && !str_is(rule->peering_status, "active"));
}

/* Whether a rule that has the packet's protocol and port refers to what is not there. */
static bool has_dangling_rule(const struct world *world, const struct record_answer *answer)
{
	const struct eni *eni = &world->enis[answer->eni_idx];
	bool egress = (answer->direction == DIRECTION_EGRESS) != (answer->reading == ROLE_REPLY);

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (rule->egress == egress && refers_to_nothing(rule) &&
			    packet_match(&answer->opening, rule->protocol, rule->ports,
					 rule->icmp_type, rule->icmp_code) != MATCH_NO)
				return true;
		}
	}
	return false;
}

static bool passes_in_other_reading(const struct world *world, const struct record_answer *answer)
{
	return interface_decide(world, answer->eni_idx, answer->direction == DIRECTION_EGRESS,
				&answer->packet, answer->reading != ROLE_REPLY)
		       .overall.verdict == VERDICT_ALLOW;
}

/* Accepted where the configuration denies. */
static uint32_t causes_of_accepted(const struct world *world, const struct record *record,
				   const struct record_answer *answer)
{
	bool	 egress = answer->direction == DIRECTION_EGRESS;
	enum syn syn = syn_of(record);
	uint32_t found = 0;

	if (answer->role == ROLE_UNKNOWN && answer->reading == ROLE_INITIATOR &&
	    passes_in_other_reading(world, answer))
		found |= BIT(CAUSE_TRACKED_REPLY);
	if (answer->reading == ROLE_REPLY && may_be_untracked(world, answer) &&
	    has_rule_for_everyone(world, answer->eni_idx, egress, &answer->packet, true) &&
	    passes_in_other_reading(world, answer))
		found |= BIT(CAUSE_UNTRACKED_REPLY);
	if (answer->model.sg.verdict != VERDICT_DENY)
		return found;
	if (has_dangling_rule(world, answer))
		found |= BIT(CAUSE_MISSING_OBJECT);
	/* An ACL has no state to outlive it. */
	if (record->protocol == PROTO_TCP && answer->model.nacl.verdict == VERDICT_ALLOW &&
	    syn != SYN_SEEN)
		found |= BIT(syn == SYN_UNKNOWN ? CAUSE_PERHAPS_OUTLIVED : CAUSE_OUTLIVED);
	return found;
}

/* Rejected where the configuration allows.  What opens a connection is neither late nor cut. */
static uint32_t causes_of_rejected(const struct world *world, const struct record *record,
				   const struct record_answer *answer)
{
	enum syn syn = syn_of(record);

	if (syn == SYN_SEEN)
		return 0;
	if (is_untracked(world, answer))
		return BIT(CAUSE_UNTRACKED_CUT);
	if (record->protocol != PROTO_TCP)
		return 0;
	return BIT(syn == SYN_UNKNOWN ? CAUSE_PERHAPS_ENDED : CAUSE_ENDED);
}

static bool lacks_an_object(const struct record *record, const struct record_answer *answer)
{
	enum reason reason = answer->model.overall.reason;

	if (!answer->has_model)
		return answer->eni_idx == WORLD_NONE && answer->opening.src.family != IP_NONE &&
		       record_has(record, FIELD_INTERFACE_ID);
	return reason == REASON_UNKNOWN_RESOURCE || reason == REASON_UNKNOWN_PEERED_SGS;
}

uint32_t causes_of(const struct world *world, const struct record *record,
		   const struct record_answer *answer)
{
	if (answer->verdict == RECORD_UNKNOWN)
		return lacks_an_object(record, answer) ? BIT(CAUSE_MISSING_OBJECT) : 0;
	if (answer->verdict != RECORD_CONTRADICTION)
		return 0;
	return record->action == ACTION_ACCEPT ? causes_of_accepted(world, record, answer)
					       : causes_of_rejected(world, record, answer);
}
