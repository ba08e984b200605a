/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups on disk: an unlinked temporary file of runs, each the whole of a table at some time, in
 * the order of its parts.  Only where the parts begin stays in memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulator/flows/groups_table.h"

struct groups_spill;

struct groups_spill *groups_spill_open(const char *folder, size_t row_words, size_t key_words)
	MUST_USE; /* NULL: no such file can be had */
void groups_spill_close(struct groups_spill *spill);

/*
 * Writes all groups of a table.  False when the disk has no room for them; what was there before
 * stays.
 */
bool	 groups_spill_table(struct groups_spill *spill, const struct groups_table *table) MUST_USE;
uint64_t groups_spill_bytes(const struct groups_spill *spill);

/* Where reading a part of all runs is. */
struct groups_spill_at {
	size_t	 run;
	uint64_t row, records; /* of the run's part, so far */
	uint64_t lost;	       /* records of what could not be read back */
};

/* The next rows of a part; *at is zeroed at first.  0: there are no more. */
size_t groups_spill_read(const struct groups_spill *spill, unsigned part,
			 struct groups_spill_at *at, uint64_t *out, size_t max);
