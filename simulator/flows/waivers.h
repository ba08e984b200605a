/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The waivers of a policy and what they were good for: records that ran and that one excuses, and records that
 * it would have excused had its day not passed.
 */
#pragma once

#include "simulator/flows/tally.h"

struct waiver {
	const struct statement *statement; /* STATEMENT_WAIVE */
	struct sums		excused, after;
};

struct waivers {
	struct waiver *items; /* in the order of the policy */
	size_t	       count;
};

/* judge may be NULL: there are none. */
void waivers_open(struct waivers *waivers, const struct judge *judge,
		  const struct tally_answer *answer);
void waivers_close(struct waivers *waivers);

#define auto_waivers __attribute__((cleanup(waivers_close)))
