/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_pile.h"
#include "simulator/flows/groups_spill.h"
#include "simulator/flows/groups_table.h"

enum {
	/* Groups that a table has before rows are piled up: up to some MB it is in a cache by itself. */
	GROUPS_FEW = 50000,
	/* A pile takes half of the memory where that is worth it. */
	PILE_BYTES_MIN = 16 << 20,
	DRAIN_ROWS = 64,
};

struct groups {
	struct groups_shape  shape;
	unsigned	     level;
	size_t		     pile_bytes; /* 0: rows are never piled up */
	struct groups_table *table;
	struct groups_pile  *pile;  /* NULL: there are few groups so far */
	struct groups_spill *spill; /* NULL: nothing was spilled */
	bool		     is_capped;
	uint64_t	     left[1 + GROUPS_VALUES_MAX]; /* records, values */
};

static struct groups *new_at(const struct groups_shape *shape, unsigned level)
{
	struct groups *groups = mem_alloc(sizeof(*groups));

	groups->shape = *shape;
	groups->level = level;
	if (level == 0 && !shape->is_unpiled && shape->memory_bytes / 2 >= PILE_BYTES_MIN) {
		groups->pile_bytes = shape->memory_bytes / 2;
		groups->shape.memory_bytes -= groups->pile_bytes;
	}
	groups->table = groups_table_new(&groups->shape, level);
	return groups;
}

struct groups *groups_new(const struct groups_shape *shape)
{
	return new_at(shape, 0);
}

struct groups *groups_new_below(const struct groups *above)
{
	return new_at(&above->shape, above->level + 1);
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	groups_pile_free(groups->pile);
	groups_table_free(groups->table);
	groups_spill_close(groups->spill);
	free(groups);
}

void groups_free_at(struct groups **groups)
{
	groups_free(*groups);
}

/* The table goes to disk and is empty afterwards; false: there is no disk for it. */
static bool spill(struct groups *groups)
{
	const struct groups_shape *shape = &groups->shape;

	/* Below the last level there are no parts to merge it by. */
	if (!shape->spill_folder || groups->level == GROUPS_LEVEL_MAX)
		return false;
	if (!groups->spill)
		groups->spill = groups_spill_open(shape->spill_folder, groups_row_words(shape),
						  shape->key_words);
	return groups->spill && groups_spill_table(groups->spill, groups->table);
}

/* Once capped it stays so: what is counted would otherwise depend on when the disk is full. */
static void add(struct groups *groups, struct groups_rows rows)
{
	for (;;) {
		size_t added = groups_table_add(groups->table, &rows,
						groups->is_capped ? groups->left : NULL);

		if (added == rows.count)
			return;
		groups_rows_pass(&rows, added);
		rows.count -= added;
		if (spill(groups))
			groups_table_clear(groups->table);
		else
			groups->is_capped = true;
	}
}

void groups_add_piled(struct groups *groups, const struct groups *above, unsigned part)
{
	struct groups_pile_at at = { 0 };
	struct groups_rows    rows;

	while (above->pile && (rows = groups_pile_part(above->pile, part, &at)).count)
		add(groups, rows);
}

/*
 * A few rows of each part in turn: the index is in the order of the hash, and all of one part at once would crowd
 * where that part begins.
 */
static void drain(struct groups *groups)
{
	struct {
		struct groups_pile_at at;
		struct groups_rows    rows;
	} *parts = mem_alloc(GROUPS_PARTS * sizeof(*parts));
	bool some_left = groups->pile;

	while (some_left) {
		some_left = false;
		for (unsigned part = 0; part < GROUPS_PARTS; part++) {
			struct groups_rows *rows = &parts[part].rows, few;

			if (rows->count == 0)
				*rows = groups_pile_part(groups->pile, part, &parts[part].at);
			few = *rows;
			few.count = few.count < DRAIN_ROWS ? few.count : DRAIN_ROWS;
			add(groups, few);
			groups_rows_pass(rows, few.count);
			rows->count -= few.count;
			some_left = some_left || few.count;
		}
	}
	free(parts);
	if (groups->pile)
		groups_pile_clear(groups->pile);
}

/* No row of a group that is left out may be in the pile: the group would be there with what came late. */
static void stop_piling(struct groups *groups)
{
	groups_pile_free(groups->pile);
	groups->pile = NULL;
	groups->pile_bytes = 0;
}

static void pile_up(struct groups *groups, struct groups_rows rows)
{
	size_t added = groups_pile_add(groups->pile, &rows);

	if (added == rows.count)
		return;
	drain(groups);
	groups_rows_pass(&rows, added);
	rows.count -= added;
	add(groups, rows);
	if (groups->is_capped)
		stop_piling(groups);
}

void groups_add(struct groups *groups, const uint64_t *keys, const uint64_t *values, size_t count)
{
	struct groups_rows rows = {
		.keys = keys,
		.values = values ? values : keys, /* none of them are read */
		.key_stride = groups->shape.key_words,
		.value_stride = groups_value_count(&groups->shape),
		.count = count,
	};

	if (groups->pile) {
		pile_up(groups, rows);
		return;
	}
	add(groups, rows);
	if (groups->pile_bytes && groups_table_count(groups->table) >= GROUPS_FEW)
		groups->pile = groups_pile_new(&groups->shape, groups->pile_bytes);
}

void groups_add_rows(struct groups *groups, const uint64_t *rows, size_t count)
{
	size_t row_words = groups_row_words(&groups->shape);

	add(groups, (struct groups_rows){
			    .keys = rows,
			    .records = rows + groups->shape.key_words,
			    .values = rows + groups->shape.key_words + 1,
			    .key_stride = row_words,
			    .value_stride = row_words,
			    .count = count,
		    });
}

void groups_clear(struct groups *groups)
{
	groups_table_clear(groups->table);
	if (groups->pile)
		groups_pile_clear(groups->pile);
	groups_spill_close(groups->spill);
	groups->spill = NULL;
	groups->is_capped = false;
	groups->left[0] = 0;
}

void groups_settle(struct groups *groups)
{
	drain(groups);
	groups_pile_free(groups->pile);
	groups->pile = NULL;
	if (spill(groups))
		groups_table_release(groups->table);
}

const struct groups_shape *groups_shape(const struct groups *groups)
{
	return &groups->shape;
}

const struct groups_table *groups_table(const struct groups *groups)
{
	return groups->table;
}

const struct groups_spill *groups_spilled(const struct groups *groups)
{
	return groups->spill;
}

const struct groups_pile *groups_piled(const struct groups *groups)
{
	return groups->pile;
}

const uint64_t *groups_left(const struct groups *groups)
{
	return groups->left;
}

enum { EACH_ROWS = 512 };

/* Rows that wait, grouped part by part.  Returns how many records found no room. */
static uint64_t each_piled(const struct groups *groups,
			   void (*each)(void *context, const uint64_t *rows, size_t count),
			   void *context)
{
	auto_groups struct groups *below = groups_new_below(groups);
	uint64_t		   lost = 0;

	for (unsigned part = 0; part < GROUPS_PARTS; part++) {
		groups_add_piled(below, groups, part);
		lost += groups_each(below, each, context) + below->left[0];
		groups_clear(below);
	}
	return lost;
}

uint64_t groups_each(const struct groups *groups,
		     void (*each)(void *context, const uint64_t *rows, size_t count), void *context)
{
	size_t		    row_words = groups_row_words(&groups->shape), count;
	auto_free uint64_t *rows = mem_resize(NULL, EACH_ROWS * row_words, sizeof(*rows));
	uint64_t	    lost = 0;

	if (groups_table_count(groups->table))
		each(context, groups_table_rows(groups->table), groups_table_count(groups->table));
	if (groups->pile)
		lost += each_piled(groups, each, context);
	for (unsigned part = 0; groups->spill && part < GROUPS_PARTS; part++) {
		struct groups_spill_at at = { 0 };

		while ((count = groups_spill_read(groups->spill, part, &at, rows, EACH_ROWS)))
			each(context, rows, count);
		lost += at.lost;
	}
	return lost;
}
