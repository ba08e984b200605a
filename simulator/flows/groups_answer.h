/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of all threads as one answer: the first groups in an order, and totals over all of
 * them.  The answer is the same however the rows were spread over tables and whether they were
 * spilled, unless a table was capped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "simulator/flows/groups.h"

enum { GROUPS_BY_RECORDS = -1 };

/*
 * Groups that tie come by key: word by word, smaller numbers first, or as compare says, which is given rows of the
 * answer, never two of an equal key, and may be called by any thread.
 */
struct groups_order {
	int    by;	  /* GROUPS_BY_RECORDS or the index of a value */
	bool   ascending; /* else the largest come first */
	size_t limit;	  /* SIZE_MAX: all of them, and all of them in memory */
	int (*compare)(const void *context, const uint64_t *a, const uint64_t *b);
	const void *context;
};

struct groups_answer {
	const uint64_t **rows; /* in order; a row is key words, records, values */
	size_t		 row_count;
	uint64_t	 group_count;		    /* of all, also of those beyond the limit */
	uint64_t	 records;		    /* of all, with left_out */
	uint64_t	 values[GROUPS_VALUES_MAX]; /* of all rows; 0 where there was none */
	uint64_t	 left_out; /* records that found no room, neither in memory nor on disk */
	uint64_t	 spilled_bytes;
	struct arena	*arenas; /* where the rows are */
	size_t		 arena_count;
};

/*
 * Empties the tables; they are only good for groups_free afterwards.  Uses as many threads as there
 * are tables.
 */
void groups_answer_make(struct groups_answer *answer, struct groups *const *tables, size_t count,
			const struct groups_order *order);
void groups_answer_done(struct groups_answer *answer);

#define auto_groups_answer __attribute__((cleanup(groups_answer_done)))
