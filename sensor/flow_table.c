/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/flow_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/mem.h"

/* Key and window stand side by side at the front: what identifies a flow is one run of bytes. */
enum { IDENTITY_SIZE = offsetof(struct flow, count), IDENTITY_WORDS = IDENTITY_SIZE / 8 };
_Static_assert(IDENTITY_SIZE == sizeof(struct flow_key) + sizeof(int64_t),
	       "no padding between them");
_Static_assert(IDENTITY_SIZE % 8 == 0, "whole words");

enum {
	CACHE_LINE = 64,
	GROUP = 32, /* searches at a time that wait for memory together */
	AHEAD = 8,  /* flows asked for before they are handed out */
	/* With fewer flows than one in so many slots, a search for each costs less than wiping all. */
	SPARSE = 16
};

/* tag: half of the flow's hash, so that a search looks at hardly any flow but its own. */
struct slot {
	uint32_t tag;
	uint32_t flow; /* its index plus one; 0: the slot is free */
};

/* What flow_table_close sorts. */
struct order {
	uint64_t first_ns;
	uint32_t window; /* after the oldest; the highest number stands for all above */
	uint32_t flow;
};

/*
 * flows[0..count) has no holes.  There are at least twice as many slots as flows, so runs stay short and a
 * search always meets a free slot.  What is not used yet is not touched, so it takes no memory.
 */
struct flow_table {
	struct flow  *flows; /* aligned so that none lies in three cache lines */
	void	     *flows_block;
	struct slot  *slots;
	struct order *order, *merged; /* scratch of flow_table_close */
	size_t	      count, max, slot_mask;
	int64_t	      oldest;
	uint64_t      seeds[IDENTITY_WORDS + 1];
};

static size_t slot_count_of(size_t max_flows)
{
	size_t slots = 16;

	while (slots < max_flows * 2)
		slots *= 2;
	return slots;
}

size_t flow_table_memory_bytes(size_t max_flows)
{
	const struct flow_table *table;
	size_t a_flow = sizeof(*table->flows) + sizeof(*table->order) + sizeof(*table->merged);

	return sizeof(*table) + max_flows * a_flow +
	       slot_count_of(max_flows) * sizeof(*table->slots);
}

struct flow_table *flow_table_new(size_t max_flows)
{
	struct flow_table *table = mem_alloc(sizeof(*table));
	size_t		   slots = slot_count_of(max_flows), misplaced;

	assert(max_flows > 0 && max_flows < UINT32_MAX / 4);
	table->flows_block = mem_alloc(max_flows * sizeof(*table->flows) + CACHE_LINE);
	misplaced = (uintptr_t)table->flows_block % CACHE_LINE;
	table->flows = (void *)((char *)table->flows_block + CACHE_LINE - misplaced);
	table->order = mem_alloc(max_flows * sizeof(*table->order));
	table->merged = mem_alloc(max_flows * sizeof(*table->merged));
	table->slots = mem_alloc(slots * sizeof(*table->slots));
	table->max = max_flows;
	table->slot_mask = slots - 1;
	table->oldest = INT64_MAX;
	/* Before the kernel has any randomness it cannot know a secret; addresses are the next best. */
	if (getrandom(table->seeds, sizeof(table->seeds), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(table->seeds))
		for (size_t i = 0; i <= IDENTITY_WORDS; i++)
			table->seeds[i] = ((uintptr_t)table + i) * UINT64_C(0x9e3779b97f4a7c15);
	return table;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	free(table->flows_block);
	free(table->order);
	free(table->merged);
	free(table->slots);
	free(table);
}

size_t flow_table_count(const struct flow_table *table)
{
	return table->count;
}

const struct flow *flow_table_at(const struct flow_table *table, size_t index)
{
	assert(index < table->count);
	return &table->flows[index];
}

int64_t flow_table_oldest(const struct flow_table *table)
{
	return table->oldest;
}

/*
 * NH, the hash of UMAC (RFC 4418): whoever does not know the seeds makes two flows collide with a chance of
 * 2^-32, whatever he sends, and the multiplications do not wait for one another.  Its low bits are weaker
 * than the whole, which the last multiplication mends.
 */
static uint64_t hash_of(const struct flow_table *table, const struct flow *flow)
{
	uint64_t    words[IDENTITY_WORDS], sum = 0;
	__uint128_t product;

	memcpy(words, flow, sizeof(words));
	for (size_t i = 0; i < IDENTITY_WORDS; i++) {
		uint64_t seed = table->seeds[i];

		sum += (uint64_t)(uint32_t)((uint32_t)words[i] + (uint32_t)seed) *
		       (uint32_t)((uint32_t)(words[i] >> 32) + (uint32_t)(seed >> 32));
	}
	product = (__uint128_t)(sum ^ table->seeds[IDENTITY_WORDS]) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/* The slot of this flow, or the free one where it belongs. */
static struct slot *find_slot(const struct flow_table *table, const struct flow *flow,
			      uint64_t hash)
{
	size_t	 at = hash & table->slot_mask;
	uint32_t tag = tag_of(hash);

	while (table->slots[at].flow &&
	       (table->slots[at].tag != tag ||
		memcmp(&table->flows[table->slots[at].flow - 1], flow, IDENTITY_SIZE) != 0))
		at = (at + 1) & table->slot_mask;
	return &table->slots[at];
}

static void merge_count(struct flow_count *into, const struct flow_count *from)
{
	into->packets += from->packets;
	into->bytes += from->bytes;
	into->tcp_flags |= from->tcp_flags;
	into->is_discovery &= from->is_discovery;
	if (from->first_ns < into->first_ns)
		into->first_ns = from->first_ns;
	if (from->last_ns >= into->last_ns) {
		into->last_ns = from->last_ns;
		into->icmp_type = from->icmp_type;
		into->icmp_code = from->icmp_code;
	}
}

static bool add_hashed(struct flow_table *table, const struct flow *flow, uint64_t hash)
{
	struct slot *slot = find_slot(table, flow, hash);

	if (slot->flow) {
		merge_count(&table->flows[slot->flow - 1].count, &flow->count);
		return true;
	}
	if (table->count == table->max)
		return false;
	table->flows[table->count++] = *flow;
	*slot = (struct slot){ .tag = tag_of(hash), .flow = (uint32_t)table->count };
	if (flow->window < table->oldest)
		table->oldest = flow->window;
	return true;
}

/* First all slots are asked for, then all flows, then all are added: one wait where there were many. */
static size_t add_group(struct flow_table *table, const struct flow *flows, size_t count)
{
	uint64_t hashes[GROUP];

	for (size_t i = 0; i < count; i++) {
		hashes[i] = hash_of(table, &flows[i]);
		__builtin_prefetch(&table->slots[hashes[i] & table->slot_mask], 1);
	}
	for (size_t i = 0; i < count; i++) {
		const struct slot *slot = &table->slots[hashes[i] & table->slot_mask];
		const struct flow *flow = &table->flows[slot->flow ? slot->flow - 1 : 0];

		if (slot->flow && slot->tag == tag_of(hashes[i])) {
			__builtin_prefetch(flow, 1);
			__builtin_prefetch(&flow->count, 1);
		}
	}
	for (size_t i = 0; i < count; i++)
		if (!add_hashed(table, &flows[i], hashes[i]))
			return i;
	return count;
}

size_t flow_table_add(struct flow_table *table, const struct flow *flows, size_t count)
{
	size_t added = 0;

	while (added < count) {
		size_t wanted = count - added < GROUP ? count - added : GROUP;
		size_t got = add_group(table, flows + added, wanted);

		added += got;
		if (got < wanted)
			break;
	}
	return added;
}

static int flow_cmp(const struct flow *a, const struct flow *b)
{
	if (a->window != b->window)
		return a->window < b->window ? -1 : 1;
	if (a->count.first_ns != b->count.first_ns)
		return a->count.first_ns < b->count.first_ns ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* The same on what stands for the flows; they themselves are looked at in a tie only. */
static bool is_after(const struct flow_table *table, const struct order *a, const struct order *b)
{
	if (a->window != b->window)
		return a->window > b->window;
	if (a->window != UINT32_MAX && a->first_ns != b->first_ns)
		return a->first_ns > b->first_ns;
	return flow_cmp(&table->flows[a->flow], &table->flows[b->flow]) > 0;
}

static size_t run_end(const struct flow_table *table, size_t at, size_t count)
{
	for (at++; at < count && !is_after(table, &table->order[at - 1], &table->order[at]); at++)
		;
	return at;
}

/* Merges two runs of order, [at, middle) and [middle, end), into the same place of merged. */
static void merge_runs(struct flow_table *table, size_t at, size_t middle, size_t end)
{
	const struct order *left = table->order + at, *left_end = table->order + middle;
	const struct order *right = left_end, *right_end = table->order + end;
	struct order	   *out = table->merged + at;

	while (left < left_end && right < right_end)
		*out++ = is_after(table, left, right) ? *right++ : *left++;
	memcpy(out, left, (size_t)(left_end - left) * sizeof(*out));
	out += left_end - left;
	memcpy(out, right, (size_t)(right_end - right) * sizeof(*out));
}

/*
 * Merge sort from the runs that are there: flows come nearly in the order of their first packets, or in a
 * few such orders.  Never slower than n log n, and qsort would take memory.
 */
static void sort_order(struct flow_table *table, size_t count)
{
	size_t runs = count;

	while (runs > 1) {
		struct order *sorted = table->merged;

		runs = 0;
		for (size_t at = 0, end; at < count; at = end) {
			size_t middle = run_end(table, at, count);

			end = middle < count ? run_end(table, middle, count) : count;
			merge_runs(table, at, middle, end);
			runs++;
		}
		table->merged = table->order;
		table->order = sorted;
	}
}

/* How many flows are of windows before limit; *sorted: they stand in the right order. */
static size_t count_closing(const struct flow_table *table, int64_t limit, bool *sorted)
{
	const struct flow *before = NULL;
	size_t		   count = 0;

	*sorted = true;
	for (size_t i = 0; i < table->count; i++) {
		const struct flow *flow = &table->flows[i];

		if (flow->window >= limit)
			continue;
		*sorted = *sorted && (!before || flow_cmp(before, flow) <= 0);
		before = flow;
		count++;
	}
	return count;
}

static void fill_order(struct flow_table *table, int64_t limit)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct flow *flow = &table->flows[i];
		uint64_t	   after = (uint64_t)flow->window - (uint64_t)table->oldest;

		if (flow->window >= limit)
			continue;
		table->order[count++] = (struct order){
			.first_ns = flow->count.first_ns,
			.window = after < UINT32_MAX ? (uint32_t)after : UINT32_MAX,
			.flow = (uint32_t)i,
		};
	}
}

static int hand_out_sorted(struct flow_table *table, size_t count, flow_fn *each, void *context,
			   struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count) {
			const struct flow *next = &table->flows[table->order[i + AHEAD].flow];

			__builtin_prefetch(next);
			__builtin_prefetch(&next->count);
		}
		if (each(context, &table->flows[table->order[i].flow], err) < 0)
			return -1;
	}
	return 0;
}

static int hand_out(struct flow_table *table, int64_t limit, flow_fn *each, void *context,
		    struct err *err)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->flows[i].window < limit && each(context, &table->flows[i], err) < 0)
			return -1;
	return 0;
}

/* A flow's slot is in the run that begins where its hash says. */
static void wipe_slots(struct flow_table *table)
{
	if (table->count >= table->slot_mask / SPARSE) {
		memset(table->slots, 0, (table->slot_mask + 1) * sizeof(*table->slots));
		return;
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t at = hash_of(table, &table->flows[i]) & table->slot_mask;

		for (; table->slots[at].flow; at = (at + 1) & table->slot_mask)
			table->slots[at].flow = 0;
	}
}

/* Drops what is before limit, closes the holes and builds the slots anew. */
static void forget(struct flow_table *table, int64_t limit)
{
	size_t kept = 0;

	wipe_slots(table);
	table->oldest = INT64_MAX;
	for (size_t i = 0; i < table->count; i++) {
		uint64_t hash;

		if (table->flows[i].window < limit)
			continue;
		if (table->flows[i].window < table->oldest)
			table->oldest = table->flows[i].window;
		table->flows[kept] = table->flows[i];
		hash = hash_of(table, &table->flows[kept]);
		*find_slot(table, &table->flows[kept],
			   hash) = (struct slot){ .tag = tag_of(hash), .flow = (uint32_t)kept + 1 };
		kept++;
	}
	table->count = kept;
}

int flow_table_close(struct flow_table *table, int64_t limit, flow_fn *each, void *context,
		     struct err *err)
{
	bool   sorted;
	size_t count;
	int    result;

	if (table->oldest >= limit)
		return 0;
	count = count_closing(table, limit, &sorted);
	if (sorted) {
		result = hand_out(table, limit, each, context, err);
	} else {
		fill_order(table, limit);
		sort_order(table, count);
		result = hand_out_sorted(table, count, each, context, err);
	}
	if (result == 0)
		forget(table, limit);
	return result;
}
