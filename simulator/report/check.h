/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir check`, and its forms. */
#pragma once

#include "simulator/flows/period.h"
#include "simulator/flows/snapshot_time.h"
#include "simulator/flows/waivers.h"
#include "simulator/report/log_head.h"

struct check_answer {
	const struct world	  *world;
	const struct judge	  *judge; /* NULL: no policy */
	const struct tally_answer *tally;
	const struct waivers	  *waivers;
	struct period		   period;
	struct snapshot_time	   snapshot;
	struct log_head		   head;
	uint64_t		   limit; /* groups to show */
	bool			   header;
};

void check_print_text(const void *answer, FILE *out);
void check_print_json(const void *answer, FILE *out);
void check_print_csv(const void *answer, FILE *out);	  /* the groups */
void check_print_markdown(const void *answer, FILE *out); /* totals, groups, waivers */

/* "web -> db tcp/5432", "internet -> web tcp, 1,024 ports" */
void check_add_path(const struct tally_group *group, struct buf *out);

/*
 * What allowed or denied it; of what was denied, whether the other layer would have allowed it; what the policy
 * says.  Each may be nothing.
 */
typedef void   check_add_part(const struct check_answer *answer, const struct tally_group *group,
			      struct buf *out);
check_add_part check_add_decision, check_add_other, check_add_policy;

/*
 * Which end's interface saw the group's records: "source", "destination"; "" where the deciding rule does not tell.
 * A connection inside the snapshot is seen at both, and so makes two groups of the same ends.
 */
const char *check_seen_at(const struct tally_group *group);

check_add_part check_add_reasons; /* all three, in one sentence */

/* Bits of enum cause, those of time included. */
uint32_t check_causes(const struct check_answer *answer, const struct tally_group *group);

check_add_part check_add_why; /* of the example, as explain and --records say it */
