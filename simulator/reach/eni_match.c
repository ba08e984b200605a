/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/eni_match.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

/* Indexes by key, first in first out. */
struct queues {
	struct map   heads; /* key → index */
	uint32_t    *next;  /* beside the indexes */
	struct arena arena;
};

static struct queues queues_make(size_t count)
{
	return (struct queues){ .next = mem_alloc((count + 1) * sizeof(uint32_t)) };
}

static void queues_done(struct queues *queues)
{
	map_done(&queues->heads);
	free(queues->next);
	arena_done(&queues->arena);
}

/* In front of those with the key: whoever puts the last one first gets them out in order. */
static void queues_put(struct queues *queues, struct str key, uint32_t idx)
{
	uint32_t head;

	queues->next[idx] = map_get(&queues->heads, key, &head) ? head : WORLD_NONE;
	map_put(&queues->heads, arena_str(&queues->arena, key), idx);
}

static uint32_t queues_take(struct queues *queues, struct str key)
{
	uint32_t head;

	if (!map_get(&queues->heads, key, &head) || head == WORLD_NONE)
		return WORLD_NONE;
	map_put(&queues->heads, arena_str(&queues->arena, key), queues->next[head]);
	return head;
}

enum round { BY_ID, BY_INSTANCE, BY_NAME_IN_SUBNET, BY_NAME, ROUND_COUNT };

/* Leaves *key empty when the interface has nothing to be known by. */
static void make_key(const struct world *world, uint32_t eni_idx, enum round round, struct buf *key)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct str	  label = world_eni_label(world, eni_idx);

	buf_clear(key);
	if (round == BY_ID)
		buf_add_str(key, eni->object.id);
	else if (round == BY_INSTANCE)
		buf_add_str(key, eni->instance_id);
	else if (!str_eq(label, eni->object.id)) {
		buf_add_str(key, label);
		buf_add_char(key, '\0');
		buf_add_str(key, round == BY_NAME ? eni->vpc_id : eni->subnet_id);
	}
}

static void match_round(struct eni_match *match, const struct world *a, const struct world *b,
			enum round round, bool *taken)
{
	struct queues	    queues = queues_make(a->counts[WORLD_ENI]);
	auto_buf struct buf key = buf_make(SIZE_MAX);

	for (uint32_t i = (uint32_t)a->counts[WORLD_ENI]; i-- > 0;) {
		if (taken[i])
			continue;
		make_key(a, i, round, &key);
		if (key.len)
			queues_put(&queues, buf_str(&key), i);
	}
	for (uint32_t i = 0; i < b->counts[WORLD_ENI]; i++) {
		if (match->others[i] != WORLD_NONE)
			continue;
		make_key(b, i, round, &key);
		match->others[i] = queues_take(&queues, buf_str(&key));
		if (match->others[i] == WORLD_NONE)
			continue;
		taken[match->others[i]] = true;
		match->renewed += round != BY_ID;
	}
	queues_done(&queues);
}

void eni_match_init(struct eni_match *match, const struct world *a, const struct world *b)
{
	auto_free bool *taken = mem_alloc(a->counts[WORLD_ENI] + 1);

	*match = (struct eni_match){ 0 };
	match->others = mem_alloc((b->counts[WORLD_ENI] + 1) * sizeof(*match->others));
	for (size_t i = 0; i < b->counts[WORLD_ENI]; i++)
		match->others[i] = WORLD_NONE;
	for (int round = 0; round < ROUND_COUNT; round++)
		match_round(match, a, b, (enum round)round, taken);
}

void eni_match_done(struct eni_match *match)
{
	free(match->others);
	*match = (struct eni_match){ 0 };
}

/* By the address itself, then by its family alone. */
static struct str slice_key(const struct slice *slice, bool by_family)
{
	return (struct str){ (const char *)&slice->first,
			     by_family ? sizeof(slice->first.family) : sizeof(slice->first) };
}

static bool are_equal(const struct slices *a, const struct slices *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; equal && i < a->count; i++)
		equal = ip_eq(a->items[i].first, b->items[i].first);
	return equal;
}

uint32_t *slices_match(const struct slices *a, const struct slices *b)
{
	uint32_t       *others = mem_alloc((b->count + 1) * sizeof(*others));
	auto_free bool *taken = mem_alloc(a->count + 1);
	bool		equal = are_equal(a, b);

	for (uint32_t i = 0; i < b->count; i++)
		others[i] = equal ? i : WORLD_NONE;
	for (int round = 0; round < 2 && !equal; round++) {
		struct queues queues = queues_make(a->count);

		for (uint32_t i = (uint32_t)a->count; i-- > 0;)
			if (!taken[i])
				queues_put(&queues, slice_key(&a->items[i], round), i);
		for (uint32_t i = 0; i < b->count; i++) {
			if (others[i] != WORLD_NONE)
				continue;
			others[i] = queues_take(&queues, slice_key(&b->items[i], round));
			if (others[i] != WORLD_NONE)
				taken[others[i]] = true;
		}
		queues_done(&queues);
	}
	return others;
}
