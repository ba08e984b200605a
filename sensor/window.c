/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/window.h"

#include <stdlib.h>

#include "lib/base/mem.h"

#define NS_PER_S INT64_C(1000000000)

int64_t window_of(struct wall time, uint32_t interval_s)
{
	int64_t seconds = clock_seconds(time);

	return seconds / interval_s - (seconds % interval_s < 0);
}

struct wall window_start(int64_t window, uint32_t interval_s)
{
	return (struct wall){ .ns = window * interval_s * NS_PER_S };
}

struct windows {
	struct windows_args args;
	struct flow_table  *table;
};

struct windows *windows_new(const struct windows_args *args)
{
	struct windows *windows = mem_alloc(sizeof(*windows));

	windows->args = *args;
	windows->table = flow_table_new(args->max_flows);
	return windows;
}

void windows_free(struct windows *windows)
{
	if (!windows)
		return;
	flow_table_free(windows->table);
	free(windows);
}

uint32_t windows_interval_s(const struct windows *windows)
{
	return windows->args.interval_s;
}

static int close_before(struct windows *windows, int64_t limit, struct err *err)
{
	return flow_table_close(windows->table, limit, windows->args.emit, windows->args.context,
				err);
}

/*
 * Half of the table is made free, not one place: else a table that holds one old flow and many new ones
 * would be gone through again for each packet.
 */
static int make_room(struct windows *windows, struct err *err)
{
	size_t before = flow_table_count(windows->table);

	while (flow_table_count(windows->table) > windows->args.max_flows / 2)
		if (close_before(windows, flow_table_oldest(windows->table) + 1, err) < 0)
			return -1;
	windows->args.stats->counts[STAT_EARLY] += before - flow_table_count(windows->table);
	return 0;
}

int windows_add(struct windows *windows, const struct flow *flows, size_t count, struct err *err)
{
	size_t added = flow_table_add(windows->table, flows, count);

	while (added < count) {
		if (make_room(windows, err) < 0)
			return -1;
		added += flow_table_add(windows->table, flows + added, count - added);
	}
	return 0;
}

void windows_lose(struct windows *windows, uint32_t ifindex, int64_t window, unsigned stat,
		  uint64_t amount)
{
	(void)ifindex;
	(void)window;
	windows->args.stats->counts[stat] += amount;
}

int windows_close(struct windows *windows, struct wall until, struct err *err)
{
	return close_before(windows, window_of(until, windows->args.interval_s), err);
}

int windows_close_all(struct windows *windows, struct err *err)
{
	return close_before(windows, INT64_MAX, err);
}
