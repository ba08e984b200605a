/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person means by a port (docs/cli.md, "Ports"): one protocol and, depending on it, destination
 * ports or an ICMP type and code.
 *
 *	5432   tcp/443   udp/53   tcp/8000-8100,9000   icmp   icmp/8   icmp/3/4   icmpv6/128   proto/47
 *	https (services(5))   all
 */
#pragma once

#include "lib/net/proto.h"

struct port_range {
	uint16_t min, max;
};

enum { PORTS_MAX = 32, PORTS_TEXT_SIZE = 512 };

struct ports {
	int16_t		  protocol;		/* PROTO_ANY for `all` */
	uint8_t		  count;		/* ranges; 0 means every port */
	struct port_range ranges[PORTS_MAX];	/* sorted, disjoint, not adjacent */
	int16_t		  icmp_type, icmp_code; /* -1: any */
};

int  ports_parse(struct str text, struct ports *out, struct err *err) MUST_USE;
void ports_print(const struct ports *ports,
		 char		     out[static PORTS_TEXT_SIZE]); /* parses back equal */

/* Whether a packet is among them.  icmp_type or icmp_code -1 (not known) is in only where any would be. */
bool ports_has(const struct ports *ports, int16_t protocol, uint16_t dst_port, int16_t icmp_type,
	       int16_t icmp_code);
