/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows with an equal key, added up.  A key is a fixed number of words; each row brings values, of
 * which a group keeps the sum, the smallest or the largest; how many rows a group had is counted by
 * itself.  A table is one thread's; groups_answer merges the tables of all threads.
 *
 * While groups are few, rows go to the table at once; once they are many, rows wait in a pile and
 * are grouped part by part (groups_pile.h), at the end or when half of the memory is full of them.
 *
 * A table keeps to its memory: what does not fit is spilled to an unlinked temporary file and
 * merged back, exactly.  Where no disk is to be had the table is capped: groups that are in it go
 * on counting, rows of others are counted in left_out.  Nothing here fails.
 *
 * A group is laid out as a row of words: its key, its records, its values (groups_row_words).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/mark.h"

enum { GROUPS_KEY_WORDS_MAX = 32, GROUPS_VALUES_MAX = 8 };

/*
 * A row's values: those that are summed up, up to UINT64_MAX, then mins, then maxes; at most
 * GROUPS_VALUES_MAX.
 */
struct groups_shape {
	uint8_t key_words; /* 1 … GROUPS_KEY_WORDS_MAX */
	uint16_t
		key_bits; /* those behind the first so many are 0 in all keys; 0: none are known to be */
	uint8_t	    sums, mins, maxes;
	bool	    is_unpiled;	  /* rows never wait in piles */
	size_t	    memory_bytes; /* of one table; at least some 100 KiB are taken */
	const char *spill_folder; /* borrowed; NULL: no disk */
};

struct groups;

struct groups *groups_new(const struct groups_shape *shape) MUST_USE;
void	       groups_free(struct groups *groups);
void	       groups_free_at(struct groups **groups);

/*
 * keys: key_words a row, values: as many as the shape has (NULL: it has none), row after row.
 * Fastest with some hundred rows at a time.
 */
void groups_add(struct groups *groups, const uint64_t *keys, const uint64_t *values, size_t count);

/*
 * All rows, in memory and on disk, in no order, some hundred at a time; a key that was spilled or
 * waited comes more than once, each time with a part of its sums.  Returns how many records could
 * not be read back.
 */
uint64_t groups_each(const struct groups *groups,
		     void (*each)(void *context, const uint64_t *rows, size_t count),
		     void *context);

/*
 * What groups_answer merges: the tables' rows in memory and on disk, part by part (groups_table.h),
 * into tables of the level below.
 */
struct groups_pile;
struct groups_table;
struct groups_spill;

struct groups *groups_new_below(const struct groups *above) MUST_USE;
void groups_add_rows(struct groups *groups, const uint64_t *rows, size_t count); /* as laid out */
void groups_add_piled(struct groups *groups, const struct groups *above, unsigned part);
void groups_clear(struct groups *groups);  /* empty, good for use again */
void groups_settle(struct groups *groups); /* to disk, if there is one: memory is free */

const struct groups_shape *groups_shape(const struct groups *groups);
const struct groups_table *groups_table(const struct groups *groups);
const struct groups_pile  *groups_piled(const struct groups *groups);	/* NULL: none is */
const struct groups_spill *groups_spilled(const struct groups *groups); /* NULL: all is in memory */
const uint64_t		  *groups_left(const struct groups *groups); /* records, values left out */

#define auto_groups __attribute__((cleanup(groups_free_at)))
