/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mark.h"
#include "sensor/window.h"
#include "tests/unit/unit.h"

#define S INT64_C(1000000000)

enum { EMITTED_MAX = 2048 };

struct emitted {
	struct flow flows[EMITTED_MAX];
	size_t	    count, status_count;
};

/* flow_fn */
static int emit(void *context, const struct flow *flow, struct err *err)
{
	struct emitted *emitted = context;

	(void)err;
	assert_true(emitted->count < EMITTED_MAX);
	emitted->flows[emitted->count++] = *flow;
	return 1;
}

/* status_fn */
static int emit_status(void *context, const struct window_status *status, struct err *err)
{
	struct emitted *emitted = context;

	(void)status;
	(void)err;
	emitted->status_count++;
	return 1;
}

static struct windows *open_windows(size_t max_flows, struct emitted *emitted, struct stats *stats)
{
	static const struct eni enis[] = { { .ifindex = 1 } };
	struct windows_args	args = { .interval_s = 60,
					 .max_flows = max_flows,
					 .enis = enis,
					 .eni_count = ARRAY_LEN(enis),
					 .emit = emit,
					 .emit_status = emit_status,
					 .context = emitted,
					 .stats = stats };

	*emitted = (struct emitted){ 0 };
	*stats = (struct stats){ 0 };
	return windows_new(&args);
}

static void add(struct windows *windows, uint32_t number, int64_t window)
{
	struct flow flow = { .key.ifindex = 1, .window = window, .count = { .packets = 1 } };
	struct err  err;

	memcpy(flow.key.src, &number, sizeof(number));
	CHECK(windows_add(windows, &flow, &err) == 0);
}

static struct emitted emitted;
static struct stats   stats;

TEST(windows_lie_on_multiples_of_their_length_since_1970)
{
	static const struct {
		int64_t	 ns;
		uint32_t interval_s;
		int64_t	 window;
	} cases[] = {
		{ 0, 60, 0 },
		{ 60 * S - 1, 60, 0 },
		{ 60 * S, 60, 1 },
		{ -1, 60, -1 },
		{ -60 * S, 60, -1 },
		{ -60 * S - 1, 60, -2 },
		{ 1418530070 * S, 60, 23642167 },
		{ 86400 * S, 86400, 1 },
		{ 5 * S + 999999999, 1, 5 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct wall time = { .ns = cases[i].ns };
		int64_t	    window = window_of(time, cases[i].interval_s);

		CHECK(window == cases[i].window);
		CHECK(window_start(window, cases[i].interval_s).ns <= time.ns);
		CHECK(window_start(window + 1, cases[i].interval_s).ns > time.ns);
	}
}

TEST(windows_emit_what_has_ended_and_nothing_else)
{
	struct windows *windows = open_windows(64, &emitted, &stats);
	struct err	err;

	add(windows, 1, 10);
	add(windows, 2, 11);
	CHECK(windows_close(windows, (struct wall){ .ns = 11 * 60 * S - 1 }, &err) == 0);
	CHECK(emitted.count == 0);
	CHECK(windows_close(windows, (struct wall){ .ns = 11 * 60 * S }, &err) == 0);
	CHECK(emitted.count == 1 && emitted.flows[0].window == 10);
	/* A packet that comes after its window was written is written too. */
	add(windows, 1, 10);
	CHECK(windows_close(windows, (struct wall){ .ns = 11 * 60 * S }, &err) == 0);
	CHECK(emitted.count == 2 && emitted.flows[1].window == 10);
	CHECK(windows_close_all(windows, &err) == 0);
	CHECK(emitted.count == 3 && emitted.flows[2].window == 11);
	CHECK(stats.counts[STAT_EARLY] == 0);
	windows_free(windows);
}

TEST(windows_of_nothing_emit_nothing)
{
	struct windows *windows = open_windows(16, &emitted, &stats);
	struct err	err;

	CHECK(windows_close(windows, (struct wall){ .ns = INT64_MIN }, &err) == 0);
	CHECK(windows_close(windows, (struct wall){ .ns = INT64_MAX }, &err) == 0);
	CHECK(windows_close_all(windows, &err) == 0);
	CHECK(emitted.count == 0 && emitted.status_count == 0);
	windows_free(windows);
}

TEST(windows_that_are_full_write_the_oldest_early_and_count_it)
{
	struct windows *windows = open_windows(16, &emitted, &stats);
	struct err	err;
	uint64_t	packets = 0;

	for (uint32_t i = 0; i < 100; i++)
		add(windows, i, i < 10 ? 5 : 6);
	CHECK(emitted.count >= 16);
	CHECK(emitted.flows[0].window == 5 && emitted.flows[9].window == 5);
	CHECK(stats.counts[STAT_EARLY] == emitted.count);
	CHECK(windows_close_all(windows, &err) == 0);
	for (size_t i = 0; i < emitted.count; i++)
		packets += emitted.flows[i].count.packets;
	CHECK(packets == 100);
	windows_free(windows);
}

/* Ten times more flows than places, each with packets before and after it was written early. */
TEST(windows_that_are_far_too_full_have_every_packet_in_some_record)
{
	struct windows *windows = open_windows(64, &emitted, &stats);
	struct err	err;
	uint64_t	packets[640] = { 0 };

	for (uint32_t round = 0; round < 3; round++)
		for (uint32_t i = 0; i < ARRAY_LEN(packets); i++)
			add(windows, i, 5 + i % 3);
	CHECK(windows_close_all(windows, &err) == 0);
	for (size_t i = 0; i < emitted.count; i++) {
		uint32_t number;

		memcpy(&number, emitted.flows[i].key.src, sizeof(number));
		CHECK(emitted.flows[i].window == 5 + number % 3);
		packets[number] += emitted.flows[i].count.packets;
	}
	for (size_t i = 0; i < ARRAY_LEN(packets); i++)
		CHECK(packets[i] == 3);
	CHECK(stats.counts[STAT_EARLY] > 0 && stats_lost(&stats) == 0);
	windows_free(windows);
}

TEST(a_loss_is_told_by_the_counters_that_are_not_zero)
{
	auto_buf struct buf text = buf_make(4096);

	stats = (struct stats){ 0 };
	stats.counts[STAT_SOCKET_FULL] = 1204;
	stats.counts[FLOW_COUNTER_RING_FULL] = 2;
	stats_print_amounts(stats.counts, &text);
	CHECK_STR(buf_str(&text), "ring full 2, socket full 1,204");
}

TEST(a_summary_names_every_counter_once)
{
	auto_buf struct buf text = buf_make(4096);
	size_t		    rows[STAT_COUNT] = { 0 };

	stats = (struct stats){ 0 };
	stats.counts[STAT_FLOWS] = 1204551;
	stats.counts[FLOW_COUNTER_RING_FULL] = 2;
	stats.counts[PARSE_TOO_DEEP] = 1000;
	stats_print(&stats, &text);
	CHECK(str_starts(buf_str(&text), "flows 1,204,551  packets 0  "));
	assert_non_null(strstr(text.data, "  lost 1,002 (ring full 2, "));
	for (size_t i = 0; i < STAT_COUNT; i++) {
		const struct stat_info *info = stat_info(i);

		assert_non_null(strstr(text.data, info->name));
		CHECK(info->about[0]);
		rows[info->stat]++;
	}
	for (size_t i = 0; i < STAT_COUNT; i++)
		CHECK(rows[i] == 1);
	CHECK(stats_lost(&stats) == 1002);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_lie_on_multiples_of_their_length_since_1970),
		cmocka_unit_test(windows_emit_what_has_ended_and_nothing_else),
		cmocka_unit_test(windows_of_nothing_emit_nothing),
		cmocka_unit_test(windows_that_are_full_write_the_oldest_early_and_count_it),
		cmocka_unit_test(windows_that_are_far_too_full_have_every_packet_in_some_record),
		cmocka_unit_test(a_loss_is_told_by_the_counters_that_are_not_zero),
		cmocka_unit_test(a_summary_names_every_counter_once),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
