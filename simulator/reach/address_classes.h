/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that nothing in a world tells apart.  All that rules and routes say of addresses they say of
 * blocks, and blocks nest or are apart: two addresses whose innermost block is the same fare alike.
 */
#pragma once

#include "policies/intent/judge.h"
#include "policies/match/spans.h"

enum address_detail {
	ADDRESS_PLACE, /* what routes, ACLs and gateways tell apart */
	ADDRESS_PEER,  /* groups and the policy's tiers as well */
};

/* The value of a span is the class of its addresses: the number of a block; 0 is in none. */
struct address_classes {
	struct spans spans[SPAN_FAMILY_COUNT];
	uint32_t     count; /* no class is as large */
};

/* judge may be NULL. */
struct address_classes address_classes_of(const struct world *world, const struct judge *judge,
					  enum address_detail detail);
void		       address_classes_done(struct address_classes *classes);

uint32_t address_class(const struct address_classes *classes, struct ip ip);
