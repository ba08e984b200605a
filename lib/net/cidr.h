/* SPDX-License-Identifier: Apache-2.0 */
/* A block of addresses of one family; the host bits of base are always zero. */
#pragma once

#include "lib/net/ip.h"

struct cidr {
	struct ip base;
	uint8_t	  prefix_len;
};

enum { CIDR_TEXT_SIZE = IP_TEXT_SIZE + 4 };

/* "10.0.0.0/8".  Refuses host bits: for what a person typed. */
int cidr_parse(struct str text, struct cidr *out, struct err *err) MUST_USE;

/* The same, host bits cleared: for AWS's documents, whose API does that itself (aws-semantics.md 2.3). */
int cidr_parse_masked(struct str text, struct cidr *out, struct err *err) MUST_USE;

void cidr_print(struct cidr cidr, char out[static CIDR_TEXT_SIZE]);
void cidr_print_short(struct cidr cidr, char out[static CIDR_TEXT_SIZE]); /* a host's without /32 */
struct cidr cidr_of_ip(struct ip ip);					  /* /32 or /128 */
struct ip   cidr_last(struct cidr cidr);
bool	    cidr_has(struct cidr cidr, struct ip ip); /* families never cross */
bool	    cidr_covers(struct cidr outer, struct cidr inner);
bool	    cidr_eq(struct cidr a, struct cidr b);
