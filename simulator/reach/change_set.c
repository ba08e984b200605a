/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/change_set.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static int compare_idxs(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void change_set_add(struct change_set *set, uint32_t change)
{
	set->items = mem_grow(set->items, set->count, &set->capacity, sizeof(*set->items));
	set->items[set->count++] = change;
}

void change_set_sort(struct change_set *set)
{
	size_t kept = 0;

	if (set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare_idxs);
	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || set->items[i] != set->items[kept - 1])
			set->items[kept++] = set->items[i];
	set->count = kept;
}

void change_set_done(struct change_set *set)
{
	free(set->items);
	*set = (struct change_set){ 0 };
}

static bool is_wanted(struct change_filter filter, const struct delta_change *change)
{
	return !filter.wanted || filter.wanted(filter.query, change);
}

static void pick(struct change_filter filter, const struct delta_change *changes, size_t count,
		 struct change_set *out)
{
	for (size_t i = 0; i < count; i++)
		if (!changes[i].cosmetic && is_wanted(filter, &changes[i]))
			change_set_add(out, (uint32_t)(&changes[i] - filter.delta->changes));
}

void change_set_pick(struct change_filter filter, enum world_kind kind, struct str id,
		     struct change_set *out)
{
	size_t			   count;
	const struct delta_change *changes = delta_of(filter.delta, kind, id, &count);

	pick(filter, changes, count, out);
}

void change_set_pick_even_cosmetic(struct change_filter filter, enum world_kind kind, struct str id,
				   struct change_set *out)
{
	size_t			   count;
	const struct delta_change *changes = delta_of(filter.delta, kind, id, &count);

	for (size_t i = 0; i < count; i++)
		if (is_wanted(filter, &changes[i]))
			change_set_add(out, (uint32_t)(&changes[i] - filter.delta->changes));
}

void change_set_pick_all(const struct delta *delta, enum world_kind kind, struct str id,
			 struct change_set *out)
{
	change_set_pick((struct change_filter){ .delta = delta }, kind, id, out);
}

void change_set_scan(struct change_filter filter, struct change_set *out)
{
	pick(filter, filter.delta->changes, filter.delta->count, out);
}

static bool is_family(const void *query, const struct delta_change *change)
{
	const enum world_kind *kind = query;

	return change->part == DELTA_FAMILY && change->kind == *kind;
}

void change_set_pick_documents(const struct delta *delta, enum world_kind kind,
			       struct change_set *out)
{
	change_set_scan((struct change_filter){ delta, is_family, &kind }, out);
}
