/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network interface as records show it: its id, its primary address, what its own addresses are.  What
 * the host cannot know (VPC, subnet, instance …) is no part of it and stays `-`.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/flow/record.h"
#include "lib/net/ip.h"
#include "sensor/flow_table.h"

enum { ENI_LOCALS_MAX = 64, ENI_COUNT_MAX = 64 };

struct eni {
	char	   name[IF_NAMESIZE];
	struct str id; /* borrowed; empty: not given */
	uint32_t   ifindex;
	bool	   ethernet; /* false: its frames begin with the IP header */
	struct ip  primary;  /* the first IPv4 address; IP_NONE when it has none */
	struct ip  locals[ENI_LOCALS_MAX];
	size_t	   local_count;
};

/* "ens5" or "ens5=eni-0123456789abcdef0"; text is borrowed. */
int eni_parse(const char *text, struct eni *out, struct err *err) MUST_USE;

/* Looks the interface up on this host: index, link type, primary address. */
int eni_look_up(struct eni *eni, struct err *err) MUST_USE;

int eni_add_local(struct eni *eni, struct ip ip, struct err *err) MUST_USE;

/*
 * The direction of a packet in a capture that does not tell: what our address sent is egress, what is for
 * our address or for many (multicast, broadcast) is ingress.
 */
enum flow_direction eni_direction(const struct eni *eni, const struct flow_key *key);

/* account_id may be empty.  The record borrows from both. */
struct record eni_record(const struct eni *eni, struct str account_id, const struct flow *flow);
