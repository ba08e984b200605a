/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_pile.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_hash.h"
#include "simulator/flows/groups_room.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum {
	/* All parts grow at one pace: by no power of two, so that their ends are in different sets of a cache. */
	CHUNK_BYTES = (16 << 10) + 5 * 64,
	HEAD_BYTES = 64,
	AHEAD_WORDS = 16,
};

/* Rows of one part.  Only the last chunk of a part is not full. */
struct chunk {
	struct chunk *before; /* NULL: the part's first */
	uint64_t      rows[] __attribute__((aligned(HEAD_BYTES)));
};

/* Where the next row of a part goes. */
struct end {
	uint64_t     *next;
	uint64_t     *full; /* next there: the chunk is full, or there is none */
	struct chunk *chunk;
};

struct groups_pile {
	size_t		   key_words, value_count, row_words;
	size_t		   chunk_rows, chunk_count, chunk_max;
	struct groups_room room; /* chunks */
	struct end	   ends[GROUPS_PARTS];
};

struct groups_pile *groups_pile_new(const struct groups_shape *shape, size_t memory_bytes)
{
	struct groups_pile *pile = mem_alloc(sizeof(*pile));

	groups_hash_start();
	pile->key_words = shape->key_words;
	pile->value_count = groups_value_count(shape);
	pile->row_words = pile->key_words + pile->value_count;
	pile->chunk_rows = (CHUNK_BYTES - HEAD_BYTES) / (pile->row_words * sizeof(uint64_t));
	pile->chunk_max = memory_bytes / CHUNK_BYTES;
	groups_room_open(&pile->room, memory_bytes);
	return pile;
}

void groups_pile_free(struct groups_pile *pile)
{
	if (!pile)
		return;
	groups_room_close(&pile->room);
	free(pile);
}

static bool new_chunk(struct groups_pile *pile, struct end *end)
{
	size_t	      begin = pile->chunk_count * CHUNK_BYTES;
	struct chunk *chunk = (struct chunk *)(void *)((char *)pile->room.at + begin);

	if (pile->chunk_count == pile->chunk_max ||
	    !groups_room_grow(&pile->room, begin + CHUNK_BYTES))
		return false;
	pile->chunk_count++;
	chunk->before = end->chunk;
	*end = (struct end){ .next = chunk->rows,
			     .full = chunk->rows + pile->chunk_rows * pile->row_words,
			     .chunk = chunk };
	return true;
}

/* The words are constants where this is inlined with constants. */
static ALWAYS_INLINE size_t add_rows(struct groups_pile *pile, const struct groups_rows *given,
				     unsigned key_words, size_t value_count)
{
	const struct groups_rows rows = *given;

	for (size_t i = 0; i < rows.count; i++) {
		const uint64_t *key = rows.keys + i * rows.key_stride;
		const uint64_t *values = rows.values + i * rows.value_stride;
		struct end     *end =
			&pile->ends[groups_hash(key, key_words) >> (64 - GROUPS_PART_BITS)];
		uint64_t *to = end->next;

		if (__builtin_expect(to == end->full, 0)) {
			if (!new_chunk(pile, end))
				return i;
			to = end->next;
		}
		for (unsigned word = 0; word < key_words; word++)
			to[word] = key[word];
		for (size_t word = 0; word < value_count; word++)
			to[key_words + word] = values[word];
		end->next = to + key_words + value_count;
		__builtin_prefetch(end->next + AHEAD_WORDS, 1);
	}
	return rows.count;
}

size_t groups_pile_add(struct groups_pile *pile, const struct groups_rows *rows)
{
	if (pile->key_words == 2 && pile->value_count == 0)
		return add_rows(pile, rows, 2, 0);
	if (pile->key_words == 2)
		return add_rows(pile, rows, 2, pile->value_count);
	return add_rows(pile, rows, (unsigned)pile->key_words, pile->value_count);
}

struct groups_rows groups_pile_part(const struct groups_pile *pile, unsigned part,
				    struct groups_pile_at *at)
{
	const struct end   *end = &pile->ends[part];
	const struct chunk *chunk = at->has_begun ? at->chunk : end->chunk;
	struct groups_rows  rows = { .key_stride = pile->row_words,
				     .value_stride = pile->row_words };

	at->has_begun = true;
	if (!chunk)
		return rows;
	rows.keys = chunk->rows;
	rows.values = chunk->rows + pile->key_words;
	rows.count = pile->chunk_rows;
	if (chunk == end->chunk)
		rows.count = (size_t)(end->next - chunk->rows) / pile->row_words;
	at->chunk = chunk->before;
	return rows;
}

void groups_pile_clear(struct groups_pile *pile)
{
	memset(pile->ends, 0, sizeof(pile->ends));
	pile->chunk_count = 0;
}
