/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world at random while its text is written, and what any world is made of: blocks, prefix lists, permissions
 * of groups, entries of ACLs.  10.V.S.0/24 and 2001:db8:V:S::/64 are a subnet's of VPC V, so that rules meet
 * addresses; a single quote stands for a double one.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/net/cidr.h"
#include "policies/world/world.h"
#include "tests/differential/dice.h"

enum { PLAN_TEXT_MAX = 1 << 22 };

/* How many there are of each thing. */
struct plan {
	struct dice *dice;
	struct buf   text;
	unsigned     vpcs, subnets, groups, nacls, lists, enis;
	bool	     overlap, v6, crowded;
	bool	     routed; /* rules speak of other networks as well */
};

/* Where VPCs overlap, all but the first have the same block, and their subnets the same addresses. */
unsigned plan_vpc_octet(const struct plan *plan, unsigned vpc);
unsigned plan_subnet_octet(const struct plan *plan, unsigned subnet);

/* What separates the items of a list. */
void plan_item(struct plan *plan, unsigned index);

struct ip plan_ip(struct plan *plan, bool v6);
void	  plan_cidr(struct plan *plan, bool v6, char out[static CIDR_TEXT_SIZE]);

void plan_lists(struct plan *plan);		     /* PrefixLists: pl-0 … */
void plan_permission(struct plan *plan);	     /* one of a group */
void plan_entry(struct plan *plan, unsigned number); /* one of an ACL */

/* Puts double quotes for single ones: the text is JSON then. */
void plan_quote(struct plan *plan);

/* The world that the text is.  Ends the program when it cannot be loaded: a fault of the generator. */
struct world *plan_load(struct plan *plan) MUST_USE;
