/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/axis.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

/* A type or code beyond what a byte holds is like any other that no rule names. */
static uint32_t icmp_step(int16_t value)
{
	return value < 0 ? 0 : value >= AXIS_ICMP_ROW - 2 ? AXIS_ICMP_ROW - 1 : (uint32_t)value + 1;
}

static uint32_t icmp_base(int16_t protocol)
{
	return protocol == PROTO_ICMP ? AXIS_ICMP : AXIS_ICMPV6;
}

uint32_t axis_key(const struct packet *packet)
{
	if (packet->protocol == PROTO_TCP)
		return packet->dst_port;
	if (packet->protocol == PROTO_UDP)
		return AXIS_UDP + packet->dst_port;
	if (!proto_is_icmp(packet->protocol))
		return AXIS_OTHER + packet->protocol;
	return icmp_base(packet->protocol) + icmp_step(packet->icmp_type) * AXIS_ICMP_ROW +
	       icmp_step(packet->icmp_code);
}

static struct cover range(uint32_t first, uint32_t count, bool maybe)
{
	return (struct cover){ .first = first, .last = first + count - 1, .maybe = maybe };
}

static size_t icmp_covers(const struct header *header, struct cover covers[static COVERS_MAX])
{
	uint32_t base = icmp_base(header->protocol);
	uint32_t row = base + icmp_step(header->icmp_type) * AXIS_ICMP_ROW;

	assert(header->icmp_type >= 0 || header->icmp_code < 0);
	if (header->icmp_type < 0) {
		covers[0] = range(base, AXIS_ICMP_ROW * AXIS_ICMP_ROW, false);
		return 1;
	}
	if (header->icmp_code < 0) {
		covers[0] = range(row, AXIS_ICMP_ROW, false);
		covers[1] = range(base, AXIS_ICMP_ROW, true);
		return 2;
	}
	covers[0] = range(row + icmp_step(header->icmp_code), 1, false);
	covers[1] = range(row, 1, true);
	covers[2] = range(base + icmp_step(header->icmp_code), 1, true);
	covers[3] = range(base, 1, true);
	return 4;
}

size_t header_covers(const struct header *header, struct cover covers[static COVERS_MAX])
{
	uint32_t base = header->protocol == PROTO_UDP ? AXIS_UDP : 0;

	if (proto_is_icmp(header->protocol))
		return icmp_covers(header, covers);
	if (header->protocol == PROTO_ANY)
		covers[0] = range(0, AXIS_END, false);
	else if (!proto_has_ports(header->protocol))
		covers[0] = range(AXIS_OTHER + (uint32_t)header->protocol, 1, false);
	else if (header->ports.min > header->ports.max)
		return 0;
	else
		covers[0] = range(base + header->ports.min,
				  (uint32_t)header->ports.max - header->ports.min + 1, false);
	return 1;
}

static void cut_at(struct axis *axis, uint32_t key)
{
	if (key >= AXIS_END)
		return;
	axis->starts = mem_grow(axis->starts, axis->count, &axis->capacity, sizeof(*axis->starts));
	axis->starts[axis->count++] = key;
}

void axis_cut(struct axis *axis, uint32_t first, uint32_t last)
{
	cut_at(axis, first);
	cut_at(axis, last + 1);
}

void axis_add(struct axis *axis, const struct header *header)
{
	struct cover covers[COVERS_MAX];
	size_t	     count = header_covers(header, covers);

	for (size_t i = 0; i < count; i++)
		axis_cut(axis, covers[i].first, covers[i].last);
}

static int compare_starts(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void axis_close(struct axis *axis)
{
	size_t kept = 0;

	cut_at(axis, 0);
	qsort(axis->starts, axis->count, sizeof(*axis->starts), compare_starts);
	for (size_t i = 0; i < axis->count; i++)
		if (kept == 0 || axis->starts[i] != axis->starts[kept - 1])
			axis->starts[kept++] = axis->starts[i];
	axis->count = kept;
}

void axis_done(struct axis *axis)
{
	free(axis->starts);
	*axis = (struct axis){ 0 };
}

size_t axis_column(const struct axis *axis, uint32_t key)
{
	size_t low = 0, high = axis->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (axis->starts[middle] <= key)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct cover axis_columns(const struct axis *axis, struct cover keys)
{
	keys.first = (uint32_t)axis_column(axis, keys.first);
	keys.last = (uint32_t)axis_column(axis, keys.last);
	return keys;
}
