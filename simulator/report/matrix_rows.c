/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix_rows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { LOOKS = 5 }; /* sets by which cells are told apart */

/* A cell of one source. */
struct entry {
	size_t	    dst;
	struct cell cell;
};

/* What is needed while rows are made. */
struct making {
	const struct matrix *matrix;
	struct matrix_rows  *out;
	struct map	     rows; /* looks and destinations → index of the row */
	size_t		    *src_capacities;
	size_t		     capacity;
};

static int compare_looks(const struct cell *a, const struct cell *b)
{
	const uint32_t x[] = { a->set, a->common, a->unknown, a->unintended, a->silent };
	const uint32_t y[] = { b->set, b->common, b->unknown, b->unintended, b->silent };

	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int		    order = compare_looks(&x->cell, &y->cell);

	return order ? order : (x->dst > y->dst) - (x->dst < y->dst);
}

static void add_pairs(struct cell *sum, const struct cell *cell)
{
	sum->pairs += cell->pairs;
	sum->open_pairs += cell->open_pairs;
	sum->undecided_pairs += cell->undecided_pairs;
	sum->unintended_pairs += cell->unintended_pairs;
}

/* The row of these looks and destinations. */
static size_t row_of(struct making *making, const struct entry *entries, size_t count)
{
	struct matrix_rows *out = making->out;
	const struct cell  *looks = &entries[0].cell;
	size_t		    len = (LOOKS + count) * sizeof(uint64_t);
	uint64_t	   *key = arena_alloc(&out->arena, len);
	struct matrix_row   row = { .dst_count = count };
	uint32_t	    found = (uint32_t)out->count;

	key[0] = looks->set;
	key[1] = looks->common;
	key[2] = looks->unknown;
	key[3] = looks->unintended;
	key[4] = looks->silent;
	for (size_t i = 0; i < count; i++)
		key[LOOKS + i] = entries[i].dst;
	if (map_get(&making->rows, (struct str){ (const char *)key, len }, &found))
		return found;
	map_put(&making->rows, (struct str){ (const char *)key, len }, found);
	row.dsts = arena_alloc(&out->arena, count * sizeof(*row.dsts));
	for (size_t i = 0; i < count; i++)
		row.dsts[i] = entries[i].dst;
	row.cell.set = looks->set;
	row.cell.common = looks->common;
	row.cell.unknown = looks->unknown;
	row.cell.unintended = looks->unintended;
	row.cell.silent = looks->silent;
	making->src_capacities = mem_grow(making->src_capacities, out->count, &making->capacity,
					  sizeof(*making->src_capacities));
	making->src_capacities[out->count] = 0;
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = row;
	return found;
}

static void add_run(struct making *making, size_t src, const struct entry *entries, size_t count)
{
	size_t		   idx = row_of(making, entries, count);
	struct matrix_row *row = &making->out->items[idx];

	row->srcs = mem_grow(row->srcs, row->src_count, &making->src_capacities[idx],
			     sizeof(*row->srcs));
	row->srcs[row->src_count++] = src;
	for (size_t i = 0; i < count; i++)
		add_pairs(&row->cell, &entries[i].cell);
}

/* The cells of a source by their looks; entries has room for all. */
static void add_source(struct making *making, size_t src, struct entry *entries)
{
	size_t count = 0, first = 0;

	for (size_t dst = 0; dst < matrix_group_count(making->matrix); dst++) {
		struct cell cell = matrix_cell(making->matrix, src, dst);

		if (cell.set != PACKET_SET_DENY)
			entries[count++] = (struct entry){ dst, cell };
	}
	qsort(entries, count, sizeof(*entries), compare_entries);
	for (size_t i = 1; i <= count; i++)
		if (i == count || compare_looks(&entries[i].cell, &entries[first].cell) != 0) {
			add_run(making, src, entries + first, i - first);
			first = i;
		}
}

static int compare_rows(const void *a, const void *b)
{
	const struct matrix_row *x = a, *y = b;
	bool			 wanted = x->cell.unintended == PACKET_SET_DENY;
	bool			 other = y->cell.unintended == PACKET_SET_DENY;

	if (wanted != other)
		return wanted - other;
	if (x->cell.pairs != y->cell.pairs)
		return x->cell.pairs > y->cell.pairs ? -1 : 1;
	if (x->srcs[0] != y->srcs[0])
		return x->srcs[0] < y->srcs[0] ? -1 : 1;
	return (x->dsts[0] > y->dsts[0]) - (x->dsts[0] < y->dsts[0]);
}

void matrix_rows_of(const struct matrix *matrix, struct matrix_rows *out)
{
	size_t	      count = matrix_group_count(matrix);
	struct making making = { .matrix = matrix, .out = out };
	struct entry *entries = mem_alloc((count + 1) * sizeof(*entries));

	*out = (struct matrix_rows){ 0 };
	for (size_t src = 0; src < count; src++)
		add_source(&making, src, entries);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_rows);
	free(entries);
	free(making.src_capacities);
	map_done(&making.rows);
}

void matrix_rows_apart(const struct matrix *matrix, struct matrix_rows *out)
{
	size_t count = matrix_group_count(matrix);

	*out = (struct matrix_rows){ 0 };
	for (size_t i = 0; i < count * count; i++) {
		struct cell	   cell = matrix_cell(matrix, i / count, i % count);
		struct matrix_row *row;

		if (cell.set == PACKET_SET_DENY)
			continue;
		out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
		row = &out->items[out->count++];
		*row = (struct matrix_row){ .src_count = 1, .dst_count = 1, .cell = cell };
		row->srcs = mem_alloc(sizeof(*row->srcs));
		row->dsts = arena_alloc(&out->arena, sizeof(*row->dsts));
		row->srcs[0] = i / count;
		row->dsts[0] = i % count;
	}
}

void matrix_rows_done(struct matrix_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->items[i].srcs);
	free(rows->items);
	arena_done(&rows->arena);
	*rows = (struct matrix_rows){ 0 };
}
