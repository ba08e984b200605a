/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose work a set is: the group rules by which its packets get through, and the components that leave some of
 * them undecided.  One packet is walked of every stretch that the deciding interface's rules tell apart.
 */
#pragma once

#include "simulator/reach/reach.h"

/*
 * The receiving interface's rule, as `can` names it; of a receiver without groups, which is outside, the
 * sender's.
 */
struct decider {
	enum verdict	      verdict; /* ALLOW or UNKNOWN */
	const struct sg_rule *rule;    /* ALLOW; NULL: no rule of a group decides */
	uint32_t	      sg_idx;  /* whose rule it is */
	const char	     *note;    /* why no rule decides; static, or NULL */
	const struct hop     *doubt;   /* UNKNOWN: the first hop that is not known; NULL: none is */
	uint32_t	      set;     /* of which packets */
};

struct decider_list {
	struct decider *items;
	size_t		count, capacity;
	bool		is_cut; /* there may be more: no more walks were to be had */
};

bool decider_is_same(const struct decider *a, const struct decider *b); /* but for its set */

struct deciders;

struct deciders *deciders_new(struct reach *reach) MUST_USE;
void		 deciders_free(struct deciders *deciders); /* the doubts are gone, too */

/* How many packets are walked from here on at most; none before the first call. */
void deciders_allow(struct deciders *deciders, size_t walks);

/* set: what of reach_between is asked for.  Borrowed until the next question. */
const struct decider_list *deciders_between(struct deciders *deciders, uint32_t src_kind,
					    uint32_t dst_kind, uint32_t set);
