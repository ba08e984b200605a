/* SPDX-License-Identifier: Apache-2.0 */
/* When the sensor calls itself ill, and for how long. */
#include "sensor/service/health.h"
#include "tests/unit/unit.h"

#define NS_PER_S UINT64_C(1000000000)

enum { BEGIN_S = 1795860000 };

static struct board  *board;
static struct health *health;
static uint64_t	      now_s;

static struct clock_pair now(void)
{
	return (struct clock_pair){
		.mono = { (1000 + now_s) * NS_PER_S },
		.wall = { (int64_t)((BEGIN_S + now_s) * NS_PER_S) },
	};
}

static int begin(void **state)
{
	struct err err;

	(void)state;
	now_s = 0;
	board = board_new(&err);
	health = health_new(board, now());
	return 0;
}

static int end(void **state)
{
	(void)state;
	health_free(health);
	board_free(board);
	return 0;
}

/* A second passes, the loop turns, the board is looked at; so many times. */
static void pass(unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		now_s++;
		board_set(&board->heartbeat_ns, now().mono.ns);
		health_look(health, board, now());
	}
}

static void check(const char *reasons)
{
	auto_buf struct buf said = buf_make(1 << 16);
	bool		    is_well = health_print(health, board, &said);

	CHECK_STR(buf_str(&said), reasons);
	CHECK(is_well == !*reasons);
}

static struct board_sink *add_sink(const char *name)
{
	struct board_sink *sink = &board->sinks[board->sink_count++];

	snprintf(sink->name, sizeof(sink->name), "%s", name);
	return sink;
}

TEST(a_sensor_that_has_just_begun_is_well)
{
	check("");
	pass(1);
	check("");
}

TEST(a_loop_that_stands_still_is_told_after_ten_seconds)
{
	pass(1);
	now_s += HEARTBEAT_MAX_S;
	health_look(health, board, now());
	check("");
	now_s++;
	health_look(health, board, now());
	check("capture: its loop stands still for more than 10 s\n");
	pass(1);
	check("capture: its loop stands still for more than 10 s, over for 1 s\n");
	pass(HEALTH_HOLD_S - 1);
	check("");
}

TEST(what_is_lost_is_told_until_it_is_five_minutes_old)
{
	board_add(&board->counts[STAT_SOCKET_FULL], 3);
	pass(1);
	check("lost: 3 packets (socket full), the last 0 s ago\n");
	pass(200);
	board_add(&board->counts[STAT_SOCKET_FULL], 4);
	pass(1);
	check("lost: 7 packets (socket full), the last 0 s ago\n");
	pass(HEALTH_HOLD_S - 1);
	check("lost: 7 packets (socket full), the last 299 s ago\n");
	pass(1);
	check("");
	board_add(&board->counts[STAT_SOCKET_FULL], 1);
	pass(1);
	check("lost: 1 packets (socket full), the last 0 s ago\n");
}

TEST(what_is_only_noted_is_no_reason)
{
	board_add(&board->counts[STAT_EARLY], 3);
	board_add(&board->counts[PARSE_NOT_IP], 3);
	pass(1);
	check("");
}

TEST(what_was_lost_before_the_first_look_is_old)
{
	struct board *other = board;

	board_add(&other->counts[STAT_SOCKET_FULL], 3);
	health_free(health);
	health = health_new(other, now());
	pass(1);
	check("");
}

TEST(a_sink_that_fails_is_told_after_five_minutes_without_a_success)
{
	struct board_sink *sink = add_sink("s3:logs");

	board_set(&sink->is_failing, 1);
	board_say(&sink->failure, BEGIN_S, str_of("403"));
	pass(FAILING_MAX_S - 1);
	check("");
	/* One success begins the time again. */
	board_set(&sink->is_failing, 0);
	pass(1);
	board_set(&sink->is_failing, 1);
	pass(FAILING_MAX_S);
	check("");
	pass(1);
	check("sink s3:logs: fails for 300 s: 403\n");
}

TEST(a_sink_that_fails_now_and_then_does_not_flap)
{
	struct board_sink *sink = add_sink("s3:logs");

	board_set(&sink->is_failing, 1);
	pass(FAILING_MAX_S + 1);
	for (unsigned i = 0; i < 20; i++) {
		auto_buf struct buf said = buf_make(4096);

		board_set(&sink->is_failing, i % 2);
		pass(60);
		CHECK(!health_print(health, board, &said));
	}
	board_set(&sink->is_failing, 0);
	pass(HEALTH_HOLD_S);
	check("");
}

TEST(a_sink_whose_processes_are_gone_is_told_at_once)
{
	struct board_sink *sink = add_sink("s3:logs");

	board_set(&sink->is_failing, 1);
	board_set(&sink->is_gone, 1);
	board_say(&sink->failure, BEGIN_S, str_of("its processes are gone"));
	pass(1);
	check("sink s3:logs: fails for 0 s: its processes are gone\n");
}

TEST(a_sink_that_drops_is_told_at_once_with_the_reason)
{
	struct board_sink *sink = add_sink("logs:group");

	board_add(&sink->dropped[BOARD_SPOOL_FULL], 12);
	pass(1);
	check("sink logs:group: dropped 12 (spool full), the last 0 s ago\n");
}

TEST(a_sink_that_is_half_an_hour_behind_is_told)
{
	struct board_sink *sink = add_sink("logs:group");

	board_set(&sink->oldest_s, BEGIN_S + 1);
	pass(DELAY_MAX_S + 1);
	check("");
	pass(1);
	check("sink logs:group: more than 30 minutes behind\n");
	board_set(&sink->oldest_s, 0);
	pass(HEALTH_HOLD_S + 1);
	check("");
}

TEST(a_model_that_was_refused_is_told_until_one_is_taken_up)
{
	board->model.is_used = true;
	board_set(&board->model.loaded_s, BEGIN_S);
	pass(10);
	board_say(&board->model.failure, BEGIN_S + 10, str_of("snapshot.json:3:1: expected ','"));
	pass(1);
	check("model: the last one was refused: snapshot.json:3:1: expected ','\n");
	board_set(&board->model.loaded_s, BEGIN_S + 20);
	pass(HEALTH_HOLD_S);
	check("");
}

TEST(a_snapshot_of_last_week_and_a_fetch_that_keeps_failing_are_told)
{
	board->model.is_used = true;
	board_set(&board->model.loads, 1);
	board_set(&board->model.snapshot_s, BEGIN_S - SNAPSHOT_MAX_S);
	pass(1);
	check("snapshot: more than 7 days old\n");
	board_set(&board->model.snapshot_s, BEGIN_S);
	pass(HEALTH_HOLD_S);
	board_say(&board->model.fetch_failure, BEGIN_S + 1, str_of("AccessDenied"));
	pass(FETCH_MAX_S);
	check("");
	pass(1);
	check("fetch: fails for 21600 s: AccessDenied\n");
}

TEST(a_snapshot_without_an_interface_that_is_measured_is_told)
{
	board->model.is_used = true;
	board_set(&board->model.strangers, 1);
	pass(1);
	check("");
	pass(STRANGERS_MAX_S);
	check("snapshot: it lacks interfaces that are measured, what flows there is unknown\n");
	board_set(&board->model.strangers, 0);
	pass(1);
	check("snapshot: it lacks interfaces that are measured, what flows there is unknown, over "
	      "for 1 s\n");
}

static board_word *unreadable(const char *action)
{
	return &board->model.unreadable_since_s[fetch_call_find(action) - fetch_calls];
}

TEST(a_call_that_the_fetch_may_not_make_is_told_at_once_with_what_is_judged_by)
{
	board->model.is_used = true;
	board_set(unreadable("DescribeNetworkAcls"), BEGIN_S - 59);
	board_set(&board->model.is_kept, 1);
	pass(1);
	check("fetch: ec2:DescribeNetworkAcls cannot be read for 60 s, judging by the snapshot "
	      "from before\n");
	board_set(&board->model.is_kept, 0);
	board_set(unreadable("DescribeVpcs"), BEGIN_S + 1);
	pass(1);
	check("fetch: ec2:DescribeVpcs cannot be read for 1 s, what it would tell is unknown\n"
	      "fetch: ec2:DescribeNetworkAcls cannot be read for 61 s, what it would tell is "
	      "unknown\n");
	board_set(unreadable("DescribeVpcs"), 0);
	board_set(unreadable("DescribeNetworkAcls"), 0);
	pass(2);
	check("fetch: ec2:DescribeVpcs could not be read, over for 2 s\n"
	      "fetch: ec2:DescribeNetworkAcls could not be read, over for 2 s\n");
	pass(HEALTH_HOLD_S);
	check("");
}

TEST(a_snapshot_of_another_vpc_is_told_at_once)
{
	board->model.is_used = true;
	board_set(&board->model.strangers, 1);
	board_set(&board->model.foreign, 1);
	pass(1);
	check("snapshot: it lacks the VPC of interfaces that are measured, what flows there is "
	      "unknown\n");
	pass(STRANGERS_MAX_S);
	check("snapshot: it lacks the VPC of interfaces that are measured, what flows there is "
	      "unknown\n");
}

TEST(a_fetch_that_fails_before_there_is_anything_to_judge_by_is_told_soon)
{
	board->model.is_used = true;
	board_say(&board->model.fetch_failure, BEGIN_S + 1, str_of("AccessDenied"));
	pass(1);
	pass(FAILING_MAX_S);
	check("fetch: fails for 300 s: AccessDenied\n");
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
	static const struct CMUnitTest tests[] = {
		CASE(a_sensor_that_has_just_begun_is_well),
		CASE(a_loop_that_stands_still_is_told_after_ten_seconds),
		CASE(what_is_lost_is_told_until_it_is_five_minutes_old),
		CASE(what_is_only_noted_is_no_reason),
		CASE(what_was_lost_before_the_first_look_is_old),
		CASE(a_sink_that_fails_is_told_after_five_minutes_without_a_success),
		CASE(a_sink_that_fails_now_and_then_does_not_flap),
		CASE(a_sink_whose_processes_are_gone_is_told_at_once),
		CASE(a_sink_that_drops_is_told_at_once_with_the_reason),
		CASE(a_sink_that_is_half_an_hour_behind_is_told),
		CASE(a_model_that_was_refused_is_told_until_one_is_taken_up),
		CASE(a_snapshot_of_last_week_and_a_fetch_that_keeps_failing_are_told),
		CASE(a_snapshot_without_an_interface_that_is_measured_is_told),
		CASE(a_call_that_the_fetch_may_not_make_is_told_at_once_with_what_is_judged_by),
		CASE(a_snapshot_of_another_vpc_is_told_at_once),
		CASE(a_fetch_that_fails_before_there_is_anything_to_judge_by_is_told_soon),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
