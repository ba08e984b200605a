/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is remembered of a datagram's first fragment, in the kernel and in the sensor. */
#pragma once

#include <linux/types.h>

/* The datagram that a fragment is of: the key to the ports that only its first fragment has. */
struct flow_datagram {
	__u32 ifindex;
	__u32 datagram;
	__u8  family;
	__u8  protocol; /* of IPv4; 0 of IPv6 (RFC 791, RFC 8200) */
	__u8  direction;
	__u8  zero;
	__u8  src[16];
	__u8  dst[16];
};

_Static_assert(sizeof(struct flow_datagram) == 44, "the key has no padding");

struct flow_ports {
	__u64 seen_ns;
	__u16 src_port;
	__u16 dst_port;
	__u8  icmp_type;
	__u8  icmp_code;
	__u8  protocol;
	__u8  zero;
};

/* A first fragment is remembered so long: as hosts wait for the rest (RFC 1122: 60 to 120 s; Linux 30). */
#define FLOW_DATAGRAM_NS 30000000000ULL
enum { FLOW_DATAGRAM_COUNT = 8192 };
