/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keyed hash of a group's key, the same for all tables of the process, so that parts of different
 * tables (groups_table.h) are the same.
 */
#pragma once

#include <stdint.h>

#include "simulator/flows/groups.h"

/* One word to even out, two to finish with. */
enum { GROUPS_SEEDS = GROUPS_KEY_WORDS_MAX + 3 };

extern uint64_t groups_seeds[GROUPS_SEEDS];

void groups_hash_start(void); /* makes the seeds, once; before any hash */

static inline __attribute__((always_inline)) uint64_t groups_fold_product(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * NH (of UMAC, RFC 4418): pairs of words, each moved by a secret, multiplied and summed up.  Two
 * keys that somebody chose without knowing the secrets meet with a probability of 2^-64 before the
 * last fold.
 */
static inline __attribute__((always_inline)) uint64_t groups_hash(const uint64_t *key,
								  unsigned	  words)
{
	const uint64_t *seeds = groups_seeds;
	__uint128_t	sum = 0;
	unsigned	i;

	for (i = 0; i + 2 <= words; i += 2)
		sum += (__uint128_t)(key[i] + seeds[i]) * (key[i + 1] + seeds[i + 1]);
	if (i < words)
		sum += (__uint128_t)(key[i] + seeds[i]) * seeds[i + 1];
	return groups_fold_product((uint64_t)sum ^ seeds[GROUPS_SEEDS - 2],
				   (uint64_t)(sum >> 64) ^ seeds[GROUPS_SEEDS - 1]);
}
