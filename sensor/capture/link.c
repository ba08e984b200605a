/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/link.h"

#include <string.h>

#include <pcap/dlt.h>

#include "lib/base/mark.h"

struct link {
	int type; /* DLT_ */
	/* tags: VLAN tags that stood in the frame and do not any more. */
	enum parse_result (*parse)(const struct frame *frame, uint8_t tags,
				   struct flow_packet *out);
};

static enum parse_result parse_as_ethernet(const struct frame *frame, uint8_t tags,
					   struct flow_packet *out)
{
	return parse_ethernet(frame, tags, out);
}

static enum parse_result parse_as_ip(const struct frame *frame, uint8_t tags,
				     struct flow_packet *out)
{
	(void)tags;
	return parse_ip(frame, 0, out);
}

/* BSD loopback: an address family in the byte order of who captured, or of the network (DLT_LOOP). */
static enum parse_result parse_as_loopback(const struct frame *frame, uint8_t tags,
					   struct flow_packet *out)
{
	/* AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD and OpenBSD, FreeBSD, Darwin. */
	static const uint8_t families[] = { 2, 10, 23, 24, 28, 30 };
	uint8_t		     head[4];

	(void)tags;
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
static enum parse_result parse_as_cooked(const struct frame *frame, uint8_t tags,
					 struct flow_packet *out)
{
	uint8_t head[16];
	__be16	type_be;

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	memcpy(&type_be, head + 14, sizeof(type_be));
	out->key.direction = cooked_direction(head[1]);
	return parse_payload(frame, sizeof(head), type_be, tags, out);
}

/* Its second version: EtherType in the first two of 20 bytes, packet type (8 bits) in the eleventh. */
static enum parse_result parse_as_cooked2(const struct frame *frame, uint8_t tags,
					  struct flow_packet *out)
{
	uint8_t head[20];
	__be16	type_be;

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	memcpy(&type_be, head, sizeof(type_be));
	out->key.direction = cooked_direction(head[10]);
	return parse_payload(frame, sizeof(head), type_be, tags, out);
}

/* PPP's numbers (RFC 1661, 1332, 5072), in one byte where the first is odd, as the peers may agree. */
static enum parse_result parse_ppp(const struct frame *frame, __u32 offset, struct flow_packet *out)
{
	uint8_t	 head[2];
	unsigned protocol;

	if (frame_read(frame, offset, head, 1))
		return PARSE_SHORT_LINK;
	protocol = head[0];
	offset++;
	if (!(head[0] & 1)) {
		if (frame_read(frame, offset, head + 1, 1))
			return PARSE_SHORT_LINK;
		protocol = protocol << 8 | head[1];
		offset++;
	}
	if (protocol == 0x21)
		return parse_ipv4(frame, offset, out);
	if (protocol == 0x57)
		return parse_ipv6(frame, offset, out);
	return PARSE_NOT_IP;
}

/* Address and control, "to all" and "unnumbered", may be left out. */
static enum parse_result parse_as_ppp(const struct frame *frame, uint8_t tags,
				      struct flow_packet *out)
{
	uint8_t head[2] = { 0 };

	(void)tags;
	(void)frame_read(frame, 0, head, sizeof(head));
	return parse_ppp(frame, head[0] == 0xff && head[1] == 0x03 ? 2 : 0, out);
}

/* RFC 2516: version and type, code 0 for a session's data, session, length; then PPP. */
static enum parse_result parse_as_pppoe(const struct frame *frame, uint8_t tags,
					struct flow_packet *out)
{
	uint8_t head[6];

	(void)tags;
	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	return head[0] == 0x11 && head[1] == 0 ? parse_ppp(frame, sizeof(head), out) : PARSE_NOT_IP;
}

/* Cisco's HDLC: address, control, EtherType. */
static enum parse_result parse_as_hdlc(const struct frame *frame, uint8_t tags,
				       struct flow_packet *out)
{
	uint8_t head[4];
	__be16	type_be;

	if (frame_read(frame, 0, head, sizeof(head)))
		return PARSE_SHORT_LINK;
	memcpy(&type_be, head + 2, sizeof(type_be));
	return parse_payload(frame, sizeof(head), type_be, tags, out);
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
	{ DLT_PPP, parse_as_ppp },
	{ DLT_PPP_SERIAL, parse_as_ppp },
	{ DLT_PPP_ETHER, parse_as_pppoe },
	{ DLT_C_HDLC, parse_as_hdlc },
};

const struct link *link_find(int type)
{
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		if (links[i].type == type)
			return &links[i];
	return NULL;
}

enum parse_result link_parse(const struct link *link, const struct link_frame *frame,
			     struct flow_packet *packet, struct flow_count *count)
{
	struct frame	  bytes = { .bytes = frame->bytes,
				    .size = frame->size,
				    .wire_size = frame->wire_size };
	enum parse_result result;

	*packet = (struct flow_packet){ 0 };
	result = link->parse(&bytes, frame->tags, packet);
	if (result != PARSE_FLOW)
		return result;
	if (frame->headers_end > packet->network_offset + packet->header_len)
		packet->header_len = (uint16_t)(frame->headers_end - packet->network_offset);
	if (frame->gso_size)
		packet_segment(packet, frame->wire_size - packet->network_offset, frame->gso_size,
			       0);
	*count = (struct flow_count){ .packets = packet->packets,
				      .bytes = packet->bytes,
				      .first_ns = (uint64_t)frame->time.ns,
				      .last_ns = (uint64_t)frame->time.ns,
				      .tcp_flags = packet->tcp_flags,
				      .icmp_type = packet->icmp_type,
				      .icmp_code = packet->icmp_code,
				      .is_discovery = packet->is_discovery };
	return PARSE_FLOW;
}

void link_batch_init(struct link_batch *batch, struct windows *windows, struct stats *stats)
{
	batch->windows = windows;
	batch->stats = stats;
	batch->fragments = fragments_new();
	batch->begin.ns = 0;
	batch->end.ns = 0;
	batch->count = 0;
}

void link_batch_done(struct link_batch *batch)
{
	fragments_free(batch->fragments);
	batch->fragments = NULL;
}

int link_flush(struct link_batch *batch, struct err *err)
{
	size_t count = batch->count;

	batch->count = 0;
	return windows_add(batch->windows, batch->flows, count, err);
}

/* Packets come mostly in the order of time: the window of one is nearly always that of the one before. */
static int64_t window_at(struct link_batch *batch, struct wall time)
{
	uint32_t interval_s = windows_interval_s(batch->windows);

	if (time.ns >= batch->begin.ns && time.ns < batch->end.ns)
		return batch->window;
	batch->window = window_of(time, interval_s);
	batch->begin = window_start(batch->window, interval_s);
	batch->end = window_start(batch->window + 1, interval_s);
	return batch->window;
}

static enum flow_direction direction_of(const struct link_source *source,
					const struct flow_key	 *key)
{
	if (source->direction != FLOW_UNKNOWN)
		return source->direction;
	if (key->direction != FLOW_UNKNOWN)
		return (enum flow_direction)key->direction;
	return eni_direction(source->eni, key);
}

int link_take(const struct link_source *source, const struct link_frame *frame, struct err *err)
{
	struct link_batch *batch = source->batch;
	uint64_t	  *counts = batch->stats->counts;
	struct flow	  *flow = &batch->flows[batch->count];
	int64_t		   window = window_at(batch, frame->time);
	struct flow_packet packet;
	enum parse_result  result = link_parse(source->link, frame, &packet, &flow->count);

	if (result != PARSE_FLOW && result != PARSE_NOT_IP) {
		windows_lose(batch->windows, source->eni->ifindex, window, result, 1);
		return 0;
	}
	counts[result]++;
	if (result != PARSE_FLOW)
		return 0;
	packet.key.ifindex = source->eni->ifindex;
	packet.key.direction = (uint8_t)direction_of(source, &packet.key);
	counts[STAT_NO_DIRECTION] += packet.key.direction == FLOW_UNKNOWN;
	if (packet.fragment != FRAGMENT_NONE) {
		counts[FLOW_COUNTER_FRAGMENT] += !fragments_join(batch->fragments, &packet,
								 frame->time);
		flow->count.icmp_type = packet.icmp_type;
		flow->count.icmp_code = packet.icmp_code;
	}
	flow->key = packet.key;
	flow->window = window;
	batch->count++;
	return batch->count < LINK_BATCH ? 0 : link_flush(batch, err);
}
