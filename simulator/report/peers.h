/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir who` and `weir reach`, and its forms. */
#pragma once

#include <stdio.h>

#include "simulator/reach/peers.h"

struct peers_answer {
	const struct peers *peers;
	const struct world *world;	/* borrowed */
	const char	   *ports_text; /* PORT as typed, or NULL */
	bool		    is_single;	/* PORT is one packet: all rows are about it */
	enum verdict	    verdict;
	bool		    assumed; /* not known; --unknown says what it counts as */
	uint64_t	    limit;   /* rows to show */
	bool		    header;
};

void peers_print_text(const void *answer, FILE *out);
void peers_print_json(const void *answer, FILE *out);
void peers_print_csv(const void *answer, FILE *out);
void peers_print_markdown(const void *answer, FILE *out);
