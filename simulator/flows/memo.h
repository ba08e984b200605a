/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a fixed number of words → a number, looked up many at a time.  A memory, not a record: when it is full
 * it forgets everything and begins anew.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/mark.h"

enum { MEMO_NONE = UINT32_MAX, MEMO_NARROW = 4, MEMO_WIDE = 12, MEMO_BATCH_MAX = 2048 };

/* The two halves of a product on each other: with secrets in it, what keys are hashed with. */
static inline uint64_t memo_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

struct memo {
	uint32_t  words; /* of a key: MEMO_NARROW or MEMO_WIDE */
	uint32_t  entries_max;
	uint64_t *slots; /* key words, then the number + 1; 0: free */
	size_t	  capacity, count;
	uint64_t  secrets[MEMO_WIDE];
	uint64_t  hashes[MEMO_BATCH_MAX]; /* of the last find */
};

struct memo *memo_new(uint32_t words, uint32_t entries_max) MUST_USE;
void	     memo_free(struct memo *memo);

/* The numbers of up to MEMO_BATCH_MAX keys, row-major; MEMO_NONE for one that is not known. */
void memo_find(struct memo *memo, const uint64_t *keys, uint32_t count, uint32_t *numbers);

uint32_t memo_get(const struct memo *memo, const uint64_t *key); /* of one */

/* A key that is known gets the new number. */
void memo_put(struct memo *memo, const uint64_t *key, uint32_t number);
