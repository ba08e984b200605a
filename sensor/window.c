/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/window.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "sensor/coverage.h"

#define NS_PER_S INT64_C(1000000000)

/*
 * A wall clock that moved that much against the monotonic one was set, not slewed: the kernel slews by at most
 * one in a thousand.
 */
#define STEP_NS(elapsed_ns) (NS_PER_S / 2 + (elapsed_ns) / 1000)

/* A loss without a time has a record in so many windows at most: there is memory for few that are open. */
enum { LOSS_WINDOWS_MAX = 4 };

int64_t window_of(struct wall time, uint32_t interval_s)
{
	int64_t seconds = clock_seconds(time);

	return seconds / interval_s - (seconds % interval_s < 0);
}

struct wall window_start(int64_t window, uint32_t interval_s)
{
	return (struct wall){ .ns = window * interval_s * NS_PER_S };
}

/* Of one interface: a SKIPDATA record that found no room, over all windows since. */
struct owed {
	bool	is_owed;
	int64_t window, start_s, end_s;
};

/* Of an interface.  From GONE to ENDED is one turn: so long it is watched all the same. */
enum presence { FREE, THERE, GONE, ENDED };

struct windows {
	struct windows_args args;
	struct flow_table  *table;
	struct coverage	   *coverage;
	int64_t		    next; /* the windows before it have been closed */
	struct clock_pair   watched;
	bool		    is_watched;
	int64_t		    relapse; /* the clock was set back: all before this is to be closed */
	struct owed	    owed[ENI_COUNT_MAX];
	enum presence	    presence[ENI_COUNT_MAX];
	bool		    gone_news;
	see_fn		   *see; /* NULL: not wanted */
	void		   *see_context;
};

struct windows *windows_new(const struct windows_args *args)
{
	struct windows *windows = mem_alloc(sizeof(*windows));

	assert(args->eni_count <= ENI_COUNT_MAX);
	windows->args = *args;
	windows->table = flow_table_new(args->max_flows);
	windows->coverage = coverage_new(args->eni_count, args->interval_s);
	windows->next = windows->relapse = INT64_MIN;
	for (size_t i = 0; i < args->eni_count; i++)
		if (args->enis[i].ifindex)
			windows_come(windows, i, (struct wall){ .ns = INT64_MIN });
	return windows;
}

void windows_free(struct windows *windows)
{
	if (!windows)
		return;
	flow_table_free(windows->table);
	coverage_free(windows->coverage);
	free(windows);
}

uint32_t windows_interval_s(const struct windows *windows)
{
	return windows->args.interval_s;
}

size_t windows_memory_bytes(size_t max_flows, size_t eni_count)
{
	return sizeof(struct windows) + flow_table_memory_bytes(max_flows) +
	       coverage_memory_bytes(eni_count);
}

/* COVERAGE_ALL_ENIS when it is none of ours. */
static int eni_of(const struct windows *windows, uint32_t ifindex)
{
	for (size_t i = 0; ifindex && i < windows->args.eni_count; i++)
		if (windows->args.enis[i].ifindex == ifindex)
			return (int)i;
	return COVERAGE_ALL_ENIS;
}

/* flow_fn */
static int emit_flow(void *context, const struct flow *flow, struct err *err)
{
	struct windows *windows = context;
	int		result = windows->args.emit(windows->args.context, flow, err);
	int		eni = eni_of(windows, flow->key.ifindex);

	if (result > 0 && eni >= 0 && flow->window >= windows->next)
		coverage_note_record(windows->coverage, (size_t)eni, flow->window);
	return result < 0 ? -1 : 0;
}

static int close_flows(struct windows *windows, int64_t limit, struct err *err)
{
	return flow_table_close(windows->table, limit, emit_flow, windows, err);
}

/* A status that finds no room becomes one SKIPDATA record together with all that do not until then. */
static int emit_status(struct windows *windows, const struct window_status *status, struct err *err)
{
	struct owed *owed = &windows->owed[status->eni - windows->args.enis];
	int	     result = windows->args.emit_status(windows->args.context, status, err);

	if (result != 0)
		return result < 0 ? -1 : 0;
	if (!owed->is_owed || status->start_s < owed->start_s)
		owed->start_s = status->start_s;
	if (!owed->is_owed || status->end_s > owed->end_s)
		owed->end_s = status->end_s;
	owed->window = status->window;
	owed->is_owed = true;
	return 0;
}

static int emit_owed(struct windows *windows, struct err *err)
{
	for (size_t i = 0; i < windows->args.eni_count; i++) {
		struct owed	    *owed = &windows->owed[i];
		struct window_status status = { .eni = &windows->args.enis[i],
						.window = owed->window,
						.status = LOG_STATUS_SKIPDATA,
						.start_s = owed->start_s,
						.end_s = owed->end_s };

		if (!owed->is_owed)
			continue;
		owed->is_owed = false;
		if (emit_status(windows, &status, err) < 0)
			return -1;
	}
	return 0;
}

/* NODATA once only: not again for what comes after the window was closed. */
static int close_eni(struct windows *windows, size_t eni, int64_t window, struct err *err)
{
	struct coverage_note note = coverage_note_of(windows->coverage, eni, window);
	struct window_status status = { .eni = &windows->args.enis[eni],
					.window = window,
					.status = LOG_STATUS_SKIPDATA,
					.lost = note.lost };
	int64_t		     seconds[2];
	bool		     is_watched = coverage_of(windows->coverage, eni, window, seconds);

	status.start_s = seconds[0];
	status.end_s = seconds[1];
	if (!note.lost) {
		if (note.recorded || !is_watched || window < windows->next)
			return 0;
		status.status = LOG_STATUS_NODATA;
	}
	return emit_status(windows, &status, err);
}

/* The next window that has something to be said of it. */
static int64_t next_window(const struct windows *windows)
{
	int64_t next = flow_table_oldest(windows->table);
	int64_t noted = coverage_oldest_note(windows->coverage);
	int64_t watched = coverage_next(windows->coverage, windows->next);

	next = noted < next ? noted : next;
	return watched < next ? watched : next;
}

/* What came late is emitted in one go: there may be as many windows in it as flows. */
static int close_before(struct windows *windows, int64_t limit, struct err *err)
{
	int64_t window;

	if (emit_owed(windows, err) < 0 ||
	    close_flows(windows, limit < windows->next ? limit : windows->next, err) < 0)
		return -1;
	while ((window = next_window(windows)) < limit) {
		if (close_flows(windows, window + 1, err) < 0)
			return -1;
		for (size_t i = 0; i < windows->args.eni_count; i++)
			if (close_eni(windows, i, window, err) < 0)
				return -1;
		coverage_forget_notes(windows->coverage, window);
		if (window >= windows->next)
			windows->next = window + 1;
	}
	if (limit != INT64_MAX && limit > windows->next)
		windows->next = limit;
	return 0;
}

/*
 * Half of the table is made free, not one place: else a table that holds one old flow and many new ones
 * would be gone through again for each packet.
 */
static int make_room(struct windows *windows, struct err *err)
{
	size_t before = flow_table_count(windows->table);

	while (flow_table_count(windows->table) > windows->args.max_flows / 2)
		if (close_flows(windows, flow_table_oldest(windows->table) + 1, err) < 0)
			return -1;
	windows->args.stats->counts[STAT_EARLY] += before - flow_table_count(windows->table);
	return 0;
}

void windows_cover(struct windows *windows, int64_t window)
{
	coverage_take_window(windows->coverage, window);
}

void windows_see(struct windows *windows, see_fn *see, void *context)
{
	windows->see = see;
	windows->see_context = context;
}

/* As many as there is room for.  What is new stands behind what was there. */
static size_t add_some(struct windows *windows, const struct flow *flows, size_t count)
{
	size_t before = flow_table_count(windows->table);
	size_t added = flow_table_add(windows->table, flows, count);

	if (windows->see)
		for (size_t i = before; i < flow_table_count(windows->table); i++)
			windows->see(windows->see_context, flow_table_at(windows->table, i), NULL);
	return added;
}

int windows_add(struct windows *windows, const struct flow *flows, size_t count, struct err *err)
{
	size_t added = add_some(windows, flows, count);

	while (added < count) {
		if (make_room(windows, err) < 0)
			return -1;
		added += add_some(windows, flows + added, count - added);
	}
	return 0;
}

void windows_lose(struct windows *windows, uint32_t ifindex, int64_t window, unsigned stat,
		  uint64_t amount)
{
	windows->args.stats->counts[stat] += amount;
	coverage_note_loss(windows->coverage, eni_of(windows, ifindex), window, stat, amount);
}

void windows_lose_between(struct windows *windows, uint32_t ifindex, const struct wall span[2],
			  unsigned stat, uint64_t amount)
{
	int64_t first = window_of(span[0], windows->args.interval_s);
	int64_t end = window_of(span[1], windows->args.interval_s) + 1;

	windows_lose(windows, ifindex, first, stat, amount);
	for (int64_t window = first + 1; window < end && window - first < LOSS_WINDOWS_MAX;
	     window++)
		windows_lose(windows, ifindex, window, stat, 0);
	windows_leave_out(windows, first + LOSS_WINDOWS_MAX, end);
}

void windows_leave_out(struct windows *windows, int64_t from, int64_t to)
{
	if (windows->is_watched && from < to)
		coverage_leave_out(windows->coverage, from, to);
}

void windows_come(struct windows *windows, size_t eni, struct wall from)
{
	assert(eni < windows->args.eni_count);
	windows->presence[eni] = THERE;
	coverage_add_eni(windows->coverage, eni, from);
}

void windows_gone(struct windows *windows, uint32_t ifindex)
{
	int eni = eni_of(windows, ifindex);

	if (eni >= 0 && windows->presence[eni] == THERE) {
		windows->presence[eni] = GONE;
		windows->gone_news = true;
	}
}

bool windows_is_gone(const struct windows *windows, size_t eni)
{
	assert(eni < windows->args.eni_count);
	return windows->presence[eni] == GONE || windows->presence[eni] == ENDED;
}

size_t windows_flow_count(const struct windows *windows)
{
	return flow_table_count(windows->table);
}

size_t windows_left(const struct windows *windows)
{
	size_t left = 0;

	for (size_t i = 0; i < windows->args.eni_count; i++)
		left += windows->presence[i] == THERE;
	return left;
}

bool windows_is_over(const struct windows *windows, size_t eni)
{
	assert(eni < windows->args.eni_count);
	return windows->presence[eni] == ENDED && !windows->owed[eni].is_owed &&
	       windows->relapse == INT64_MIN &&
	       coverage_is_over(windows->coverage, eni, windows->next);
}

void windows_forget(struct windows *windows, size_t eni)
{
	assert(eni < windows->args.eni_count);
	windows->presence[eni] = FREE;
	coverage_remove_eni(windows->coverage, eni);
}

/*
 * What is open by the clock as it was before.  Captures have had one more turn since then, so that nothing
 * of that time is on its way any more.
 */
static int close_relapsed(struct windows *windows, struct err *err)
{
	int64_t limit = windows->relapse;

	if (limit == INT64_MIN)
		return 0;
	windows->relapse = INT64_MIN;
	if (close_before(windows, limit, err) < 0)
		return -1;
	coverage_forget_before_last(windows->coverage);
	windows->next = window_of(windows->watched.wall, windows->args.interval_s);
	return 0;
}

/* A capture that sleeps has not watched for long when it says so: the end is when windows_watch hears of it. */
static void end_gone(struct windows *windows)
{
	for (size_t i = 0; windows->gone_news && i < windows->args.eni_count; i++) {
		if (windows->presence[i] != GONE)
			continue;
		windows->presence[i] = ENDED;
		coverage_end_eni(windows->coverage, i);
	}
	windows->gone_news = false;
}

int windows_watch(struct windows *windows, struct clock_pair now, struct err *err)
{
	struct clock_pair before = windows->watched;
	uint32_t	  interval_s = windows->args.interval_s;
	int64_t		  moved = now.wall.ns - clock_wall_of(before, now.mono).ns;
	int64_t		  most = STEP_NS((int64_t)(now.mono.ns - before.mono.ns));

	if (close_relapsed(windows, err) < 0)
		return -1;
	windows->watched = now;
	if (windows->is_watched && moved <= most && moved >= -most) {
		coverage_extend(windows->coverage, now.wall);
		end_gone(windows);
		return 0;
	}
	coverage_begin(windows->coverage, now.wall);
	if (windows->is_watched &&
	    window_of(now.wall, interval_s) < window_of(before.wall, interval_s))
		windows->relapse = window_of(before.wall, interval_s) + 1;
	windows->is_watched = true;
	end_gone(windows);
	return 0;
}

int windows_close(struct windows *windows, struct wall until, struct err *err)
{
	return close_before(windows, window_of(until, windows->args.interval_s), err);
}

int windows_close_all(struct windows *windows, struct err *err)
{
	return close_before(windows, INT64_MAX, err);
}
