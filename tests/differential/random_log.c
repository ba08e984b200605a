/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_log.h"

#include <string.h>

#include "lib/flow/writer.h"
#include "policies/match/record.h"
#include "policies/rules/service.h"
#include "tests/differential/random_policy.h"

enum { RECENT = 64, SECONDS_A_DAY = 86400, STRETCH_MAX = 3000 };

#define BIT(field) (UINT64_C(1) << (field))

/* A log while it is written. */
struct plan {
	struct dice	   *dice;
	const struct world *world;
	struct places	    places;
	struct format	    format;
	struct record	    recent[RECENT];
	unsigned	    recent_count;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
	return (unsigned)dice_roll(dice, sides);
}

/* Fields that a judgement and its sums depend on, and one that they do not. */
static const enum field fields[] = { FIELD_VERSION,	 FIELD_ACCOUNT_ID,  FIELD_INTERFACE_ID,
				     FIELD_SRCADDR,	 FIELD_DSTADDR,	    FIELD_SRCPORT,
				     FIELD_DSTPORT,	 FIELD_PROTOCOL,    FIELD_PACKETS,
				     FIELD_BYTES,	 FIELD_START,	    FIELD_END,
				     FIELD_ACTION,	 FIELD_LOG_STATUS,  FIELD_TCP_FLAGS,
				     FIELD_PKT_SRCADDR,	 FIELD_PKT_DSTADDR, FIELD_FLOW_DIRECTION,
				     FIELD_REJECT_REASON };
static const uint64_t	optional = BIT(FIELD_TCP_FLAGS) | BIT(FIELD_PKT_SRCADDR) |
				 BIT(FIELD_PKT_DSTADDR) | BIT(FIELD_FLOW_DIRECTION) |
				 BIT(FIELD_REJECT_REASON);

/* A header line with most of the fields, in AWS's order or in any. */
static void add_header(struct plan *plan, struct buf *out)
{
	struct dice *dice = plan->dice;
	bool	     shuffled = dice_one_in(dice, 2);

	plan->format = (struct format){ .version = 5 };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		bool	is_optional = optional >> fields[i] & 1;
		uint8_t at = plan->format.count;

		if (dice_one_in(dice, is_optional ? 2 : 40))
			continue;
		if (shuffled) {
			at = (uint8_t)roll(dice, at + 1U);
			plan->format.fields[plan->format.count] = plan->format.fields[at];
		}
		plan->format.fields[at] = (uint8_t)fields[i];
		plan->format.count++;
	}
	format_print(&plan->format, out);
	buf_add_char(out, '\n');
}

/* An address of the interface, or of a block that is delegated to it. */
static struct ip eni_ip(struct dice *dice, const struct eni *eni)
{
	uint32_t at = roll(dice, eni->address_count + eni->prefix_count + 1);

	if (at < eni->address_count)
		return eni->addresses[at].ip;
	at -= eni->address_count;
	if (at < eni->prefix_count)
		return ip_add(eni->prefixes[at].base, roll(dice, 16));
	return eni->address_count ? eni->addresses[0].ip : ip_v4(10, 0, 0, 9);
}

/* Of an interface, of a service, near what a rule says, or anywhere. */
static struct ip some_ip(struct plan *plan, int family)
{
	struct dice	    *dice = plan->dice;
	const struct places *places = &plan->places;
	struct ip	     services[SERVICE_PEERS_MAX], ip = { .family = family ? IP_V6 : IP_V4 };

	switch (roll(dice, 8)) {
	case 0:
	case 1:
	case 2:
		return eni_ip(
			dice,
			&plan->world->enis[roll(dice, (unsigned)plan->world->counts[WORLD_ENI])]);
	case 3:
		return dice_one_in(dice, 4)
			       ? services[roll(dice, (unsigned)service_peers(services))]
			       : ip_v4(10, (uint8_t)roll(dice, 3), (uint8_t)roll(dice, 4),
				       (uint8_t)roll(dice, 40));
	case 4:
		for (unsigned i = 0; i < ip_bits(ip) / 8; i++)
			ip.bytes[i] = (uint8_t)roll(dice, 256);
		return ip;
	default:
		return places->ips[family][dice_roll(dice, places->ip_count[family])];
	}
}

static uint64_t some_port(struct plan *plan)
{
	static const uint16_t edges[] = { 32767, 32768, 32769, 0,  1,  65534,
					  65535, 1023,	1024,  80, 443 };
	struct dice	     *dice = plan->dice;

	switch (roll(dice, 4)) {
	case 0:
		return roll(dice, 65536);
	case 1:
		return edges[roll(dice, ARRAY_LEN(edges))];
	case 2:
		return RECORD_EPHEMERAL_MIN + roll(dice, 300);
	default:
		return plan->places.ports[dice_roll(dice, plan->places.port_count)];
	}
}

static void set_header(struct plan *plan, struct record *record)
{
	static const uint8_t protocols[] = { PROTO_TCP, PROTO_TCP, PROTO_TCP,  PROTO_TCP,
					     PROTO_UDP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6 };
	struct dice	    *dice = plan->dice;

	record->protocol = dice_one_in(dice, 20) ? roll(dice, 256)
						 : protocols[roll(dice, ARRAY_LEN(protocols))];
	if (proto_has_ports((int16_t)record->protocol) || dice_one_in(dice, 30)) {
		record->srcport = some_port(plan);
		record->dstport = some_port(plan);
	}
	if (record->protocol == PROTO_UDP && dice_one_in(dice, 6)) {
		record->srcport = dhcp_ports[roll(dice, DHCP_PORT_COUNT)];
		record->dstport = dhcp_ports[roll(dice, DHCP_PORT_COUNT)];
	}
}

/* Interface, direction and addresses: one of the two is the interface's, as a rule. */
static void set_ends(struct plan *plan, struct record *record)
{
	struct dice	 *dice = plan->dice;
	const struct eni *eni =
		&plan->world->enis[roll(dice, (unsigned)plan->world->counts[WORLD_ENI])];
	int	  family = dice_one_in(dice, 3);
	struct ip own = dice_one_in(dice, 8) ? some_ip(plan, family) : eni_ip(dice, eni), peer;
	bool	  egress = dice_one_in(dice, 2);

	do
		peer = some_ip(plan, own.family == IP_V6);
	while (peer.family != own.family && !dice_one_in(dice, 100));
	record->text[FIELD_INTERFACE_ID] = dice_one_in(dice, 30) ? str_of("eni-nobody")
								 : eni->object.id;
	record->flow_direction = dice_one_in(dice, 40) == egress ? DIRECTION_INGRESS
								 : DIRECTION_EGRESS;
	record->srcaddr = egress ? own : peer;
	record->dstaddr = egress ? peer : own;
	record->pkt_srcaddr = record->srcaddr;
	record->pkt_dstaddr = record->dstaddr;
	if (dice_one_in(dice, 4))
		record->pkt_srcaddr = some_ip(plan, family);
	if (dice_one_in(dice, 4))
		record->pkt_dstaddr = some_ip(plan, family);
}

/* The other direction of a conversation, as its interface sees it. */
static struct record turned(const struct record *record)
{
	struct record turned = *record;

	turned.srcaddr = record->dstaddr;
	turned.dstaddr = record->srcaddr;
	turned.pkt_srcaddr = record->pkt_dstaddr;
	turned.pkt_dstaddr = record->pkt_srcaddr;
	turned.srcport = record->dstport;
	turned.dstport = record->srcport;
	turned.flow_direction = record->flow_direction == DIRECTION_INGRESS ? DIRECTION_EGRESS
									    : DIRECTION_INGRESS;
	return turned;
}

/* What every record has of its own. */
static void set_rest(struct dice *dice, struct record *record)
{
	static const uint8_t flags[] = { 0, 0, 0, 0, 1, 2, 3, 4, 16, 18, 19, 24 };

	record->has = ~BIT(FIELD_REJECT_REASON);
	record->text[FIELD_ACCOUNT_ID] = str_of("123456789012");
	record->tcp_flags = flags[roll(dice, ARRAY_LEN(flags))];
	record->action = dice_one_in(dice, 3) ? ACTION_REJECT : ACTION_ACCEPT;
	record->log_status = LOG_STATUS_OK;
	if (dice_one_in(dice, 100))
		record->log_status = dice_one_in(dice, 2) ? LOG_STATUS_NODATA : LOG_STATUS_SKIPDATA;
	record->packets = roll(dice, 1000);
	record->bytes = dice_roll(dice, UINT64_C(1) << 40);
	record->start = (RANDOM_POLICY_DAY - 3) * (uint64_t)SECONDS_A_DAY +
			roll(dice, 6) * (uint64_t)SECONDS_A_DAY + roll(dice, 3) - 1;
	record->end = record->start + (dice_one_in(dice, 2) ? roll(dice, 3) : roll(dice, 600));
	if (dice_one_in(dice, 500))
		record->end = roll(dice, 2) * field_info(FIELD_END)->max;
	if (dice_one_in(dice, 50)) {
		record->has |= BIT(FIELD_REJECT_REASON);
		record->text[FIELD_REJECT_REASON] = str_of(dice_one_in(dice, 2) ? "BPA" : "EOS");
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (dice_one_in(dice, optional >> fields[i] & 1 ? 8 : 300))
			record->has &= ~BIT(fields[i]);
}

static struct record some_record(struct plan *plan)
{
	struct dice  *dice = plan->dice;
	struct record record = { 0 };
	unsigned      of = roll(dice, 3);

	if (of && plan->recent_count == RECENT) {
		record = plan->recent[roll(dice, RECENT)];
		record = of == 1 ? record : turned(&record);
		if (dice_one_in(dice, 4))
			record.srcport = some_port(plan);
		if (dice_one_in(dice, 4))
			record.pkt_srcaddr = record.srcaddr = some_ip(plan, record.srcaddr.family ==
										    IP_V6);
	} else {
		set_header(plan, &record);
		set_ends(plan, &record);
		plan->recent[plan->recent_count < RECENT ? plan->recent_count++
							 : roll(dice, RECENT)] = record;
	}
	set_rest(dice, &record);
	return record;
}

void random_log(struct dice *dice, const struct world *world, unsigned records, struct buf *out)
{
	static struct plan plan;
	unsigned	   left = 0;

	plan = (struct plan){ .dice = dice, .world = world, .format = format_default() };
	places_find(world, &plan.places);
	if (dice_one_in(dice, 4))
		left = roll(dice, STRETCH_MAX);
	for (unsigned i = 0; i < records; i++) {
		struct record record;

		if (left-- == 0) {
			add_header(&plan, out);
			left = roll(dice, STRETCH_MAX);
		}
		record = some_record(&plan);
		writer_add(out, &plan.format, &record);
	}
	places_done(&plan.places);
}
