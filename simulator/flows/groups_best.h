/* SPDX-License-Identifier: Apache-2.0 */
/* The first rows in an order, out of any number that come in any order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "simulator/flows/groups_answer.h"

struct groups_best_item {
	uint64_t  rank; /* the larger, the better; of ties the key decides */
	uint64_t *row;
};

struct groups_best {
	size_t	 key_words, row_words, rank_word, limit;
	uint64_t rank_flip; /* all ones where the smallest comes first */
	int (*compare)(const void *context, const uint64_t *a,
		       const uint64_t *b); /* of ties; NULL: by key */
	const void *context;
	struct groups_best_item
		    *items; /* once there are limit of them a heap, the last one first */
	size_t	     count, capacity;
	struct arena arena; /* their rows */
};

void groups_best_init(struct groups_best *best, const struct groups_shape *shape,
		      const struct groups_order *order);
void groups_best_done(struct groups_best *best);

void groups_best_offer(struct groups_best *best, const uint64_t *row); /* copied when it is kept */

/* The kept ones of all, sorted: row pointers into their arenas, best->limit at most. */
const uint64_t **groups_best_sorted(const struct groups_best *bests, size_t best_count,
				    size_t *count) MUST_USE;
