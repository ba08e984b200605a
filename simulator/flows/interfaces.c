/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/interfaces.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* Records of one interface stand together, and those of a few come again and again. */
enum { RECENT_BITS = 13, RECENT = 1 << RECENT_BITS, PROBE = 8 };

struct interfaces {
	struct arena arena;
	struct map   numbers;
	struct str  *ids;
	size_t	     count, capacity;
	uint32_t     last;	     /* number of the last one asked for */
	uint32_t     recent[RECENT]; /* number + 1, by the end of the id; 0: none */
};

struct interfaces *interfaces_new(void)
{
	return mem_alloc(sizeof(struct interfaces));
}

void interfaces_free(struct interfaces *interfaces)
{
	if (!interfaces)
		return;
	map_done(&interfaces->numbers);
	arena_done(&interfaces->arena);
	free(interfaces->ids);
	free(interfaces);
}

/* Ids differ at their end. */
static uint32_t *recent_of(struct interfaces *interfaces, struct str id)
{
	uint64_t word = 0;

	if (id.len >= PROBE)
		memcpy(&word, id.ptr + id.len - PROBE, PROBE);
	return &interfaces->recent[word * UINT64_C(0x9e3779b97f4a7c15) >> (64 - RECENT_BITS)];
}

static uint32_t find_or_add(struct interfaces *interfaces, struct str id)
{
	uint32_t number;

	if (map_get(&interfaces->numbers, id, &number))
		return number;
	if (interfaces->count >= INTERFACES_MAX)
		return INTERFACES_NONE;
	number = (uint32_t)interfaces->count;
	interfaces->ids = mem_grow(interfaces->ids, interfaces->count, &interfaces->capacity,
				   sizeof(*interfaces->ids));
	interfaces->ids[interfaces->count++] = arena_str(&interfaces->arena, id);
	map_put(&interfaces->numbers, interfaces->ids[number], number);
	return number;
}

uint32_t interfaces_number(struct interfaces *interfaces, struct str id)
{
	uint32_t *recent, number;

	/* Records of one interface stand together. */
	if (interfaces->count && str_eq(interfaces->ids[interfaces->last], id))
		return interfaces->last;
	recent = recent_of(interfaces, id);
	if (*recent && str_eq(interfaces->ids[*recent - 1], id))
		return interfaces->last = *recent - 1;
	number = find_or_add(interfaces, id);
	if (number != INTERFACES_NONE) {
		*recent = number + 1;
		interfaces->last = number;
	}
	return number;
}

struct str interfaces_id(const struct interfaces *interfaces, uint32_t number)
{
	return interfaces->ids[number];
}
