/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function of an address, as the sorted places where its value changes.  Rules are blocks, and blocks nest
 * or are apart, so a sweep over their boundaries with a stack gives every address the blocks around it.
 *
 * An address is a point: 128 bits, most significant first; IPv4's are the upper 32 of them, so that a prefix
 * length means the same for both families.  A function is of one family.
 */
#pragma once

#include "lib/net/cidr.h"

struct point {
	uint64_t hi, lo;
};

enum span_family { SPAN_V4, SPAN_V6, SPAN_FAMILY_COUNT };

/* What holds in a block of addresses; item is the caller's. */
struct peer_block {
	struct point base;
	uint32_t     item;
	uint8_t	     prefix_len;
};

struct blocks {
	struct peer_block *items;
	size_t		   count, capacity;
};

struct span {
	struct point start; /* up to the next span's start */
	uint32_t     value;
};

/* The first span starts at zero; neighbours differ in value. */
struct spans {
	struct span *items;
	size_t	     count, capacity;
};

struct point	 point_of(struct ip ip);
struct ip	 point_ip(struct point point, enum span_family family);
enum span_family span_family(struct ip ip);
int		 point_cmp(struct point a, struct point b);

/* Adds to the list of the block's family. */
void blocks_add(struct blocks lists[static SPAN_FAMILY_COUNT], struct cidr cidr, uint32_t item);
void blocks_done(struct blocks *blocks);

/* How deep blocks can nest, the whole family around them included. */
enum { BLOCK_DEPTH_MAX = 130 };

/*
 * The value inside some blocks that are equal, at a depth of nesting; what was worked out for the depth above
 * still stands.  Depth 0 is the whole family, and no block.
 */
typedef uint32_t sweep_value(void *context, unsigned depth, const struct peer_block *blocks,
			     size_t count);

/* Sorts the blocks. */
struct spans spans_sweep(struct blocks *blocks, sweep_value *value, void *context);

/* Of the values that several functions have at one address, in order, the value of a new one. */
typedef uint32_t zip_value(void *context, const uint32_t *values);

enum { ZIP_MAX = 3 };

struct spans spans_zip(const struct spans *const *parts, size_t count, zip_value *value,
		       void *context);

struct spans spans_constant(uint32_t value);
void	     spans_put(struct spans *spans, struct point start, uint32_t value); /* ascending */
uint32_t     spans_at(const struct spans *spans, struct point point);
size_t	     spans_index(const struct spans *spans, struct point point); /* of the span around it */
struct ip    spans_last(const struct spans *spans, size_t index, enum span_family family);
void	     spans_done(struct spans *spans);
