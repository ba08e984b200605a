/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/rows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { SLOTS_MIN = 64 };

void rows_init(struct rows *rows, size_t width)
{
	*rows = (struct rows){ .width = width };
}

void rows_done(struct rows *rows)
{
	free(rows->cells);
	free(rows->hashes);
	free(rows->slots);
	*rows = (struct rows){ 0 };
}

const uint32_t *rows_at(const struct rows *rows, size_t index)
{
	return rows->cells + index * rows->width;
}

static void double_slots(struct rows *rows)
{
	size_t count = rows->slot_count ? rows->slot_count * 2 : SLOTS_MIN;

	free(rows->slots);
	rows->slots = mem_alloc(count * sizeof(*rows->slots));
	rows->slot_count = count;
	for (size_t i = 0; i < rows->count; i++) {
		size_t at = rows->hashes[i] & (count - 1);

		while (rows->slots[at])
			at = (at + 1) & (count - 1);
		rows->slots[at] = (uint32_t)i + 1;
	}
}

uint32_t rows_put(struct rows *rows, const uint32_t *row)
{
	size_t	 size = rows->width * sizeof(*row), at;
	uint64_t hash = map_hash(row, size);

	if (rows->count * 2 >= rows->slot_count)
		double_slots(rows);
	for (at = hash & (rows->slot_count - 1); rows->slots[at];
	     at = (at + 1) & (rows->slot_count - 1)) {
		uint32_t index = rows->slots[at] - 1;

		if (rows->hashes[index] == hash && memcmp(rows_at(rows, index), row, size) == 0)
			return index;
	}
	rows->cells = mem_grow(rows->cells, rows->count, &rows->capacity, size);
	rows->hashes = mem_grow(rows->hashes, rows->count, &rows->hash_capacity,
				sizeof(*rows->hashes));
	memcpy(rows->cells + rows->count * rows->width, row, size);
	rows->hashes[rows->count] = hash;
	rows->slots[at] = (uint32_t)rows->count + 1;
	return (uint32_t)rows->count++;
}
