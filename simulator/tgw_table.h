/* SPDX-License-Identifier: Apache-2.0 */
/* Attachments and route tables of a transit gateway, looked up (aws-semantics.md 4.3). */
#pragma once

#include "policies/rules/verdict.h"

/* The attachment of a VPC to a gateway, or WORLD_NONE. */
uint32_t tgw_attachment_of(const struct world *world, uint32_t tgw_idx, uint32_t vpc_idx);

/* The gateway at the other end of a peering attachment, or WORLD_NONE: not in the snapshot. */
uint32_t tgw_peer(const struct world *world, uint32_t tgw_idx, uint32_t attachment_idx);

/* The one table that decides about what comes from the attachment, or WORLD_NONE. */
uint32_t tgw_table_of(const struct world *world, uint32_t tgw_idx, uint32_t attachment_idx);

struct tgw_answer {
	const struct tgw_route *route; /* NULL: none, or not known */
	struct decision		decision;
};

/* Longest prefix; of equal ones static before prefix list before propagated.  A blackhole drops. */
struct tgw_answer tgw_route_find(const struct world *world, uint32_t rtb_idx, struct ip dst);
