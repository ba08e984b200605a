/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events, limited by path: the first at once, then one in an interval, which tells how many were left unsaid since the
 * one before.  Memory is taken at start.  Paths that find no room in it share one more place, and what is said there
 * stands for all of them.  Each event that comes is said or is in the "suppressed" of one that is.
 */
#pragma once

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "sensor/delivery/event_line.h"

enum { EVENT_PATHS_MAX = 512 };

struct event_limit;

struct event_limit *event_limit_new(uint32_t interval_s, event_fn *say, void *context) MUST_USE;
void		    event_limit_free(struct event_limit *limit);
size_t		    event_limit_memory_bytes(void);

/*
 * An event of that path came.  true: event_limit_put is to follow, with what it says; false: it was counted, and
 * nothing of it will be said.
 */
bool event_limit_take(struct event_limit *limit, uint64_t path, struct mono now) MUST_USE;
void event_limit_put(struct event_limit *limit, const struct event_line *line);

/* Says what is due. */
void event_limit_turn(struct event_limit *limit, struct mono now);
/* … and what is not due yet, at the end. */
void event_limit_flush(struct event_limit *limit);

struct event_limit_counts {
	uint64_t said, suppressed;
};

struct event_limit_counts event_limit_counts(const struct event_limit *limit);
