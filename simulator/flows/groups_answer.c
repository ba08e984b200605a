/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_answer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_best.h"
#include "simulator/flows/groups_spill.h"
#include "simulator/flows/groups_table.h"

enum {
	/*
	 * To add other tables to the first takes one thread, and each group of theirs once; parts
	 * take all threads, and all groups twice.  Parts pay where there are more tables or rows
	 * than this.
	 */
	FEW_TABLES = 4,
	FEW_ROWS = 1 << 15,
	BUFFER_BYTES = 256 << 10,
};

/* The tables to merge, and the next part that nobody has taken. */
struct merge {
	struct groups *const *sources;
	size_t		      source_count;
	uint32_t	      next_part; /* atomic */
};

/* What one thread has of the answer. */
struct worker {
	struct merge	  *merge;
	struct groups_best best;
	uint64_t	   group_count, lost, spilled_bytes;
	uint64_t	   totals[1 + GROUPS_VALUES_MAX], left[1 + GROUPS_VALUES_MAX];
	uint64_t	  *buffer;
	size_t		   buffer_rows;
	pthread_t	   thread;
};

/* What of a table is final beside its groups. */
static void note_losses(struct worker *worker, const struct groups *groups)
{
	groups_fold(groups_shape(groups), worker->left, groups_left(groups));
	if (groups_spilled(groups))
		worker->spilled_bytes += groups_spill_bytes(groups_spilled(groups));
}

/* Every group of the table is whole: part of the answer. */
static void take_groups(struct worker *worker, const struct groups *groups)
{
	const struct groups_shape *shape = groups_shape(groups);
	const struct groups_table *table = groups_table(groups);
	size_t			   row_words = groups_row_words(shape);
	const uint64_t		  *row = groups_table_rows(table);

	for (size_t i = groups_table_count(table); i > 0; i--, row += row_words) {
		groups_fold(shape, worker->totals, row + shape->key_words);
		groups_best_offer(&worker->best, row);
	}
	worker->group_count += groups_table_count(table);
}

static void add_part(struct worker *worker, const struct groups *source, unsigned part,
		     struct groups *into)
{
	const struct groups_spill *spill = groups_spilled(source);
	struct groups_spill_at	   at = { 0 };
	size_t			   in_table = 0, count;

	for (;;) {
		count = groups_table_part(groups_table(source), part, &in_table, worker->buffer,
					  worker->buffer_rows);
		if (!count)
			break;
		groups_add_rows(into, worker->buffer, count);
	}
	groups_add_piled(into, source, part);
	while (spill) {
		count = groups_spill_read(spill, part, &at, worker->buffer, worker->buffer_rows);
		if (!count)
			break;
		groups_add_rows(into, worker->buffer, count);
	}
	worker->lost += at.lost;
}

/*
 * A part at a time into a table of the level below.  A part that does not fit there has been
 * spilled by that table, in parts of its own: these are merged in the same way.
 */
static void merge_parts(struct worker *worker, struct merge *merge)
{
	auto_groups struct groups *groups = groups_new_below(merge->sources[0]);

	for (;;) {
		uint32_t part = __atomic_fetch_add(&merge->next_part, 1, __ATOMIC_RELAXED);

		if (part >= GROUPS_PARTS)
			return;
		for (size_t i = 0; i < merge->source_count; i++)
			add_part(worker, merge->sources[i], part, groups);
		if (groups_spilled(groups)) {
			struct merge below = { .sources = &groups, .source_count = 1 };

			groups_settle(groups);
			merge_parts(worker, &below);
		} else {
			take_groups(worker, groups);
		}
		note_losses(worker, groups);
		groups_clear(groups);
	}
}

static void *run_worker(void *context)
{
	struct worker *worker = context;

	merge_parts(worker, worker->merge);
	return NULL;
}

/* The first worker is the calling thread; those that do not start leave their parts to the others. */
static void run_workers(struct worker *workers, size_t count)
{
	size_t started = 1;

	for (; started < count; started++)
		if (pthread_create(&workers[started].thread, NULL, run_worker, &workers[started]) !=
		    0)
			break;
	run_worker(&workers[0]);
	for (size_t i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
}

static void init_workers(struct worker *workers, size_t count, struct merge *merge,
			 const struct groups_order *order)
{
	const struct groups_shape *shape = groups_shape(merge->sources[0]);
	size_t			   row_bytes = groups_row_words(shape) * sizeof(uint64_t);

	for (size_t i = 0; i < count; i++) {
		workers[i].merge = merge;
		groups_best_init(&workers[i].best, shape, order);
		workers[i].buffer_rows = BUFFER_BYTES / row_bytes;
		workers[i].buffer = mem_resize(NULL, workers[i].buffer_rows, row_bytes);
	}
}

/*
 * Whether the groups of all tables are in memory and have room in the first, and few enough to go
 * there.
 */
static bool are_few(struct groups *const *tables, size_t count)
{
	size_t rows = 0;

	for (size_t i = 0; i < count; i++) {
		rows += groups_table_count(groups_table(tables[i]));
		if (groups_spilled(tables[i]) || groups_piled(tables[i]) ||
		    groups_left(tables[i])[0])
			return false;
	}
	if (count > FEW_TABLES && rows > FEW_ROWS)
		return false;
	return rows <= groups_table_max(groups_table(tables[0]));
}

/* How many tables there are to merge afterwards. */
static size_t join_few(struct groups *const *tables, size_t count)
{
	if (!are_few(tables, count))
		return count;
	for (size_t i = 1; i < count; i++)
		groups_add_rows(tables[0], groups_table_rows(groups_table(tables[i])),
				groups_table_count(groups_table(tables[i])));
	return 1;
}

/* Adds up what the workers have, and empties them. */
static void gather(struct groups_answer *answer, struct worker *workers, size_t count,
		   const struct groups_shape *shape)
{
	auto_free struct groups_best *bests = mem_alloc(count * sizeof(*bests));
	uint64_t		      totals[1 + GROUPS_VALUES_MAX] = { 0 };

	answer->arenas = mem_alloc(count * sizeof(*answer->arenas));
	answer->arena_count = count;
	for (size_t i = 0; i < count; i++) {
		groups_fold(shape, totals, workers[i].totals);
		groups_fold(shape, totals, workers[i].left);
		answer->left_out += workers[i].left[0] + workers[i].lost;
		answer->records += workers[i].lost;
		answer->group_count += workers[i].group_count;
		answer->spilled_bytes += workers[i].spilled_bytes;
		bests[i] = workers[i].best;
	}
	answer->records += totals[0];
	memcpy(answer->values, totals + 1, groups_value_count(shape) * sizeof(*totals));
	answer->rows = groups_best_sorted(bests, count, &answer->row_count);
	for (size_t i = 0; i < count; i++) {
		answer->arenas[i] = workers[i].best.arena;
		workers[i].best.arena = (struct arena){ 0 };
		groups_best_done(&workers[i].best);
		free(workers[i].buffer);
	}
}

void groups_answer_make(struct groups_answer *answer, struct groups *const *tables, size_t count,
			const struct groups_order *order)
{
	size_t			 table_count = join_few(tables, count);
	struct merge		 merge = { .sources = tables, .source_count = table_count };
	auto_free struct worker *workers = mem_alloc(table_count * sizeof(*workers));
	bool			 is_spilled = false;

	*answer = (struct groups_answer){ 0 };
	init_workers(workers, table_count, &merge, order);
	for (size_t i = 0; i < table_count; i++)
		is_spilled |= groups_spilled(tables[i]) != NULL;
	if (table_count == 1 && !is_spilled && !groups_piled(tables[0])) {
		take_groups(&workers[0], tables[0]);
	} else {
		/* The tables of the level below need the memory. */
		for (size_t i = 0; i < table_count && is_spilled; i++)
			groups_settle(tables[i]);
		run_workers(workers, table_count);
	}
	for (size_t i = 0; i < table_count; i++)
		note_losses(&workers[0], tables[i]);
	gather(answer, workers, table_count, groups_shape(tables[0]));
}

void groups_answer_done(struct groups_answer *answer)
{
	for (size_t i = 0; i < answer->arena_count; i++)
		arena_done(&answer->arenas[i]);
	free(answer->arenas);
	free(answer->rows);
	*answer = (struct groups_answer){ 0 };
}
