/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of numbers, each kept once and known by its index; in the order in which they came. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rows {
	size_t	  width, count, capacity; /* capacity: of cells, in rows */
	uint32_t *cells;
	uint64_t *hashes;
	uint32_t *slots; /* index + 1; 0: free */
	size_t	  hash_capacity, slot_count;
};

void rows_init(struct rows *rows, size_t width);
void rows_done(struct rows *rows);

/* The index of the row that is equal, put at the end when there is none. */
uint32_t	rows_put(struct rows *rows, const uint32_t *row);
const uint32_t *rows_at(const struct rows *rows, size_t index);
