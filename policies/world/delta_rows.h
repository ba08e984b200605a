/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two versions of a list, whatever the order of their rows: which row became which, what is new, what is gone.
 *
 * Rows that are equal are no news.  Of the others those with equal keys are one row that changed, and so are
 * those that only their keys tell apart: a rule that was made anew has another id and means the same.
 */
#pragma once

#include "policies/world/delta_value.h"

struct row_list {
	const struct world *world;
	const char	   *rows;
	uint32_t	    count;
};

/* NULL: there is none in that world. */
struct row_pair {
	const void *rows[2];
};

struct row_pairs {
	struct row_pair *items;
	size_t		 count;
};

/*
 * Fills *out, whose items are the caller's to free, with what differs, in the order of the keys.  O(n) of the
 * rows and O(d log d) of those between the first and the last that differ.
 */
void rows_compare(const struct row_type *type, const struct row_list lists[2],
		  struct row_pairs *out);

/* Whether two rows have the same values of all members with that role; of all when it is 0. */
bool rows_eq(const struct row_type *type, unsigned role, struct holder a, struct holder b);
