/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which ports one end reaches another at all.  Every rule on the way draws boundaries; between two
 * boundaries all ports fare alike, so one packet of each class is walked.  Exact, not sampled.
 */
#pragma once

#include "simulator/path.h"

/* A class of packets that get through, or that are not known to be stopped. */
struct opening {
	int16_t	     protocol;	/* PROTO_ANY: every protocol but those of except */
	uint64_t     except[4]; /* a bit for each that has ports or types, or that a rule names */
	uint16_t     min, max;	/* ports, or ICMP types; 0 to 65535 or 255 otherwise */
	int16_t	     icmp_code; /* -1: every code; else the first of them */
	int16_t	     icmp_code_max;
	enum verdict verdict;
	const struct sg_rule *rule;   /* of path_opener; NULL when it is not known */
	struct hop	      doubt;  /* VERDICT_UNKNOWN: the first hop that is not known */
	struct intent_answer  intent; /* what the policy says of it */
	struct packet	      packet; /* one of the class */
};

struct openings {
	struct opening *items;
	size_t		count, capacity;
	enum verdict	verdict; /* the most open of all classes */
};

/* The question's packet gives the ends only.  The policy's ports draw boundaries too. */
void openings_find(const struct world *world, const struct question *question,
		   struct openings *out);
void openings_done(struct openings *openings);

#define auto_openings __attribute__((cleanup(openings_done)))
