/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir exposed`, and its forms. */
#pragma once

#include <stdio.h>

#include "simulator/reach/exposure.h"

struct exposed_answer {
	const struct world    *world;
	const struct exposure *exposure;
	const struct judge    *judge;	   /* NULL: no policy */
	const char	      *query;	   /* SELECTOR as typed, or NULL */
	const char	      *ports_text; /* PORT likewise */
	enum verdict	       unknown_as; /* UNKNOWN: the status tells */
	uint64_t	       limit;	   /* lines to show */
	bool		       header;
};

void exposed_print_text(const void *answer, FILE *out);
void exposed_print_csv(const void *answer, FILE *out);
void exposed_print_markdown(const void *answer, FILE *out);
void exposed_print_json(const void *answer, FILE *out);

/* How many lines of CSV there are without a limit. */
uint64_t exposed_csv_lines(const struct exposed_answer *answer);
