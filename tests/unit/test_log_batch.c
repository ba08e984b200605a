/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/mem.h"
#include "sensor/delivery/log_batch.h"

enum { SEGMENT_MAX = 64 << 20, NOON_S = 1795867200 };

struct made {
	struct buf	   text;
	struct segment	   segment;
	struct log_batches batches;
};

static void made_begin(struct made *made)
{
	*made = (struct made){ .text = buf_make(SEGMENT_MAX) };
}

static void made_add(struct made *made, const char *eni, int64_t start_s, const char *text)
{
	buf_printf(&made->text, "%lld %lld %s ", (long long)start_s + 60, (long long)start_s, eni);
	buf_add_text(&made->text, text);
	buf_add_char(&made->text, '\n');
}

static void made_end(struct made *made)
{
	CHECK(!made->text.overflow);
	made->segment = (struct segment){ .name = "x-1", .text = buf_str(&made->text) };
	log_batches_make(&made->batches, &made->segment);
}

static void made_done(struct made *made)
{
	log_batches_done(&made->batches);
	buf_done(&made->text);
}

/* Events of one size, a second apart or all at once: how many batches, and how many are in the first. */
static void check_split(size_t count, size_t size, int64_t gap_s, size_t batches, size_t first)
{
	auto_free char *text = mem_alloc(size + 1);
	struct made	made;
	size_t		total = 0;

	memset(text, 'x', size);
	made_begin(&made);
	for (size_t i = 0; i < count; i++)
		made_add(&made, "eni-1", NOON_S + (int64_t)i * gap_s, text);
	made_end(&made);
	CHECK(made.batches.count == batches);
	CHECK(made.batches.list[0].count == first);
	for (size_t i = 0; i < made.batches.count; i++) {
		const struct log_batch *batch = &made.batches.list[i];

		total += batch->count;
		CHECK(batch->bytes == batch->count * (size + 26) && batch->bytes <= 1048576);
		CHECK(batch->count <= 10000);
		CHECK(batch->events[batch->count - 1].start_s - batch->events[0].start_s <= 86400);
	}
	CHECK(total == count && made.batches.unfit == 0);
	made_done(&made);
}

TEST(log_batches_are_as_large_as_put_log_events_takes_them_and_no_larger)
{
	static const struct {
		size_t	count, size;
		int64_t gap_s;
		size_t	batches, first;
	} cases[] = {
		{ 1, 1, 0, 1, 1 },
		{ 10000, 10, 0, 1, 10000 },
		{ 10001, 10, 0, 2, 10000 },
		{ 20001, 10, 0, 3, 10000 },
		/* 1,024 events of 998 bytes and 26 each are 1,048,576. */
		{ 1024, 998, 0, 1, 1024 },
		{ 1025, 998, 0, 2, 1024 },
		{ 1024, 999, 0, 2, 1023 },
		{ 1, 1048550, 0, 1, 1 },
		{ 2, 1048550, 0, 2, 1 },
		/* 24 hours from the first to the last, and a second more. */
		{ 2, 10, 86400, 1, 2 },
		{ 2, 10, 86401, 2, 1 },
		{ 25, 10, 3600, 1, 25 },
		{ 26, 10, 3600, 2, 25 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_split(cases[i].count, cases[i].size, cases[i].gap_s, cases[i].batches,
			    cases[i].first);
}

TEST(log_batches_leave_out_what_none_takes_and_count_it)
{
	auto_free char *text = mem_alloc(1048552);
	struct made	made;

	memset(text, 'x', 1048551);
	made_begin(&made);
	made_add(&made, "eni-1", NOON_S, text);
	made_add(&made, "eni-1", NOON_S, "good");
	made_end(&made);
	CHECK(made.batches.unfit == 1 && made.batches.count == 1);
	CHECK_STR(made.batches.list[0].events[0].text, "good");
	made_done(&made);
}

TEST(log_batches_have_one_interface_each_and_its_records_in_the_order_of_their_times)
{
	static const char *const expected[] = { "b0", "b1", "a2", "b2", "b9" };
	struct made		 made;

	made_begin(&made);
	made_add(&made, "eni-2", NOON_S + 2, "c2");
	made_add(&made, "eni-1", NOON_S + 9, "b9");
	made_add(&made, "eni-1", NOON_S + 2, "a2"); /* as old as the next: stays before it */
	made_add(&made, "eni-1", NOON_S + 2, "b2");
	made_add(&made, "eni-1", NOON_S + 1, "b1");
	made_add(&made, "eni-2", NOON_S + 1, "c1");
	made_add(&made, "eni-1", NOON_S, "b0");
	made_end(&made);
	CHECK(made.batches.count == 2);
	CHECK_STR(made.batches.list[0].eni, "eni-1");
	CHECK_STR(made.batches.list[1].eni, "eni-2");
	CHECK(made.batches.list[0].count == ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		CHECK_STR(made.batches.list[0].events[i].text, expected[i]);
	made_done(&made);
}

TEST(log_batches_of_an_empty_segment_are_none)
{
	struct made made;

	made_begin(&made);
	made_end(&made);
	CHECK(made.batches.count == 0);
	made_done(&made);
}

TEST(log_batch_loses_what_is_older_than_14_days_or_2_hours_ahead)
{
	static const struct {
		int64_t now_s;
		size_t	first, count;
	} cases[] = {
		{ NOON_S + 10, 0, 11 },
		{ NOON_S + 14 * 86400, 0, 11 }, /* the first one is just 14 days old */
		{ NOON_S + 14 * 86400 + 1, 1, 10 },
		{ NOON_S + 14 * 86400 + 11, 11, 0 },
		{ NOON_S + 10 - 7200, 0, 11 },
		{ NOON_S + 9 - 7200, 0, 10 },
		{ NOON_S - 1 - 7200, 0, 0 },
	};
	struct made made;

	made_begin(&made);
	for (int64_t i = 0; i <= 10; i++)
		made_add(&made, "eni-1", NOON_S + i, "record");
	made_end(&made);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct log_batch part = log_batch_of_time(&made.batches.list[0], cases[i].now_s);

		CHECK(part.count == cases[i].count);
		CHECK(part.bytes == part.count * (strlen("record") + 26));
		if (part.count)
			CHECK(part.events == made.batches.list[0].events + cases[i].first);
	}
	made_done(&made);
}

TEST(log_stream_is_named_after_the_interface)
{
	static const struct {
		const char *eni, *name;
	} cases[] = {
		{ "eni-0a1b2c3d4e5f60718", "eni-0a1b2c3d4e5f60718-all" },
		{ "-", "i-1-all" },
		{ "a:b*c", "a_b_c-all" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf name = buf_make(100);

		log_stream_name(str_of(cases[i].eni), str_of("i-1"), &name);
		CHECK_STR(buf_str(&name), cases[i].name);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			log_batches_are_as_large_as_put_log_events_takes_them_and_no_larger),
		cmocka_unit_test(log_batches_leave_out_what_none_takes_and_count_it),
		cmocka_unit_test(
			log_batches_have_one_interface_each_and_its_records_in_the_order_of_their_times),
		cmocka_unit_test(log_batches_of_an_empty_segment_are_none),
		cmocka_unit_test(log_batch_loses_what_is_older_than_14_days_or_2_hours_ahead),
		cmocka_unit_test(log_stream_is_named_after_the_interface),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
