/* SPDX-License-Identifier: Apache-2.0 */
/* One address of either family.  Families never compare equal: ::ffff:10.0.0.1 is not 10.0.0.1. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

/* A zeroed struct ip is "no address". */
struct ip {
	uint8_t family;	   /* enum ip_family */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

enum { IP_TEXT_SIZE = 46 };

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct ip ip_from_bytes(enum ip_family family, const void *bytes); /* 4 or 16 of them */
unsigned  ip_bits(struct ip ip);				   /* 32, 128, or 0 */

/* Dotted quad without leading zeros, or RFC 4291 text without a zone.  0, or -1 with *out untouched. */
int ip_parse(struct str text, struct ip *out, struct err *err) MUST_USE;

/* RFC 5952; "-" for none.  Returns the length without the NUL. */
size_t ip_print(struct ip ip, char out[static IP_TEXT_SIZE]);

bool	  ip_eq(struct ip a, struct ip b);
int	  ip_cmp(struct ip a, struct ip b);	/* family, then value */
bool	  ip_bit(struct ip ip, unsigned index); /* 0 is the most significant */
struct ip ip_mask(struct ip ip, unsigned prefix_len);
struct ip ip_add(struct ip ip, uint32_t offset); /* wraps at the end of the family */

/* RFC 1918, RFC 6598, loopback, link-local, unique local: what the internet cannot route. */
bool ip_is_private(struct ip ip);

/* 64:ff9b::a.b.c.d, by which hosts of IPv6 name hosts of IPv4 (RFC 6052), and back; none for others. */
enum { IP_NAT64_BITS = 96 };
struct ip ip_nat64_of(struct ip v4);
struct ip ip_nat64_inside(struct ip ip);

/* The blocks that these are, both families; how many. */
struct cidr;
size_t ip_private_blocks(const struct cidr **blocks);
