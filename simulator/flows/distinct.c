/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/distinct.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { CAPACITY_MIN = 8 };

struct distinct_budget distinct_budget(size_t held_max)
{
	return (struct distinct_budget){ .keep = DISTINCT_KEEP_MAX, .held_max = held_max };
}

void distinct_done(struct distinct *set, struct distinct_budget *budget)
{
	budget->held -= set->count;
	free(set->hashes);
	*set = (struct distinct){ 0 };
}

static int compare_hashes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Keeps the smallest hashes, each once. */
static void settle(struct distinct *set, struct distinct_budget *budget)
{
	uint32_t count = 0;

	budget->held -= set->count;
	if (set->count)
		qsort(set->hashes, set->count, sizeof(*set->hashes), compare_hashes);
	for (uint32_t i = 0; i < set->count; i++)
		if (count == 0 || set->hashes[i] != set->hashes[count - 1])
			set->hashes[count++] = set->hashes[i];
	if (count > budget->keep) {
		count = (uint32_t)budget->keep;
		set->estimated = true;
		set->limit = set->hashes[count - 1];
	}
	set->count = count;
	budget->held += count;
}

/* A set that is full of different hashes grows, up to twice what it keeps; else it is settled. */
static void make_room(struct distinct *set, struct distinct_budget *budget)
{
	if (set->capacity)
		settle(set, budget);
	if (set->count * 2 <= set->capacity && set->capacity)
		return;
	set->capacity = set->capacity ? set->capacity * 2 : CAPACITY_MIN;
	set->hashes = mem_resize(set->hashes, set->capacity, sizeof(*set->hashes));
}

static bool is_fit_due(const struct distinct_budget *budget)
{
	return budget->held > 2 * budget->held_max && budget->keep > DISTINCT_KEEP_MIN;
}

bool distinct_add(struct distinct *set, uint64_t hash, struct distinct_budget *budget)
{
	if ((set->count && set->hashes[set->count - 1] == hash) ||
	    (set->estimated && hash > set->limit))
		return false;
	if (set->count == set->capacity)
		make_room(set, budget);
	set->hashes[set->count++] = hash;
	budget->held++;
	return is_fit_due(budget);
}

bool distinct_join(struct distinct *into, const struct distinct *from,
		   struct distinct_budget *budget)
{
	if (from->estimated && (!into->estimated || from->limit < into->limit))
		into->limit = from->limit;
	into->estimated = into->estimated || from->estimated;
	for (uint32_t i = 0; i < from->count; i++)
		distinct_add(into, from->hashes[i], budget);
	return is_fit_due(budget);
}

static void settle_all(struct distinct *const *sets, size_t count, struct distinct_budget *budget)
{
	for (size_t i = 0; i < count; i++)
		settle(sets[i], budget);
}

/*
 * What all sets keep together never shrinks as they are added to, so what keep comes to is the same in
 * whatever order and in how many steps they were.
 */
void distinct_fit(struct distinct *const *sets, size_t count, struct distinct_budget *budget)
{
	settle_all(sets, count, budget);
	while (budget->held > budget->held_max && budget->keep > DISTINCT_KEEP_MIN) {
		budget->keep /= 2;
		settle_all(sets, count, budget);
	}
}

uint64_t distinct_bound(const struct distinct *set)
{
	return set->estimated ? set->limit : UINT64_MAX;
}

/* The hashes are spread evenly: the k-th smallest tells how dense they lie. */
uint64_t distinct_count(const struct distinct *set)
{
	double share;

	if (!set->estimated || set->count < 2)
		return set->count;
	share = (double)set->hashes[set->count - 1] / 18446744073709551616.0;
	return (uint64_t)((double)(set->count - 1) / share + 0.5);
}

/* Stafford's variant 13 of the finaliser of MurmurHash3: a bijection, so that few are never confused. */
static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

/*
 * Not keyed: the same log gives the same estimate on every day.  Addresses chosen to mislead it change a count
 * that is marked as an estimate, and no verdict.
 */
uint64_t distinct_hash_ip(struct ip ip)
{
	uint64_t words[2];

	memcpy(words, ip.bytes, sizeof(words));
	return mix(mix(words[1] ^ ip.family) + words[0] * UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t distinct_hash_port(uint16_t port)
{
	return mix(port + UINT64_C(0x9e3779b97f4a7c15));
}
