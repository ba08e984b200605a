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
	BYTE_BITS = 8,
	/* What is written of a key's last word is a word, whatever is kept. */
	SLACK = 8,
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
	size_t		   key_words, value_count, row_bytes;
	unsigned	   tail_bits; /* of a key's last word so many are kept: the others are 0 */
	size_t		   chunk_rows, chunk_count, chunk_max;
	struct groups_room room; /* chunks */
	struct end	   ends[GROUPS_PARTS];
};

/* In whole bytes, at least one. */
static unsigned tail_bits(const struct groups_shape *shape)
{
	unsigned before = (shape->key_words - 1U) * WORD_BITS;

	if (shape->key_bits == 0)
		return WORD_BITS;
	if (shape->key_bits <= before)
		return BYTE_BITS;
	return (shape->key_bits - before + BYTE_BITS - 1) / BYTE_BITS * BYTE_BITS;
}

struct groups_pile *groups_pile_new(const struct groups_shape *shape, size_t memory_bytes)
{
	struct groups_pile *pile = mem_alloc(sizeof(*pile));

	groups_hash_start();
	pile->key_words = shape->key_words;
	pile->value_count = groups_value_count(shape);
	pile->tail_bits = tail_bits(shape);
	pile->row_bytes = (pile->key_words - 1 + pile->value_count) * sizeof(uint64_t) +
			  pile->tail_bits / BYTE_BITS;
	pile->chunk_rows = (CHUNK_BYTES - HEAD_BYTES - SLACK) / pile->row_bytes;
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
				     unsigned key_words, size_t value_count)
{
	const struct groups_rows rows = *given;
	const unsigned		 tail = pile->tail_bits;

	for (size_t i = 0; i < rows.count; i++) {
		const uint64_t *key = rows.keys + i * rows.key_stride;
		uint64_t	hash = groups_hash(key, key_words);
		uint64_t	last = key[key_words - 1] >> (WORD_BITS - tail);
		struct end     *end = &pile->ends[hash >> (WORD_BITS - GROUPS_PART_BITS)];
		char	       *to;

		if (__builtin_expect(end->next == end->full, 0) && !new_chunk(pile, end))
			return i;
		to = put_words(end->next, key, key_words - 1);
		memcpy(to, &last, sizeof(last));
		to += tail / BYTE_BITS;
		to = put_words(to, rows.values + i * rows.value_stride, value_count);
		end->next = to;
		__builtin_prefetch(to + AHEAD_BYTES, 1);
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

/* Rows with the bits that were left out. */
static ALWAYS_INLINE void widen_rows(const struct groups_pile *pile, const char *from, size_t count,
				     uint64_t *to, size_t key_words)
{
	const unsigned tail = pile->tail_bits;
	const size_t   value_count = pile->value_count;

	for (size_t i = 0; i < count; i++) {
		uint64_t last;

		for (size_t word = 0; word + 1 < key_words; word++, from += sizeof(*to))
			memcpy(to++, from, sizeof(*to));
		memcpy(&last, from, sizeof(last));
		*to++ = last << (WORD_BITS - tail);
		from += tail / BYTE_BITS;
		for (size_t value = 0; value < value_count; value++, from += sizeof(*to))
			memcpy(to++, from, sizeof(*to));
	}
}

static void widen(const struct groups_pile *pile, const char *from, size_t count, uint64_t *to)
{
	if (pile->key_words == 2)
		widen_rows(pile, from, count, to, 2);
	else
		widen_rows(pile, from, count, to, pile->key_words);
}

struct groups_rows groups_pile_part(const struct groups_pile *pile, unsigned part,
				    struct groups_pile_at *at)
{
	const struct end	  *end = &pile->ends[part];
	const struct groups_chunk *chunk = at->chunk;
	size_t			   row_words = pile->key_words + pile->value_count;
	bool			   is_short = pile->tail_bits < WORD_BITS;
	size_t			   max = is_short ? GROUPS_PILE_ROOM / row_words : pile->chunk_rows;
	struct groups_rows	   rows = { .key_stride = row_words, .value_stride = row_words };
	const char		  *from;

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
	if (is_short)
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
