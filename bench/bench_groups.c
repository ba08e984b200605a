/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows added up by key: nanoseconds a row of simulator/flows/groups beside a plain hash table
 * (lib/base/map and an array of sums), for keys of 2, 3 and 5 words and few to many groups at
 * random.  First pass: groups are new, the memory too.  Later passes: nearly all are known; the
 * best of them counts.  Both see the same rows, and must find as many groups.
 *
 *	bench_groups [--rows N] [--passes N]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/cli.h"
#include "lib/base/map.h"
#include "lib/base/mark.h"
#include "lib/base/mem.h"
#include "simulator/flows/groups_answer.h"

enum { BATCH = 2048, WORDS_MAX = 5, VALUES = 2, MEMORY_BYTES = 2000 << 20 };

struct bench_args {
	uint64_t rows, passes;
};

static const struct work {
	uint8_t	 key_words;
	uint32_t groups;
} works[] = {
	{ 2, 1000 },   { 3, 1000 },    { 5, 1000 },    { 2, 300000 },  { 3, 300000 },
	{ 5, 300000 }, { 2, 5000000 }, { 3, 5000000 }, { 5, 5000000 },
};

/* Keys of all groups stand in one array, which the plain table borrows them from. */
struct bed {
	const struct work *work;
	uint64_t	  *group_keys;
	uint32_t	  *row_groups;
	struct map	   map;
	uint64_t (*sums)[1 + VALUES];
	struct groups *groups;
	double	       first_ns[2], best_ns[2]; /* a row; groups, plain table */
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* xorshift64 (Marsaglia), the same in every run. */
static uint64_t next_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* As of addresses and ports: few values in each word, all words together tell the group. */
static uint64_t key_word(uint64_t group, size_t word)
{
	return word == 0 ? group : (group >> word) % 65536;
}

static void init_bed(struct bed *bed, const struct work *work, const struct bench_args *args)
{
	struct groups_shape shape = { .key_words = work->key_words,
				      .sums = VALUES,
				      .memory_bytes = MEMORY_BYTES };
	size_t		    words = (size_t)work->groups * work->key_words;

	*bed = (struct bed){ .work = work, .groups = groups_new(&shape) };
	bed->group_keys = mem_alloc(words * sizeof(uint64_t));
	bed->row_groups = mem_alloc(args->rows * sizeof(uint32_t));
	bed->sums = mem_alloc(work->groups * sizeof(*bed->sums));
	for (size_t i = 0; i < words; i++)
		bed->group_keys[i] = key_word(i / work->key_words, i % work->key_words);
	for (size_t i = 0; i < args->rows; i++)
		bed->row_groups[i] = (uint32_t)(next_random() % work->groups);
}

static void free_bed(struct bed *bed)
{
	groups_free(bed->groups);
	map_done(&bed->map);
	free(bed->sums);
	free(bed->group_keys);
	free(bed->row_groups);
}

static void add_plainly(struct bed *bed, const uint64_t *keys, const uint64_t *values,
			const uint32_t *row_groups)
{
	size_t words = bed->work->key_words;

	for (size_t i = 0; i < BATCH; i++) {
		struct str key = { (const char *)(keys + i * words), words * sizeof(*keys) };
		uint32_t   at;

		if (!map_get(&bed->map, key, &at)) {
			at = (uint32_t)bed->map.count;
			key.ptr = (const char *)(bed->group_keys + row_groups[i] * words);
			map_put(&bed->map, key, at);
		}
		bed->sums[at][0]++;
		bed->sums[at][1] += values[i * VALUES];
		bed->sums[at][2] += values[i * VALUES + 1];
	}
}

static void add_groups(struct bed *bed, const uint64_t *keys, const uint64_t *values,
		       const uint32_t *row_groups)
{
	(void)row_groups;
	groups_add(bed->groups, keys, values, BATCH);
}

static void (*const adders[])(struct bed *bed, const uint64_t *keys, const uint64_t *values,
			      const uint32_t *row_groups) = { add_groups, add_plainly };

/* ns a row.  Batches are made as they are added, as by a reader: they are in the cache. */
static double run_pass(struct bed *bed, size_t rows, size_t adder)
{
	static uint64_t keys[BATCH * WORDS_MAX], values[BATCH * VALUES];
	size_t		words = bed->work->key_words;
	double		sum_ns = 0;

	for (size_t from = 0; from + BATCH <= rows; from += BATCH) {
		const uint32_t *row_groups = bed->row_groups + from;
		double		begin_ns;

		for (size_t i = 0; i < BATCH; i++) {
			for (size_t word = 0; word < words; word++)
				keys[i * words + word] = key_word(row_groups[i], word);
			values[i * VALUES] = i;
			values[i * VALUES + 1] = row_groups[i];
		}
		begin_ns = now_ns();
		adders[adder](bed, keys, values, row_groups);
		sum_ns += now_ns() - begin_ns;
	}
	return sum_ns / (double)rows;
}

static int run_work(const struct work *work, const struct bench_args *args, struct err *err)
{
	struct groups_order			order = { .by = GROUPS_BY_RECORDS, .limit = 1 };
	auto_groups_answer struct groups_answer answer = { 0 };
	struct bed				bed;
	size_t					plain_count;

	init_bed(&bed, work, args);
	for (uint64_t pass = 0; pass < args->passes; pass++) {
		for (size_t adder = 0; adder < ARRAY_LEN(adders); adder++) {
			double ns = run_pass(&bed, args->rows, adder);

			if (pass == 0)
				bed.first_ns[adder] = ns;
			else if (pass == 1 || ns < bed.best_ns[adder])
				bed.best_ns[adder] = ns;
		}
	}
	groups_answer_make(&answer, &bed.groups, 1, &order);
	plain_count = bed.map.count;
	printf("%5u %8" PRIu64 "   %7.1f %7.1f %6.1fx   %7.1f %7.1f %6.1fx\n", work->key_words,
	       answer.group_count, bed.best_ns[0], bed.best_ns[1], bed.best_ns[1] / bed.best_ns[0],
	       bed.first_ns[0], bed.first_ns[1], bed.first_ns[1] / bed.first_ns[0]);
	free_bed(&bed);
	if (answer.group_count != plain_count)
		return err_set(err, ERR_SYSTEM, "%" PRIu64 " groups, the plain table has %zu",
			       answer.group_count, plain_count);
	return 0;
}

static int run(const void *context, char **operands, struct err *err)
{
	const struct bench_args *args = context;

	(void)operands;
	printf("ns a row        known groups               new memory, mostly new groups\n");
	printf("words   groups    groups   plain             groups   plain\n");
	for (size_t i = 0; i < ARRAY_LEN(works); i++)
		if (run_work(&works[i], args, err) < 0)
			return -1;
	return 0;
}

static const struct bench_args defaults = { .rows = 2000000, .passes = 5 };

static const struct opt opts[] = { OPT_U64(0, "rows", struct bench_args, rows, "N", BATCH,
					   1000000000, "rows of a pass (2000000)"),
				   OPT_U64(0, "passes", struct bench_args, passes, "N", 2, 1000,
					   "passes of each table, in turns (5)"),
				   OPT_END };

static const struct cmd cmd = {
	.name = "bench_groups",
	.operands = "",
	.summary = "nanoseconds to add a row to its group",
	.opts = opts,
	.args_size = sizeof(struct bench_args),
	.defaults = &defaults,
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_single(&cmd, argc, argv);
}
