/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the rows of a table are, by the upper half of their hash, the tag: buckets of a cache line
 * each, in the order of the tags.  What finds its bucket full goes to the next that is not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GROUPS_SLOTS = 8, GROUPS_INDEX_BITS_MIN = 8, GROUPS_INDEX_BITS_MAX = 29 };

/* Filled from the front.  A row is its number plus one; 0 is free. */
struct groups_bucket {
	uint32_t tags[GROUPS_SLOTS];
	uint32_t rows[GROUPS_SLOTS];
} __attribute__((aligned(64)));

struct groups_index {
	struct groups_bucket *buckets;
	unsigned	      bits; /* of the number of buckets */
};

void groups_index_open(struct groups_index *index);
void groups_index_close(struct groups_index *index);
void groups_index_clear(struct groups_index *index);

void groups_index_put(struct groups_index *index, uint32_t tag, uint32_t row);
void groups_index_double(struct groups_index *index);

/* Rows at which an index should double, and the bytes it has. */
size_t groups_index_rows(unsigned bits);
size_t groups_index_bytes(unsigned bits);

static inline size_t groups_index_at(const struct groups_index *index, uint32_t tag)
{
	return tag >> (32 - index->bits);
}

static inline size_t groups_index_next(const struct groups_index *index, size_t at)
{
	return (at + 1) & (((size_t)1 << index->bits) - 1);
}

static inline bool groups_bucket_is_full(const struct groups_bucket *bucket)
{
	return bucket->rows[GROUPS_SLOTS - 1] != 0;
}

typedef uint32_t groups_lanes __attribute__((vector_size(16), may_alias));
typedef uint64_t groups_halves __attribute__((vector_size(16)));

/*
 * The row of a tag in a bucket, 0 when there is none; some number where the tag is there twice: it
 * is the key that decides.  Without branches, since its place in the bucket cannot be foretold.
 */
static inline __attribute__((always_inline)) uint32_t groups_bucket_row(
	const struct groups_bucket *bucket, uint32_t tag)
{
	const groups_lanes *tags = (const groups_lanes *)bucket->tags;
	const groups_lanes *rows = (const groups_lanes *)bucket->rows;
	groups_lanes	    wanted = { tag, tag, tag, tag };
	groups_lanes	    low = (groups_lanes)(tags[0] == wanted) & rows[0];
	groups_lanes	    high = (groups_lanes)(tags[1] == wanted) & rows[1];
	groups_halves	    hit = (groups_halves)(low | high);
	uint64_t	    both = hit[0] | hit[1];

	return (uint32_t)(both | both >> 32);
}

/* How many slots are taken, again without branches: true is -1 in a lane. */
static inline unsigned groups_bucket_taken(const struct groups_bucket *bucket)
{
	const groups_lanes *rows = (const groups_lanes *)bucket->rows;
	groups_lanes	    none = { 0 };
	groups_lanes taken = (groups_lanes)(rows[0] != none) + (groups_lanes)(rows[1] != none);

	return -(taken[0] + taken[1] + taken[2] + taken[3]);
}

/* One more row in a bucket that is not full. */
static inline void groups_bucket_put(struct groups_bucket *bucket, uint32_t tag, uint32_t row)
{
	unsigned slot = groups_bucket_taken(bucket);

	bucket->tags[slot] = tag;
	bucket->rows[slot] = row;
}
