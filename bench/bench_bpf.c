/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel program costs a packet: the kernel runs it on one frame again and again and says how long a
 * run took.  Beside it, on the same frames and in turns with it, an empty program (what the kernel's loop and
 * the changing of the frame cost) and one that only parses.
 *
 * Prints nanoseconds, medians of ROUNDS, and the ratio of ours to parsing.  Root.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bench/flow_bench.skel.h"
#include "bpf/flow_abi.h"
#include "lib/base/mark.h"

enum {
	ROUNDS = 9,
	RUNS = 500000,
	RUNS_NEW = 150000,
	MAP_SIZE = 131072,
	SLOTS_ALL = 262144,
	NEWS_SIZE = 1 << 25 /* for all runs */
};

enum program { EMPTY, PARSE, FLOW, PROGRAM_COUNT };

/* A frame set, and what the ratio of ours to parsing should not exceed; 0: nothing is asked. */
struct frames {
	const char *name;
	uint32_t
		flows; /* of which each packet is one by chance; 0: one, and the frame stays as it is */
	bool	 all_new;
	uint32_t runs;
	double	 ratio_max;
	bool	 has_news; /* the sensor wants to hear of each new flow */
};

static const struct frames sets[] = {
	{ "one flow", 0, false, RUNS, 1.3, false },
	{ "1,000 flows", 1000, false, RUNS, 0, false },
	{ "100,000 flows", 100000, false, RUNS, 0, false },
	{ "every packet a new flow", 0, true, RUNS_NEW, 4, false },
	{ "one flow, told of new ones", 0, false, RUNS, 1.3, true },
	{ "each a new flow, and told", 0, true, RUNS_NEW, 0, true },
};

/* Ethernet, IPv4, UDP, padded to the least size. */
/* clang-format off */
static const uint8_t frame[64] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0xc0, 1, 0, 53, 0, 30, 0, 0
};
/* clang-format on */

static void fail(const char *what)
{
	fprintf(stderr, "bench_bpf: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct flow_bench_bpf *load(const struct frames *set)
{
	struct flow_bench_bpf *skel = flow_bench_bpf__open();
	int		       cpus = libbpf_num_possible_cpus();
	uint32_t	       slots = 64;

	/* As the sensor chooses them for 262,144 flows. */
	while (slots * 2 * (uint32_t)cpus <= SLOTS_ALL)
		slots *= 2;
	if (!skel)
		fail("cannot open the programs");
	skel->rodata->bench_flows = set->flows;
	skel->rodata->bench_all_new = set->all_new;
	skel->rodata->tick_ns = 4000000;
	skel->rodata->cpu_count = (uint32_t)cpus;
	skel->rodata->slot_mask = slots - 1;
	skel->rodata->fill_mark = UINT64_MAX;
	skel->rodata->has_news = set->has_news;
	skel->rodata->news_mark = UINT64_MAX;
	bpf_map__set_max_entries(skel->maps.news, NEWS_SIZE);
	bpf_map__set_autocreate(skel->maps.news, set->has_news);
	bpf_map__set_autocreate(skel->maps.processes, set->has_news);
	bpf_map__set_max_entries(skel->maps.flows_0, MAP_SIZE);
	bpf_map__set_max_entries(skel->maps.slots, (uint32_t)(FLOW_MAP_COUNT * cpus) * slots);
	errno = -flow_bench_bpf__load(skel);
	if (errno)
		fail("the kernel does not load the programs");
	skel->bss->phase = FLOW_PHASE(UINT64_MAX, 0);
	return skel;
}

/* Nanoseconds a run, as the kernel has measured them. */
static uint32_t run(const struct flow_bench_bpf *skel, enum program program, uint32_t runs)
{
	const struct bpf_program *programs[] = { skel->progs.bench_empty, skel->progs.bench_parse,
						 skel->progs.bench_flow };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .repeat = (int)runs);

	errno = -bpf_prog_test_run_opts(bpf_program__fd(programs[program]), &opts);
	if (errno)
		fail("the kernel does not run the programs");
	return opts.duration;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t median(uint32_t values[static ROUNDS])
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

static void print_row(const struct frames *set)
{
	uint32_t ns[PROGRAM_COUNT][ROUNDS];
	double	 ratio;

	for (int round = 0; round < ROUNDS; round++) {
		/* Maps as they are at the start of a window. */
		struct flow_bench_bpf *skel = load(set);

		for (int i = 0; i < PROGRAM_COUNT; i++) {
			/* Those before make the flows, except where that is what is measured. */
			if (!set->all_new)
				run(skel, i, 5 * set->flows + 1000);
			ns[i][round] = run(skel, i, set->runs);
		}
		flow_bench_bpf__destroy(skel);
	}
	ratio = (double)median(ns[FLOW]) / median(ns[PARSE]);
	printf("%-26s %8u %8u %8u %8.2f", set->name, median(ns[EMPTY]), median(ns[PARSE]),
	       median(ns[FLOW]), ratio);
	if (set->ratio_max > 0)
		printf("  at most %.1f: %s", set->ratio_max,
		       ratio <= set->ratio_max ? "reached" : "missed");
	putchar('\n');
}

/* One processor's part of the runs on one flow. */
struct runner {
	const struct flow_bench_bpf *skel;
	pthread_barrier_t	    *start;
	enum program		     program;
	int			     cpu;
	uint32_t		     ns;
};

static void *run_on_cpu(void *context)
{
	struct runner *runner = context;
	cpu_set_t      set;

	CPU_ZERO(&set);
	CPU_SET(runner->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		fail("cannot choose a processor");
	pthread_barrier_wait(runner->start);
	runner->ns = run(runner->skel, runner->program, RUNS);
	return NULL;
}

/* The slower of as many processors, all on one flow at the same time. */
static uint32_t run_on(const struct flow_bench_bpf *skel, enum program program, unsigned cpus)
{
	struct runner	  runners[2];
	pthread_t	  threads[2];
	pthread_barrier_t start;
	uint32_t	  slowest = 0;

	pthread_barrier_init(&start, NULL, cpus);
	for (unsigned i = 0; i < cpus; i++) {
		runners[i] = (struct runner){
			.skel = skel, .start = &start, .program = program, .cpu = (int)i
		};
		if (pthread_create(&threads[i], NULL, run_on_cpu, &runners[i]) != 0)
			fail("cannot make a thread");
	}
	for (unsigned i = 0; i < cpus; i++) {
		pthread_join(threads[i], NULL);
		if (runners[i].ns > slowest)
			slowest = runners[i].ns;
	}
	pthread_barrier_destroy(&start);
	return slowest;
}

/*
 * Two processors may be threads of one core, which slow each other down whatever they do: what parsing alone
 * loses by that stands beside.
 */
static void print_two_cpus(void)
{
	struct flow_bench_bpf *skel = load(&sets[0]);
	double		       ratios[PROGRAM_COUNT];

	for (enum program program = PARSE; program < PROGRAM_COUNT; program++) {
		uint32_t one[ROUNDS], two[ROUNDS];

		for (int round = 0; round < ROUNDS; round++) {
			one[round] = run_on(skel, program, 1);
			two[round] = run_on(skel, program, 2);
		}
		ratios[program] = (double)median(two) / median(one);
	}
	printf("one flow on two processors at once, over one: %.2f  at most 1.1: %s (parsing "
	       "alone: %.2f)\n",
	       ratios[FLOW], ratios[FLOW] <= 1.1 ? "reached" : "missed", ratios[PARSE]);
	flow_bench_bpf__destroy(skel);
}

int main(void)
{
	libbpf_set_print(NULL);
	printf("%-26s %8s %8s %8s %8s\n", "ns a packet", "empty", "parse", "ours", "ratio");
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		print_row(&sets[i]);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		print_two_cpus();
	return 0;
}
