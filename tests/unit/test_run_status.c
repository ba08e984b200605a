/* SPDX-License-Identifier: Apache-2.0 */
/* The status page, of boards made by hand. */
#include "sensor/run_status.h"
#include "tests/unit/unit.h"

#define NS_PER_S INT64_C(1000000000)

enum { NOW_S = 1795860000 }; /* 2026-11-28T10:00:00Z */

static struct board  *board;
static struct eni_set enis;

static int begin(void **state)
{
	struct err err;

	(void)state;
	board = board_new(&err);
	enis.max = 3;
	enis.enis[0] = (struct eni){ .ifindex = 2, .name = "ens5", .id = str_of("eni-1") };
	enis.enis[1] = (struct eni){ .ifindex = 3, .name = "ens6\n", .is_gone = true };
	return 0;
}

static int end(void **state)
{
	(void)state;
	board_free(board);
	return 0;
}

static struct buf page(void)
{
	const struct run_sizes	sizes = { .interval_s = 60,
					  .max_flows = 65536,
					  .memory_bytes = 48 << 20 };
	const struct run_status status = { .about = "eBPF (tcx)",
					   .privileges = "as nobody without capabilities",
					   .enis = &enis,
					   .sizes = &sizes,
					   .board = board,
					   .seconds = 3 * 3600 + 1230 };
	struct buf		out = buf_make(1 << 16);

	run_print_status(&status, (struct wall){ NOW_S * NS_PER_S }, &out);
	return out;
}

static void check(const char *expected)
{
	auto_buf struct buf text = page();

	CHECK_STR(buf_str(&text), expected);
}

static bool has(const char *part)
{
	auto_buf struct buf text = page();

	return strstr(text.data, part) != NULL;
}

#define SENSOR                                                                                     \
	"status: eBPF (tcx), up 3 h 20 min, as nobody without capabilities\n"                      \
	"interfaces: ens5=eni-1 ens6\\x0a (gone)\n"                                                \
	"windows: 60 s, 1,204 flows open of at most 65,536, memory 48.0 MiB\n"

TEST(a_sensor_with_nothing_besides_has_three_lines)
{
	board_set(&board->flows_open, 1204);
	check(SENSOR);
}

TEST(a_sink_tells_what_is_delivered_what_waits_and_what_failed_last)
{
	struct board_sink *sink = &board->sinks[board->sink_count++];

	board_set(&board->flows_open, 1204);
	snprintf(sink->name, sizeof(sink->name), "s3:logs");
	sink->has_spool = true;
	board_set(&sink->handed, 2012);
	board_set(&sink->taken, 2000);
	board_set(&sink->waits_since_s, NOW_S - 10);
	board_set(&sink->delivered, 1500);
	board_set(&sink->deliveries, 3);
	board_set(&sink->spool_items, 497);
	board_set(&sink->spool_bytes, 64 << 10);
	board_set(&sink->oldest_s, NOW_S - 95);
	board_set(&sink->dropped[BOARD_SPOOL_FULL], 3);
	board_set(&sink->is_failing, 1);
	board_set(&sink->restarts, 1);
	board_say(&sink->failure, NOW_S - 5, str_of("403 AccessDenied"));
	check(SENSOR
	      "sink s3:logs: taken 2,000, delivered 1,500 in 3, in its spool 497 (64.0 KiB), "
	      "not taken by its process 12, behind by 1 min 35 s, dropped 3 (spool full 3), "
	      "restarts 1, FAILING\n"
	      "s3:logs: failed at 2026-11-28T09:59:55Z: 403 AccessDenied\n");
}

TEST(a_sink_that_nobody_delivers_to_is_not_one_that_only_fails)
{
	struct board_sink *sink = &board->sinks[board->sink_count++];

	board_set(&board->flows_open, 1204);
	snprintf(sink->name, sizeof(sink->name), "s3:logs");
	board_set(&sink->is_failing, 1);
	board_set(&sink->is_gone, 1);
	check(SENSOR "sink s3:logs: taken 0, delivered 0 in 0, GONE\n");
}

TEST(a_model_tells_its_age_what_it_found_and_why_the_last_one_was_refused)
{
	struct board_model *model = &board->model;

	board_set(&board->flows_open, 1204);
	model->is_used = true;
	board_set(&model->loads, 2);
	board_set(&model->refused, 1);
	board_set(&model->interfaces, 120);
	board_set(&model->rules, 4000);
	board_set(&model->bytes, 3 << 20);
	board_set(&model->snapshot_s, NOW_S - 90000);
	board_say(&model->failure, NOW_S, str_of("shop.policy:3:1: expected a name"));
	board_set(&board->verdicts[BOARD_EXPECTED], 1000);
	board_set(&board->verdicts[BOARD_WOULD_DENY], 2);
	board_set(&board->events, 2);
	check(SENSOR
	      "model: loaded 2 times, refused 1, interfaces 120, rules 4,000, memory 3.0 MiB, "
	      "snapshot 1 d 1 h old\n"
	      "model: refused at 2026-11-28T10:00:00Z: shop.policy:3:1: expected a name\n"
	      "verdicts: expected 1,000, would-deny 2\n"
	      "events: 2, left unsaid 0, flows not judged as they began 0\n");
}

TEST(a_model_names_what_could_not_be_read_for_it_and_since_when)
{
	struct board_model *model = &board->model;
	const char	   *since =
		"fetch: ec2:DescribeNetworkAcls cannot be read since 2026-11-28T09:00:00Z; ";
	size_t at = (size_t)(fetch_call_find("DescribeNetworkAcls") - fetch_calls);

	model->is_used = true;
	board_set(&model->strangers, 2);
	board_set(&model->foreign, 1);
	board_set(&model->unreadable_since_s[at], NOW_S - 3600);
	CHECK(has(since));
	CHECK(has("; what it would tell is unknown\n"));
	CHECK(has("model: interfaces that it lacks 2, of VPCs that it lacks 1\n"));
	board_set(&model->is_kept, 1);
	CHECK(has("; judging by the snapshot from before\n"));
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
	static const struct CMUnitTest tests[] = {
		CASE(a_sensor_with_nothing_besides_has_three_lines),
		CASE(a_sink_tells_what_is_delivered_what_waits_and_what_failed_last),
		CASE(a_sink_that_nobody_delivers_to_is_not_one_that_only_fails),
		CASE(a_model_tells_its_age_what_it_found_and_why_the_last_one_was_refused),
		CASE(a_model_names_what_could_not_be_read_for_it_and_since_when),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
