/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VPC Block Public Access (aws-semantics.md 4.5).  What a VPC or subnet says of itself counts, exclusions
 * included; else the setting of its account and Region, with the exclusions that are in the snapshot.
 */
#pragma once

#include "policies/world/world.h"

enum public_access {
	PUBLIC_ACCESS_OPEN,
	PUBLIC_ACCESS_BLOCK_INGRESS, /* only NAT and egress-only gateways lead out */
	PUBLIC_ACCESS_BLOCK,	     /* nothing passes, either way */
};

/* Either may be WORLD_NONE.  A snapshot that says nothing of it is open. */
enum public_access public_access_of(const struct world *world, uint32_t vpc_idx,
				    uint32_t subnet_idx);

/*
 * Whether that is the VPC's or subnet's own word.  What is said of a whole account holds only as far as the
 * exclusions are known.
 */
bool public_access_is_own(const struct world *world, uint32_t vpc_idx, uint32_t subnet_idx);
