/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/memo.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { SLOTS_MIN = 4096 };

#define ALWAYS_INLINE inline __attribute__((always_inline))

struct memo *memo_new(uint32_t words, uint32_t entries_max)
{
	struct memo *memo = mem_alloc(sizeof(*memo));

	assert(words == MEMO_NARROW || words == MEMO_WIDE);
	memo->words = words;
	memo->entries_max = entries_max;
	memo->capacity = SLOTS_MIN;
	for (uint64_t i = 0; i < MEMO_WIDE; i++)
		memo->secrets[i] = map_hash(&i, sizeof(i));
	memo->slots = mem_alloc(memo->capacity * (words + 1) * sizeof(*memo->slots));
	return memo;
}

void memo_free(struct memo *memo)
{
	if (!memo)
		return;
	free(memo->slots);
	free(memo);
}

/* Pairs of words multiplied and folded, each moved by a secret: names and addresses are not ours to choose. */
static ALWAYS_INLINE uint64_t hash_of(const struct memo *memo, const uint64_t *key, uint32_t words)
{
	uint64_t hash = memo->secrets[0];

	for (uint32_t i = 0; i < words; i += 2)
		hash ^= memo_fold(key[i] ^ memo->secrets[i], key[i + 1] ^ memo->secrets[i + 1]);
	return hash;
}

static ALWAYS_INLINE bool equal(const uint64_t *a, const uint64_t *b, uint32_t words)
{
	uint64_t differs = 0;

	for (uint32_t i = 0; i < words; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}

/* The slot of the key, or the free one where it would be. */
static ALWAYS_INLINE uint64_t *slot_of(const struct memo *memo, const uint64_t *key, uint64_t hash,
				       uint32_t words)
{
	size_t at = hash & (memo->capacity - 1);

	for (;; at = (at + 1) & (memo->capacity - 1)) {
		uint64_t *slot = memo->slots + at * (words + 1);

		if (slot[words] == 0 || equal(slot, key, words))
			return slot;
	}
}

static ALWAYS_INLINE void find(struct memo *memo, const uint64_t *keys, uint32_t count,
			       uint32_t *numbers, uint32_t words)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t hash = hash_of(memo, keys + (size_t)i * words, words);

		memo->hashes[i] = hash;
		__builtin_prefetch(memo->slots + (hash & (memo->capacity - 1)) * (words + 1));
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t *slot = slot_of(memo, keys + (size_t)i * words, memo->hashes[i],
					       words);

		numbers[i] = (uint32_t)(slot[words] - 1);
	}
}

void memo_find(struct memo *memo, const uint64_t *keys, uint32_t count, uint32_t *numbers)
{
	assert(count <= MEMO_BATCH_MAX);
	if (memo->words == MEMO_NARROW)
		find(memo, keys, count, numbers, MEMO_NARROW);
	else
		find(memo, keys, count, numbers, MEMO_WIDE);
}

static uint64_t *slot_for(const struct memo *memo, const uint64_t *key)
{
	return slot_of(memo, key, hash_of(memo, key, memo->words), memo->words);
}

uint32_t memo_get(const struct memo *memo, const uint64_t *key)
{
	return (uint32_t)(slot_for(memo, key)[memo->words] - 1);
}

/* The next key and number from *at on, which starts as 0.  NULL: that was all. */
static const uint64_t *next_of(const struct memo *memo, size_t *at, uint32_t *number)
{
	while (*at < memo->capacity) {
		const uint64_t *slot = memo->slots + (*at)++ * (memo->words + 1);

		if (slot[memo->words]) {
			*number = (uint32_t)(slot[memo->words] - 1);
			return slot;
		}
	}
	return NULL;
}

static void double_slots(struct memo *memo)
{
	struct memo before = *memo;
	size_t	    size = (memo->words + 1) * sizeof(*memo->slots), at = 0;
	uint32_t    number;

	memo->capacity *= 2;
	memo->slots = mem_alloc(memo->capacity * size);
	for (const uint64_t *key; (key = next_of(&before, &at, &number));)
		memcpy(slot_for(memo, key), key, size);
	free(before.slots);
}

static void make_room(struct memo *memo)
{
	if (memo->count >= memo->entries_max) {
		memset(memo->slots, 0, memo->capacity * (memo->words + 1) * sizeof(*memo->slots));
		memo->count = 0;
	} else if ((memo->count + 1) * 2 > memo->capacity) {
		double_slots(memo);
	}
}

void memo_put(struct memo *memo, const uint64_t *key, uint32_t number)
{
	uint64_t *slot = slot_for(memo, key);

	assert(number != MEMO_NONE);
	if (slot[memo->words] == 0) {
		make_room(memo);
		slot = slot_for(memo, key);
		memcpy(slot, key, memo->words * sizeof(*key));
		memo->count++;
	}
	slot[memo->words] = (uint64_t)number + 1;
}
