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

/* What a record is to a rule. */
enum usage_hit {
	USAGE_HIT,	/* others would have done the same */
	USAGE_HIT_ONLY, /* without the rule the verdict would be another */
	USAGE_HIT_MAYBE /* nothing tells whether it is a hit (usage_maybe.h) */
};

/* Rules and what a record is to each: index × 4 + enum usage_hit. */
struct usage_hits {
	uint32_t *items;
	size_t	  count, capacity;
};

void	       usage_hits_add(struct usage_hits *hits, uint32_t rule, enum usage_hit hit);
uint32_t       usage_hit_rule(uint32_t item);
enum usage_hit usage_hit_kind(uint32_t item);

/* Appends the certain ones to hits. */
void usage_rules_hit(const struct usage_rules *rules, const struct record_answer *answer,
		     struct usage_hits *hits);

/* What the logs have of one interface. */
struct usage_cover {
	struct sums covered;		/* records that could be judged, and NODATA */
	uint64_t    accepted, rejected; /* records that could not: they may be hits of any rule */
};

/* Which interfaces each rule applies to, and how the logs cover them; covers has one of each. */
void usage_rules_cover(struct usage_rules *rules, const struct usage_cover *covers);
