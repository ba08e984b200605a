/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/flow_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

/*
 * flows[0..count) has no holes; a slot holds an index into it, plus one, or 0 when it is free.  There are at
 * least twice as many slots as flows, so runs stay short and a search always meets a free slot.
 */
struct flow_table {
	struct flow *flows;
	uint32_t    *slots;
	uint32_t    *order; /* scratch of flow_table_close */
	size_t	     count, max, slot_mask;
	int64_t	     oldest;
};

/* Key and window stand side by side at the front: what identifies a flow is one run of bytes. */
enum { IDENTITY_SIZE = offsetof(struct flow, count) };
_Static_assert(IDENTITY_SIZE == sizeof(struct flow_key) + sizeof(int64_t),
	       "no padding between them");

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

	return sizeof(*table) + max_flows * (sizeof(*table->flows) + sizeof(*table->order)) +
	       slot_count_of(max_flows) * sizeof(*table->slots);
}

struct flow_table *flow_table_new(size_t max_flows)
{
	struct flow_table *table = mem_alloc(sizeof(*table));
	size_t		   slots = slot_count_of(max_flows);

	assert(max_flows > 0 && max_flows < UINT32_MAX / 4);
	table->flows = mem_alloc(max_flows * sizeof(*table->flows));
	table->order = mem_alloc(max_flows * sizeof(*table->order));
	table->slots = mem_alloc(slots * sizeof(*table->slots));
	table->max = max_flows;
	table->slot_mask = slots - 1;
	table->oldest = INT64_MAX;
	return table;
}

void flow_table_free(struct flow_table *table)
{
	if (!table)
		return;
	free(table->flows);
	free(table->order);
	free(table->slots);
	free(table);
}

size_t flow_table_count(const struct flow_table *table)
{
	return table->count;
}

int64_t flow_table_oldest(const struct flow_table *table)
{
	return table->oldest;
}

/* The slot of this flow, or the free one where it belongs. */
static uint32_t *find_slot(const struct flow_table *table, const struct flow *flow)
{
	size_t at = map_hash(flow, IDENTITY_SIZE) & table->slot_mask;

	while (table->slots[at] &&
	       memcmp(&table->flows[table->slots[at] - 1], flow, IDENTITY_SIZE) != 0)
		at = (at + 1) & table->slot_mask;
	return &table->slots[at];
}

static void merge(struct flow_count *into, const struct flow_count *from)
{
	into->packets += from->packets;
	into->bytes += from->bytes;
	into->tcp_flags |= from->tcp_flags;
	if (from->first_ns < into->first_ns)
		into->first_ns = from->first_ns;
	if (from->last_ns >= into->last_ns) {
		into->last_ns = from->last_ns;
		into->icmp_type = from->icmp_type;
		into->icmp_code = from->icmp_code;
	}
}

bool flow_table_add(struct flow_table *table, const struct flow *flow)
{
	uint32_t *slot = find_slot(table, flow);

	if (*slot) {
		merge(&table->flows[*slot - 1].count, &flow->count);
		return true;
	}
	if (table->count == table->max)
		return false;
	table->flows[table->count++] = *flow;
	*slot = (uint32_t)table->count;
	if (flow->window < table->oldest)
		table->oldest = flow->window;
	return true;
}

static int flow_cmp(const struct flow *a, const struct flow *b)
{
	if (a->window != b->window)
		return a->window < b->window ? -1 : 1;
	if (a->count.first_ns != b->count.first_ns)
		return a->count.first_ns < b->count.first_ns ? -1 : 1;
	return memcmp(&a->key, &b->key, sizeof(a->key));
}

/* Lets order[root] sink in the heap order[0..count), whose top is the last flow. */
static void sink_down(struct flow_table *table, size_t root, size_t count)
{
	uint32_t *order = table->order, moving = order[root];

	for (size_t child = root * 2 + 1; child < count; child = root * 2 + 1) {
		if (child + 1 < count &&
		    flow_cmp(&table->flows[order[child]], &table->flows[order[child + 1]]) < 0)
			child++;
		if (flow_cmp(&table->flows[order[child]], &table->flows[moving]) <= 0)
			break;
		order[root] = order[child];
		root = child;
	}
	order[root] = moving;
}

/* Heapsort: in place, where glibc's qsort would take memory, and never slow on hostile traffic. */
static void sort_order(struct flow_table *table, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sink_down(table, i, count);
	for (size_t end = count; end-- > 1;) {
		uint32_t last = table->order[end];

		table->order[end] = table->order[0];
		table->order[0] = last;
		sink_down(table, 0, end);
	}
}

/* Drops what is before limit, closes the holes and builds the slots anew. */
static void forget(struct flow_table *table, int64_t limit)
{
	size_t kept = 0;

	memset(table->slots, 0, (table->slot_mask + 1) * sizeof(*table->slots));
	table->oldest = INT64_MAX;
	for (size_t i = 0; i < table->count; i++) {
		if (table->flows[i].window < limit)
			continue;
		if (table->flows[i].window < table->oldest)
			table->oldest = table->flows[i].window;
		table->flows[kept] = table->flows[i];
		kept++;
		*find_slot(table, &table->flows[kept - 1]) = (uint32_t)kept;
	}
	table->count = kept;
}

int flow_table_close(struct flow_table *table, int64_t limit, flow_fn *each, void *context,
		     struct err *err)
{
	size_t count = 0;

	if (table->oldest >= limit)
		return 0;
	for (size_t i = 0; i < table->count; i++)
		if (table->flows[i].window < limit)
			table->order[count++] = (uint32_t)i;
	sort_order(table, count);
	for (size_t i = 0; i < count; i++)
		if (each(context, &table->flows[table->order[i]], err) < 0)
			return -1;
	forget(table, limit);
	return 0;
}
