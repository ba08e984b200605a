/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/spans.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

static uint64_t read_word(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return __builtin_bswap64(word);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "points are read as little-endian machines do"
#endif

struct point point_of(struct ip ip)
{
	return (struct point){ .hi = read_word(ip.bytes), .lo = read_word(ip.bytes + 8) };
}

struct ip point_ip(struct point point, enum span_family family)
{
	uint64_t words[2] = { __builtin_bswap64(point.hi), __builtin_bswap64(point.lo) };

	return ip_from_bytes(family == SPAN_V4 ? IP_V4 : IP_V6, words);
}

enum span_family span_family(struct ip ip)
{
	return ip.family == IP_V6 ? SPAN_V6 : SPAN_V4;
}

int point_cmp(struct point a, struct point b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return (a.lo > b.lo) - (a.lo < b.lo);
}

/* The last address of a block. */
static struct point last_of(const struct peer_block *block)
{
	unsigned     len = block->prefix_len;
	struct point last = block->base;

	last.hi |= len >= 64 ? 0 : UINT64_MAX >> len;
	last.lo |= len >= 128 ? 0 : len <= 64 ? UINT64_MAX : UINT64_MAX >> (len - 64);
	return last;
}

void blocks_add(struct blocks lists[static SPAN_FAMILY_COUNT], struct cidr cidr, uint32_t item)
{
	struct blocks *blocks = &lists[span_family(cidr.base)];

	blocks->items = mem_grow(blocks->items, blocks->count, &blocks->capacity,
				 sizeof(*blocks->items));
	blocks->items[blocks->count++] = (struct peer_block){ .base = point_of(cidr.base),
							      .prefix_len = cidr.prefix_len,
							      .item = item };
}

void blocks_done(struct blocks *blocks)
{
	free(blocks->items);
	*blocks = (struct blocks){ 0 };
}

static int compare_blocks(const void *a, const void *b)
{
	const struct peer_block *x = a, *y = b;
	int			 order = point_cmp(x->base, y->base);

	if (order)
		return order;
	if (x->prefix_len != y->prefix_len)
		return x->prefix_len < y->prefix_len ? -1 : 1;
	return (x->item > y->item) - (x->item < y->item);
}

void spans_put(struct spans *spans, struct point start, uint32_t value)
{
	struct span *last = spans->count ? &spans->items[spans->count - 1] : NULL;

	if (last && point_cmp(last->start, start) == 0) {
		spans->count--;
		last = spans->count ? last - 1 : NULL;
	}
	if (last && last->value == value)
		return;
	spans->items = mem_grow(spans->items, spans->count, &spans->capacity,
				sizeof(*spans->items));
	spans->items[spans->count++] = (struct span){ .start = start, .value = value };
}

struct spans spans_constant(uint32_t value)
{
	struct spans spans = { 0 };

	spans_put(&spans, (struct point){ 0, 0 }, value);
	return spans;
}

void spans_done(struct spans *spans)
{
	free(spans->items);
	*spans = (struct spans){ 0 };
}

/* The blocks around the place that the sweep has reached. */
struct nest {
	struct point last[BLOCK_DEPTH_MAX];
	uint32_t     value[BLOCK_DEPTH_MAX];
	unsigned     depth;
};

/* Leaves the blocks that end before a place: behind each, the value of the one around it holds again. */
static void leave_blocks(struct nest *nest, const struct point *next, struct spans *spans)
{
	while (nest->depth > 0 && (!next || point_cmp(nest->last[nest->depth], *next) < 0)) {
		struct point behind = nest->last[nest->depth--];

		behind.lo++;
		behind.hi += behind.lo == 0;
		if (behind.hi || behind.lo)
			spans_put(spans, behind, nest->value[nest->depth]);
	}
}

struct spans spans_sweep(struct blocks *blocks, sweep_value *value, void *context)
{
	struct nest  nest = { 0 };
	struct spans spans = { 0 };

	if (blocks->count)
		qsort(blocks->items, blocks->count, sizeof(*blocks->items), compare_blocks);
	nest.value[0] = value(context, 0, NULL, 0);
	spans_put(&spans, (struct point){ 0, 0 }, nest.value[0]);
	for (size_t i = 0, same; i < blocks->count; i += same) {
		const struct peer_block *first = &blocks->items[i];

		for (same = 1; i + same < blocks->count; same++)
			if (point_cmp(first[same].base, first->base) ||
			    first[same].prefix_len != first->prefix_len)
				break;
		leave_blocks(&nest, &first->base, &spans);
		nest.depth++;
		assert(nest.depth < BLOCK_DEPTH_MAX);
		nest.last[nest.depth] = last_of(first);
		nest.value[nest.depth] = value(context, nest.depth, first, same);
		spans_put(&spans, first->base, nest.value[nest.depth]);
	}
	leave_blocks(&nest, NULL, &spans);
	return spans;
}

struct spans spans_zip(const struct spans *const *parts, size_t count, zip_value *value,
		       void *context)
{
	size_t	     at[ZIP_MAX] = { 0 };
	uint32_t     values[ZIP_MAX] = { 0 };
	struct spans zipped = { 0 };
	struct point start = { 0, 0 };
	bool	     more = true;

	assert(count <= ZIP_MAX);
	while (more) {
		struct point next = { 0, 0 };

		more = false;
		for (size_t i = 0; i < count; i++) {
			const struct spans *part = parts[i];

			if (at[i] + 1 < part->count &&
			    point_cmp(part->items[at[i] + 1].start, start) == 0)
				at[i]++;
			values[i] = part->items[at[i]].value;
			if (at[i] + 1 < part->count &&
			    (!more || point_cmp(part->items[at[i] + 1].start, next) < 0)) {
				next = part->items[at[i] + 1].start;
				more = true;
			}
		}
		spans_put(&zipped, start, value(context, values));
		start = next;
	}
	return zipped;
}

size_t spans_index(const struct spans *spans, struct point point)
{
	size_t low = 0, high = spans->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (point_cmp(spans->items[middle].start, point) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint32_t spans_at(const struct spans *spans, struct point point)
{
	return spans->items[spans_index(spans, point)].value;
}

static struct ip before(struct point start, enum span_family family)
{
	uint64_t step = family == SPAN_V4 ? UINT64_C(1) << 32 : 0;

	if (step)
		start.hi -= step;
	else if (start.lo-- == 0)
		start.hi--;
	return point_ip(start, family);
}

struct ip spans_last(const struct spans *spans, size_t index, enum span_family family)
{
	struct cidr all = { .base.family = family == SPAN_V4 ? IP_V4 : IP_V6 };

	return index + 1 < spans->count ? before(spans->items[index + 1].start, family)
					: cidr_last(all);
}
