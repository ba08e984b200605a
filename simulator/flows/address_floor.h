/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that nothing tells apart: no block, rule or prefix list of the world, no tier of the policy, no service,
 * and no border of what reports name (blocks of private addresses, ends.h); and of interfaces, those of one subnet
 * with the same groups and tiers.  Each is replaced by the lowest of its kind, so that the many hosts of the internet
 * are one, and so are those of a fleet.
 */
#pragma once

#include "policies/intent/judge.h"

struct address_floor;

/* judge may be NULL. */
struct address_floor *address_floor_new(const struct world *world,
					const struct judge *judge) MUST_USE;
void		      address_floor_free(struct address_floor *floor);

/*
 * As seen from the interface own_idx, whose own addresses stay what they are, and apart from all others; WORLD_NONE
 * when that is not in the world.  ADDRESS_FLOOR_APART: all interfaces stay apart.  *alone: the kind has no other
 * address.  No address is its own floor, and alone.
 */
enum { ADDRESS_FLOOR_APART = UINT32_MAX - 1 };
struct ip address_floor_of(const struct address_floor *floor, struct ip ip, uint32_t own_idx,
			   bool *alone);

/* The same of an IPv4 address as it lies in memory, the quick way. */
uint32_t address_floor_of_v4(const struct address_floor *floor, uint32_t address, uint32_t own_idx,
			     bool *alone);
