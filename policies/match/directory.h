/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has an IPv4 address, for all policies of one VPC to look up.  A world has thousands of members and a
 * policy refers to a few groups: each would have an interval for every member.  What a policy makes of a who
 * value is its own affair (plane.h), and takes a byte.
 *
 * Single addresses, which most members have, are hashed to lines; the rest is intervals in a tree.  An address
 * for which its line has no place is an interval too.
 */
#pragma once

#include "policies/match/spans.h"
#include "policies/match/tree.h"

enum { DIRECTORY_LINE = 8 };

/* Unused places say what is true of 0.0.0.0. */
struct directory_line {
	uint32_t addresses[DIRECTORY_LINE], whos[DIRECTORY_LINE];
};

struct directory {
	const struct directory_line *lines;   /* aligned to cache lines; a power of two of them */
	uint32_t		     shift;   /* of the hash, to the index of a line */
	uint32_t		     holders; /* atomic */
	struct tree32		     tree;
	const uint32_t		    *whos; /* interval → who value, of owners.h */
	size_t			     size_bytes;
};

static inline const struct directory_line *directory_line(const struct directory *directory,
							  uint32_t		  address)
{
	return &directory->lines[(address * UINT32_C(0x9e3779b1)) >> directory->shift];
}

/* spans: of who values. */
struct directory *directory_new(const struct spans *spans) MUST_USE;
struct directory *directory_hold(struct directory *directory);
void		  directory_drop(struct directory *directory);
