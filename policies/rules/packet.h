/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields that rules look at.  A flow-log record gives less than a packet does, and says so. */
#pragma once

#include "lib/net/ip.h"
#include "lib/net/ports.h"

struct packet {
	struct ip src, dst;
	uint8_t	  protocol;
	uint16_t  src_port, dst_port;	/* TCP and UDP; 0 otherwise */
	int16_t	  icmp_type, icmp_code; /* -1: not known, as in a flow-log record */
};

/* Whether a rule's protocol, ports and ICMP type cover a packet.  MAYBE: the packet does not say enough. */
enum match { MATCH_NO, MATCH_MAYBE, MATCH_YES };

enum match packet_match(const struct packet *packet, int16_t protocol, struct port_range ports,
			int16_t icmp_type, int16_t icmp_code);

/*
 * The packet that answers this one, and the packet that this one answers: addresses and ports swapped.  Of
 * ICMP only an echo's partner has a type that is known.
 */
struct packet packet_reply(const struct packet *packet);
struct packet packet_asked(const struct packet *packet);

/*
 * Whether a packet is of no use without an answer: TCP and ICMP's queries, a type that is not known among
 * them.  UDP and other messages have arrived as they are.
 */
bool packet_wants_reply(const struct packet *packet);
