/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows counted by bpf/flow.bpf.c.  The program goes on to the next of its maps by itself when the window
 * ends; here the map of the window that has ended is emptied, then the program is told the end of the next
 * one.  How late that happens makes no difference to which window a packet is in.
 *
 * A map that fills is emptied before its window ends.  So it is when the wall clock was set: its flows are
 * dated by the old clock, the rest by the new one.
 *
 * The maps go round: current, next, and the one before, which nobody writes to while it is emptied, also
 * when the window ends meanwhile.
 */
#include "sensor/capture/capture.h"

#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "lib/base/mem.h"
#include "sensor/capture/device_watch.h"
#include "sensor/capture/flow_maps.h"
#include "sensor/capture/hook_keeper.h"
#include "sensor/capture/process_watch.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

/* A wall clock that moved that much against the monotonic one was set, not slewed. */
#define STEP_NS (NS_PER_S / 2)

enum { BATCH = 64 };

/* To one interface.  A link of TCX ends with its descriptor, filters of clsact are the keeper's. */
struct attached {
	enum hook_kind kind; /* HOOK_NONE: it is not */
	bool	       is_behind;
	struct tcx     tcx;
};

struct capture {
	struct capture_args   args;
	struct flow_maps     *maps;
	struct device_keeper *keeper;
	struct attached	      attached[ENI_COUNT_MAX];
	struct process_watch *processes; /* NULL: not wanted, or refused */
	char		      about[640];
	struct clock_pair     pair; /* of the current window: dates its packets */
	int64_t		      window;
	struct mono	      end;		       /* of the window */
	unsigned	      map;		       /* of the window */
	int64_t		      windows[FLOW_MAP_COUNT]; /* what each map is, or was last, used for */
	int		      clock_fd;		       /* readable when the wall clock was set */
	int		      devices_fd;	       /* interfaces that go */
	bool		      stopped, failed;
	bool		      has_news;	    /* more than were taken */
	struct err	      failure;	    /* of count, which cannot return it */
	struct flow	      batch[BATCH]; /* on their way into the windows */
	size_t		      batched;
	/* What each counter of the kernel's stood at when it was last read. */
	uint64_t counted[ENI_COUNT_MAX][FLOW_MAP_COUNT][FLOW_COUNTER_COUNT];
};

/* Many at once are cheaper than one by one. */
static int flush(struct capture *capture, struct err *err)
{
	size_t count = capture->batched;

	capture->batched = 0;
	return windows_add(capture->args.windows, capture->batch, count, err);
}

/*
 * Dates what a map counted.  A window may end in the moment before empty_early changes maps; what the next map got
 * in that moment, and nothing else, begins after the end of the window it is counted for.
 */
static struct flow flow_of(const struct capture *capture, unsigned map, const struct flow_key *key,
			   const struct flow_count *value)
{
	struct flow flow = { .key = *key, .window = capture->windows[map], .count = *value };
	struct wall start = window_start(flow.window, windows_interval_s(capture->args.windows));
	struct wall first = clock_wall_of(capture->pair, (struct mono){ .ns = value->first_ns });
	struct wall last = clock_wall_of(capture->pair, (struct mono){ .ns = value->last_ns });

	if (flow.window == capture->window && value->first_ns >= capture->end.ns)
		flow.window++;
	/* The window began by the reading of the clocks before this one, a slewed clock's breadth off. */
	if (first.ns < start.ns && start.ns - first.ns < NS_PER_S)
		first = start;
	if (last.ns < first.ns)
		last = first;
	flow.key.cpu = 0;
	flow.count.first_ns = (uint64_t)first.ns;
	flow.count.last_ns = (uint64_t)last.ns;
	return flow;
}

/* flow_maps_fn */
static int add_flow(void *context, unsigned map, const struct flow_key *key,
		    const struct flow_count *value, struct err *err)
{
	struct capture *capture = context;

	capture->args.stats->counts[PARSE_FLOW] += value->frames;
	capture->batch[capture->batched++] = flow_of(capture, map, key, value);
	return capture->batched < BATCH ? 0 : flush(capture, err);
}

/* flow_maps_news_fn */
static void see_flow(void *context, unsigned map, const struct flow_key *key,
		     const struct flow_count *value, const struct flow_process *process)
{
	struct capture *capture = context;
	struct flow	flow = flow_of(capture, map, key, value);

	capture->args.see(capture->args.context, &flow, process);
}

static void take_news(struct capture *capture)
{
	if (capture->args.see)
		capture->has_news = flow_maps_take_news(capture->maps, see_flow, capture);
}

/* Whether what a counter counts is missing in the records. */
static bool is_loss(unsigned counter)
{
	return counter != PARSE_NOT_IP && counter != FLOW_COUNTER_FRAGMENT &&
	       counter != FLOW_COUNTER_MAP_FULL && counter != FLOW_COUNTER_MAP_BUSY &&
	       counter != FLOW_COUNTER_NEWS_FULL;
}

/* Tells what the counters of an interface and map have grown by. */
static void take_counters(struct capture *capture, size_t eni, unsigned map)
{
	uint32_t ifindex = capture->args.enis[eni].ifindex;

	for (unsigned i = PARSE_FLOW + 1; i < FLOW_COUNTER_COUNT; i++) {
		struct flow_counter_key key = { ifindex, (uint16_t)map, (uint16_t)i };
		uint64_t		now = flow_maps_counter(capture->maps, &key);
		uint64_t		grown = now - capture->counted[eni][map][i];

		capture->counted[eni][map][i] = now;
		if (!grown)
			continue;
		if (is_loss(i))
			windows_lose(capture->args.windows, ifindex, capture->windows[map], i,
				     grown);
		else
			capture->args.stats->counts[i] += grown;
	}
}

/* All that a map has seen, which no program writes to any more, and all that came through the ring. */
static int take_map(struct capture *capture, unsigned map, struct err *err)
{
	for (size_t i = 0; i < capture->args.eni_count; i++)
		if (capture->args.enis[i].ifindex)
			take_counters(capture, i, map);
	if (flow_maps_take_spills(capture->maps, add_flow, capture, err) < 0)
		return -1;
	if (flow_maps_empty(capture->maps, map, add_flow, capture, err) < 0)
		return -1;
	return flush(capture, err);
}

/* The window goes on in this map, the next one in the map after it. */
static void use_map(struct capture *capture, unsigned map)
{
	capture->map = map;
	capture->windows[map] = capture->window;
	capture->windows[flow_maps_after(map)] = capture->window + 1;
	flow_maps_publish(capture->maps, capture->end, map);
}

/*
 * Reads the clocks and lets the programs work towards the end of the window of now.  A slewed clock may say
 * that a little is left of the window that has just ended; then it is the next one's.
 */
static void begin_window(struct capture *capture, unsigned map, int64_t ended)
{
	uint32_t interval_s = windows_interval_s(capture->args.windows);

	capture->pair = clock_now();
	capture->window = window_of(capture->pair.wall, interval_s);
	if (capture->window == ended)
		capture->window++;
	capture->end = clock_mono_of(capture->pair, window_start(capture->window + 1, interval_s));
	capture->end.ns = FLOW_PHASE_END(capture->end.ns);
	use_map(capture, map);
}

/* We were held up: the programs counted what came in the windows [from, to) in another one. */
static void tell_late(struct capture *capture, int64_t from, int64_t to)
{
	capture->args.stats->counts[STAT_LATE] += from < to;
	windows_leave_out(capture->args.windows, from, to);
}

/* The window has ended; the programs write to the next map already. */
static int end_window(struct capture *capture, struct wall *done, struct err *err)
{
	int64_t ended = capture->window;

	flow_maps_wait();
	if (take_map(capture, capture->map, err) < 0)
		return -1;
	*done = window_start(ended + 1, windows_interval_s(capture->args.windows));
	begin_window(capture, flow_maps_after(capture->map), ended);
	tell_late(capture, ended + 1, capture->window);
	return 0;
}

/* Changes maps within the window and takes what was counted so far. */
static int empty_early(struct capture *capture, struct err *err)
{
	unsigned full = capture->map;

	use_map(capture, flow_maps_after(full));
	flow_maps_wait();
	return take_map(capture, full, err);
}

/* What the kernel has counted in this window so far counts from now on; after stop that is nothing more. */
static void count(struct capture *capture)
{
	if (!capture->failed && !capture->stopped)
		capture->failed = empty_early(capture, &capture->failure) < 0;
}

static bool is_clock_set(const struct capture *capture, struct clock_pair now)
{
	int64_t moved = now.wall.ns - clock_wall_of(capture->pair, now.mono).ns;

	return moved > STEP_NS || moved < -STEP_NS;
}

static void let_go(struct attached *attached)
{
	if (attached->kind == HOOK_TCX)
		tcx_detach(&attached->tcx);
	attached->kind = HOOK_NONE;
}

/* An interface takes its hooks with it when it goes; what was counted of it stays. */
static void look_for_gone(struct capture *capture)
{
	for (size_t i = 0; i < capture->args.eni_count; i++) {
		uint32_t ifindex = capture->args.enis[i].ifindex;

		if (capture->attached[i].kind == HOOK_NONE || device_is_there(ifindex))
			continue;
		let_go(&capture->attached[i]);
		windows_gone(capture->args.windows, ifindex);
	}
}

/*
 * Sleeps until there is something to do, for a while at most and no longer than to the end of the window.  That is a
 * monotonic time: wall clock and timers on it may be set by less than is_clock_set sees.  A window that is over by our
 * clock but not by the programs' is near.
 */
static void wait_for_news(struct capture *capture, struct clock_pair now)
{
	struct pollfd fds[] = { { .fd = capture->args.stop_fd, .events = POLLIN },
				{ .fd = flow_maps_spill_fd(capture->maps), .events = POLLIN },
				{ .fd = capture->clock_fd, .events = POLLIN },
				{ .fd = capture->devices_fd, .events = POLLIN } };
	uint64_t      ticks, left_ms = 0;

	if (capture->end.ns > now.mono.ns)
		left_ms = (capture->end.ns - now.mono.ns) / NS_PER_MS;
	if (!left_ms) {
		poll(fds, 1, 1);
		return;
	}
	/* Nobody is woken for a flow that begins; and a loop that sleeps on is one that hangs, to its watchdog. */
	if (left_ms > CAPTURE_WAIT_MS)
		left_ms = CAPTURE_WAIT_MS;
	/* News of a map that filled before its window began was taken with all else that came through the ring. */
	if (flow_maps_is_filled(capture->maps, capture->map) || capture->has_news)
		left_ms = 0;
	poll(fds, ARRAY_LEN(fds), (int)left_ms);
	if (fds[2].revents)
		/* ECANCELED, which says no more than is found out in any case. */
		(void)!read(capture->clock_fd, &ticks, sizeof(ticks));
	if (fds[3].revents && device_watch_take(capture->devices_fd))
		look_for_gone(capture);
}

static enum capture_state collect(struct capture *capture, struct wall *done, struct err *err)
{
	struct clock_pair now;
	bool		  clock_set;

	if (capture->failed) {
		*err = capture->failure;
		return CAPTURE_FAILED;
	}
	wait_for_news(capture, clock_now());
	take_news(capture);
	now = clock_now();
	if (now.mono.ns >= capture->end.ns) {
		if (flow_maps_clock(capture->maps).ns < capture->end.ns)
			return CAPTURE_ON;
		return end_window(capture, done, err) < 0 ? CAPTURE_FAILED : CAPTURE_ON;
	}
	if (flow_maps_take_spills(capture->maps, add_flow, capture, err) < 0 ||
	    flush(capture, err) < 0)
		return CAPTURE_FAILED;
	clock_set = is_clock_set(capture, now);
	if ((clock_set || flow_maps_is_filled(capture->maps, capture->map)) &&
	    empty_early(capture, err) < 0)
		return CAPTURE_FAILED;
	if (clock_set && clock_now().mono.ns < capture->end.ns)
		begin_window(capture, capture->map, INT64_MIN);
	return CAPTURE_ON;
}

/* A timer that never ends, but for the wall clock being set. */
static int watch_clock(struct capture *capture, struct err *err)
{
	struct itimerspec never = { .it_value = { .tv_sec = INT64_MAX / NS_PER_S } };

	capture->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (capture->clock_fd < 0 ||
	    timerfd_settime(capture->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			    NULL) < 0)
		return err_sys(err, "cannot watch the clock");
	return 0;
}

static int plug(struct capture *capture, size_t eni, const struct device_news *news,
		const int fds[DEVICE_FDS_MAX], struct err *err)
{
	(void)err;
	let_go(&capture->attached[eni]);
	capture->attached[eni] = (struct attached){ .kind = news->hook,
						    .is_behind = news->is_behind,
						    .tcx = { fds[0], fds[1] } };
	return 0;
}

/* Its counters begin at nothing, should the kernel give its number to another. */
static void unplug(struct capture *capture, size_t eni)
{
	let_go(&capture->attached[eni]);
	flow_maps_forget(capture->maps, capture->args.enis[eni].ifindex);
	memset(capture->counted[eni], 0, sizeof(capture->counted[eni]));
}

static int give(struct capture *capture, enum hook_programs which, struct err *err)
{
	bool ethernet = which == HOOK_PROGRAMS_ETHERNET;
	int  fds[] = { flow_maps_program(capture->maps, FLOW_INGRESS, ethernet),
		       flow_maps_program(capture->maps, FLOW_EGRESS, ethernet) };

	return device_keeper_give(capture->keeper, which, fds, ARRAY_LEN(fds), err);
}

static int attach_all(struct capture *capture, struct err *err)
{
	for (size_t i = 0; i < capture->args.eni_count; i++) {
		const struct eni  *eni = &capture->args.enis[i];
		struct device_news news;
		int		   fds[DEVICE_FDS_MAX];

		if (!eni->ifindex)
			continue;
		if (device_keeper_attach(capture->keeper, eni->ifindex, &news, fds, err) < 0 ||
		    plug(capture, i, &news, fds, err) < 0)
			return err_wrap(err, "%s", eni->name);
	}
	return 0;
}

static void let_all_go(struct capture *capture)
{
	for (size_t i = 0; i < ENI_COUNT_MAX; i++)
		let_go(&capture->attached[i]);
	if (capture->keeper)
		device_keeper_detach_all(capture->keeper);
}

static void close_bpf(struct capture *capture)
{
	if (!capture)
		return;
	let_all_go(capture);
	device_keeper_close(capture->keeper);
	process_watch_close(capture->processes);
	flow_maps_free(capture->maps);
	mem_close_at(&capture->clock_fd);
	mem_close_at(&capture->devices_fd);
	free(capture);
}

/* Before there is anything to inherit. */
static int open_keeper(struct capture *capture, struct err *err)
{
	struct device_keeper_args keeper = { .ops = &hook_keeper,
					     .asked = capture->args.asked,
					     .asked_count = capture->args.asked_count,
					     .hook = capture->args.hook,
					     .user = capture->args.user,
					     .no_drop = capture->args.no_drop };

	/* It says of its own accord that a filter which is asked for is not there. */
	if (!capture->args.verbose)
		libbpf_set_print(NULL);
	capture->keeper = device_keeper_open(&keeper, err);
	return capture->keeper ? 0 : -1;
}

static const char *hooks_text(const struct capture *capture)
{
	enum hook_kind kind = HOOK_NONE;

	for (size_t i = 0; i < capture->args.eni_count; i++) {
		if (capture->attached[i].is_behind)
			return "tc clsact ingress+egress, behind filters of others, which "
			       "may hide packets";
		if (kind == HOOK_NONE)
			kind = capture->attached[i].kind;
	}
	return kind == HOOK_NONE  ? "ingress+egress"
	       : kind == HOOK_TCX ? "TCX ingress+egress"
				  : "tc clsact ingress+egress";
}

/* Whoever hears of flows at once hears of processes too, where that can be had. */
static void watch_processes(struct capture *capture)
{
	const char *hooks = hooks_text(capture);
	struct err  err;

	if (capture->args.see)
		capture->processes = process_watch_open(flow_maps_processes(capture->maps), &err);
	if (!capture->args.see)
		snprintf(capture->about, sizeof(capture->about), "eBPF (%s)", hooks);
	else if (capture->processes)
		snprintf(capture->about, sizeof(capture->about), "eBPF (%s, processes)", hooks);
	else
		snprintf(capture->about, sizeof(capture->about), "eBPF (%s; no processes: %s)",
			 hooks, err.text);
}

static int load(struct capture *capture, struct err *err)
{
	const struct capture_args *args = &capture->args;
	struct flow_maps_args	   maps = { .max_flows = args->max_flows,
					    .eni_count = args->eni_count,
					    .ethernet = args->any_kind,
					    .ip = args->any_kind,
					    .has_news = args->see != NULL,
					    .verbose = args->verbose };

	for (size_t i = 0; i < args->eni_count; i++) {
		bool is_there = args->enis[i].ifindex != 0;

		maps.ethernet |= is_there && args->enis[i].ethernet;
		maps.ip |= is_there && !args->enis[i].ethernet;
	}
	capture->maps = flow_maps_load(&maps, err);
	if (!capture->maps || (maps.ethernet && give(capture, HOOK_PROGRAMS_ETHERNET, err) < 0) ||
	    (maps.ip && give(capture, HOOK_PROGRAMS_IP, err) < 0))
		return -1;
	return 0;
}

static struct capture *open_bpf(const struct capture_args *args, struct err *err)
{
	struct capture *capture = mem_alloc(sizeof(*capture));

	capture->args = *args;
	capture->devices_fd = capture->clock_fd = -1;
	if (open_keeper(capture, err) < 0)
		goto failed;
	capture->devices_fd = device_watch_open(false, err);
	if (capture->devices_fd < 0 || watch_clock(capture, err) < 0 || load(capture, err) < 0)
		goto failed;
	begin_window(capture, 0, INT64_MIN);
	if (attach_all(capture, err) < 0)
		goto failed;
	watch_processes(capture);
	return capture;
failed:
	close_bpf(capture);
	return NULL;
}

/* The next map holds something only when the window has ended meanwhile. */
static int stop(struct capture *capture, struct err *err)
{
	uint32_t interval_s = windows_interval_s(capture->args.windows);

	capture->stopped = true;
	let_all_go(capture);
	flow_maps_wait();
	take_news(capture);
	tell_late(capture, capture->window + 2, window_of(clock_now().wall, interval_s) + 1);
	if (take_map(capture, capture->map, err) < 0)
		return -1;
	return take_map(capture, flow_maps_after(capture->map), err);
}

static bool maps_work(void *maps)
{
	return flow_maps_work(maps);
}

static unsigned needs(const struct capture *capture)
{
	unsigned needs = NEED_LIVE | NEED_MAPS;

	return privileges_are_spared(maps_work, capture->maps) ? needs : needs | NEED_BPF;
}

static const char *about(const struct capture *capture)
{
	return capture->about;
}

static struct device_keeper *keeper_of(const struct capture *capture)
{
	return capture->keeper;
}

static size_t memory_bytes(const struct capture_args *args)
{
	struct flow_maps_args maps = { .max_flows = args->max_flows,
				       .eni_count = args->eni_count,
				       .has_news = args->see != NULL };

	return sizeof(struct capture) + flow_maps_memory_bytes(&maps);
}

const struct capture_ops capture_bpf = {
	.name = "bpf",
	.capabilities = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_PERFMON),
	.needs = needs,
	.memory_bytes = memory_bytes,
	.open = open_bpf,
	.about = about,
	.collect = collect,
	.keeper = keeper_of,
	.plug = plug,
	.unplug = unplug,
	.stop = stop,
	.count = count,
	.close = close_bpf,
};
