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
	AHEAD_BYTES = 128,
	WORD_BITS = 64,
	HALF_BITS = 32,
};

/* Rows of one part: key, values.  Only the last chunk of a part is not full. */
struct groups_chunk {
	struct groups_chunk *before; /* NULL: the part's first */
	char		     rows[] __attribute__((aligned(HEAD_BYTES)));
};

/* Where the next row of a part goes. */
struct end {
	char		    *next;
	char		    *full; /* next there: the chunk is full, or there is none */
	struct groups_chunk *chunk;
};

struct groups_pile {
	size_t key_words, value_count, row_bytes;
	bool   is_short; /* of a key's last word the upper half is kept: the other is 0 */
	size_t chunk_rows, chunk_count, chunk_max;
	struct groups_room room; /* chunks */
	struct end	   ends[GROUPS_PARTS];
};

struct groups_pile *groups_pile_new(const struct groups_shape *shape, size_t memory_bytes)
{
	struct groups_pile *pile = mem_alloc(sizeof(*pile));
	size_t		    key_bits = shape->key_bits;

	groups_hash_start();
	pile->key_words = shape->key_words;
	pile->value_count = groups_value_count(shape);
	pile->is_short = key_bits && key_bits <= pile->key_words * WORD_BITS - HALF_BITS;
	pile->row_bytes = (pile->key_words + pile->value_count) * sizeof(uint64_t) -
			  (pile->is_short ? sizeof(uint32_t) : 0);
	pile->chunk_rows = (CHUNK_BYTES - HEAD_BYTES) / pile->row_bytes;
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
	size_t		     begin = pile->chunk_count * CHUNK_BYTES;
	struct groups_chunk *chunk = (struct groups_chunk *)(void *)((char *)pile->room.at + begin);

	if (pile->chunk_count == pile->chunk_max ||
	    !groups_room_grow(&pile->room, begin + CHUNK_BYTES))
		return false;
	pile->chunk_count++;
	chunk->before = end->chunk;
	*end = (struct end){ .next = chunk->rows,
			     .full = chunk->rows + pile->chunk_rows * pile->row_bytes,
			     .chunk = chunk };
	return true;
}

/* Words of a row; the empty statement keeps compilers from calling memcpy for a few of them. */
static ALWAYS_INLINE char *put_words(char *to, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++, to += sizeof(*words)) {
		memcpy(to, &words[i], sizeof(*words));
		__asm__ volatile("");
	}
	return to;
}

/* What is given as a constant is one where this is inlined. */
static ALWAYS_INLINE size_t add_rows(struct groups_pile *pile, const struct groups_rows *given,
				     unsigned key_words, size_t value_count, bool is_short)
{
	const struct groups_rows rows = *given;

	for (size_t i = 0; i < rows.count; i++) {
		const uint64_t *key = rows.keys + i * rows.key_stride;
		uint64_t	hash = groups_hash(key, key_words);
		struct end     *end = &pile->ends[hash >> (WORD_BITS - GROUPS_PART_BITS)];
		char	       *to;

		if (__builtin_expect(end->next == end->full, 0) && !new_chunk(pile, end))
			return i;
		to = put_words(end->next, key, key_words - is_short);
		if (is_short) {
			uint32_t half = (uint32_t)(key[key_words - 1] >> HALF_BITS);

			memcpy(to, &half, sizeof(half));
			to += sizeof(half);
		}
		to = put_words(to, rows.values + i * rows.value_stride, value_count);
		end->next = to;
		__builtin_prefetch(to + AHEAD_BYTES, 1);
	}
	return rows.count;
}

size_t groups_pile_add(struct groups_pile *pile, const struct groups_rows *rows)
{
	if (pile->key_words == 2 && pile->value_count == 0 && pile->is_short)
		return add_rows(pile, rows, 2, 0, true);
	if (pile->key_words == 2)
		return add_rows(pile, rows, 2, pile->value_count, pile->is_short);
	return add_rows(pile, rows, (unsigned)pile->key_words, pile->value_count, pile->is_short);
}

/* Rows with the halves that were left out. */
static ALWAYS_INLINE void widen_rows(const char *from, size_t count, uint64_t *to, size_t key_words,
				     size_t value_count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t half;

		for (size_t word = 0; word + 1 < key_words; word++, from += sizeof(*to))
			memcpy(to++, from, sizeof(*to));
		memcpy(&half, from, sizeof(half));
		*to++ = (uint64_t)half << HALF_BITS;
		from += sizeof(half);
		for (size_t value = 0; value < value_count; value++, from += sizeof(*to))
			memcpy(to++, from, sizeof(*to));
	}
}

static void widen(const struct groups_pile *pile, const char *from, size_t count, uint64_t *to)
{
	if (pile->key_words == 2 && pile->value_count == 0)
		widen_rows(from, count, to, 2, 0);
	else
		widen_rows(from, count, to, pile->key_words, pile->value_count);
}

struct groups_rows groups_pile_part(const struct groups_pile *pile, unsigned part,
				    struct groups_pile_at *at)
{
	const struct end	  *end = &pile->ends[part];
	const struct groups_chunk *chunk = at->chunk;
	size_t			   row_words = pile->key_words + pile->value_count;
	size_t		   max = pile->is_short ? GROUPS_PILE_ROOM / row_words : pile->chunk_rows;
	struct groups_rows rows = { .key_stride = row_words, .value_stride = row_words };
	const char	  *from;

	if (!at->has_begun)
		chunk = end->chunk;
	at->has_begun = true;
	if (!chunk)
		return rows;
	from = chunk->rows + at->row * pile->row_bytes;
	rows.count = pile->chunk_rows;
	if (chunk == end->chunk)
		rows.count = (size_t)(end->next - chunk->rows) / pile->row_bytes;
	rows.count -= at->row;
	at->row = rows.count > max ? at->row + max : 0;
	rows.count = rows.count > max ? max : rows.count;
	at->chunk = at->row ? chunk : chunk->before;
	rows.keys = at->room;
	if (pile->is_short)
		widen(pile, from, rows.count, at->room);
	else
		rows.keys = (const uint64_t *)(const void *)from;
	rows.values = rows.keys + pile->key_words;
	return rows;
}

void groups_pile_clear(struct groups_pile *pile)
{
	memset(pile->ends, 0, sizeof(pile->ends));
	pile->chunk_count = 0;
}
