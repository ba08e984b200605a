/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a set of packets: from one world's to another's. */
#pragma once

#include "simulator/reach/packet_set.h"

struct transition {
	uint32_t before, after; /* with what is not known as the caller wants it */
	/* ALLOW where that happened, DENY elsewhere. */
	uint32_t opened, closed;
	uint32_t undecided;	/* to or from unknown */
	bool	 stays_unknown; /* of some packets neither world tells */
};

struct transitions;

/* sets is borrowed.  unknown_as: what missing data counts as; VERDICT_UNKNOWN leaves it. */
struct transitions *transitions_new(struct packet_sets *sets, enum verdict unknown_as) MUST_USE;
void		    transitions_free(struct transitions *transitions);

/* The number of the transition; equal ones have one. */
uint32_t transitions_put(struct transitions *transitions, uint32_t before, uint32_t after);

/* Borrowed until the next is put. */
const struct transition *transitions_at(const struct transitions *transitions, uint32_t number);

/* Whether anything was opened, closed or undecided. */
bool transition_is_change(const struct transition *transition);

/* Whether a set has packets of which the snapshot does not tell, and that counts. */
bool transitions_is_unknown(struct transitions *transitions, uint32_t set);
