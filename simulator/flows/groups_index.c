/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/mem.h"

enum { LARGE_PAGE = 2 << 20 };

static struct groups_bucket *new_buckets(unsigned bits)
{
	size_t		      size = groups_index_bytes(bits);
	struct groups_bucket *buckets = mem_aligned(size, size < LARGE_PAGE ? sizeof(*buckets)
									    : LARGE_PAGE);

	/* A kernel without large pages says no; nothing depends on it. */
	if (size >= LARGE_PAGE)
		(void)madvise(buckets, size, MADV_HUGEPAGE);
	memset(buckets, 0, size);
	return buckets;
}

void groups_index_open(struct groups_index *index)
{
	index->bits = GROUPS_INDEX_BITS_MIN;
	index->buckets = new_buckets(index->bits);
}

void groups_index_close(struct groups_index *index)
{
	free(index->buckets);
	index->buckets = NULL;
}

void groups_index_clear(struct groups_index *index)
{
	memset(index->buckets, 0, groups_index_bytes(index->bits));
}

/* At three quarters so few buckets are full that one of them is nearly always enough. */
size_t groups_index_rows(unsigned bits)
{
	return ((size_t)GROUPS_SLOTS << bits) / 4 * 3;
}

size_t groups_index_bytes(unsigned bits)
{
	return sizeof(struct groups_bucket) << bits;
}

void groups_index_put(struct groups_index *index, uint32_t tag, uint32_t row)
{
	size_t at = groups_index_at(index, tag);

	while (groups_bucket_is_full(&index->buckets[at]))
		at = groups_index_next(index, at);
	groups_bucket_put(&index->buckets[at], tag, row);
}

/*
 * What is in an old bucket goes to the two that take its place.  How far these are filled is kept
 * beside them: to read as a whole what has just been written in pieces makes processors wait.
 */
static void split_bucket(struct groups_index *doubled, const struct groups_bucket *bucket,
			 size_t at)
{
	struct groups_bucket *pair = &doubled->buckets[at];
	unsigned taken[2] = { groups_bucket_taken(&pair[0]), groups_bucket_taken(&pair[1]) };

	for (unsigned slot = 0; slot < GROUPS_SLOTS && bucket->rows[slot]; slot++) {
		uint32_t tag = bucket->tags[slot];
		size_t	 half = groups_index_at(doubled, tag) - at;

		/* Else it had been pushed on by a full bucket, or is pushed on now. */
		if (half < 2 && taken[half] < GROUPS_SLOTS) {
			pair[half].tags[taken[half]] = tag;
			pair[half].rows[taken[half]++] = bucket->rows[slot];
		} else {
			groups_index_put(doubled, tag, bucket->rows[slot]);
			taken[0] = groups_bucket_taken(&pair[0]);
			taken[1] = groups_bucket_taken(&pair[1]);
		}
	}
}

/* Walks the old buckets in order, which is the order of the new ones: memory is met front to back. */
void groups_index_double(struct groups_index *index)
{
	struct groups_index doubled = { new_buckets(index->bits + 1), index->bits + 1 };

	for (size_t i = 0; i < (size_t)1 << index->bits; i++)
		split_bucket(&doubled, &index->buckets[i], 2 * i);
	groups_index_close(index);
	*index = doubled;
}
