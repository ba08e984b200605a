/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_spill.h"
#include "simulator/flows/groups_table.h"

struct groups {
	struct groups_shape  shape;
	unsigned	     level;
	struct groups_table *table;
	struct groups_spill *spill; /* NULL: nothing was spilled */
	bool		     is_capped;
	uint64_t	     left[1 + GROUPS_VALUES_MAX]; /* records, values */
};

static struct groups *new_at(const struct groups_shape *shape, unsigned level)
{
	struct groups *groups = mem_alloc(sizeof(*groups));

	groups->shape = *shape;
	groups->level = level;
	groups->table = groups_table_new(shape, level);
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
		rows.keys += added * rows.key_stride;
		if (rows.records)
			rows.records += added * rows.key_stride;
		rows.values += added * rows.value_stride;
		rows.count -= added;
		if (spill(groups))
			groups_table_clear(groups->table);
		else
			groups->is_capped = true;
	}
}

void groups_add(struct groups *groups, const uint64_t *keys, const uint64_t *values, size_t count)
{
	add(groups, (struct groups_rows){
			    .keys = keys,
			    .values = values ? values : keys, /* none of them are read */
			    .key_stride = groups->shape.key_words,
			    .value_stride = groups_value_count(&groups->shape),
			    .count = count,
		    });
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
	groups_spill_close(groups->spill);
	groups->spill = NULL;
	groups->is_capped = false;
	groups->left[0] = 0;
}

void groups_settle(struct groups *groups)
{
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

const uint64_t *groups_left(const struct groups *groups)
{
	return groups->left;
}

enum { EACH_ROWS = 512 };

uint64_t groups_each(const struct groups *groups,
		     void (*each)(void *context, const uint64_t *rows, size_t count), void *context)
{
	size_t		    row_words = groups_row_words(&groups->shape), count;
	auto_free uint64_t *rows = mem_resize(NULL, EACH_ROWS * row_words, sizeof(*rows));
	uint64_t	    lost = 0;

	if (groups_table_count(groups->table))
		each(context, groups_table_rows(groups->table), groups_table_count(groups->table));
	for (unsigned part = 0; groups->spill && part < GROUPS_PARTS; part++) {
		struct groups_spill_at at = { 0 };

		while ((count = groups_spill_read(groups->spill, part, &at, rows, EACH_ROWS)))
			each(context, rows, count);
		lost += at.lost;
	}
	return lost;
}
