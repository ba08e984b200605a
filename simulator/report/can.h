/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir can`, and its forms. */
#pragma once

#include <stdio.h>

#include "simulator/openings.h"
#include "simulator/pairs.h"
#include "simulator/reach/packet_words.h"

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
	const struct pairs *pairs;	/* borrowed; the verdicts of its groups are known */
	struct question	    base;	/* what all pairs share */
	bool		    is_set;	/* openings, not path */
	const char	   *ports_text; /* PORT as typed, or NULL */
	const struct ports *ports;	/* borrowed; NULL without PORT */
	enum verdict	    unknown_as;
	enum verdict	    verdict; /* reachable if any pair is */
	uint64_t	    limit;   /* pairs to show; of text, groups of them */
};

/* Asks about two ends that are a pair. */
void can_pair_find(const struct can_answer *answer, const struct end *src, const struct end *dst,
		   struct can_pair *out);
void can_pair_done(struct can_pair *pair);

/* The same of a set that is known from another pair of its group; it is borrowed. */
void can_pair_like(const struct can_answer *answer, const struct end *src, const struct end *dst,
		   const struct openings *openings, struct can_pair *out);

/* An opening as the piece that JSON and the words for sets have of it. */
struct packet_piece can_opening_piece(const struct opening *opening);

const char *can_verdict_text(enum verdict verdict); /* "reachable" */
void	    can_print_text(const void *answer, FILE *out);
void	    can_print_json(const void *answer, FILE *out);

#define auto_pair __attribute__((cleanup(can_pair_done)))
