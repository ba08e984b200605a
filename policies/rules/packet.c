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

static struct packet swapped(const struct packet *packet)
{
	struct packet other = *packet;

	other.src = packet->dst;
	other.dst = packet->src;
	other.src_port = packet->dst_port;
	other.dst_port = packet->src_port;
	return other;
}

/* Echoes are the one pair of ICMP messages of which each tells the other; the code is the request's. */
enum { ECHO_REQUEST = 8, ECHO_REPLY = 0, ECHO_REQUEST_V6 = 128, ECHO_REPLY_V6 = 129 };

struct packet packet_reply(const struct packet *packet)
{
	struct packet reply = swapped(packet);
	bool	      is_v6 = packet->protocol == PROTO_ICMPV6;

	if (packet->icmp_type == (is_v6 ? ECHO_REQUEST_V6 : ECHO_REQUEST) &&
	    proto_is_icmp(packet->protocol))
		reply.icmp_type = is_v6 ? ECHO_REPLY_V6 : ECHO_REPLY;
	else
		reply.icmp_type = reply.icmp_code = -1;
	return reply;
}

struct packet packet_asked(const struct packet *packet)
{
	struct packet asked = swapped(packet);
	bool	      is_v6 = packet->protocol == PROTO_ICMPV6;
	bool	      is_echo_reply = proto_is_icmp(packet->protocol) &&
			     packet->icmp_type == (is_v6 ? ECHO_REPLY_V6 : ECHO_REPLY);

	if (is_echo_reply)
		asked.icmp_type = is_v6 ? ECHO_REQUEST_V6 : ECHO_REQUEST;
	else
		asked.icmp_type = asked.icmp_code = -1;
	return asked;
}

/* Echo, timestamp, information and address mask of RFC 792 and 950; echo of RFC 4443. */
bool packet_wants_reply(const struct packet *packet)
{
	static const int16_t queries[] = { ECHO_REQUEST, 13, 15, 17 };

	if (packet->protocol == PROTO_ICMPV6)
		return packet->icmp_type < 0 || packet->icmp_type == ECHO_REQUEST_V6;
	if (packet->protocol != PROTO_ICMP)
		return packet->protocol == PROTO_TCP;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++)
		if (packet->icmp_type == queries[i])
			return true;
	return packet->icmp_type < 0;
}
