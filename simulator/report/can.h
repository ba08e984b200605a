/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir can`, and its forms. */
#pragma once

#include <stdio.h>

#include "simulator/openings.h"
#include "simulator/path.h"

/* One pair of ends. */
struct can_pair {
	const char	    *src_query, *dst_query; /* borrowed: as typed */
	struct question	     question;
	struct path	     path;     /* when one packet was asked for */
	struct openings	     openings; /* when a set of ports was */
	struct intent_answer intent;   /* of the one packet */
	enum verdict	     verdict;
	bool		     assumed; /* not known; --unknown says what it counts as */
};

struct can_answer {
	const struct world *world;	/* borrowed */
	bool		    is_set;	/* openings, not path */
	const char	   *ports_text; /* PORT as typed, or NULL */
	const struct ports *ports;	/* borrowed; NULL without PORT */
	struct can_pair	   *pairs;
	size_t		    pair_count;
	enum verdict	    verdict; /* reachable if any pair is */
};

const char *can_verdict_text(enum verdict verdict); /* "reachable" */
void	    can_print_text(const void *answer, FILE *out);
void	    can_print_json(const void *answer, FILE *out);
