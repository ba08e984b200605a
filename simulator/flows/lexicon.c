/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/lexicon.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* What a text takes beside its bytes: its slice, and up to four slots of a map that doubles. */
enum {
	TEXT_OVERHEAD = 16 + 4 * 32,
	READER_FIRST = 1 << 10,
	READER_MAX = 1 << 18,
	FRONT_BITS = 12,
	FRONT = 1 << FRONT_BITS
};

struct lexicon {
	pthread_mutex_t lock;
	struct arena	arena;
	struct map	map;
	struct str     *texts; /* [number - 1] */
	size_t		count, capacity, memory_bytes;
	uint32_t       *ranks; /* [number - 1]; NULL until settled */
};

struct slot {
	const char *ptr; /* the lexicon's copy; NULL: free */
	uint64_t    hash;
	uint32_t    len, number;
};

struct lexicon_reader {
	struct lexicon *lexicon; /* borrowed */
	struct slot    *slots;
	size_t		count, capacity;
	struct slot	front[FRONT];
};

struct lexicon *lexicon_new(size_t memory_bytes)
{
	struct lexicon *lexicon = mem_alloc(sizeof(*lexicon));

	pthread_mutex_init(&lexicon->lock, NULL);
	lexicon->memory_bytes = memory_bytes;
	return lexicon;
}

void lexicon_free(struct lexicon *lexicon)
{
	if (!lexicon)
		return;
	pthread_mutex_destroy(&lexicon->lock);
	map_done(&lexicon->map);
	arena_done(&lexicon->arena);
	free(lexicon->texts);
	free(lexicon->ranks);
	free(lexicon);
}

void lexicon_free_at(struct lexicon **lexicon)
{
	lexicon_free(*lexicon);
}

struct str lexicon_text(const struct lexicon *lexicon, uint32_t number)
{
	return number ? lexicon->texts[number - 1] : (struct str){ 0 };
}

static int compare_numbers(const void *a, const void *b, void *context)
{
	const struct lexicon *lexicon = context;

	return str_cmp(lexicon->texts[*(const uint32_t *)a - 1],
		       lexicon->texts[*(const uint32_t *)b - 1]);
}

void lexicon_settle(struct lexicon *lexicon)
{
	uint32_t	    count = (uint32_t)lexicon->count;
	auto_free uint32_t *order = mem_resize(NULL, count + 1UL, sizeof(*order));

	lexicon->ranks = mem_resize(lexicon->ranks, count + 1UL, sizeof(*lexicon->ranks));
	for (uint32_t i = 0; i < count; i++)
		order[i] = i + 1;
	qsort_r(order, count, sizeof(*order), compare_numbers, lexicon);
	for (uint32_t i = 0; i < count; i++)
		lexicon->ranks[order[i] - 1] = i + 1;
}

uint32_t lexicon_rank(const struct lexicon *lexicon, uint32_t number)
{
	return number ? lexicon->ranks[number - 1] : LEXICON_NONE;
}

/* The number that all threads agree on, and the lexicon's own copy of the text into *text. */
static uint32_t agree(struct lexicon *lexicon, struct str *text)
{
	uint32_t number;

	if (map_get(&lexicon->map, *text, &number)) {
		*text = lexicon->texts[number - 1];
		return number;
	}
	if (lexicon->count >= UINT32_MAX ||
	    lexicon->arena.used + lexicon->count * TEXT_OVERHEAD + text->len + TEXT_OVERHEAD >
		    lexicon->memory_bytes)
		return LEXICON_NONE;
	*text = arena_str(&lexicon->arena, *text);
	lexicon->texts = mem_grow(lexicon->texts, lexicon->count, &lexicon->capacity,
				  sizeof(*lexicon->texts));
	lexicon->texts[lexicon->count++] = *text;
	map_put(&lexicon->map, *text, (uint32_t)lexicon->count);
	return (uint32_t)lexicon->count;
}

static uint32_t agree_locked(struct lexicon *lexicon, struct str *text)
{
	uint32_t number;

	pthread_mutex_lock(&lexicon->lock);
	number = agree(lexicon, text);
	pthread_mutex_unlock(&lexicon->lock);
	return number;
}

struct lexicon_reader *lexicon_reader_new(struct lexicon *lexicon)
{
	struct lexicon_reader *reader = mem_alloc(sizeof(*reader));

	reader->lexicon = lexicon;
	reader->capacity = READER_FIRST;
	reader->slots = mem_alloc(reader->capacity * sizeof(*reader->slots));
	return reader;
}

void lexicon_reader_free(struct lexicon_reader *reader)
{
	if (!reader)
		return;
	free(reader->slots);
	free(reader);
}

/* The slot that holds text, or the free one where it belongs. */
static struct slot *slot_of(const struct lexicon_reader *reader, struct str text, uint64_t hash)
{
	size_t mask = reader->capacity - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct slot *slot = &reader->slots[i];

		if (!slot->ptr || (slot->hash == hash && slot->len == text.len &&
				   memcmp(slot->ptr, text.ptr, text.len) == 0))
			return slot;
	}
}

/* At its largest it forgets all and learns anew: the lexicon knows. */
static void make_room(struct lexicon_reader *reader)
{
	struct slot *old = reader->slots;
	size_t	     capacity = reader->capacity;

	if (capacity == READER_MAX) {
		memset(old, 0, capacity * sizeof(*old));
		reader->count = 0;
		return;
	}
	reader->capacity *= 2;
	reader->slots = mem_alloc(reader->capacity * sizeof(*reader->slots));
	for (size_t i = 0; i < capacity; i++) {
		struct str text = { .ptr = old[i].ptr, .len = old[i].len };

		if (old[i].ptr)
			*slot_of(reader, text, old[i].hash) = old[i];
	}
	free(old);
}

static uint32_t look_up(struct lexicon_reader *reader, struct str *text)
{
	uint64_t     hash = map_hash(text->ptr, text->len);
	struct slot *slot = slot_of(reader, *text, hash);
	uint32_t     number;

	if (slot->ptr) {
		text->ptr = slot->ptr;
		return slot->number;
	}
	number = agree_locked(reader->lexicon, text);
	if (number == LEXICON_NONE)
		return LEXICON_NONE;
	*slot = (struct slot){ text->ptr, hash, (uint32_t)text->len, number };
	if (++reader->count * 2 > reader->capacity)
		make_room(reader);
	return number;
}

/* Ids differ in their last bytes.  Texts that meet here take turns, so this need not resist an enemy. */
static size_t front_of(struct str text)
{
	uint64_t last = 0;

	if (text.len >= sizeof(last))
		memcpy(&last, text.ptr + text.len - sizeof(last), sizeof(last));
	else if (text.len)
		memcpy(&last, text.ptr, text.len);
	return (last + text.len) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FRONT_BITS);
}

uint32_t lexicon_number(struct lexicon_reader *reader, struct str text)
{
	struct slot *front = &reader->front[front_of(text)];
	uint32_t     number;

	if (front->ptr && front->len == text.len && memcmp(front->ptr, text.ptr, text.len) == 0)
		return front->number;
	number = look_up(reader, &text);
	if (number != LEXICON_NONE)
		*front = (struct slot){ .ptr = text.ptr,
					.len = (uint32_t)text.len,
					.number = number };
	return number;
}
