/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of each window and interface besides the flows: when the interface was watched, whether a
 * record was made of it, what of it was lost.  From that follow the NODATA and SKIPDATA records of a window.
 *
 * All memory is taken at start, for so many interfaces at a time; at first all places are free.  A window that is open has a tally; there are few of those at a time, and
 * what finds no free one goes to the nearest: no loss is ever forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "sensor/stats.h"

enum {
	COVERAGE_ALL_ENIS = -1,

	/* A file that is silent for longer than that many windows does not cover them. */
	COVERAGE_GAP_MAX = 60
};

struct coverage;

struct coverage *coverage_new(size_t eni_count, uint32_t interval_s) MUST_USE;
void		 coverage_free(struct coverage *coverage);
size_t		 coverage_memory_bytes(size_t eni_count);

/*
 * The interfaces are watched from here on, or up to here.  After a step of the wall clock a new span begins:
 * the windows that the clock left out, or that were there before, are none of it.
 */
void coverage_begin(struct coverage *coverage, struct wall from);
void coverage_extend(struct coverage *coverage, struct wall to);
void coverage_forget_before_last(struct coverage *coverage); /* all spans but the newest */

/* It is not known what was in the windows [from, to), up to which the newest span reaches. */
void coverage_leave_out(struct coverage *coverage, int64_t from, int64_t to);

/* A file covers the windows of its packets and, within reason, those between them. */
void coverage_take_window(struct coverage *coverage, int64_t window);

/*
 * A place is taken by an interface that is watched from then on: without a span yet, from the first one on.  Of one
 * that has ended and is there again, what lies between counts as watched.
 */
void coverage_add_eni(struct coverage *coverage, size_t eni, struct wall from);

/* The interface is no longer there: what it was watched ends where the span ends now. */
void coverage_end_eni(struct coverage *coverage, size_t eni);

/* Whether all that it was watched lies before that window, or was left behind by a clock that was set back. */
bool coverage_is_over(const struct coverage *coverage, size_t eni, int64_t window);

/* The place is free, and nothing is known of it. */
void coverage_remove_eni(struct coverage *coverage, size_t eni);

/* The first window from `from` on that was watched, or INT64_MAX. */
int64_t coverage_next(const struct coverage *coverage, int64_t from);

/*
 * From which to which second of the window the interface was watched, both within it.  false, and the whole
 * window, when it was not.
 */
bool coverage_of(const struct coverage *coverage, size_t eni, int64_t window, int64_t seconds[2]);

/* A record was made of the interface in that window, or something was lost: of all that were still there. */
void coverage_note_record(struct coverage *coverage, size_t eni, int64_t window);
void coverage_note_loss(struct coverage *coverage, int eni, int64_t window, unsigned stat,
			uint64_t amount);

/* What was noted of one interface in a window; lost is NULL when nothing was, else STAT_COUNT amounts. */
struct coverage_note {
	bool		recorded;
	const uint64_t *lost;
};

struct coverage_note coverage_note_of(const struct coverage *coverage, size_t eni, int64_t window);

/* The lowest window that something was noted of, or INT64_MAX; and its end. */
int64_t coverage_oldest_note(const struct coverage *coverage);
void	coverage_forget_notes(struct coverage *coverage, int64_t window);
