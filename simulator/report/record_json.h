/* SPDX-License-Identifier: Apache-2.0 */
/* One judged record as a line of JSON: docs/cli.md, "`explain` and `check --records`". */
#pragma once

#include <stdio.h>

#include "policies/match/record.h"

struct record_line {
	const struct world	   *world;
	const struct judge	   *judge;  /* NULL: no policy */
	const char		   *source; /* NULL: standard input, not said */
	uint64_t		    line;
	const struct record	   *record;
	const struct record_answer *answer;
};

void record_print_json(const struct record_line *line, FILE *out);
