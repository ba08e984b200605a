/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups in memory: rows one behind the other, and an index of them in the order of a keyed hash.
 * A probe meets one cache line of the index and the row.  Because it is in the order of the hash,
 * the index doubles by one walk, and the groups of one part of all hashes are one piece of it:
 * parts are what is spilled, and what threads share out when they merge.
 *
 * The hash is of the process, so that parts of different tables are the same.  A table of a level
 * sees only the bits of the hash below those that levels above made parts of.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulator/flows/groups.h"

enum { GROUPS_PART_BITS = 8, GROUPS_PARTS = 1 << GROUPS_PART_BITS, GROUPS_LEVEL_MAX = 4 };

struct groups_table;

/* Rows to add: key_stride and value_stride words from one to the next. */
struct groups_rows {
	const uint64_t *keys;
	const uint64_t *records; /* at key_stride too; NULL: one each */
	const uint64_t *values;
	size_t		key_stride, value_stride, count;
};

/* The rows behind the first `count`; the rows' own count stays as it is. */
static inline void groups_rows_pass(struct groups_rows *rows, size_t count)
{
	rows->keys += count * rows->key_stride;
	if (rows->records)
		rows->records += count * rows->key_stride;
	rows->values += count * rows->value_stride;
}

struct groups_table *groups_table_new(const struct groups_shape *shape, unsigned level) MUST_USE;
void		     groups_table_free(struct groups_table *table);

/*
 * Adds rows until one needs a new group and there is no memory for it: how many were added.  With
 * left, such a row goes there instead (records and values, as groups_fold), and all are added.
 */
size_t groups_table_add(struct groups_table *table, const struct groups_rows *rows, uint64_t *left);

size_t groups_table_count(const struct groups_table *table);
size_t groups_table_max(const struct groups_table *table); /* groups that memory has room for */
const uint64_t *groups_table_rows(const struct groups_table *table); /* in order of arrival */

/* Copies the next rows of a part, up to max >= 8; *at is 0 at first.  0: there are no more. */
size_t groups_table_part(const struct groups_table *table, unsigned part, size_t *at, uint64_t *out,
			 size_t max);

void groups_table_clear(struct groups_table *table);
void groups_table_release(struct groups_table *table); /* clears, and gives memory back */

/* Adds records and values to a sum of such.  A sum begins with no records. */
void groups_fold(const struct groups_shape *shape, uint64_t *sum, const uint64_t *added);

static inline size_t groups_value_count(const struct groups_shape *shape)
{
	return (size_t)shape->sums + shape->mins + shape->maxes;
}

static inline size_t groups_row_words(const struct groups_shape *shape)
{
	return shape->key_words + 1 + groups_value_count(shape);
}
