/* SPDX-License-Identifier: Apache-2.0 */
/* The page for Prometheus, of boards made by hand. */
#include "sensor/service/metrics.h"
#include "tests/unit/unit.h"

#define NS_PER_S INT64_C(1000000000)

static struct board *board;

static int begin(void **state)
{
	struct err err;

	(void)state;
	board = board_new(&err);
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
	struct buf	  out = buf_make(METRICS_PAGE_MAX);
	struct clock_pair now = { .mono = { 100 * NS_PER_S }, .wall = { 5000 * NS_PER_S } };

	metrics_print(board, now, true, &out);
	CHECK(!out.overflow);
	return out;
}

static bool has_line(const char *line)
{
	auto_buf struct buf text = page();
	struct str	    rest = buf_str(&text);

	while (rest.len)
		if (str_is(str_cut(&rest, '\n'), line))
			return true;
	return false;
}

static bool has_text(const char *part)
{
	auto_buf struct buf text = page();

	return strstr(text.data, part) != NULL;
}

static struct board_sink *add_sink(const char *name)
{
	struct board_sink *sink = &board->sinks[board->sink_count++];

	snprintf(sink->name, sizeof(sink->name), "%s", name);
	return sink;
}

TEST(a_metric_has_its_help_its_type_and_its_value)
{
	board_set(&board->counts[STAT_PACKETS], UINT64_MAX);
	CHECK(has_text("# HELP weir_sensor_packets_total Packets in those records.\n"
		       "# TYPE weir_sensor_packets_total counter\n"
		       "weir_sensor_packets_total 18446744073709551615\n"));
}

TEST(every_counter_of_loss_is_there_while_it_is_zero)
{
	auto_buf struct buf line = buf_make(256);

	CHECK(has_line("weir_sensor_lost_total{reason=\"short_ip_header\"} 0"));
	for (size_t row = 0; row < STAT_COUNT; row++)
		board_set(&board->counts[stat_info(row)->stat], 1000 + row);
	for (size_t row = 0; row < STAT_COUNT; row++) {
		buf_clear(&line);
		buf_printf(&line, "} %zu\n", 1000 + row);
		CHECK(has_text(line.data) == (stat_info(row)->kind != STAT_KIND_TOTAL));
	}
}

TEST(a_sensor_without_model_and_sinks_speaks_of_none)
{
	CHECK(!has_text("snapshot"));
	CHECK(!has_text("verdict"));
	CHECK(!has_text("model"));
	CHECK(!has_text("fetch"));
	CHECK(!has_text("sink"));
	CHECK(!has_text("heartbeat"));
}

TEST(ages_are_those_of_the_moment_and_never_negative)
{
	board->model.is_used = true;
	board_set(&board->model.snapshot_s, 4000);
	board_set(&board->heartbeat_ns, 99 * NS_PER_S + NS_PER_S / 2);
	board_set(&add_sink("a")->oldest_s, 4990);
	board_set(&add_sink("b")->oldest_s, 6000);
	add_sink("c");
	CHECK(has_line("weir_sensor_snapshot_age_seconds 1000"));
	CHECK(has_line("weir_sensor_heartbeat_age_seconds 0.500000000"));
	CHECK(has_line("weir_sensor_sink_delay_seconds{sink=\"a\"} 10"));
	CHECK(has_line("weir_sensor_sink_delay_seconds{sink=\"b\"} 0"));
	CHECK(has_line("weir_sensor_sink_delay_seconds{sink=\"c\"} 0"));
}

TEST(a_snapshot_that_does_not_say_when_it_was_taken_has_no_age)
{
	board->model.is_used = true;
	CHECK(!has_text("weir_sensor_snapshot_age_seconds"));
	CHECK(has_line("weir_sensor_model_loads_total 0"));
	CHECK(has_line("weir_sensor_flows_total{verdict=\"would-deny\"} 0"));
}

TEST(a_call_that_the_fetch_may_not_make_has_its_time_and_no_other_has_any)
{
	size_t at = (size_t)(fetch_call_find("DescribeVpcs") - fetch_calls);

	CHECK(!has_text("fetch_unreadable"));
	board_set(&board->model.unreadable_since_s[at], 4000);
	CHECK(has_line("weir_sensor_fetch_unreadable_timestamp_seconds"
		       "{action=\"ec2:DescribeVpcs\"} 4000"));
	CHECK(!has_text("ec2:DescribeSubnets"));
}

TEST(only_a_sink_with_a_spool_has_one)
{
	add_sink("file:/var/log/flow.log");
	add_sink("s3:logs")->has_spool = true;
	CHECK(has_line("weir_sensor_spool_bytes{sink=\"s3:logs\"} 0"));
	CHECK(!has_text("weir_sensor_spool_bytes{sink=\"file"));
}

TEST(names_of_sinks_are_escaped)
{
	board_set(&add_sink("file:/a\"b\\c\n\xff{}")->delivered, 1);
	CHECK(has_line("weir_sensor_sink_delivered_total"
		       "{sink=\"file:/a\\\"b\\\\c\\\\x0a\\\\xff{}\"} 1"));
}

TEST(a_drop_is_counted_by_sink_and_reason)
{
	board_set(&add_sink("s3:logs")->dropped[BOARD_SPOOL_FULL], 7);
	CHECK(has_line("weir_sensor_sink_dropped_total{sink=\"s3:logs\",reason=\"spool_full\"} 7"));
	CHECK(has_line("weir_sensor_sink_dropped_total{sink=\"s3:logs\",reason=\"refused\"} 0"));
}

TEST(the_page_of_as_many_sinks_as_there_can_be_is_whole)
{
	auto_buf struct buf text = { 0 };

	board->model.is_used = true;
	for (size_t i = 0; i < BOARD_SINKS_MAX; i++) {
		struct board_sink *sink = add_sink("");

		memset(sink->name, '\xff', sizeof(sink->name) - 1);
		sink->has_spool = true;
	}
	text = page();
	CHECK(text.data[text.len - 1] == '\n');
}

TEST(the_table_for_people_has_every_metric_of_the_page)
{
	auto_buf struct buf table = buf_make(METRICS_PAGE_MAX), text = { 0 };
	struct str	    rest;
	size_t		    found = 0;

	board->model.is_used = true;
	board_set(&board->heartbeat_ns, 1);
	add_sink("s3:logs")->has_spool = true;
	metrics_print_table(&table);
	text = page();
	rest = buf_str(&text);
	while (rest.len) {
		struct str line = str_cut(&rest, '\n');
		char	   name[128];

		if (!str_starts(line, "# TYPE "))
			continue;
		line = str_skip(line, strlen("# TYPE "));
		snprintf(name, sizeof(name), "%.*s", (int)str_find(line, ' '), line.ptr);
		CHECK(strstr(table.data, name));
		found++;
	}
	CHECK(found > 30);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
	static const struct CMUnitTest tests[] = {
		CASE(a_metric_has_its_help_its_type_and_its_value),
		CASE(every_counter_of_loss_is_there_while_it_is_zero),
		CASE(a_sensor_without_model_and_sinks_speaks_of_none),
		CASE(ages_are_those_of_the_moment_and_never_negative),
		CASE(a_snapshot_that_does_not_say_when_it_was_taken_has_no_age),
		CASE(a_call_that_the_fetch_may_not_make_has_its_time_and_no_other_has_any),
		CASE(only_a_sink_with_a_spool_has_one),
		CASE(names_of_sinks_are_escaped),
		CASE(a_drop_is_counted_by_sink_and_reason),
		CASE(the_page_of_as_many_sinks_as_there_can_be_is_whole),
		CASE(the_table_for_people_has_every_metric_of_the_page),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
