/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of foreign kinds (kinds.h) as few blocks, for people and for lists.
 *
 * A block may hold addresses that are of no foreign kind, or, where the internet is spoken of, private ones:
 * none of them can be meant.  So what a rule allows from 0.0.0.0/0 reads 0.0.0.0/0 again, and 10.0.0.0/8 stays
 * whole though a VPC has a part of it.
 */
#pragma once

#include "lib/base/buf.h"
#include "simulator/reach/kinds.h"

struct addresses {
	enum kind_scope scope;
	uint8_t		family; /* enum ip_family */
	bool		is_all; /* of the scope and family that there are */
	struct cidr    *cidrs;	/* disjoint, ascending, as few as can be */
	struct cidr
		*others; /* what is missing of the scope and family, whole where that is fewer */
	size_t	 count, other_count;
	struct point size; /* how many there are: hi and lo are one number */
};

/* At least one kind; all of one scope and family. */
struct addresses addresses_of(const struct kinds *kinds, const uint32_t *kind_idxs, size_t count);
void		 addresses_done(struct addresses *addresses);

/*
 * "internet", "internet but 203.0.113.0/24", "10.0.0.0/8 172.16.0.0/12 … and 12 more": no more than limit
 * blocks, of which one at least is told.
 */
void addresses_words(const struct addresses *addresses, size_t limit, struct buf *out);

/* "4,294,967,296"; of IPv6 "12 /48s", "3+ /64s" when there is a part of one more, or "5". */
void addresses_size_words(const struct addresses *addresses, struct buf *out);

#define auto_addresses __attribute__((cleanup(addresses_done)))
