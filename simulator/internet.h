/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The internet as a whole, asked as single addresses.  Every component that a packet crosses draws boundaries
 * through the addresses: between two of them all fare alike, so one address of each stretch is walked, until
 * one gets through.  What no address can do, the internet cannot.
 */
#pragma once

#include "simulator/path.h"

typedef void walk_fn(const struct world *world, const struct question *question, struct path *out);

/* One end of the question is the internet.  *out is the path of the address that gets furthest. */
void internet_walk(const struct world *world, const struct question *question, walk_fn *walk,
		   struct path *out);

/* Unicast and not private, or NAT64's name for such an address. */
bool internet_routes(struct ip ip);

/* Such an address of no VPC: those have addresses of their own, which the internet cannot be. */
bool internet_has(const struct world *world, struct ip ip);
