/* SPDX-License-Identifier: Apache-2.0 */
/* All rules of a world in a row, and which of them a judged record hits. */
#pragma once

#include "simulator/flows/usage.h"

struct usage_rules {
	const struct world *world;
	struct usage_rule  *items;
	size_t		    count;
	uint32_t	   *sg_first, *nacl_first; /* object → its first rule in items */
};

void usage_rules_open(struct usage_rules *rules, const struct world *world);
void usage_rules_close(struct usage_rules *rules);

/* Rules that are hit: the index × 2, + 1 when without the rule the verdict would be another. */
struct usage_hits {
	uint32_t *items;
	size_t	  count, capacity;
};

/* Appends to hits. */
void usage_rules_hit(const struct usage_rules *rules, const struct record_answer *answer,
		     struct usage_hits *hits);

/* Which interfaces each rule applies to.  covered: of each interface, what its records add up to. */
void usage_rules_cover(struct usage_rules *rules, const struct sums *covered);
