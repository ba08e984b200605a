/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stretch of time that --since and --until leave of a log.  A moment is a date (its first second, UTC),
 * a time of RFC 3339, Unix seconds, or an age before now: 90m, 24h, 7d, 4w.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

/* From since_s up to and not including until_s; the whole range of int64_t when neither was given. */
struct period {
	int64_t since_s, until_s;
};

/* since and until may be NULL.  ERR_USAGE, also when nothing could be in it. */
int period_parse(const char *since, const char *until, struct period *out,
		 struct err *err) MUST_USE;

/* One moment, seconds since 1970, seen at now_s. */
int period_moment(struct str text, int64_t now_s, int64_t *out) MUST_USE;

bool period_is_all(const struct period *period);

/* Whether a record from start_s to end_s has any part in it. */
static inline bool period_has(const struct period *period, uint64_t start_s, uint64_t end_s)
{
	return (period->since_s <= 0 || end_s >= (uint64_t)period->since_s) &&
	       (period->until_s == INT64_MAX || start_s < (uint64_t)period->until_s);
}
