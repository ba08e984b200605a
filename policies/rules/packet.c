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

/* An echo request is the one ICMP message whose answer is known: type 0 of ICMP, 129 of ICMPv6. */
static void set_reply_type(struct packet *reply)
{
	bool is_echo = (reply->protocol == PROTO_ICMP && reply->icmp_type == 8) ||
		       (reply->protocol == PROTO_ICMPV6 && reply->icmp_type == 128);

	reply->icmp_type = is_echo ? (reply->protocol == PROTO_ICMP ? 0 : 129) : -1;
	reply->icmp_code = is_echo ? 0 : -1;
}

struct packet packet_reply(const struct packet *packet)
{
	struct packet reply = *packet;

	reply.src = packet->dst;
	reply.dst = packet->src;
	reply.src_port = packet->dst_port;
	reply.dst_port = packet->src_port;
	set_reply_type(&reply);
	return reply;
}
