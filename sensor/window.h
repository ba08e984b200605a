/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of the wall clock and the flows in them.  Window N holds the packets of [N * interval, (N + 1) *
 * interval) seconds since 1970, so the windows of all sensors and of AWS lie alike.
 *
 * `struct windows` owns the flow table.  Captures add to it and tell it what they lose; whoever knows that
 * nothing older can come closes the windows.  Then their flows go to emit, window by window, and after those
 * of a window the status of each interface that lost something in it (SKIPDATA) or had no flow (NODATA).
 */
#pragma once

#include <stdint.h>

#include "bpf/flow_abi.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/flow/record.h"
#include "sensor/eni.h"
#include "sensor/flow_table.h"
#include "sensor/stats.h"

int64_t	    window_of(struct wall time, uint32_t interval_s);
struct wall window_start(int64_t window, uint32_t interval_s);

struct windows;

struct window_status {
	const struct eni *eni;
	int64_t		  window;
	enum log_status	  status;	/* NODATA or SKIPDATA */
	int64_t		start_s, end_s; /* both within the window, less where it was not watched */
	const uint64_t *lost; /* SKIPDATA: by stat; NULL when it was told and now comes again */
};

/*
 * 1: it is recorded.  0: there was no room for it; it will come again as SKIPDATA, with all that finds no room
 * until then.  -1: *err is set.
 */
typedef int status_fn(void *context, const struct window_status *status, struct err *err);

/*
 * Gets a flow when it is new: with the first packets of it, before its window has ended.  One that goes on in
 * another window comes again there, and may do so in the same one.  process: of what leaves, where it is known
 * for certain; NULL where not.
 */
typedef void see_fn(void *context, const struct flow *flow, const struct flow_process *process);

struct windows_args {
	uint32_t	  interval_s;
	size_t		  max_flows;
	const struct eni *enis; /* borrowed; places, of which those with an ifindex are taken */
	size_t		  eni_count;
	flow_fn	  *emit; /* gets each flow when its window is closed; 1: there is a record of it */
	status_fn *emit_status;
	void	  *context;
	struct stats *stats; /* borrowed */
};

struct windows *windows_new(const struct windows_args *args) MUST_USE;
void		windows_free(struct windows *windows);
uint32_t	windows_interval_s(const struct windows *windows);
size_t		windows_memory_bytes(size_t max_flows, size_t eni_count);

/*
 * Adds flows in their order; many at once are faster than one by one.  A full table makes room by emitting
 * whole windows early, oldest first; that is counted.
 */
int windows_add(struct windows *windows, const struct flow *flows, size_t count,
		struct err *err) MUST_USE;

/* From now on flows that windows_add makes go to see; NULL: no longer. */
void windows_see(struct windows *windows, see_fn *see, void *context);

/* A file only: a packet of that window stands in it, of whatever kind.  Live windows_watch says what is covered. */
void windows_cover(struct windows *windows, int64_t window);

/*
 * Something that should have been in a record of that window is in none: adds to the counter of `stat`.
 * ifindex 0: it is not known of which interface.
 */
void windows_lose(struct windows *windows, uint32_t ifindex, int64_t window, unsigned stat,
		  uint64_t amount);

/*
 * The same of a loss that the kernel tells without a time: it happened between two, of which the later is now.
 * The amount is told of the first window; none of the others is called idle.
 */
void windows_lose_between(struct windows *windows, uint32_t ifindex, const struct wall span[2],
			  unsigned stat, uint64_t amount);

/*
 * Live only: what came in the windows [from, to), up to now, is counted in the one before or after them.  None
 * of them is called idle.
 */
void windows_leave_out(struct windows *windows, int64_t from, int64_t to);

/* An interface has taken that place, or one that went is there again: it is watched from then on. */
void windows_come(struct windows *windows, size_t eni, struct wall from);

/* The interface is no longer there: no window after the next windows_watch has records of it. */
void   windows_gone(struct windows *windows, uint32_t ifindex);
size_t windows_flow_count(const struct windows *windows); /* that are held now */
bool   windows_is_gone(const struct windows *windows, size_t eni);
size_t windows_left(const struct windows *windows); /* interfaces that are still there */

/* Nothing more will be recorded of one that is gone: windows_forget makes its place free. */
bool windows_is_over(const struct windows *windows, size_t eni);
void windows_forget(struct windows *windows, size_t eni);

/*
 * Live only, from the moment when all interfaces are watched, again and again: they were watched until now.
 * Sees by the two clocks when the wall clock was set.  Set forward, no window is made of the time it left
 * out; set back over the start of a window, what is open is emitted, and the windows that come again are
 * recorded again.
 */
int windows_watch(struct windows *windows, struct clock_pair now, struct err *err) MUST_USE;

/* Emits the windows that ended at or before `until`. */
int windows_close(struct windows *windows, struct wall until, struct err *err) MUST_USE;
int windows_close_all(struct windows *windows, struct err *err) MUST_USE;
