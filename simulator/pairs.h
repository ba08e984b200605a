/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs that two endpoints make: every end of the one with every end of the other, but for an interface's
 * own and those of two address families and of two addresses that are nobody's in the snapshot.  Pairs of ends of the same two kinds (reach/kinds.h) fare alike: they
 * are one group, of which one pair need be asked about.
 */
#pragma once

#include "simulator/endpoint.h"
#include "simulator/reach/kinds.h"

/* One of the endpoints, its ends by classes: those of a kind, else each for itself. */
struct pair_side {
	const struct endpoint *endpoint; /* borrowed */
	uint32_t	      *classes;	 /* beside its ends */
	uint32_t	      *members;	 /* indexes of ends, by class, else in their order */
	uint32_t *firsts; /* where the members of a class begin; one more than classes */
	size_t	  class_count;
};

struct pair_group {
	uint32_t     src_class, dst_class;
	struct end   src, dst; /* the first of its pairs */
	uint64_t     count;
	enum verdict verdict; /* the caller's */
};

struct pairs {
	struct pair_side src, dst;
	struct pair_group
		 *groups; /* in the order of their first pairs' sources, then destinations */
	size_t	  count;
	uint32_t *at; /* the group of two classes, source major; WORLD_NONE: none */
	uint64_t  total;
};

/* kinds NULL: each pair is a group.  ERR_USAGE when there is no pair at all. */
int  pairs_find(const struct endpoint *src, const struct endpoint *dst, const struct kinds *kinds,
		struct pairs *out, struct err *err) MUST_USE;
void pairs_done(struct pairs *pairs);

/* The group of two ends, by their indexes; NULL: they are no pair. */
const struct pair_group *pairs_at(const struct pairs *pairs, size_t src_idx, size_t dst_idx);

const struct end *pair_side_member(const struct pair_side *side, uint32_t class_idx, size_t index);
size_t		  pair_side_count(const struct pair_side *side, uint32_t class_idx);
