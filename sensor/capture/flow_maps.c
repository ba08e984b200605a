/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/flow_maps.h"

#include <assert.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/flow.skel.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

enum {
	BATCH = 4096, /* entries taken from a map in one call; no bucket of the kernel's hash has as many */
	SLOTS_MIN = 64, /* of a processor and map */
	ENTRIES_MIN = 16,
	RING_SIZE = 8 << 20, /* bytes: some 80,000 flows */
	NEWS_SIZE =
		4
		<< 20, /* bytes: some 30,000 flows, as many as begin in a quarter of a second at the worst */
	/* What the kernel's hash adds to an entry: list, hash, a bucket. */
	ENTRY_OVERHEAD = 64
};

#define NS_PER_MS INT64_C(1000000)

struct flow_maps {
	struct flow_bpf	   *skel;
	struct flow_slot   *slots; /* [map][processor][hash], shared with the programs */
	struct ring_buffer *ring;
	size_t		    slots_of_map; /* of all processors */
	bool		    batches;	  /* the kernel can look up and delete many at once */
	struct ring_buffer *news;	  /* NULL: not wanted */
	struct flow_key	    keys[BATCH];
	struct flow_count   values[BATCH];
	/* Of the call of flow_maps_take_spills that is on its way. */
	flow_maps_fn *each;
	void	     *context;
	struct err   *err;
	bool	      failed;
	/* Of the call of flow_maps_take_news that is on its way. */
	flow_maps_news_fn *hear;
	size_t		   heard;
};

/*
 * How many slots a processor gets for each map, a power of two: of all processors together as many as there
 * may be flows.  A flow that has its slot costs one access to memory, one in the map three or four.
 */
static uint32_t slots_for(size_t max_flows, size_t cpus)
{
	uint32_t slots = SLOTS_MIN;

	while ((size_t)slots * 2 * cpus <= max_flows)
		slots *= 2;
	return slots;
}

/* Entries of each map: for the flows that meet in a slot, and those whose processor has the wrong number. */
static size_t entries_for(size_t max_flows)
{
	return max_flows / 2 < ENTRIES_MIN ? ENTRIES_MIN : max_flows / 2;
}

size_t flow_maps_cpu_count(struct str possible)
{
	struct str range = { 0 }, first;
	uint64_t   highest;

	possible = str_trim(possible);
	while (possible.len)
		range = str_cut(&possible, ',');
	first = str_cut(&range, '-');
	return str_u64(range.len ? range : first, UINT16_MAX, &highest) < 0 ? 0 : highest + 1;
}

/* How many numbers processors may have, or 0.  libbpf tells how many there are, which may be fewer. */
static size_t possible_cpus(void)
{
	auto_buf struct buf possible = buf_make(1 << 12);
	struct err	    err;

	if (file_read("/sys/devices/system/cpu/possible", possible.max, &possible, &err) < 0)
		return 0;
	return flow_maps_cpu_count(buf_str(&possible));
}

size_t flow_maps_memory_bytes(const struct flow_maps_args *args)
{
	size_t cpus = possible_cpus();
	/* Without processors it will not be loaded. */
	size_t slots = cpus ? slots_for(args->max_flows, cpus) * cpus : 0;
	size_t entry = sizeof(struct flow_key) + sizeof(struct flow_count) + ENTRY_OVERHEAD;

	size_t news = NEWS_SIZE +
		      FLOW_PROCESS_COUNT *
			      (sizeof(uint64_t) + sizeof(struct flow_process) + ENTRY_OVERHEAD);

	return FLOW_MAP_COUNT *
		       (entries_for(args->max_flows) * entry + slots * sizeof(struct flow_slot)) +
	       RING_SIZE + (args->has_news ? news : 0);
}

static struct bpf_map *map_of(const struct flow_maps *maps, unsigned map)
{
	struct bpf_map *const all[FLOW_MAP_COUNT] = { maps->skel->maps.flows_0,
						      maps->skel->maps.flows_1,
						      maps->skel->maps.flows_2 };

	return all[map];
}

unsigned flow_maps_after(unsigned map)
{
	return (map + 1) % FLOW_MAP_COUNT;
}

int flow_maps_program(const struct flow_maps *maps, enum flow_direction direction, bool ethernet)
{
	const struct flow_bpf *skel = maps->skel;

	if (direction == FLOW_INGRESS)
		return bpf_program__fd(ethernet ? skel->progs.flow_ingress
						: skel->progs.flow_ip_ingress);
	return bpf_program__fd(ethernet ? skel->progs.flow_egress : skel->progs.flow_ip_egress);
}

/* The length of a tick: the resolution of the clock that ticks drive.  10 ms is the longest there is. */
static uint64_t tick_length_ns(void)
{
	struct timespec tick = { .tv_nsec = 10 * NS_PER_MS };

	(void)clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return (uint64_t)tick.tv_nsec;
}

static void set_up(struct flow_maps *maps, const struct flow_maps_args *args, size_t cpus)
{
	struct flow_bpf *skel = maps->skel;
	size_t		 entries = entries_for(args->max_flows);
	uint32_t	 slots = slots_for(args->max_flows, cpus);

	maps->slots_of_map = slots * cpus;
	/* Each that is not needed saves the kernel's checking it, a good part of a second. */
	bpf_program__set_autoload(skel->progs.flow_ingress, args->ethernet);
	bpf_program__set_autoload(skel->progs.flow_egress, args->ethernet);
	bpf_program__set_autoload(skel->progs.flow_ip_ingress, args->ip);
	bpf_program__set_autoload(skel->progs.flow_ip_egress, args->ip);
	skel->rodata->tick_ns = tick_length_ns();
	skel->rodata->cpu_count = (uint32_t)cpus;
	skel->rodata->slot_mask = slots - 1;
	/* The other half is for what comes before the sensor has woken up. */
	skel->rodata->fill_mark = entries / 2;
	for (unsigned i = 0; i < FLOW_MAP_COUNT; i++)
		bpf_map__set_max_entries(map_of(maps, i), (uint32_t)entries);
	bpf_map__set_max_entries(skel->maps.slots, (uint32_t)(FLOW_MAP_COUNT * maps->slots_of_map));
	bpf_map__set_max_entries(skel->maps.spills, RING_SIZE);
	skel->rodata->has_news = args->has_news;
	skel->rodata->news_mark = NEWS_SIZE / 2;
	bpf_map__set_max_entries(skel->maps.news, NEWS_SIZE);
	bpf_map__set_autocreate(skel->maps.news, args->has_news);
	bpf_map__set_autocreate(skel->maps.processes, args->has_news);
	bpf_map__set_max_entries(skel->maps.counters,
				 (uint32_t)(args->eni_count * FLOW_MAP_COUNT * FLOW_COUNTER_COUNT));
}

/* Runs the program that reads the clocks; its answer is in skel->bss.  -errno when that is refused. */
static int read_clocks(const struct flow_maps *maps)
{
	static const uint8_t frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = 1);

	return bpf_prog_test_run_opts(bpf_program__fd(maps->skel->progs.flow_clock), &opts);
}

static int refused_clock(int result, struct err *err)
{
	errno = -result;
	return err_sys(err, "the kernel does not run the program that reads its clock");
}

/*
 * Ticks are counted along the monotonic clock, so one number leads from one to the other: the least that is
 * seen of their difference belongs to a moment at which the tick had just been.
 */
static int find_tick_base(struct flow_maps *maps, struct err *err)
{
	struct flow_bpf *skel = maps->skel;
	uint64_t	 tick_ns = skel->rodata->tick_ns;
	uint64_t	 first_ns = 0, least = UINT64_MAX;
	int		 result;

	do {
		uint64_t difference;

		result = read_clocks(maps);
		if (result < 0)
			return refused_clock(result, err);
		difference = skel->bss->clock_exact_ns - skel->bss->clock_ticks * tick_ns;
		if (!first_ns || (int64_t)(difference - least) < 0)
			least = difference;
		if (!first_ns)
			first_ns = skel->bss->clock_exact_ns;
	} while (skel->bss->clock_exact_ns - first_ns < 3 * tick_ns);
	skel->bss->tick_base_ns = least;
	return 0;
}

/* In a time namespace ours is another monotonic clock than that of the programs, which date the packets. */
static int check_clock(struct flow_maps *maps, struct err *err)
{
	uint64_t tick_ns = maps->skel->rodata->tick_ns;
	uint64_t begin_ns = clock_now().mono.ns, ns;
	int	 result = read_clocks(maps);

	if (result < 0)
		return refused_clock(result, err);
	ns = maps->skel->bss->clock_exact_ns;
	if (ns + tick_ns < begin_ns || ns > clock_now().mono.ns + tick_ns)
		return err_set(err, ERR_SYSTEM,
			       "this time namespace has another clock than the kernel");
	return 0;
}

/* Refused, for want of memory say, it tells what it did the last time: a clock that is late, as it may be. */
struct mono flow_maps_clock(struct flow_maps *maps)
{
	(void)read_clocks(maps);
	return (struct mono){ .ns = maps->skel->bss->tick_base_ns +
				    maps->skel->bss->clock_ticks * maps->skel->rodata->tick_ns };
}

static int take_spill(void *context, void *data, size_t size)
{
	struct flow_maps	*maps = context;
	const struct flow_spill *spill = data;

	assert(size >= sizeof(*spill));
	/* The ring goes on whatever happens; the first failure is the one to tell. */
	if (!spill->key.family || maps->failed)
		return 0;
	maps->failed = maps->each(maps->context, spill->map, &spill->key, &spill->count,
				  maps->err) < 0;
	return 0;
}

/* Stops at what a ring holds, however fast more comes. */
static int take_item(void *context, void *data, size_t size)
{
	struct flow_maps       *maps = context;
	const struct flow_news *news = data;

	assert(size >= sizeof(*news));
	maps->hear(maps->context, news->map, &news->key, &news->count,
		   news->process.pid ? &news->process : NULL);
	return ++maps->heard < NEWS_SIZE / sizeof(*news) ? 0 : -EAGAIN;
}

static int share(struct flow_maps *maps, struct err *err)
{
	struct flow_bpf *skel = maps->skel;
	size_t		 size = FLOW_MAP_COUNT * maps->slots_of_map * sizeof(*maps->slots);
	void		*shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
				       bpf_map__fd(skel->maps.slots), 0);

	if (shared == MAP_FAILED)
		return err_sys(err, "cannot share memory with the program");
	maps->slots = shared;
	maps->ring = ring_buffer__new(bpf_map__fd(skel->maps.spills), take_spill, maps, NULL);
	if (!maps->ring)
		return err_sys(err, "cannot read the program's ring");
	if (!skel->rodata->has_news)
		return 0;
	maps->news = ring_buffer__new(bpf_map__fd(skel->maps.news), take_item, maps, NULL);
	return maps->news ? 0 : err_sys(err, "cannot read the program's news");
}

static int load(struct flow_maps *maps, const struct flow_maps_args *args, struct err *err)
{
	size_t cpus = possible_cpus();
	int    result;

	if (!cpus)
		return err_set(err, ERR_SYSTEM, "the kernel does not tell its processors");
	maps->skel = flow_bpf__open();
	if (!maps->skel)
		return err_sys(err, "cannot open the program");
	set_up(maps, args, cpus);
	/* libbpf raises RLIMIT_MEMLOCK where the kernel still counts maps against it. */
	result = flow_bpf__load(maps->skel);
	if (result < 0) {
		errno = -result;
		return err_sys(err, "the kernel does not load the program");
	}
	if (share(maps, err) < 0 || find_tick_base(maps, err) < 0)
		return -1;
	return check_clock(maps, err);
}

struct flow_maps *flow_maps_load(const struct flow_maps_args *args, struct err *err)
{
	struct flow_maps *maps = mem_alloc(sizeof(*maps));

	/* What libbpf prints of its own accord is for --verbose; errors come back in err. */
	if (!args->verbose)
		libbpf_set_print(NULL);
	maps->batches = true;
	if (load(maps, args, err) < 0) {
		flow_maps_free(maps);
		return NULL;
	}
	return maps;
}

void flow_maps_free(struct flow_maps *maps)
{
	if (!maps)
		return;
	ring_buffer__free(maps->ring);
	ring_buffer__free(maps->news);
	if (maps->slots)
		munmap(maps->slots, FLOW_MAP_COUNT * maps->slots_of_map * sizeof(*maps->slots));
	flow_bpf__destroy(maps->skel);
	free(maps);
}

/* One aligned store: a program sees the old state or the new one. */
void flow_maps_publish(struct flow_maps *maps, struct mono end, unsigned map)
{
	__atomic_store_n(&maps->skel->bss->phase, FLOW_PHASE(end.ns, map), __ATOMIC_RELEASE);
}

/*
 * Programs run under RCU, and this barrier waits for RCU; with one processor it returns at once, and is right
 * to: programs are not preempted.
 */
void flow_maps_wait(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		/* Not to be had with nohz_full: a program takes microseconds. */
		poll(NULL, 0, 50);
}

bool flow_maps_is_filled(const struct flow_maps *maps, unsigned map)
{
	return __atomic_load_n(&maps->skel->bss->fill[map].made, __ATOMIC_RELAXED) >=
	       maps->skel->rodata->fill_mark;
}

/* Of the slots of a map, the flows that are in them. */
static int empty_slots(struct flow_maps *maps, unsigned map, flow_maps_fn *each, void *context,
		       struct err *err)
{
	struct flow_slot *slots = maps->slots + map * maps->slots_of_map;

	for (size_t i = 0; i < maps->slots_of_map; i++) {
		if (!slots[i].key.family)
			continue;
		if (each(context, map, &slots[i].key, &slots[i].count, err) < 0)
			return -1;
		slots[i] = (struct flow_slot){ 0 };
	}
	return 0;
}

/* For kernels without batches.  The next key is asked for before the last one goes. */
static int empty_singly(struct flow_maps *maps, unsigned map, flow_maps_fn *each, void *context,
			struct err *err)
{
	struct flow_key	  key, last;
	struct flow_count value;
	bool		  has_last = false;
	int		  fd = bpf_map__fd(map_of(maps, map));

	while (bpf_map_get_next_key(fd, has_last ? &last : NULL, &key) == 0) {
		if (has_last)
			(void)bpf_map_delete_elem(fd, &last);
		if (bpf_map_lookup_elem(fd, &key, &value) == 0 &&
		    each(context, map, &key, &value, err) < 0)
			return -1;
		last = key;
		has_last = true;
	}
	if (has_last)
		(void)bpf_map_delete_elem(fd, &last);
	return 0;
}

/* ENOENT ends a walk; any other refusal says that this kernel cannot take many at once. */
static int empty_entries(struct flow_maps *maps, unsigned map, flow_maps_fn *each, void *context,
			 struct err *err)
{
	uint32_t token = 0;
	bool	 begun = false, more = true;

	while (maps->batches && more) {
		uint32_t count = BATCH;
		int	 result = bpf_map_lookup_and_delete_batch(
			     bpf_map__fd(map_of(maps, map)), begun ? &token : NULL, &token, maps->keys,
			     maps->values, &count, NULL);

		begun = true;
		more = result == 0;
		if (result < 0 && result != -ENOENT) {
			maps->batches = false;
			break;
		}
		for (uint32_t i = 0; i < count; i++)
			if (each(context, map, &maps->keys[i], &maps->values[i], err) < 0)
				return -1;
	}
	return maps->batches ? 0 : empty_singly(maps, map, each, context, err);
}

int flow_maps_empty(struct flow_maps *maps, unsigned map, flow_maps_fn *each, void *context,
		    struct err *err)
{
	if (empty_slots(maps, map, each, context, err) < 0)
		return -1;
	/* A map without entries is not walked: emptying costs what was in it. */
	if (maps->skel->bss->fill[map].made && empty_entries(maps, map, each, context, err) < 0)
		return -1;
	maps->skel->bss->fill[map].made = 0;
	maps->skel->bss->fill[map].told = 0;
	return 0;
}

int flow_maps_take_spills(struct flow_maps *maps, flow_maps_fn *each, void *context,
			  struct err *err)
{
	maps->each = each;
	maps->context = context;
	maps->err = err;
	maps->failed = false;
	(void)ring_buffer__consume(maps->ring);
	return maps->failed ? -1 : 0;
}

int flow_maps_spill_fd(const struct flow_maps *maps)
{
	return ring_buffer__epoll_fd(maps->ring);
}

/* Before they are read: what comes later may wake us again. */
bool flow_maps_take_news(struct flow_maps *maps, flow_maps_news_fn *each, void *context)
{
	maps->hear = each;
	maps->context = context;
	maps->heard = 0;
	__atomic_store_n(&maps->skel->bss->news_told, 0, __ATOMIC_SEQ_CST);
	return ring_buffer__consume(maps->news) == -EAGAIN;
}

int flow_maps_processes(const struct flow_maps *maps)
{
	return bpf_map__fd(maps->skel->maps.processes);
}

uint64_t flow_maps_counter(const struct flow_maps *maps, const struct flow_counter_key *key)
{
	uint64_t value;

	/* A counter that has counted nothing is not there. */
	if (bpf_map_lookup_elem(bpf_map__fd(maps->skel->maps.counters), key, &value) < 0)
		return 0;
	return value;
}

void flow_maps_forget(struct flow_maps *maps, uint32_t ifindex)
{
	for (uint16_t map = 0; map < FLOW_MAP_COUNT; map++)
		for (uint16_t i = 0; i < FLOW_COUNTER_COUNT; i++) {
			struct flow_counter_key key = { ifindex, map, i };

			/* Most of them were never there. */
			(void)bpf_map_delete_elem(bpf_map__fd(maps->skel->maps.counters), &key);
		}
}

bool flow_maps_work(const struct flow_maps *maps)
{
	struct flow_counter_key key = { 0 };
	uint64_t		value;

	if (read_clocks(maps) < 0)
		return false;
	return bpf_map_lookup_elem(bpf_map__fd(maps->skel->maps.counters), &key, &value) == 0 ||
	       errno == ENOENT;
}
