/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdict_key.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { SECONDS_A_DAY = 86400, TCP_SYN = 2, TCP_SYN_ACK = 18 };

#define BIT(field) (UINT64_C(1) << (field))

/* Of these fields it matters whether there is a value. */
#define FIELDS                                                                                     \
	(BIT(FIELD_INTERFACE_ID) | BIT(FIELD_SRCADDR) | BIT(FIELD_DSTADDR) | BIT(FIELD_SRCPORT) |  \
	 BIT(FIELD_DSTPORT) | BIT(FIELD_PROTOCOL) | BIT(FIELD_END) | BIT(FIELD_ACTION) |           \
	 BIT(FIELD_LOG_STATUS) | BIT(FIELD_TCP_FLAGS) | BIT(FIELD_PKT_SRCADDR) |                   \
	 BIT(FIELD_PKT_DSTADDR) | BIT(FIELD_FLOW_DIRECTION) | BIT(FIELD_REJECT_REASON))
#define FIELDS_OF_SUMS (BIT(FIELD_PACKETS) | BIT(FIELD_BYTES) | BIT(FIELD_START))
#define PKT_FIELDS     (BIT(FIELD_PKT_SRCADDR) | BIT(FIELD_PKT_DSTADDR))

/* Word 0, from the lowest bit. */
enum {
	ACTION_AT = 0,
	STATUS_AT = 2,
	DIRECTION_AT = 4,
	REASON_AT = 6,
	PROTOCOL_AT = 8,
	MOMENT_AT = 16,
	INTERFACE_AT = 32
};
/* Word 1: bits of fields, and above them two of enum role each. */
enum { OWN_ROLE_AT = 56, KNOWN_ROLE_AT = 58 };
enum { REASON_BPA = 1, REASON_OTHER = 2 };

_Static_assert((int)FIELD_COUNT <= (int)OWN_ROLE_AT, "word 1 has a bit for each field");

static int compare_moments(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void verdict_scheme_init(struct verdict_scheme *scheme, const struct world *world,
			 const struct judge *judge)
{
	const struct intent *intent = judge ? judge_policy(judge) : NULL;
	size_t		     capacity = 0, count = 0;

	*scheme = (struct verdict_scheme){ .addresses = address_floor_new(world, judge),
					   .ports = port_floor_new(world, judge) };
	for (uint32_t i = 0; intent && i < intent->statement_count; i++) {
		const struct statement *statement = &intent->statements[i];

		if (statement->kind != STATEMENT_WAIVE)
			continue;
		scheme->moments = mem_grow(scheme->moments, count, &capacity,
					   sizeof(*scheme->moments));
		scheme->moments[count++] = ((int64_t)statement->until + 1) * SECONDS_A_DAY;
	}
	if (count)
		qsort(scheme->moments, count, sizeof(*scheme->moments), compare_moments);
	scheme->moment_count = (uint32_t)count;
}

void verdict_scheme_done(struct verdict_scheme *scheme)
{
	address_floor_free(scheme->addresses);
	free(scheme->ports);
	free(scheme->moments);
	*scheme = (struct verdict_scheme){ 0 };
}

uint64_t verdict_fields(void)
{
	return FIELDS | FIELDS_OF_SUMS;
}

/* How many moments have passed. */
static uint32_t moment_of(const struct verdict_scheme *scheme, uint64_t end)
{
	uint32_t low = 0, high = scheme->moment_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if ((int64_t)end >= scheme->moments[middle])
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The port of the client, where it is told which that is, is as good as any that nothing tells from it. */
static uint64_t ports_of(const struct verdict_scheme *scheme, enum role role, uint16_t src,
			 uint16_t dst)
{
	if (role == ROLE_INITIATOR)
		src = scheme->ports->lowest[src];
	else if (role == ROLE_REPLY)
		dst = scheme->ports->lowest[dst];
	return (uint64_t)src << 16 | dst;
}

/* What is rejected may be judged as an opening whatever its ports say (record.c): either is a service's then. */
static enum role role_by_ports(const struct columns *columns, uint32_t row, uint16_t src,
			       uint16_t dst)
{
	uint8_t	  protocol = (uint8_t)columns->at[FIELD_PROTOCOL].u64[row];
	enum role role = record_role_by_ports(protocol, src, dst);

	if (role == ROLE_REPLY && columns->at[FIELD_ACTION].word[row] == ACTION_REJECT)
		return ROLE_UNKNOWN;
	return role;
}

static uint64_t load(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static uint32_t load_v4(const struct ip *ip)
{
	uint32_t word;

	memcpy(&word, ip->bytes, sizeof(word));
	return word;
}

static uint64_t reason_of(const struct columns *columns, uint32_t row)
{
	return str_is(columns->at[FIELD_REJECT_REASON].text[row], "BPA") ? REASON_BPA
									 : REASON_OTHER;
}

/* The four addresses of a record, in the order of a wide key. */
enum { SRC, DST, PKT_SRC, PKT_DST, ADDRESSES };

/*
 * Floors of a narrow key.  Between an interface's own address, which one of the two is nearly always, and one that is
 * not its stand-in's, the stand-in can take its place.
 */
static void lower_narrow(const struct verdict_scheme *scheme, struct verdict_key *key)
{
	const struct verdict_view *view = &key->view;
	uint32_t		   src = (uint32_t)(key->words[2] >> 32);
	uint32_t		   dst = (uint32_t)key->words[2];
	bool			   src_own = src == view->own_v4 && view->own_v4;
	bool			   dst_own = dst == view->own_v4 && view->own_v4;
	struct address_floor_v4	   from = { src, view->eni_idx, !view->is_twin };
	struct address_floor_v4	   to = { dst, view->eni_idx, !view->is_twin };
	uint32_t		   peer_idx;

	if (!src_own && key->words[1] & BIT(FIELD_SRCADDR))
		from = address_floor_of_v4(scheme->addresses, src, view->eni_idx);
	if (!dst_own && key->words[1] & BIT(FIELD_DSTADDR))
		to = address_floor_of_v4(scheme->addresses, dst, view->eni_idx);
	peer_idx = src_own ? to.eni_idx : from.eni_idx;
	if (view->twin_v4 && src_own != dst_own && peer_idx != view->twin_idx &&
	    peer_idx != view->eni_idx && peer_idx != ADDRESS_FLOOR_SHARED) {
		struct address_floor_v4 *own = src_own ? &from : &to;

		*own = (struct address_floor_v4){ .address = view->twin_v4, .alone = false };
		key->words[0] = (key->words[0] & UINT32_MAX) | (uint64_t)view->twin << INTERFACE_AT;
	}
	key->src_alone = from.alone;
	key->dst_alone = to.alone;
	key->words[2] = (uint64_t)from.address << 32 | to.address;
}

static void put_addresses(const struct ip *ips, struct verdict_key *key)
{
	uint64_t families = 0;

	for (size_t i = 0; i < ADDRESSES; i++) {
		key->words[2 + 2 * i] = load(ips[i].bytes);
		key->words[3 + 2 * i] = load(ips[i].bytes + 8);
		families = families << 4 | ips[i].family;
	}
	key->words[10] = families;
}

/* Floors of all addresses; those of the packet are pkt- where the record has them. */
static void lower_addresses(const struct verdict_scheme *scheme, uint64_t has, struct ip *ips,
			    struct verdict_key *key)
{
	bool alone[ADDRESSES] = { 0 };

	for (size_t i = 0; i < ADDRESSES; i++)
		ips[i] = address_floor_of(scheme->addresses, ips[i], key->view.eni_idx, &alone[i]);
	key->src_alone = alone[has & BIT(FIELD_PKT_SRCADDR) ? PKT_SRC : SRC];
	key->dst_alone = alone[has & BIT(FIELD_PKT_DSTADDR) ? PKT_DST : DST];
}

/* Whether the pkt- addresses say nothing that the others do not. */
static bool is_same_packet(const struct columns *columns, uint32_t row, uint64_t has)
{
	if ((has & PKT_FIELDS) == 0)
		return true;
	return (has & PKT_FIELDS) == PKT_FIELDS &&
	       memcmp(&columns->at[FIELD_PKT_SRCADDR].ip[row], &columns->at[FIELD_SRCADDR].ip[row],
		      sizeof(struct ip)) == 0 &&
	       memcmp(&columns->at[FIELD_PKT_DSTADDR].ip[row], &columns->at[FIELD_DSTADDR].ip[row],
		      sizeof(struct ip)) == 0;
}

/* Words 0 and 1. */
static void put_head(const struct verdict_scheme *scheme, const struct columns *columns,
		     uint32_t row, uint32_t interface, struct verdict_key *out)
{
	uint64_t has = columns->has[row] & FIELDS;
	uint64_t protocol = columns->at[FIELD_PROTOCOL].u64[row];
	uint64_t word = (uint64_t)interface << INTERFACE_AT | protocol << PROTOCOL_AT;
	uint64_t own = ROLE_UNKNOWN;
	bool	 has_flags = protocol == PROTO_TCP && (has & BIT(FIELD_TCP_FLAGS));

	if (has_flags)
		own = (uint64_t)record_role_by_flags(columns->at[FIELD_TCP_FLAGS].u64[row]);
	word |= (uint64_t)columns->at[FIELD_ACTION].word[row] << ACTION_AT;
	word |= (uint64_t)columns->at[FIELD_LOG_STATUS].word[row] << STATUS_AT;
	word |= (uint64_t)columns->at[FIELD_FLOW_DIRECTION].word[row] << DIRECTION_AT;
	if (scheme->moment_count)
		word |= (uint64_t)moment_of(scheme, columns->at[FIELD_END].u64[row]) << MOMENT_AT;
	if (has & BIT(FIELD_REJECT_REASON))
		word |= reason_of(columns, row) << REASON_AT;
	out->wants_opener = has_flags && own == ROLE_UNKNOWN;
	out->src_alone = out->dst_alone = false;
	out->words[0] = word;
	out->words[1] = has | own << OWN_ROLE_AT;
}

void verdict_key_make(const struct verdict_scheme *scheme, const struct columns *columns,
		      uint32_t row, uint32_t interface, struct verdict_key *out)
{
	const struct ip *src = &columns->at[FIELD_SRCADDR].ip[row];
	const struct ip *dst = &columns->at[FIELD_DSTADDR].ip[row];
	uint16_t	 src_port = (uint16_t)columns->at[FIELD_SRCPORT].u64[row];
	uint16_t	 dst_port = (uint16_t)columns->at[FIELD_DSTPORT].u64[row];
	uint64_t	 ports = (uint64_t)src_port << 16 | dst_port, has, own;

	put_head(scheme, columns, row, interface, out);
	has = out->words[1];
	if (src->family != IP_V6 && dst->family != IP_V6 && is_same_packet(columns, row, has)) {
		out->count = MEMO_NARROW;
		out->words[2] = (uint64_t)load_v4(src) << 32 | load_v4(dst);
		if (!out->wants_opener)
			lower_narrow(scheme, out);
	} else {
		struct ip ips[ADDRESSES] = { *src, *dst, columns->at[FIELD_PKT_SRCADDR].ip[row],
					     columns->at[FIELD_PKT_DSTADDR].ip[row] };

		out->count = MEMO_WIDE;
		if (!out->wants_opener)
			lower_addresses(scheme, has, ips, out);
		put_addresses(ips, out);
	}
	if (!out->wants_opener) {
		own = has >> OWN_ROLE_AT & 3;
		if (own == ROLE_UNKNOWN)
			own = (uint64_t)role_by_ports(columns, row, src_port, dst_port);
		ports = ports_of(scheme, (enum role)own, src_port, dst_port);
	}
	out->words[out->count - 1] = ports;
}

static struct ip unload(const uint64_t *words, uint64_t family)
{
	struct ip ip = { .family = (uint8_t)family };

	memcpy(ip.bytes, words, sizeof(ip.bytes));
	return ip;
}

static void take_addresses(const struct verdict_key *key, struct ip *ips)
{
	uint64_t has = key->words[1], families = key->words[10], both = key->words[2];
	uint32_t src = (uint32_t)(both >> 32), dst = (uint32_t)both;

	memset(ips, 0, ADDRESSES * sizeof(*ips));
	if (key->count == MEMO_WIDE) {
		for (unsigned i = 0; i < ADDRESSES; i++)
			ips[i] = unload(key->words + 2 + (size_t)2 * i,
					families >> (12 - 4 * i) & 15);
		return;
	}
	if (has & BIT(FIELD_SRCADDR))
		ips[SRC] = ip_from_bytes(IP_V4, &src);
	if (has & BIT(FIELD_DSTADDR))
		ips[DST] = ip_from_bytes(IP_V4, &dst);
	if ((has & PKT_FIELDS) == 0)
		return;
	ips[PKT_SRC] = ips[SRC];
	ips[PKT_DST] = ips[DST];
}

void verdict_key_settle(const struct verdict_scheme *scheme, enum role known,
			struct verdict_key *key)
{
	struct ip ips[ADDRESSES];
	uint64_t *ports = &key->words[key->count - 1];
	uint16_t  src = (uint16_t)(*ports >> 16), dst = (uint16_t)*ports;
	enum role role = known != ROLE_UNKNOWN ? known : record_role_by_ports(PROTO_TCP, src, dst);

	if (key->count == MEMO_NARROW) {
		lower_narrow(scheme, key);
	} else {
		take_addresses(key, ips);
		lower_addresses(scheme, key->words[1], ips, key);
		put_addresses(ips, key);
	}
	key->words[1] |= (uint64_t)known << KNOWN_ROLE_AT;
	*ports = ports_of(scheme, role, src, dst);
	key->wants_opener = false;
}

void verdict_key_record(const struct verdict_scheme *scheme, const struct verdict_key *key,
			struct str interface, struct record *out)
{
	static const uint64_t flags[ROLE_COUNT] = {
		[ROLE_INITIATOR] = TCP_SYN, [ROLE_REPLY] = TCP_SYN_ACK
	};
	uint64_t  word = key->words[0], ports = key->words[key->count - 1];
	uint32_t  moment = (uint32_t)(word >> MOMENT_AT) & 0xffff;
	uint64_t  reason = word >> REASON_AT & 3;
	struct ip ips[ADDRESSES];

	*out = (struct record){ .has = key->words[1] & FIELDS };
	take_addresses(key, ips);
	out->srcaddr = ips[SRC];
	out->dstaddr = ips[DST];
	out->pkt_srcaddr = ips[PKT_SRC];
	out->pkt_dstaddr = ips[PKT_DST];
	out->text[FIELD_INTERFACE_ID] = interface;
	out->protocol = word >> PROTOCOL_AT & 0xff;
	out->action = word >> ACTION_AT & 3;
	out->log_status = word >> STATUS_AT & 3;
	out->flow_direction = word >> DIRECTION_AT & 3;
	out->srcport = ports >> 16 & 0xffff;
	out->dstport = ports & 0xffff;
	out->tcp_flags = flags[key->words[1] >> OWN_ROLE_AT & 3];
	out->end = moment ? (uint64_t)scheme->moments[moment - 1] : 0;
	if (reason)
		out->text[FIELD_REJECT_REASON] = str_of(reason == REASON_BPA ? "BPA" : "other");
}

void verdict_key_packet(const struct verdict_key *key, struct ip *src, struct ip *dst)
{
	struct ip ips[ADDRESSES];

	take_addresses(key, ips);
	*src = ips[key->words[1] & BIT(FIELD_PKT_SRCADDR) ? PKT_SRC : SRC];
	*dst = ips[key->words[1] & BIT(FIELD_PKT_DSTADDR) ? PKT_DST : DST];
}

uint32_t verdict_key_interface(const struct verdict_key *key)
{
	return (uint32_t)(key->words[0] >> INTERFACE_AT);
}

enum role verdict_key_known(const struct verdict_key *key)
{
	return (enum role)(key->words[1] >> KNOWN_ROLE_AT & 3);
}
