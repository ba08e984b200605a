/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many different addresses (or ports) there were: exact while they are few, an estimate from the smallest
 * hashes after that (Bar-Yossef et al., "Counting distinct elements in a data stream", 2002).
 *
 * Sets of one run share a bound of memory.  When all of them hold more than that, each of them is allowed half;
 * which ones are estimates, and what they say, depends on what was added and never on the order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/ip.h"

/* The relative error of an estimate is about 1/√(keep - 2): 0.8 % at first. */
enum { DISTINCT_KEEP_MAX = 16384, DISTINCT_KEEP_MIN = 64 };

struct distinct {
	uint64_t *hashes; /* the smallest; until distinct_fit some of them twice, and others */
	uint32_t  count, capacity;
	bool	  estimated; /* some are left out */
	uint64_t  limit;     /* of an estimated one: nothing above it can be among the smallest */
};

/*
 * What the sets of one run share.  keep: hashes that a set may hold after distinct_fit; held: by all of them
 * now; held_max: by all of them after distinct_fit, if keep can be made small enough for that.
 */
struct distinct_budget {
	size_t keep, held, held_max;
};

struct distinct_budget distinct_budget(size_t held_max);
void		       distinct_done(struct distinct *set, struct distinct_budget *budget);

/* True when the sets together hold so much that distinct_fit is due. */
bool distinct_add(struct distinct *set, uint64_t hash, struct distinct_budget *budget);
bool distinct_join(struct distinct *into, const struct distinct *from,
		   struct distinct_budget *budget);

/*
 * Keeps the smallest hashes of each, each once, within the budget.  sets: all that share it.  Due before the
 * first distinct_count, too.
 */
void distinct_fit(struct distinct *const *sets, size_t count, struct distinct_budget *budget);

/* The highest hash that adding can still matter for; it never rises. */
uint64_t distinct_bound(const struct distinct *set);

uint64_t distinct_count(const struct distinct *set);

uint64_t distinct_hash_ip(struct ip ip);
uint64_t distinct_hash_port(uint16_t port);
