/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows counted by bpf/flow.bpf.c.  The program goes on to the next of its maps by itself when the window
 * ends; here the map of the window that has ended is emptied, then a word (FLOW_PHASE) tells the program the
 * end of the next one.  How late that happens makes no difference to which window a packet is in.
 *
 * A map that is half full is emptied before its window ends.  So it is when the wall clock was set: its
 * flows are dated by the old clock, the rest by the new one.
 *
 * The maps go round: current, next, and the one before, which nobody writes to while it is emptied, also
 * when the window ends meanwhile.
 */
#include "sensor/capture.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/flow.skel.h"
#include "lib/base/mem.h"
#include "sensor/tc.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* A wall clock that moved that much against the monotonic one was set, not slewed. */
#define STEP_NS (NS_PER_S / 2)

/* Entries taken from a map in one call; a bucket of the kernel's hash never holds as many. */
enum { BATCH = 4096 };

struct capture {
	struct capture_args args;
	struct flow_bpf	   *skel;
	struct tc	    tcs[ENI_COUNT_MAX];
	struct clock_pair   pair; /* of the current window: dates its packets */
	int64_t		    window;
	struct mono	    end;	  /* of the window */
	unsigned	    map;	  /* of the window */
	uint64_t entries[FLOW_MAP_COUNT]; /* ever made in each map, when it was last emptied */
	bool	 batches;		  /* the kernel can look up and delete many at once */
	struct flow_key	  keys[BATCH];
	struct flow_count values[BATCH];
	uint64_t	 *per_cpu; /* one value a possible processor */
	int		  cpu_count;
};

static struct bpf_map *map_of(const struct capture *capture, unsigned map)
{
	struct bpf_map *const maps[FLOW_MAP_COUNT] = { capture->skel->maps.flows_0,
						       capture->skel->maps.flows_1,
						       capture->skel->maps.flows_2 };

	return maps[map];
}

static unsigned map_after(unsigned map)
{
	return (map + 1) % FLOW_MAP_COUNT;
}

static uint64_t sum_per_cpu(const struct capture *capture, const struct bpf_map *map,
			    uint32_t index)
{
	uint64_t sum = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(map), &index, capture->per_cpu) < 0)
		return 0;
	for (int i = 0; i < capture->cpu_count; i++)
		sum += capture->per_cpu[i];
	return sum;
}

/* One aligned store: a program sees the old state or the new one. */
static void publish(const struct capture *capture)
{
	__atomic_store_n(&capture->skel->bss->phase, FLOW_PHASE(capture->end.ns, capture->map),
			 __ATOMIC_RELEASE);
}

/*
 * Waits until no program is left that read the phase before.  Programs run under RCU, and this barrier
 * waits for RCU; with one processor it returns at once, and is right to: programs are not preempted.
 */
static void wait_for_programs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		/* Not to be had with nohz_full: a program takes microseconds. */
		poll(NULL, 0, 50);
}

/*
 * A window may end in the moment before empty_early changes maps; what the next map got in that moment, and
 * nothing else, begins after the end of the window it is counted for.
 */
static int add_flow(struct capture *capture, int64_t window, const struct flow_key *key,
		    const struct flow_count *value, struct err *err)
{
	struct flow flow = { .key = *key, .window = window, .count = *value };
	struct wall start = window_start(window, windows_interval_s(capture->args.windows));
	struct wall first = clock_wall_of(capture->pair, (struct mono){ .ns = value->first_ns });
	struct wall last = clock_wall_of(capture->pair, (struct mono){ .ns = value->last_ns });

	if (window == capture->window && value->first_ns >= capture->end.ns)
		flow.window++;
	/* The window began by the reading of the clocks before this one, a slewed clock's breadth off. */
	if (first.ns < start.ns && start.ns - first.ns < NS_PER_S)
		first = start;
	if (last.ns < first.ns)
		last = first;
	flow.key.cpu = 0;
	flow.count.first_ns = (uint64_t)first.ns;
	flow.count.last_ns = (uint64_t)last.ns;
	return windows_add(capture->args.windows, &flow, 1, err);
}

/* For kernels without batches.  The next key is asked for before the last one goes. */
static int empty_singly(struct capture *capture, unsigned map, int64_t window, struct err *err)
{
	struct flow_key	  key, last;
	struct flow_count value;
	bool		  has_last = false;
	int		  fd = bpf_map__fd(map_of(capture, map));

	while (bpf_map_get_next_key(fd, has_last ? &last : NULL, &key) == 0) {
		if (has_last)
			(void)bpf_map_delete_elem(fd, &last);
		if (bpf_map_lookup_elem(fd, &key, &value) == 0 &&
		    add_flow(capture, window, &key, &value, err) < 0)
			return -1;
		last = key;
		has_last = true;
	}
	if (has_last)
		(void)bpf_map_delete_elem(fd, &last);
	return 0;
}

/* Moves all entries of a map that no program writes to any more into the windows. */
static int empty_map(struct capture *capture, unsigned map, int64_t window, struct err *err)
{
	uint32_t token = 0;
	bool	 begun = false, more = true;

	capture->entries[map] = sum_per_cpu(capture, capture->skel->maps.entries, map);
	while (capture->batches && more) {
		uint32_t count = BATCH;
		int	 result = bpf_map_lookup_and_delete_batch(
			     bpf_map__fd(map_of(capture, map)), begun ? &token : NULL, &token,
			     capture->keys, capture->values, &count, NULL);

		begun = true;
		more = result == 0;
		/* ENOENT: these were the last.  All else: this kernel cannot, one by one then. */
		if (result < 0 && result != -ENOENT) {
			capture->batches = false;
			break;
		}
		for (uint32_t i = 0; i < count; i++)
			if (add_flow(capture, window, &capture->keys[i], &capture->values[i], err) <
			    0)
				return -1;
	}
	return capture->batches ? 0 : empty_singly(capture, map, window, err);
}

/*
 * Reads the clocks and lets the programs work towards the end of the window of now.  A slewed clock may say
 * that a little is left of the window that has just ended; then it is the next one's.
 */
static void begin_window(struct capture *capture, int64_t ended)
{
	uint32_t interval_s = windows_interval_s(capture->args.windows);

	capture->pair = clock_now();
	capture->window = window_of(capture->pair.wall, interval_s);
	if (capture->window == ended)
		capture->window++;
	capture->end = clock_mono_of(capture->pair, window_start(capture->window + 1, interval_s));
	capture->end.ns = FLOW_PHASE_END(capture->end.ns);
	publish(capture);
}

/* The window has ended; the programs write to the next map already. */
static int end_window(struct capture *capture, struct wall *done, struct err *err)
{
	int64_t ended = capture->window;

	wait_for_programs();
	if (empty_map(capture, capture->map, ended, err) < 0)
		return -1;
	capture->map = map_after(capture->map);
	*done = window_start(ended + 1, windows_interval_s(capture->args.windows));
	begin_window(capture, ended);
	capture->args.stats->counts[STAT_LATE] += capture->window > ended + 1;
	return 0;
}

/* Changes maps within the window and takes what was counted so far. */
static int empty_early(struct capture *capture, struct err *err)
{
	unsigned full = capture->map;

	capture->map = map_after(full);
	publish(capture);
	wait_for_programs();
	return empty_map(capture, full, capture->window, err);
}

static bool is_half_full(const struct capture *capture)
{
	uint64_t made = sum_per_cpu(capture, capture->skel->maps.entries, capture->map);

	return made - capture->entries[capture->map] >= capture->args.max_flows / 2;
}

static bool is_clock_set(const struct capture *capture, struct clock_pair now)
{
	int64_t moved = now.wall.ns - clock_wall_of(capture->pair, now.mono).ns;

	return moved > STEP_NS || moved < -STEP_NS;
}

static void wait_for_end(const struct capture *capture)
{
	struct pollfd stop = { .fd = capture->args.stop_fd, .events = POLLIN };
	uint64_t      now_ns = clock_now().mono.ns;
	uint64_t      left_ms = 0;

	if (now_ns < capture->end.ns)
		left_ms = (capture->end.ns - now_ns) / NS_PER_MS + 1;
	poll(&stop, 1, left_ms < CAPTURE_WAIT_MS ? (int)left_ms : CAPTURE_WAIT_MS);
}

static enum capture_state collect(struct capture *capture, struct wall *done, struct err *err)
{
	struct clock_pair now;
	bool		  clock_set;

	wait_for_end(capture);
	now = clock_now();
	clock_set = is_clock_set(capture, now);
	if (now.mono.ns >= capture->end.ns)
		return end_window(capture, done, err) < 0 ? CAPTURE_FAILED : CAPTURE_ON;
	if ((clock_set || is_half_full(capture)) && empty_early(capture, err) < 0)
		return CAPTURE_FAILED;
	if (clock_set && clock_now().mono.ns < capture->end.ns)
		begin_window(capture, INT64_MIN);
	return CAPTURE_ON;
}

static int load(struct capture *capture, struct err *err)
{
	struct flow_bpf *skel = flow_bpf__open();
	int		 result;

	if (!skel)
		return err_sys(err, "cannot open the program");
	capture->skel = skel;
	/* libbpf raises RLIMIT_MEMLOCK where the kernel still counts maps against it. */
	for (unsigned i = 0; i < FLOW_MAP_COUNT; i++)
		bpf_map__set_max_entries(map_of(capture, i), (uint32_t)capture->args.max_flows);
	result = flow_bpf__load(skel);
	if (result < 0) {
		errno = -result;
		return err_sys(err, "the kernel does not load the program");
	}
	return 0;
}

static int attach_all(struct capture *capture, struct err *err)
{
	const struct flow_bpf *skel = capture->skel;

	for (size_t i = 0; i < capture->args.eni_count; i++) {
		const struct eni	 *eni = &capture->args.enis[i];
		const struct bpf_program *ingress = eni->ethernet ? skel->progs.flow_ingress
								  : skel->progs.flow_ip_ingress;
		const struct bpf_program *egress = eni->ethernet ? skel->progs.flow_egress
								 : skel->progs.flow_ip_egress;

		if (tc_attach(&capture->tcs[i], eni->ifindex, bpf_program__fd(ingress),
			      bpf_program__fd(egress), err) < 0)
			return err_wrap(err, "%s", eni->name);
	}
	return 0;
}

static void detach_all(struct capture *capture)
{
	for (size_t i = 0; i < ENI_COUNT_MAX; i++)
		tc_detach(&capture->tcs[i]);
}

static void close_bpf(struct capture *capture)
{
	if (!capture)
		return;
	detach_all(capture);
	flow_bpf__destroy(capture->skel);
	free(capture->per_cpu);
	free(capture);
}

static struct capture *open_bpf(const struct capture_args *args, struct err *err)
{
	struct capture *capture = mem_alloc(sizeof(*capture));

	/* What libbpf prints of its own accord is for --verbose; errors come back in err. */
	if (!args->verbose)
		libbpf_set_print(NULL);
	capture->args = *args;
	capture->batches = true;
	for (size_t i = 0; i < ENI_COUNT_MAX; i++)
		capture->tcs[i].slot_fd = -1;
	capture->cpu_count = libbpf_num_possible_cpus();
	if (capture->cpu_count < 1)
		capture->cpu_count = 1;
	capture->per_cpu = mem_alloc((size_t)capture->cpu_count * sizeof(*capture->per_cpu));
	if (load(capture, err) < 0)
		goto failed;
	begin_window(capture, INT64_MIN);
	if (attach_all(capture, err) < 0)
		goto failed;
	return capture;
failed:
	close_bpf(capture);
	return NULL;
}

/* The next map holds something only when the window has ended meanwhile. */
static int stop(struct capture *capture, struct err *err)
{
	detach_all(capture);
	wait_for_programs();
	if (empty_map(capture, capture->map, capture->window, err) < 0)
		return -1;
	return empty_map(capture, map_after(capture->map), capture->window + 1, err);
}

static void count(struct capture *capture)
{
	for (uint32_t i = 0; i < FLOW_COUNTER_COUNT; i++)
		capture->args.stats->counts[i] = sum_per_cpu(capture, capture->skel->maps.counters,
							     i);
}

const struct capture_ops capture_bpf = {
	.name = "bpf",
	.about = "eBPF (tc clsact ingress+egress)",
	.open = open_bpf,
	.collect = collect,
	.stop = stop,
	.count = count,
	.close = close_bpf,
};
