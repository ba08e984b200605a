/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_best.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_table.h"

void groups_best_init(struct groups_best *best, const struct groups_shape *shape,
		      const struct groups_order *order)
{
	*best = (struct groups_best){
		.key_words = shape->key_words,
		.row_words = groups_row_words(shape),
		.rank_word = (size_t)(shape->key_words + 1 + order->by),
		.limit = order->limit,
		.rank_flip = order->ascending ? UINT64_MAX : 0,
		.compare = order->compare,
		.context = order->context,
	};
}

void groups_best_done(struct groups_best *best)
{
	arena_done(&best->arena);
	free(best->items);
	*best = (struct groups_best){ 0 };
}

/* Negative: a comes before b.  Never 0 for different groups. */
static int compare_ties(const struct groups_best *best, const uint64_t *a, const uint64_t *b)
{
	if (best->compare)
		return best->compare(best->context, a, b);
	for (size_t i = 0; i < best->key_words; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int compare_items(const void *left, const void *right, void *best)
{
	const struct groups_best_item *a = left, *b = right;

	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return compare_ties(best, a->row, b->row);
}

static bool comes_later(struct groups_best *best, size_t a, size_t b)
{
	return compare_items(&best->items[a], &best->items[b], best) > 0;
}

static void sink(struct groups_best *best, size_t at)
{
	for (;;) {
		struct groups_best_item moved = best->items[at];
		size_t			child = 2 * at + 1;

		if (child >= best->count)
			return;
		if (child + 1 < best->count && comes_later(best, child + 1, child))
			child++;
		if (!comes_later(best, child, at))
			return;
		best->items[at] = best->items[child];
		best->items[child] = moved;
		at = child;
	}
}

static void keep(struct groups_best *best, uint64_t rank, const uint64_t *row)
{
	best->items = mem_grow(best->items, best->count, &best->capacity, sizeof(*best->items));
	best->items[best->count++] = (struct groups_best_item){
		.rank = rank,
		.row = arena_copy(&best->arena, row, best->row_words * sizeof(*row)),
	};
	if (best->count == best->limit)
		for (size_t i = best->count / 2; i-- > 0;)
			sink(best, i);
}

void groups_best_offer(struct groups_best *best, const uint64_t *row)
{
	uint64_t		 rank = row[best->rank_word] ^ best->rank_flip;
	struct groups_best_item *last = best->items;

	if (best->count < best->limit) {
		keep(best, rank, row);
		return;
	}
	if (best->limit == 0 || rank < last->rank)
		return;
	if (rank == last->rank && compare_ties(best, row, last->row) > 0)
		return;
	last->rank = rank;
	memcpy(last->row, row, best->row_words * sizeof(*row));
	sink(best, 0);
}

const uint64_t **groups_best_sorted(const struct groups_best *bests, size_t best_count,
				    size_t *count)
{
	struct groups_best all = bests[0];
	const uint64_t	 **rows;

	all.count = 0;
	for (size_t i = 0; i < best_count; i++)
		all.count += bests[i].count;
	all.items = mem_resize(NULL, all.count, sizeof(*all.items));
	all.count = 0;
	for (size_t i = 0; i < best_count; i++) {
		if (bests[i].count)
			memcpy(all.items + all.count, bests[i].items,
			       bests[i].count * sizeof(*all.items));
		all.count += bests[i].count;
	}
	if (all.count)
		qsort_r(all.items, all.count, sizeof(*all.items), compare_items, &all);
	*count = all.count < all.limit ? all.count : all.limit;
	rows = mem_resize(NULL, *count, sizeof(*rows));
	for (size_t i = 0; i < *count; i++)
		rows[i] = all.items[i].row;
	free(all.items);
	return rows;
}
