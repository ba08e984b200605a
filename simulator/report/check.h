/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir check`, and its forms. */
#pragma once

#include <stdio.h>

#include "simulator/flows/tally.h"

struct check_answer {
	const struct world *world;
	const struct judge *judge; /* NULL: no policy */
	const struct tally *tally; /* sorted */
	uint64_t	    files, records, bad_lines;
	uint64_t	    limit; /* groups to show */
	bool		    header;
};

void check_print_text(const void *answer, FILE *out);
void check_print_json(const void *answer, FILE *out);

/* "web -> db tcp/5432" */
void check_print_path(const struct tally_group *group, struct buf *out);
