/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct map_slot {
	struct str key; /* ptr NULL: free */
	uint64_t   hash;
	uint32_t   value;
};

/* Drawn before any thread is there to see it change. */
static uint64_t seed;

__attribute__((constructor)) static void draw_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)(uintptr_t)&seed ^ (uint64_t)clock_now().mono.ns;
	seed |= 1;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* wyhash's structure: 8 bytes at a time folded by a 64×64→128 multiplication, seeded. */
uint64_t map_hash(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t	     hash = seed ^ len * UINT64_C(0x9e3779b97f4a7c15);

	for (; len >= 8; at += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		hash = mix(hash ^ word, UINT64_C(0xa0761d6478bd642f) ^ seed);
	}
	if (len) {
		uint64_t word = 0;

		memcpy(&word, at, len);
		hash = mix(hash ^ word, UINT64_C(0xe7037ed1a0b428db) ^ seed);
	}
	return mix(hash, UINT64_C(0x8ebc6af09c88c6e3));
}

void map_done(struct map *map)
{
	free(map->slots);
	*map = (struct map){ 0 };
}

/* The slot that holds key, or the free one where it belongs. */
static struct map_slot *slot_of(const struct map *map, struct str key, uint64_t hash)
{
	size_t mask = map->capacity - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct map_slot *slot = &map->slots[i];

		if (!slot->key.ptr || (slot->hash == hash && str_eq(slot->key, key)))
			return slot;
	}
}

static void map_double(struct map *map)
{
	struct map bigger = { .capacity = map->capacity ? map->capacity * 2 : 16,
			      .count = map->count };

	bigger.slots = mem_alloc(bigger.capacity * sizeof(*bigger.slots));
	for (size_t i = 0; i < map->capacity; i++)
		if (map->slots[i].key.ptr)
			*slot_of(&bigger, map->slots[i].key, map->slots[i].hash) = map->slots[i];
	free(map->slots);
	*map = bigger;
}

bool map_put(struct map *map, struct str key, uint32_t value)
{
	uint64_t	 hash = map_hash(key.ptr, key.len);
	struct map_slot *slot;
	bool		 is_new;

	if (map->count * 4 >= map->capacity * 3)
		map_double(map);
	slot = slot_of(map, key, hash);
	is_new = !slot->key.ptr;
	if (is_new) {
		slot->key = (struct str){ .ptr = key.ptr ? key.ptr : "", .len = key.len };
		slot->hash = hash;
		map->count++;
	}
	slot->value = value;
	return is_new;
}

bool map_get(const struct map *map, struct str key, uint32_t *value)
{
	const struct map_slot *slot;

	if (map->count == 0)
		return false;
	slot = slot_of(map, key, map_hash(key.ptr, key.len));
	if (!slot->key.ptr)
		return false;
	*value = slot->value;
	return true;
}
