/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text → uint32_t, open addressing with a per-process random seed, so that hostile names cannot make it slow.  Keys are
 * borrowed: they must live as long as the map (a world's arena does).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/str.h"

struct map_slot;

struct map {
	struct map_slot *slots; /* NULL while empty */
	size_t		 count, capacity;
};

/* A zeroed struct map is empty and ready. */
void map_done(struct map *map);

/* Sets key to value.  Returns true when the key is new; an old value is replaced. */
bool map_put(struct map *map, struct str key, uint32_t value);
bool map_get(const struct map *map, struct str key, uint32_t *value);

/* A keyed hash of bytes, for other tables. */
uint64_t map_hash(const void *bytes, size_t len);
