/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/number_lists.h"

#include <stdlib.h>

#include "lib/base/mem.h"

void list_add(struct list *list, uint32_t item)
{
	list->items = mem_grow(list->items, list->count, &list->capacity, sizeof(*list->items));
	list->items[list->count++] = item;
}

static int compare_items(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t lists_put(struct lists *lists, struct list *list)
{
	size_t	   kept = 0;
	struct str key;
	uint32_t   number;

	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_items);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || list->items[i] != list->items[kept - 1])
			list->items[kept++] = list->items[i];
	list->count = kept;
	key = (struct str){ (const char *)list->items, kept * sizeof(*list->items) };
	if (map_get(&lists->numbers, key, &number)) {
		free(list->items);
	} else {
		number = (uint32_t)lists->count;
		map_put(&lists->numbers, key, number);
		lists->items = mem_grow(lists->items, lists->count, &lists->capacity,
					sizeof(*lists->items));
		lists->items[lists->count++] = *list;
	}
	*list = (struct list){ 0 };
	return number;
}

void lists_done(struct lists *lists)
{
	for (size_t i = 0; i < lists->count; i++)
		free(lists->items[i].items);
	free(lists->items);
	map_done(&lists->numbers);
}
