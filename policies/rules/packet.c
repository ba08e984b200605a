/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/packet.h"

static enum match match_icmp(int16_t rule, int16_t value)
{
	if (rule < 0)
		return MATCH_YES;
	if (value < 0)
		return MATCH_MAYBE;
	return rule == value ? MATCH_YES : MATCH_NO;
}

/*
 * Protocol first; destination port only for TCP and UDP, type and code only for ICMP; source ports never
 * (aws-semantics.md 2.3 and 3).
 */
enum match packet_match(const struct packet *packet, int16_t protocol, struct port_range ports,
			int16_t icmp_type, int16_t icmp_code)
{
	enum match type, code;

	if (protocol == PROTO_ANY)
		return MATCH_YES;
	if (protocol != packet->protocol)
		return MATCH_NO;
	if (proto_has_ports(protocol))
		return packet->dst_port >= ports.min && packet->dst_port <= ports.max ? MATCH_YES
										      : MATCH_NO;
	if (!proto_is_icmp(protocol))
		return MATCH_YES;
	type = match_icmp(icmp_type, packet->icmp_type);
	code = match_icmp(icmp_code, packet->icmp_code);
	return type < code ? type : code;
}

/* Echoes are the one pair of ICMP messages of which each tells the other: 8 and 0, 128 and 129. */
static int16_t echo_partner(const struct packet *packet)
{
	static const int16_t pairs[][2] = { { 8, 0 }, { 128, 129 } };
	const int16_t	    *pair = pairs[packet->protocol == PROTO_ICMPV6];

	if (!proto_is_icmp(packet->protocol))
		return -1;
	return packet->icmp_type == pair[0] ? pair[1] : packet->icmp_type == pair[1] ? pair[0] : -1;
}

struct packet packet_reply(const struct packet *packet)
{
	struct packet reply = *packet;

	reply.src = packet->dst;
	reply.dst = packet->src;
	reply.src_port = packet->dst_port;
	reply.dst_port = packet->src_port;
	reply.icmp_type = echo_partner(packet);
	reply.icmp_code = reply.icmp_type < 0 ? -1 : 0;
	return reply;
}
