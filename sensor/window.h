/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of the wall clock and the flows in them.  Window N holds the packets of [N * interval, (N + 1) *
 * interval) seconds since 1970, so the windows of all sensors and of AWS lie alike.
 *
 * `struct windows` owns the flow table.  Captures add to it; whoever knows that nothing older can come
 * closes the windows, and their flows go to emit.
 */
#pragma once

#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "sensor/flow_table.h"
#include "sensor/stats.h"

int64_t	    window_of(struct wall time, uint32_t interval_s);
struct wall window_start(int64_t window, uint32_t interval_s);

struct windows;

struct windows_args {
	uint32_t      interval_s;
	size_t	      max_flows;
	flow_fn	     *emit; /* gets each flow when its window is closed */
	void	     *context;
	struct stats *stats; /* borrowed */
};

struct windows *windows_new(const struct windows_args *args) MUST_USE;
void		windows_free(struct windows *windows);
uint32_t	windows_interval_s(const struct windows *windows);

/*
 * Adds flows in their order; many at once are faster than one by one.  A full table makes room by emitting
 * whole windows early, oldest first; that is counted.
 */
int windows_add(struct windows *windows, const struct flow *flows, size_t count,
		struct err *err) MUST_USE;

/*
 * Something that should have been in a record of that window is in none: adds to the counter of `stat`.
 * ifindex 0: it is not known of which interface.
 */
void windows_lose(struct windows *windows, uint32_t ifindex, int64_t window, unsigned stat,
		  uint64_t amount);

/* Emits the windows that ended at or before `until`. */
int windows_close(struct windows *windows, struct wall until, struct err *err) MUST_USE;
int windows_close_all(struct windows *windows, struct err *err) MUST_USE;
