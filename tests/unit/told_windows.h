/* SPDX-License-Identifier: Apache-2.0 */
/* Windows of two interfaces that tell what comes out of them; no clock but the test's. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/mark.h"
#include "sensor/window.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000000000)

enum { INTERVAL = 60 };

/* What came out, as text: "a10 N10:600-659" is a flow of eni a in window 10, then NODATA of it. */
struct seen {
	struct buf text;
	bool	   refuse; /* as a sink without room */
};

static const struct eni enis[] = { { .name = "a", .ifindex = 7 }, { .name = "b", .ifindex = 9 } };
static struct stats	stats;

/* flow_fn: what protocol 99 carries is left out of the records. */
static inline int emit(void *context, const struct flow *flow, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	if (flow->key.protocol == 99)
		return 0;
	buf_printf(&seen->text, " %s%lld", flow->key.ifindex == 7 ? "a" : "b",
		   (long long)flow->window);
	return 1;
}

/* status_fn */
static inline int emit_status(void *context, const struct window_status *status, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	if (seen->refuse)
		return 0;
	buf_printf(&seen->text, " %s%s:%lld-%lld", status->eni->name,
		   status->status == LOG_STATUS_NODATA ? "N" : "S", (long long)status->start_s,
		   (long long)status->end_s);
	if (status->lost)
		buf_printf(&seen->text, "(%llu)",
			   (unsigned long long)status->lost[STAT_SOCKET_FULL]);
	return 1;
}

static inline struct windows *open_places(struct seen *seen, const struct eni *places,
					  size_t eni_count)
{
	struct windows_args args = { .interval_s = INTERVAL,
				     .max_flows = 64,
				     .enis = places,
				     .eni_count = eni_count,
				     .emit = emit,
				     .emit_status = emit_status,
				     .context = seen,
				     .stats = &stats };

	*seen = (struct seen){ .text = buf_make(65536) };
	stats = (struct stats){ 0 };
	return windows_new(&args);
}

static inline struct windows *open_windows(struct seen *seen, size_t eni_count)
{
	return open_places(seen, enis, eni_count);
}

static inline void add(struct windows *windows, uint32_t ifindex, int64_t window, uint8_t protocol)
{
	struct flow flow = { .key = { .ifindex = ifindex, .protocol = protocol },
			     .window = window,
			     .count.packets = 1 };
	struct err  err;

	CHECK(windows_add(windows, &flow, 1, &err) == 0);
}

/* mono_s runs on, whatever the wall clock is set to. */
static inline void watch(struct windows *windows, double mono_s, double wall_s)
{
	struct clock_pair now = { .mono.ns = (uint64_t)(mono_s * 1e9),
				  .wall.ns = (int64_t)(wall_s * 1e9) };
	struct err	  err;

	CHECK(windows_watch(windows, now, &err) == 0);
}

static inline void close_until(struct windows *windows, int64_t wall_s)
{
	struct err err;

	CHECK(windows_close(windows, (struct wall){ .ns = wall_s * S }, &err) == 0);
}

/* Ends the windows and frees all; what came out must be that. */
static inline void check_seen(struct windows *windows, struct seen *seen, const char *expected)
{
	struct err err;

	CHECK(windows_close_all(windows, &err) == 0);
	CHECK_STR(buf_str(&seen->text), expected);
	windows_free(windows);
	buf_done(&seen->text);
}
