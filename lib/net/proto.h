/* SPDX-License-Identifier: Apache-2.0 */
/* IP protocol numbers and the names that AWS and people use for them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum {
	PROTO_ANY = -1,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_GRE = 47,
	PROTO_ESP = 50,
	PROTO_ICMPV6 = 58,
	PROTO_SCTP = 132,
};

enum { PROTO_TEXT_SIZE = 8 };

/* "tcp", "TCP", "6", "-1", "all", "icmpv6", "58".  0, or -1 with *out untouched. */
int proto_parse(struct str text, int16_t *out, struct err *err) MUST_USE;

/* "tcp", "icmpv6"; the decimal number when it has no common name; "all" for PROTO_ANY. */
void proto_print(int16_t protocol, char out[static PROTO_TEXT_SIZE]);
bool proto_has_ports(int16_t protocol); /* TCP and UDP: those whose ports AWS's rules look at */
bool proto_is_icmp(int16_t protocol);	/* 1 and 58 */
