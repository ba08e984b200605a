/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of many rows at once: each piece of a key is taken from its column and put in its place, in a loop
 * of its own.
 */
#pragma once

#include "lib/flow/columns.h"
#include "simulator/flows/by.h"
#include "simulator/flows/lexicon.h"
#include "simulator/flows/namer.h"

/* Rows that are worked on together: what they need fits into the first level of cache. */
enum { BY_KEYS_ROWS = 256 };

/* A thread's. */
struct by_keys;

/* All borrowed.  lexicon may be NULL when no item is text; namer, when none is a name or tier. */
struct by_keys *by_keys_new(const struct by *by, struct lexicon *lexicon,
			    struct namer *namer) MUST_USE;
void		by_keys_free(struct by_keys *keys);

/* From now on rows of that batch (borrowed until the next). */
void by_keys_take(struct by_keys *keys, const struct columns *columns);

/* Keys of one width, and of which rows they are. */
struct by_batch {
	const uint64_t *words; /* key after key */
	const uint16_t *rows;  /* may be those that by_keys_make was given */
	uint32_t	count;
};

/*
 * The keys of count rows, at most BY_KEYS_ROWS; they live until the next call, and as long as rows.  Returns
 * how many rows have none because the lexicon is full.
 */
uint32_t by_keys_make(struct by_keys *keys, const uint16_t *rows, uint32_t count,
		      struct by_batch batches[static BY_WIDTH_COUNT]);
