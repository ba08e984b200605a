/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir rules`, and its forms. */
#pragma once

#include "simulator/flows/period.h"
#include "simulator/flows/usage_view.h"
#include "simulator/report/log_head.h"

struct rules_answer {
	const struct world	  *world;
	const struct usage_answer *usage;
	const struct usage_rule	 **rules; /* in view, in order */
	size_t			   count;
	struct log_head		   head;
	struct period		   period;
	uint64_t		   limit; /* rules to show */
	bool			   header;
};

void rules_print_text(const void *answer, FILE *out);
void rules_print_json(const void *answer, FILE *out);
void rules_print_csv(const void *answer, FILE *out);

/* "sgr-…", "100"; "*" for the implicit deny, "" for a group's rule without an id. */
void rules_add_id(const struct usage_rule *rule, struct buf *out);

/* "tcp/5432 from sg shop-app", "in deny all 0.0.0.0/0", "in deny all" */
void rules_add_text(const struct rules_answer *answer, const struct usage_rule *rule,
		    struct buf *out);

/* Of the rules in view, shown or not. */
struct rules_counts {
	size_t never_hit, removable; /* removable: of never_hit */
	size_t maybe, not_known;     /* may have been hit; no record of any of its interfaces */
};

struct rules_counts rules_count(const struct rules_answer *answer);
