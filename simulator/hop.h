/* SPDX-License-Identifier: Apache-2.0 */
/* One component that a packet crosses, and what it says. */
#pragma once

#include "lib/flow/record.h"
#include "policies/rules/verdict.h"

/* The names of docs/cli.md, plus what a route may point at and Weir does not walk through. */
enum hop_kind {
	HOP_SECURITY_GROUP,
	HOP_NETWORK_ACL,
	HOP_ROUTE_TABLE,
	HOP_OUTSIDE, /* what lies behind a route's target; its kind is the target's */
	HOP_KIND_COUNT
};

struct hop {
	enum hop_kind	kind;
	enum direction	direction; /* of the interface or subnet; DIRECTION_UNKNOWN for routes */
	struct decision decision;
	uint32_t	eni_idx;     /* HOP_SECURITY_GROUP: whose groups */
	uint32_t	object_idx;  /* nacl or rtb; WORLD_NONE when not in the snapshot */
	const struct route *route;   /* HOP_ROUTE_TABLE: the one that matched, or NULL */
	const char	   *outside; /* HOP_OUTSIDE: "internet-gateway", … */
	struct str	    outside_id;
};

enum { HOPS_MAX = 16 };

struct leg {
	struct hop   hops[HOPS_MAX];
	size_t	     count;
	enum verdict verdict; /* of all hops */
};

void leg_add(struct leg *leg, struct hop hop);
