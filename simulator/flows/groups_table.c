/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/groups_hash.h"
#include "simulator/flows/groups_index.h"
#include "simulator/flows/groups_room.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

enum {
	AHEAD = 16, /* rows between the steps of one row: enough to hide memory */
	STEP = 4,   /* rows that take a step together */
	ROWS_ON_THE_WAY = 2 * AHEAD,
	BUCKETS_AHEAD = 4,
	LINE_WORDS = 8,
	ROWS_MIN = 256,
	/* A table of so many bytes is in a cache that is near enough not to be asked ahead. */
	NEAR_BYTES = 3 << 18,
	NEAR_ROWS = 32,
};

struct groups_table {
	struct groups_shape shape;
	size_t		    row_words;
	unsigned	    hash_shift;
	struct groups_index index;
	size_t		    row_count, rows_max;
	struct groups_room  room;
};

static ALWAYS_INLINE uint32_t key_tag(const struct groups_table *table, const uint64_t *key,
				      unsigned words)
{
	return (uint32_t)(groups_hash(key, words) << table->hash_shift >> 32);
}

static ALWAYS_INLINE bool keys_equal(const uint64_t *a, const uint64_t *b, unsigned words)
{
	uint64_t differ = 0;

	for (unsigned i = 0; i < words; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static ALWAYS_INLINE uint64_t *row_at(const struct groups_table *table, size_t row,
				      size_t row_words)
{
	return (uint64_t *)table->room.at + row * row_words;
}

/*
 * Rows are a few words, for which memcpy of a size that is not known begins too slowly; the empty
 * statement keeps compilers from making it one again.
 */
static ALWAYS_INLINE void copy_words(uint64_t *to, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		to[i] = from[i];
		__asm__ volatile("");
	}
}

static ALWAYS_INLINE void fold_row(const struct groups_shape *shape, uint64_t *sum,
				   uint64_t records, const uint64_t *values)
{
	*sum++ += records;
	for (unsigned i = shape->sums; i > 0; i--, sum++, values++)
		if (__builtin_add_overflow(*sum, *values, sum))
			*sum = UINT64_MAX;
	for (unsigned i = shape->mins; i > 0; i--, sum++, values++)
		*sum = *sum < *values ? *sum : *values;
	for (unsigned i = shape->maxes; i > 0; i--, sum++, values++)
		*sum = *sum > *values ? *sum : *values;
}

void groups_fold(const struct groups_shape *shape, uint64_t *sum, const uint64_t *added)
{
	if (sum[0] == 0)
		memcpy(sum, added, (1 + groups_value_count(shape)) * sizeof(*sum));
	else if (added[0] != 0)
		fold_row(shape, sum, added[0], added + 1);
}

/*
 * As many groups as memory has room for: rows, index, and half as large an index again while it
 * doubles.
 */
static size_t rows_in(size_t memory_bytes, size_t row_bytes)
{
	size_t most = ROWS_MIN;

	for (unsigned bits = GROUPS_INDEX_BITS_MIN; bits <= GROUPS_INDEX_BITS_MAX; bits++) {
		size_t index_bytes = groups_index_bytes(bits) / 2 * 3;
		size_t rows = groups_index_rows(bits);

		if (index_bytes > memory_bytes)
			break;
		if (rows > (memory_bytes - index_bytes) / row_bytes)
			rows = (memory_bytes - index_bytes) / row_bytes;
		most = rows > most ? rows : most;
	}
	return most;
}

struct groups_table *groups_table_new(const struct groups_shape *shape, unsigned level)
{
	struct groups_table *table = mem_alloc(sizeof(*table));
	size_t		     row_bytes = groups_row_words(shape) * sizeof(uint64_t);

	assert(level <= GROUPS_LEVEL_MAX);
	assert(shape->key_words > 0 && shape->key_words <= GROUPS_KEY_WORDS_MAX);
	assert(groups_value_count(shape) <= GROUPS_VALUES_MAX);
	groups_hash_start();
	table->shape = *shape;
	table->row_words = groups_row_words(shape);
	table->hash_shift = level * GROUPS_PART_BITS;
	groups_index_open(&table->index);
	table->rows_max = rows_in(shape->memory_bytes, row_bytes);
	groups_room_open(&table->room, table->rows_max * row_bytes);
	return table;
}

void groups_table_free(struct groups_table *table)
{
	if (!table)
		return;
	groups_room_close(&table->room);
	groups_index_close(&table->index);
	free(table);
}

static uint64_t *find_among(const struct groups_table *table, const struct groups_bucket *bucket,
			    const uint64_t *key, uint32_t tag)
{
	for (unsigned slot = 0; slot < GROUPS_SLOTS && bucket->rows[slot]; slot++) {
		uint64_t *row = row_at(table, bucket->rows[slot] - 1, table->row_words);

		if (bucket->tags[slot] == tag && keys_equal(row, key, table->shape.key_words))
			return row;
	}
	return NULL;
}

/* The row of a key, NULL when there is none. */
static uint64_t *find(const struct groups_table *table, const uint64_t *key, uint32_t tag)
{
	size_t at = groups_index_at(&table->index, tag);

	for (;; at = groups_index_next(&table->index, at)) {
		const struct groups_bucket *bucket = &table->index.buckets[at];
		uint64_t		   *row = NULL;

		if (groups_bucket_row(bucket, tag))
			row = find_among(table, bucket, key, tag);
		if (row || !groups_bucket_is_full(bucket))
			return row;
	}
}

/* NULL: there is no memory for it. */
static uint64_t *new_row(struct groups_table *table, const uint64_t *key, uint32_t tag)
{
	size_t	  end_bytes = (table->row_count + 1) * table->row_words * sizeof(uint64_t);
	uint64_t *row;

	if (table->row_count == table->rows_max || !groups_room_grow(&table->room, end_bytes))
		return NULL;
	if (table->row_count == groups_index_rows(table->index.bits))
		groups_index_double(&table->index);
	row = row_at(table, table->row_count, table->row_words);
	copy_words(row, key, table->shape.key_words);
	table->row_count++;
	groups_index_put(&table->index, tag, (uint32_t)table->row_count);
	return row;
}

/*
 * Rows on their way: hashed and their bucket asked for, then looked up and their row asked for.
 * The steps of different rows take turns, so that memory has work all the time.
 */
struct on_the_way {
	size_t	 hashed, looked_up; /* how many rows so far */
	uint32_t tags[ROWS_ON_THE_WAY];
	uint32_t found[ROWS_ON_THE_WAY]; /* by the tag alone: the row, or where the next will be */
};

static ALWAYS_INLINE void hash_row(const struct groups_table *table, const uint64_t *key, size_t i,
				   struct on_the_way *way, unsigned key_words)
{
	uint32_t tag = key_tag(table, key, key_words);

	way->tags[i % ROWS_ON_THE_WAY] = tag;
	__builtin_prefetch(&table->index.buckets[groups_index_at(&table->index, tag)]);
}

static ALWAYS_INLINE void find_row(const struct groups_table *table, size_t i,
				   struct on_the_way *way, size_t row_words)
{
	uint32_t		    tag = way->tags[i % ROWS_ON_THE_WAY], found;
	size_t			    at = groups_index_at(&table->index, tag);
	const struct groups_bucket *bucket = &table->index.buckets[at];
	const uint64_t		   *row;

	found = groups_bucket_row(bucket, tag);
	while (__builtin_expect(!found && groups_bucket_is_full(bucket), 0)) {
		at = groups_index_next(&table->index, at);
		bucket = &table->index.buckets[at];
		found = groups_bucket_row(bucket, tag);
	}
	found = (found ? found : (uint32_t)table->row_count + 1) - 1;
	way->found[i % ROWS_ON_THE_WAY] = found;
	row = row_at(table, found, row_words);
	for (size_t word = 0; word < row_words; word += LINE_WORDS)
		__builtin_prefetch(row + word, 1);
	__builtin_prefetch(row + row_words - 1, 1);
}

/* The steps that are due before row i. */
static ALWAYS_INLINE void bring_rows(const struct groups_table *table,
				     const struct groups_rows *rows, size_t i,
				     struct on_the_way *way, unsigned key_words)
{
	size_t row_words = key_words + 1u + groups_value_count(&table->shape);
	size_t hashed = way->hashed, looked_up = way->looked_up;

	for (; hashed < rows->count && hashed < i + ROWS_ON_THE_WAY; hashed++)
		hash_row(table, rows->keys + hashed * rows->key_stride, hashed, way, key_words);
	for (; looked_up < rows->count && looked_up < i + AHEAD; looked_up++)
		find_row(table, looked_up, way, row_words);
	way->hashed = hashed;
	way->looked_up = looked_up;
}

static uint64_t records_of(const struct groups_rows *rows, size_t i)
{
	return rows->records ? rows->records[i * rows->key_stride] : 1;
}

/* A row whose group find_row did not find.  False: it is new, and there is no memory for it. */
static bool add_slowly(struct groups_table *table, const struct groups_rows *rows, size_t i,
		       uint32_t tag)
{
	const uint64_t *key = rows->keys + i * rows->key_stride;
	const uint64_t *values = rows->values + i * rows->value_stride;
	uint64_t       *row = find(table, key, tag);

	if (row) {
		fold_row(&table->shape, row + table->shape.key_words, records_of(rows, i), values);
		return true;
	}
	row = new_row(table, key, tag);
	if (!row)
		return false;
	row += table->shape.key_words;
	row[0] = records_of(rows, i);
	copy_words(row + 1, values, groups_value_count(&table->shape));
	return true;
}

/* A row that has no room. */
static void leave_out(const struct groups_table *table, const struct groups_rows *rows, size_t i,
		      uint64_t *left)
{
	uint64_t added[1 + GROUPS_VALUES_MAX] = { records_of(rows, i) };

	copy_words(added + 1, rows->values + i * rows->value_stride,
		   groups_value_count(&table->shape));
	groups_fold(&table->shape, left, added);
}

/* The table's words are constants where this is inlined with a constant. */
static ALWAYS_INLINE size_t add_rows(struct groups_table *table, const struct groups_rows *given,
				     uint64_t *left, unsigned key_words)
{
	const struct groups_shape shape = table->shape;
	const struct groups_rows  rows = *given;
	size_t			  row_words = key_words + 1u + groups_value_count(&shape);
	struct on_the_way	  way;

	way.hashed = way.looked_up = 0;
	for (size_t i = 0; i < rows.count; i++) {
		const uint64_t *key = rows.keys + i * rows.key_stride;
		uint64_t       *row;
		uint32_t	found;

		if (i % STEP == 0)
			bring_rows(table, &rows, i, &way, key_words);
		found = way.found[i % ROWS_ON_THE_WAY];
		row = row_at(table, found, row_words);
		/* A row that came meanwhile may stand where the next one was to be. */
		if (found < table->row_count && keys_equal(row, key, key_words))
			fold_row(&shape, row + key_words, records_of(&rows, i),
				 rows.values + i * rows.value_stride);
		else if (add_slowly(table, &rows, i, way.tags[i % ROWS_ON_THE_WAY]))
			continue;
		else if (left)
			leave_out(table, &rows, i, left);
		else
			return i;
	}
	return rows.count;
}

/* Whether the next row has a place that needs nothing but to be written. */
static bool has_place(const struct groups_table *table)
{
	return table->row_count < table->rows_max &&
	       table->row_count < groups_index_rows(table->index.bits) &&
	       (table->row_count + 1) * table->row_words * sizeof(uint64_t) <= table->room.ready;
}

/* As add_rows, of at most NEAR_ROWS; some of them near enough for the nearest cache to get their buckets ready. */
static ALWAYS_INLINE size_t add_near(struct groups_table *table, const struct groups_rows *given,
				     uint64_t *left, unsigned key_words, bool has_values)
{
	const struct groups_shape shape = has_values ? table->shape
						     : (struct groups_shape){ .key_words = 0 };
	const struct groups_rows  rows = *given;
	size_t			  row_words = key_words + 1u + groups_value_count(&shape);
	uint32_t		  tags[NEAR_ROWS];

	for (size_t i = 0; i < rows.count; i++) {
		tags[i] = key_tag(table, rows.keys + i * rows.key_stride, key_words);
		__builtin_prefetch(&table->index.buckets[groups_index_at(&table->index, tags[i])]);
	}
	for (size_t i = 0; i < rows.count; i++) {
		const uint64_t	     *key = rows.keys + i * rows.key_stride;
		const uint64_t	     *values = rows.values + i * rows.value_stride;
		uint32_t	      tag = tags[i];
		struct groups_bucket *bucket =
			&table->index.buckets[groups_index_at(&table->index, tag)];
		uint32_t  found = groups_bucket_row(bucket, tag);
		uint64_t *row = row_at(table, found - (found > 0), row_words);

		if (found && keys_equal(row, key, key_words)) {
			fold_row(&shape, row + key_words, records_of(&rows, i), values);
		} else if (!found && !groups_bucket_is_full(bucket) && has_place(table)) {
			row = row_at(table, table->row_count, row_words);
			copy_words(row, key, key_words);
			row[key_words] = records_of(&rows, i);
			copy_words(row + key_words + 1, values, groups_value_count(&shape));
			groups_bucket_put(bucket, tag, (uint32_t)++table->row_count);
		} else if (!add_slowly(table, &rows, i, tag)) {
			if (!left)
				return i;
			leave_out(table, &rows, i, left);
		}
	}
	return rows.count;
}

static bool is_near(const struct groups_table *table)
{
	size_t row_bytes = table->row_words * sizeof(uint64_t);

	return groups_index_bytes(table->index.bits) + table->row_count * row_bytes <= NEAR_BYTES;
}

static ALWAYS_INLINE size_t add(struct groups_table *table, const struct groups_rows *given,
				uint64_t *left, unsigned key_words)
{
	struct groups_rows rows = *given;
	size_t		   all = rows.count, done = 0, added;

	while (done < all && is_near(table)) {
		rows.count = all - done < NEAR_ROWS ? all - done : NEAR_ROWS;
		if (groups_value_count(&table->shape) == 0)
			added = add_near(table, &rows, left, key_words, false);
		else
			added = add_near(table, &rows, left, key_words, true);
		done += added;
		if (added < rows.count)
			return done;
		groups_rows_pass(&rows, added);
	}
	if (done == all)
		return all;
	rows.count = all - done;
	return done + add_rows(table, &rows, left, key_words);
}

size_t groups_table_add(struct groups_table *table, const struct groups_rows *rows, uint64_t *left)
{
	switch (table->shape.key_words) {
	case 1:
		return add(table, rows, left, 1);
	case 2:
		return add(table, rows, left, 2);
	case 3:
		return add(table, rows, left, 3);
	case 4:
		return add(table, rows, left, 4);
	case 5:
		return add(table, rows, left, 5);
	default:
		return add(table, rows, left, table->shape.key_words);
	}
}

size_t groups_table_count(const struct groups_table *table)
{
	return table->row_count;
}

size_t groups_table_max(const struct groups_table *table)
{
	return table->rows_max;
}

const uint64_t *groups_table_rows(const struct groups_table *table)
{
	return table->room.at;
}

/* Asks for the rows of a bucket. */
static void bring_bucket(const struct groups_table *table, const struct groups_bucket *bucket)
{
	for (unsigned slot = 0; slot < GROUPS_SLOTS && bucket->rows[slot]; slot++) {
		const uint64_t *row = row_at(table, bucket->rows[slot] - 1, table->row_words);

		__builtin_prefetch(row);
		__builtin_prefetch(row + table->row_words - 1);
	}
}

/* Copies those rows of a bucket that are of the part: how many. */
static size_t copy_bucket(const struct groups_table *table, const struct groups_bucket *bucket,
			  unsigned part, uint64_t *out)
{
	size_t count = 0;

	for (unsigned slot = 0; slot < GROUPS_SLOTS && bucket->rows[slot]; slot++) {
		if (bucket->tags[slot] >> (32 - GROUPS_PART_BITS) != part)
			continue;
		copy_words(out + count * table->row_words,
			   row_at(table, bucket->rows[slot] - 1, table->row_words),
			   table->row_words);
		count++;
	}
	return count;
}

/* A part begins at its own buckets, and ends at the first behind them that is not full. */
size_t groups_table_part(const struct groups_table *table, unsigned part, size_t *at, uint64_t *out,
			 size_t max)
{
	const struct groups_bucket *buckets = table->index.buckets;
	size_t			    all = (size_t)1 << table->index.bits, own = all / GROUPS_PARTS;
	size_t			    count = 0;
	bool			    goes_on = true;

	for (; goes_on && *at < all && count + GROUPS_SLOTS <= max; ++*at) {
		const struct groups_bucket *bucket = &buckets[(own * part + *at) & (all - 1)];

		bring_bucket(table, &buckets[(own * part + *at + BUCKETS_AHEAD) & (all - 1)]);
		count += copy_bucket(table, bucket, part, out + count * table->row_words);
		goes_on = *at + 1 < own || groups_bucket_is_full(bucket);
	}
	if (!goes_on)
		*at = all;
	return count;
}

void groups_table_clear(struct groups_table *table)
{
	groups_index_clear(&table->index);
	table->row_count = 0;
}

void groups_table_release(struct groups_table *table)
{
	groups_index_close(&table->index);
	groups_index_open(&table->index);
	table->row_count = 0;
	groups_room_empty(&table->room);
}
