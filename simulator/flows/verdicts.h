/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows judged and added up, at the speed at which they are read.  Most records repeat others in everything that
 * their verdict depends on (verdict_key.h): rows of one kind.  A consumer is asked once for the place of each
 * kind, and the numbers of all that follow are added to it.
 *
 * Who opened a connection is known when all records have been seen: rows of TCP whose own flags do not tell it
 * wait until the end, added up by conversation, on disk if need be.  So the answer does not depend on the order
 * of the rows.  Flags that say what the ports say are not remembered: the reading is the same, only less certain
 * (cause.h may name a tracked reply that they rule out).
 */
#pragma once

#include "policies/match/opener.h"
#include "policies/match/records.h"
#include "simulator/flows/period.h"
#include "simulator/flows/sums.h"
#include "simulator/flows/verdict_key.h"

/*
 * See sums.h.  place: at least once for each kind, and again for a record that stands before all others of its
 * place but comes late.  note: every address of the place's records, at least once; it returns the
 * highest distinct_hash_ip that is still of interest for such an end of that place.
 */
struct verdicts_consumer {
	void *self;
	uint32_t (*place)(void *self, const struct judged *judged);
	uint64_t (*note)(void *self, uint32_t place, const struct judged_end *end);
	void (*add)(void *self, uint32_t place, const struct sums *sums);
};

/* What all threads' verdicts share; all borrowed. */
struct verdicts_run {
	const struct world	    *world;
	const struct judge	    *judge; /* NULL: no policy */
	const struct verdict_scheme *scheme;
	const struct period	    *period;	   /* rows outside are passed over */
	size_t			     memory_bytes; /* of one thread's */
	const char		    *spill_folder; /* NULL: none */
	char *const		    *paths;	   /* of the files, by their number */
};

struct verdicts;

struct verdicts *verdicts_new(const struct verdicts_run	     *run,
			      const struct verdicts_consumer *consumer) MUST_USE;
void		 verdicts_free(struct verdicts *verdicts);

/* columns has at least verdict_fields(). */
void verdicts_rows(struct verdicts *verdicts, const struct columns *columns);

/* After the last row of all threads: what waited is judged, and every consumer is given its sums. */
void verdicts_finish(struct verdicts *const *threads, size_t count);

/* Of a thread, after verdicts_finish. */
struct verdicts_counts {
	uint64_t outside, timeless; /* of the period; without a time that would tell */
	uint64_t left_out;    /* records that waited, and neither memory nor disk had room for */
	uint64_t unnumbered;  /* of interfaces too many to number: judged by their own flags */
	uint64_t not_learned; /* connections too many to remember who opened them */
	uint64_t judged;      /* kinds that the rules were asked about */
};

struct verdicts_counts verdicts_counts(const struct verdicts *verdicts);
