/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records grouped, added up and ordered: `weir top`.  Every thread has a worker, which picks the records that
 * the question is about, makes keys of them and adds them to tables of its own; the answer merges these.
 */
#pragma once

#include "simulator/flows/by.h"
#include "simulator/flows/period.h"
#include "simulator/flows/where_select.h"

/* What can be told of a group. */
enum ranking_total {
	RANKING_RECORDS,
	RANKING_PACKETS,
	RANKING_BYTES,
	RANKING_START, /* the first second of any record; UINT64_MAX when none has one */
	RANKING_END,   /* the last; 0 when none has one */
	RANKING_TOTAL_COUNT
};

bool	    ranking_total_find(struct str name, enum ranking_total *out);
const char *ranking_total_name(enum ranking_total total);

struct ranking_question {
	struct by	    by;
	const struct where *where; /* NULL: every record */
	struct period	    period;
	enum ranking_total  shown[RANKING_TOTAL_COUNT];
	uint8_t		    shown_count;
	enum ranking_total  sort;  /* one of those shown; the largest come first */
	size_t		    limit; /* SIZE_MAX: all groups */
	const struct world *world; /* NULL when nothing asks for names and tiers */
	const struct judge *judge; /* NULL when nothing asks for tiers */
};

uint64_t ranking_fields(const struct ranking_question *question); /* that must be read */
bool	 ranking_names(const struct ranking_question *question);
bool	 ranking_tiers(const struct ranking_question *question);

struct ranking;

/* The question and the folder for what memory does not hold (NULL: none) are borrowed. */
struct ranking *ranking_new(const struct ranking_question *question, unsigned threads,
			    size_t memory_bytes, const char *spill_folder) MUST_USE;
void		ranking_free(struct ranking *ranking);

/* For crew_run: the workers, one a thread, and what each does with rows. */
void **ranking_workers(struct ranking *ranking);
void   ranking_rows(void *worker, const struct columns *columns);

struct ranking_group {
	struct by_key key;
	uint64_t      totals[RANKING_TOTAL_COUNT]; /* of those shown */
};

struct ranking_answer {
	struct ranking_group *groups; /* in order; their keys live as long as the ranking */
	size_t		      group_count;
	uint64_t	      groups_total;
	uint64_t totals[RANKING_TOTAL_COUNT]; /* over all groups; records: that matched */
	uint64_t outside, timeless;	      /* not in the period; without a time to tell */
	uint64_t left_out;		      /* records that matched and found no room */
	bool	 lacks[RANKING_TOTAL_COUNT];  /* no record has the field: a sum of nothing */
	const struct lexicon *lexicon;	      /* of the texts in keys */
};

/* Once, when no thread adds any more. */
void ranking_answer(struct ranking *ranking, struct ranking_answer *out);
void ranking_answer_done(struct ranking_answer *answer);
