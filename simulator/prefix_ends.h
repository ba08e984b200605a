/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends that delegated prefixes are: every address of a prefix is its interface's, and whatever is behind
 * it, a pod, is reached by it.  Addresses of a prefix that nothing tells apart are one end, so that a prefix has
 * as many as blocks of rules and routes cut it into, most often one.
 *
 * What the VPC's table gives to an address or another prefix inside it is not the prefix's.
 */
#pragma once

#include "simulator/path.h"
#include "simulator/reach/address_classes.h"

struct prefix_end {
	struct end end;	 /* by its first address */
	struct ip  last; /* of the addresses that it stands for */
};

struct prefix_ends {
	struct prefix_end *items; /* by interface */
	size_t		   count, capacity;
	uint32_t	  *firsts; /* where an interface's begin; one more than interfaces */
};

/* As the classes, of ADDRESS_PEER, tell addresses apart. */
struct prefix_ends prefix_ends_of(const struct world *world, const struct address_classes *classes);
void		   prefix_ends_done(struct prefix_ends *ends);
