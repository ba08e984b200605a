/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/mark.h"
#include "lib/base/mem.h"
#include "simulator/flows/groups_answer.h"
#include "simulator/flows/groups_table.h"

enum { WORDS_MAX = GROUPS_KEY_WORDS_MAX + 1 + GROUPS_VALUES_MAX, AMPLE = 256 << 20, TINY = 1 };

static uint64_t seed;

/* xorshift64 (Marsaglia). */
static uint64_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *folder(void)
{
	const char *named = getenv("TMPDIR");

	return named ? named : "/tmp";
}

/* Rows as they come, laid out as groups are: key words, records (1), values. */
struct input {
	struct groups_shape shape;
	uint64_t	   *rows;
	size_t		    count;
};

static void input_done(struct input *input)
{
	free(input->rows);
}

#define auto_input __attribute__((cleanup(input_done)))

/* Keys differ in one word at random, or by a bit of it, as neighbouring addresses and ports do. */
static struct input random_input(struct groups_shape shape, size_t count, size_t group_count)
{
	struct input input = { .shape = shape, .count = count };
	size_t	     words = groups_row_words(&shape), key_words = shape.key_words;

	input.rows = mem_alloc(count * words * sizeof(*input.rows));
	for (size_t i = 0; i < count; i++) {
		uint64_t *row = input.rows + i * words, group = next_random() % group_count;

		for (size_t word = 0; word < key_words; word++)
			row[word] = word == group % key_words ? group / key_words
							      : UINT64_C(1) << word;
		if (shape.key_bits % 64)
			row[key_words - 1] <<= 64 - shape.key_bits % 64;
		row[key_words] = 1;
		for (size_t word = key_words + 1; word < words; word++)
			row[word] = next_random() % 1000;
	}
	return input;
}

/* Adds rows [from, to) in batches of many sizes. */
static void add_input(struct groups *groups, const struct input *input, size_t from, size_t to)
{
	enum { BATCH = 700 };
	size_t	 words = groups_row_words(&input->shape), key_words = input->shape.key_words;
	size_t	 value_count = groups_value_count(&input->shape), count;
	uint64_t keys[BATCH * GROUPS_KEY_WORDS_MAX], values[BATCH * GROUPS_VALUES_MAX];

	for (; from < to; from += count) {
		count = next_random() % BATCH;
		count = count < to - from ? count : to - from;
		for (size_t i = 0; i < count; i++) {
			const uint64_t *row = input->rows + (from + i) * words;

			memcpy(keys + i * key_words, row, key_words * sizeof(*row));
			memcpy(values + i * value_count, row + key_words + 1,
			       value_count * sizeof(*row));
		}
		groups_add(groups, keys, value_count ? values : NULL, count);
	}
}

static size_t		   sorted_key_words;
static struct groups_order sorted_order;

static int by_key(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	for (size_t i = 0; i < sorted_key_words; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static int by_order(const void *a, const void *b)
{
	size_t	 word = sorted_key_words + (size_t)(1 + sorted_order.by);
	uint64_t x = ((const uint64_t *)a)[word], y = ((const uint64_t *)b)[word];

	if (x == y)
		return by_key(a, b);
	return (x > y) == sorted_order.ascending ? 1 : -1;
}

static void fold_plainly(const struct groups_shape *shape, uint64_t *sum, const uint64_t *added)
{
	size_t word = shape->key_words;

	sum[word] += added[word];
	word++;
	for (size_t i = 0; i < shape->sums; i++, word++)
		sum[word] = sum[word] + added[word] < sum[word] ? UINT64_MAX
								: sum[word] + added[word];
	for (size_t i = 0; i < shape->mins; i++, word++)
		sum[word] = added[word] < sum[word] ? added[word] : sum[word];
	for (size_t i = 0; i < shape->maxes; i++, word++)
		sum[word] = added[word] > sum[word] ? added[word] : sum[word];
}

/* The groups of rows by sorting them; in the order, in place: how many. */
static size_t group_plainly(struct input *input, const struct groups_order *order)
{
	size_t words = groups_row_words(&input->shape), count = 0;

	sorted_key_words = input->shape.key_words;
	sorted_order = *order;
	qsort(input->rows, input->count, words * sizeof(*input->rows), by_key);
	for (size_t i = 0; i < input->count; i++) {
		uint64_t *row = input->rows + i * words, *next = input->rows + count * words;

		if (count && by_key(row, next - words) == 0) {
			fold_plainly(&input->shape, next - words, row);
		} else {
			memmove(next, row, words * sizeof(*row));
			count++;
		}
	}
	qsort(input->rows, count, words * sizeof(*input->rows), by_order);
	return count;
}

/*
 * Rows spread over tables, of which each gets more than the one before, against the plain way,
 * which spends the input.
 */
static void check_answer(struct input *input, size_t table_count, struct groups_order order,
			 bool spills)
{
	struct groups	    *tables[8];
	struct groups_answer answer;
	size_t		     words = groups_row_words(&input->shape), rows = input->count;
	size_t		     group_count;

	for (size_t i = 0, from = 0; i < table_count; i++) {
		size_t to = rows * (i + 1) * (i + 2) / (table_count * (table_count + 1));

		tables[i] = groups_new(&input->shape);
		add_input(tables[i], input, from, to);
		from = to;
	}
	groups_answer_make(&answer, tables, table_count, &order);
	group_count = group_plainly(input, &order);
	CHECK(answer.group_count == group_count);
	CHECK(answer.records == rows && answer.left_out == 0);
	CHECK((answer.spilled_bytes > 0) == spills);
	CHECK(answer.row_count == (order.limit < group_count ? order.limit : group_count));
	for (size_t i = 0; i < answer.row_count; i++)
		assert_memory_equal(answer.rows[i], input->rows + i * words,
				    words * sizeof(uint64_t));
	for (size_t i = 1; i < group_count; i++)
		fold_plainly(&input->shape, input->rows, input->rows + i * words);
	if (group_count)
		assert_memory_equal(answer.values, input->rows + input->shape.key_words + 1,
				    groups_value_count(&input->shape) * sizeof(uint64_t));
	groups_answer_done(&answer);
	for (size_t i = 0; i < table_count; i++)
		groups_free(tables[i]);
}

TEST(groups_are_those_of_sorting_the_rows_for_every_shape_of_row)
{
	static const struct groups_shape shapes[] = {
		{ .key_words = 1 },
		{ .key_words = 1, .sums = 1 },
		{ .key_words = 2, .sums = 2 },
		{ .key_words = 3, .mins = 1 },
		{ .key_words = 4, .sums = 2, .mins = 1, .maxes = 1 },
		{ .key_words = 5, .maxes = 2 },
		{ .key_words = 7, .sums = 1, .mins = 1, .maxes = 1 },
		{ .key_words = GROUPS_KEY_WORDS_MAX, .sums = GROUPS_VALUES_MAX },
	};
	static const size_t group_counts[] = { 1, 5, 1000, 60000 };

	for (size_t i = 0; i < ARRAY_LEN(shapes) * ARRAY_LEN(group_counts); i++) {
		struct groups_shape	shape = shapes[i / ARRAY_LEN(group_counts)];
		size_t			group_count = group_counts[i % ARRAY_LEN(group_counts)];
		struct groups_order	order = { .by = GROUPS_BY_RECORDS, .limit = SIZE_MAX };
		auto_input struct input input = random_input(shape, 30000, group_count);

		input.shape.memory_bytes = AMPLE;
		check_answer(&input, 1, order, false);
	}
}

TEST(groups_of_no_row_are_an_empty_answer)
{
	struct groups_shape	shape = { .key_words = 2, .sums = 1, .mins = 1 };
	struct groups_order	order = { .by = 0, .limit = 10 };
	auto_input struct input input = random_input(shape, 0, 1);

	check_answer(&input, 3, order, false);
}

TEST(groups_come_in_the_order_that_is_asked_for_and_ties_by_key)
{
	static const struct groups_order orders[] = {
		{ .by = GROUPS_BY_RECORDS, .limit = 1 },
		{ .by = GROUPS_BY_RECORDS, .limit = 100 },
		{ .by = GROUPS_BY_RECORDS, .limit = 100, .ascending = true },
		{ .by = 0, .limit = 37 },
		{ .by = 1, .limit = 5000 },
		{ .by = 1, .limit = 5000, .ascending = true },
		{ .by = 0, .limit = 0 },
	};
	struct groups_shape shape = {
		.key_words = 2, .sums = 1, .maxes = 1, .memory_bytes = AMPLE
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		auto_input struct input input = random_input(shape, 20000, 4000);

		check_answer(&input, 1, orders[i], false);
	}
}

TEST(groups_of_several_tables_are_those_of_one)
{
	struct groups_shape shape = {
		.key_words = 3, .sums = 2, .mins = 1, .maxes = 1, .memory_bytes = AMPLE
	};
	struct groups_shape short_keys = { .key_words = 2, .key_bits = 81, .memory_bytes = AMPLE };
	struct groups_order order = { .by = 1, .limit = 300 };
	struct groups_order by_records = { .by = GROUPS_BY_RECORDS, .limit = 300 };

	for (size_t tables = 1; tables <= 8; tables++) {
		auto_input struct input few = random_input(shape, 5000, 900);
		auto_input struct input many = random_input(shape, 200000, 120000);
		auto_input struct input others = random_input(short_keys, 200000, 120000);

		check_answer(&few, tables, order, false);
		check_answer(&many, tables, order, false);
		check_answer(&others, tables, by_records, false);
	}
}

TEST(groups_that_do_not_fit_in_memory_are_the_same_by_way_of_disk)
{
	/*
	 * The least memory is 256 groups: a part of 256 of 300,000 is still too large, and one of 256
	 * of that fits.
	 */
	static const size_t group_counts[] = { 300, 10000, 300000 };
	struct groups_shape shape = { .key_words = 2, .sums = 2, .mins = 1, .maxes = 1 };
	struct groups_order order = { .by = 0, .limit = 1000 };

	shape.memory_bytes = TINY;
	shape.spill_folder = folder();
	for (size_t i = 0; i < ARRAY_LEN(group_counts) * 2; i++) {
		size_t			group_count = group_counts[i / 2];
		auto_input struct input input = random_input(shape, 400000, group_count);

		check_answer(&input, i % 2 ? 3 : 1, order, true);
	}
}

/* Half of 34 MiB is for rows that wait: some 180,000 of 96 bytes; the other half, for some 140,000 groups. */
TEST(groups_whose_rows_wait_in_piles_are_the_same_before_and_after_the_piles_are_full)
{
	static const struct {
		size_t rows, groups, tables;
		bool   spills;
	} cases[] = {
		{ 150000, 100000, 1, false }, { 150000, 100000, 2, false },
		{ 400000, 70000, 1, false },  { 400000, 70000, 3, false },
		{ 400000, 300000, 1, true },  { 500000, 600000, 2, true },
	};
	struct groups_shape shape = {
		.key_words = 10, .sums = 1, .maxes = 1, .memory_bytes = 34 << 20
	};
	struct groups_order order = { .by = 0, .limit = 1000 };

	shape.spill_folder = folder();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_input struct input input = { 0 };

		/* Of the last word some bytes are not kept, or all are. */
		shape.key_bits = 9 * 64 + (i % 2 ? 17 : 57);
		input = random_input(shape, cases[i].rows, cases[i].groups);

		check_answer(&input, cases[i].tables, order, cases[i].spills);
	}
}

/* What groups_each gives: of keys below 1 << 20. */
struct seen {
	uint64_t *records, *values;
	size_t	  rows;
};

static void see(void *context, const uint64_t *rows, size_t count)
{
	struct seen *seen = context;

	seen->rows += count;
	for (size_t i = 0; i < count; i++, rows += 3) {
		seen->records[rows[0]] += rows[1];
		seen->values[rows[0]] += rows[2];
	}
}

TEST(groups_each_gives_rows_that_wait_too)
{
	enum { ROWS = 200000, GROUP_COUNT = 70000 };
	struct groups_shape	   shape = { .key_words = 1, .sums = 1, .memory_bytes = AMPLE };
	auto_groups struct groups *groups = groups_new(&shape);
	auto_free uint64_t	  *records = mem_alloc(GROUP_COUNT * sizeof(uint64_t));
	auto_free uint64_t	  *values = mem_alloc(GROUP_COUNT * sizeof(uint64_t));
	struct seen		   seen = { .records = records, .values = values };

	for (uint64_t row = 0; row < ROWS; row++) {
		uint64_t key = row % GROUP_COUNT;

		groups_add(groups, &key, &row, 1);
	}
	CHECK(groups_piled(groups));
	CHECK(groups_each(groups, see, &seen) == 0);
	/* Once from the table, once from the pile. */
	CHECK(seen.rows <= 2 * GROUP_COUNT);
	for (uint64_t key = 0; key < GROUP_COUNT; key++) {
		uint64_t times = ROWS / GROUP_COUNT + (key < ROWS % GROUP_COUNT);

		CHECK(records[key] == times);
		CHECK(values[key] == times * key + times * (times - 1) / 2 * GROUP_COUNT);
	}
}

TEST(groups_may_be_on_disk_in_one_table_and_in_memory_in_another)
{
	struct groups_shape shape = { .key_words = 1, .sums = 1 };
	struct groups_order order = { .by = GROUPS_BY_RECORDS, .limit = 50 };

	shape.memory_bytes = TINY;
	shape.spill_folder = folder();
	/* Of two tables a third of the rows goes to one; 256 groups fit. */
	for (size_t rows = 100; rows <= 1300; rows += 200) {
		auto_input struct input input = random_input(shape, rows, 1000000);

		check_answer(&input, 2, order, rows * 2 / 3 > 256);
	}
}

TEST(groups_sums_stop_at_the_largest_number)
{
	struct groups_shape	   shape = { .key_words = 1, .sums = 1, .memory_bytes = AMPLE };
	static const uint64_t	   keys[] = { 7, 7, 8 }, values[] = { UINT64_MAX - 1, 5, 1 };
	struct groups_order	   order = { .by = 0, .limit = 2 };
	auto_groups struct groups *groups = groups_new(&shape);
	auto_groups_answer struct groups_answer answer = { 0 };

	groups_add(groups, keys, values, ARRAY_LEN(keys));
	groups_answer_make(&answer, &groups, 1, &order);
	CHECK(answer.rows[0][0] == 7 && answer.rows[0][1] == 2 && answer.rows[0][2] == UINT64_MAX);
	CHECK(answer.rows[1][0] == 8 && answer.values[0] == UINT64_MAX);
}

/* The first 256 groups fit; every group comes twice. */
TEST(groups_without_a_disk_are_capped_and_what_finds_no_room_is_counted)
{
	static const char *folders[] = { NULL, "/nowhere/at/all" };
	enum { GROUP_COUNT = 1000, ROOM = 256 };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		struct groups_shape shape = { .key_words = 1, .sums = 1, .mins = 1 };
		struct groups_order order = { .by = GROUPS_BY_RECORDS, .limit = SIZE_MAX };
		auto_groups_answer struct groups_answer answer = { 0 };
		auto_groups struct groups	       *groups = NULL;

		shape.memory_bytes = TINY;
		shape.spill_folder = folders[i];
		groups = groups_new(&shape);
		for (uint64_t row = 0; row < 2 * GROUP_COUNT; row++) {
			uint64_t key = row % GROUP_COUNT, values[] = { 10, 1000 - key };

			groups_add(groups, &key, values, 1);
		}
		groups_answer_make(&answer, &groups, 1, &order);
		CHECK(answer.group_count == ROOM && answer.row_count == ROOM);
		CHECK(answer.left_out == 2 * (GROUP_COUNT - ROOM));
		CHECK(answer.records == 2 * GROUP_COUNT && answer.spilled_bytes == 0);
		/* The totals are of all rows. */
		CHECK(answer.values[0] == 20 * GROUP_COUNT && answer.values[1] == 1);
		for (size_t row = 0; row < ROOM; row++)
			CHECK(answer.rows[row][0] == row && answer.rows[row][1] == 2);
	}
}

/* A group whose first records found no room is not there with the later ones that did. */
TEST(groups_without_a_disk_are_whole_or_left_out_when_their_rows_waited)
{
	enum { WORDS = 10, GROUP_COUNT = 200000, ROWS = 3 * GROUP_COUNT };
	struct groups_shape	   shape = { .key_words = WORDS, .memory_bytes = 34 << 20 };
	struct groups_order	   order = { .by = GROUPS_BY_RECORDS, .limit = SIZE_MAX };
	auto_groups struct groups *groups = groups_new(&shape);
	auto_groups_answer struct groups_answer answer = { 0 };

	for (uint64_t row = 0; row < ROWS; row++) {
		uint64_t key[WORDS] = { row % GROUP_COUNT };

		groups_add(groups, key, NULL, 1);
	}
	groups_answer_make(&answer, &groups, 1, &order);
	CHECK(answer.left_out > 0 && answer.records == ROWS);
	CHECK(answer.left_out == ROWS - answer.group_count * (ROWS / GROUP_COUNT));
	for (size_t i = 0; i < answer.row_count; i++)
		CHECK(answer.rows[i][WORDS] == ROWS / GROUP_COUNT);
}

/* Every group comes once, in order; the disk takes a few runs of 256 groups and then no more. */
TEST(groups_on_disk_are_not_lost_when_it_is_full)
{
	enum { ROWS = 20000, DISK_BYTES = 64 << 10 };
	struct groups_shape  shape = { .key_words = 1, .sums = 1, .memory_bytes = TINY };
	struct groups_order  order = { .by = 0, .limit = SIZE_MAX, .ascending = true };
	struct rlimit	     before, small;
	struct sigaction     ignore = { .sa_handler = SIG_IGN }, usual;
	struct groups_answer answer;
	struct groups	    *groups;

	shape.spill_folder = folder();
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	small = (struct rlimit){ DISK_BYTES, before.rlim_max };
	CHECK(sigaction(SIGXFSZ, &ignore, &usual) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
	groups = groups_new(&shape);
	for (uint64_t row = 0; row < ROWS; row++)
		groups_add(groups, &row, &row, 1);
	groups_answer_make(&answer, &groups, 1, &order);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0 && sigaction(SIGXFSZ, &usual, NULL) == 0);
	CHECK(answer.spilled_bytes > 0 && answer.spilled_bytes <= DISK_BYTES);
	CHECK(answer.records == ROWS && answer.left_out == ROWS - answer.group_count);
	CHECK(answer.values[0] == (uint64_t)ROWS * (ROWS - 1) / 2);
	/* What came first is there: what is on disk, and the last table. */
	CHECK(answer.group_count > answer.spilled_bytes / (3 * sizeof(uint64_t)));
	for (size_t i = 0; i < answer.row_count; i++)
		CHECK(answer.rows[i][0] == i && answer.rows[i][1] == 1 && answer.rows[i][2] == i);
	groups_answer_done(&answer);
	groups_free(groups);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_those_of_sorting_the_rows_for_every_shape_of_row),
		cmocka_unit_test(groups_of_no_row_are_an_empty_answer),
		cmocka_unit_test(groups_come_in_the_order_that_is_asked_for_and_ties_by_key),
		cmocka_unit_test(groups_of_several_tables_are_those_of_one),
		cmocka_unit_test(groups_that_do_not_fit_in_memory_are_the_same_by_way_of_disk),
		cmocka_unit_test(
			groups_whose_rows_wait_in_piles_are_the_same_before_and_after_the_piles_are_full),
		cmocka_unit_test(groups_each_gives_rows_that_wait_too),
		cmocka_unit_test(groups_may_be_on_disk_in_one_table_and_in_memory_in_another),
		cmocka_unit_test(groups_sums_stop_at_the_largest_number),
		cmocka_unit_test(
			groups_without_a_disk_are_capped_and_what_finds_no_room_is_counted),
		cmocka_unit_test(
			groups_without_a_disk_are_whole_or_left_out_when_their_rows_waited),
		cmocka_unit_test(groups_on_disk_are_not_lost_when_it_is_full),
	};
	const char *chosen = getenv("WEIR_SEED");

	seed = chosen ? strtoull(chosen, NULL, 0) : (uint64_t)time(NULL) << 20 | 1;
	print_message("WEIR_SEED=%llu\n", (unsigned long long)seed);
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
