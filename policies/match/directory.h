/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has an IPv4 address, for all policies of one VPC to look up.  A world has thousands of members and a
 * policy refers to a few groups: each would have an interval for every member.  What a policy makes of a who
 * value is its own affair (plane.h), and takes a byte.
 */
#pragma once

#include "policies/match/spans.h"
#include "policies/match/tree.h"

struct directory {
	struct tree32	tree;
	const uint32_t *whos; /* interval → who value, of owners.h */
	size_t		size_bytes;
	uint32_t	holders; /* atomic */
};

/* spans: of who values. */
struct directory *directory_new(const struct spans *spans) MUST_USE;
struct directory *directory_hold(struct directory *directory);
void		  directory_drop(struct directory *directory);
