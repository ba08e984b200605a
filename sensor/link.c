/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/link.h"

#include <string.h>

#include <pcap/dlt.h>

#include "bpf/parse.h"
#include "lib/base/mark.h"

struct link {
	int type; /* DLT_ */
	enum parse_result (*parse)(const struct frame *frame, struct flow_packet *out);
};

static enum parse_result parse_as_ethernet(const struct frame *frame, struct flow_packet *out)
{
	return parse_ethernet(frame, 0, out);
}

static enum parse_result parse_as_ip(const struct frame *frame, struct flow_packet *out)
{
	return parse_ip(frame, 0, out);
}

/* BSD loopback: an address family in the byte order of who captured, or of the network (DLT_LOOP). */
static enum parse_result parse_as_loopback(const struct frame *frame, struct flow_packet *out)
{
	/* AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin. */
	static const uint8_t families[] = { 2, 10, 23, 24, 28, 30 };
	uint8_t		     head[4];

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if ((head[0] == families[i] && !head[1] && !head[2] && !head[3]) ||
		    (head[3] == families[i] && !head[0] && !head[1] && !head[2]))
			return parse_ip(frame, sizeof(head), out);
	return PARSE_NOT_IP;
}

/* sll_pkttype: 4 is "sent by us"; the others came in. */
static uint8_t cooked_direction(uint8_t packet_type)
{
	return packet_type == 4 ? FLOW_EGRESS : FLOW_INGRESS;
}

/* Linux cooked capture: packet type (16 bits), …, EtherType in the last two of 16 bytes. */
static enum parse_result parse_as_cooked(const struct frame *frame, struct flow_packet *out)
{
	uint8_t head[16];
	__be16	type_be;

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	memcpy(&type_be, head + 14, sizeof(type_be));
	out->key.direction = cooked_direction(head[1]);
	return parse_payload(frame, sizeof(head), type_be, 0, out);
}

/* Its second version: EtherType in the first two of 20 bytes, packet type (8 bits) in the eleventh. */
static enum parse_result parse_as_cooked2(const struct frame *frame, struct flow_packet *out)
{
	uint8_t head[20];
	__be16	type_be;

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	memcpy(&type_be, head, sizeof(type_be));
	out->key.direction = cooked_direction(head[10]);
	return parse_payload(frame, sizeof(head), type_be, 0, out);
}

static const struct link links[] = {
	{ DLT_EN10MB, parse_as_ethernet },
	{ DLT_LINUX_SLL, parse_as_cooked },
	{ DLT_LINUX_SLL2, parse_as_cooked2 },
	{ DLT_RAW, parse_as_ip },
	{ DLT_IPV4, parse_as_ip },
	{ DLT_IPV6, parse_as_ip },
	{ DLT_NULL, parse_as_loopback },
	{ DLT_LOOP, parse_as_loopback },
};

const struct link *link_find(int type)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (links[i].type == type)
			return &links[i];
	return NULL;
}

enum parse_result link_parse(const struct link *link, const struct link_frame *frame,
			     struct flow_key *key, struct flow_count *count, bool *fragment)
{
	struct frame	   bytes = { .bytes = frame->bytes,
				     .size = frame->size,
				     .wire_size = frame->wire_size };
	struct flow_packet packet = { 0 };
	enum parse_result  result = link->parse(&bytes, &packet);

	if (result != PARSE_FLOW)
		return result;
	*key = packet.key;
	*count = (struct flow_count){ .packets = 1,
				      .bytes = packet.bytes,
				      .first_ns = (uint64_t)frame->time.ns,
				      .last_ns = (uint64_t)frame->time.ns,
				      .tcp_flags = packet.tcp_flags,
				      .icmp_type = packet.icmp_type,
				      .icmp_code = packet.icmp_code };
	*fragment = packet.fragment == FRAGMENT_LATER;
	return PARSE_FLOW;
}

int link_take(const struct link_source *source, const struct link_frame *frame, struct err *err)
{
	uint64_t	 *counts = source->stats->counts;
	struct flow	  flow;
	bool		  fragment;
	enum parse_result result = link_parse(source->link, frame, &flow.key, &flow.count,
					      &fragment);

	counts[result]++;
	if (result != PARSE_FLOW)
		return 0;
	counts[FLOW_COUNTER_FRAGMENT] += fragment;
	flow.key.ifindex = source->eni->ifindex;
	if (source->direction != FLOW_UNKNOWN)
		flow.key.direction = (uint8_t)source->direction;
	else if (flow.key.direction == FLOW_UNKNOWN)
		flow.key.direction = (uint8_t)eni_direction(source->eni, &flow.key);
	counts[STAT_NO_DIRECTION] += flow.key.direction == FLOW_UNKNOWN;
	flow.window = window_of(frame->time, windows_interval_s(source->windows));
	return windows_add(source->windows, &flow, err);
}
