/* SPDX-License-Identifier: Apache-2.0 */
/* NODATA and SKIPDATA, told from what windows were told: no clock but the test's. */
#include "sensor/coverage.h"
#include "tests/unit/told_windows.h"

TEST(an_interface_without_a_flow_has_nodata_in_each_window_that_passes)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 2);

	watch(windows, 1, 600);
	add(windows, 7, 10, 6);
	watch(windows, 61, 660);
	close_until(windows, 660);
	CHECK_STR(buf_str(&seen.text), " a10 bN:600-659");
	watch(windows, 181, 780);
	close_until(windows, 780);
	check_seen(windows, &seen, " a10 bN:600-659 aN:660-719 bN:660-719 aN:720-779 bN:720-779");
}

TEST(the_first_and_the_last_window_are_as_long_as_they_were_watched)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 630.7);
	watch(windows, 61, 690.7);
	close_until(windows, 660);
	watch(windows, 63, 692.7);
	check_seen(windows, &seen, " aN:630-659 aN:660-692");
}

TEST(nothing_is_said_of_time_before_the_sensor_watched)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	close_until(windows, 660);
	check_seen(windows, &seen, "");
}

TEST(a_flow_that_is_left_out_of_the_records_is_no_data)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	add(windows, 7, 10, 99);
	watch(windows, 61, 660);
	close_until(windows, 660);
	check_seen(windows, &seen, " aN:600-659");
}

TEST(what_is_written_early_or_late_counts_for_its_window)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	for (uint32_t i = 0; i < 65; i++) {
		struct flow flow = { .key = { .ifindex = 7, .src_port = (uint16_t)i },
				     .window = 10 };
		struct err  err;

		CHECK(windows_add(windows, &flow, 1, &err) == 0);
	}
	CHECK(stats.counts[STAT_EARLY] == 64);
	buf_clear(&seen.text);
	watch(windows, 61, 660);
	close_until(windows, 660);
	CHECK_STR(buf_str(&seen.text), " a10");
	add(windows, 7, 10, 6);
	check_seen(windows, &seen, " a10 a10");
}

TEST(a_loss_makes_one_skipdata_of_the_window_and_interface_and_no_nodata)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 2);

	watch(windows, 1, 600);
	add(windows, 7, 10, 6);
	windows_lose(windows, 7, 10, STAT_SOCKET_FULL, 3);
	windows_lose(windows, 7, 10, STAT_SOCKET_FULL, 4);
	windows_lose(windows, 9, 11, STAT_SOCKET_FULL, 1);
	watch(windows, 121, 720);
	close_until(windows, 720);
	check_seen(windows, &seen, " a10 aS:600-659(7) bN:600-659 aN:660-719 bS:660-719(1)");
	CHECK(stats.counts[STAT_SOCKET_FULL] == 8);
}

TEST(a_loss_of_no_known_interface_is_one_of_all_and_counts_once)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 2);

	watch(windows, 1, 600);
	windows_lose(windows, 0, 10, STAT_SOCKET_FULL, 5);
	watch(windows, 61, 660);
	close_until(windows, 660);
	check_seen(windows, &seen, " aS:600-659(5) bS:600-659(5)");
	CHECK(stats.counts[STAT_SOCKET_FULL] == 5);
}

TEST(a_loss_without_a_time_leaves_no_window_idle_that_it_may_be_of)
{
	static const struct wall near[] = { { .ns = 630 * S }, { .ns = 730 * S } };
	static const struct wall far[] = { { .ns = 730 * S }, { .ns = 1210 * S } };
	struct seen		 seen;
	struct windows		*windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	windows_lose_between(windows, 7, near, STAT_SOCKET_FULL, 3);
	watch(windows, 131, 730);
	close_until(windows, 720);
	CHECK_STR(buf_str(&seen.text), " aS:600-659(3) aS:660-719(0)");
	buf_clear(&seen.text);
	/* Of windows 16 to 20 there is no record: they were lost with these. */
	windows_lose_between(windows, 7, far, STAT_SOCKET_FULL, 4);
	watch(windows, 611, 1210);
	close_until(windows, 1260);
	watch(windows, 721, 1320);
	close_until(windows, 1320);
	check_seen(windows, &seen,
		   " aS:720-779(4) aS:780-839(0) aS:840-899(0) aS:900-959(0) aN:1260-1319");
	CHECK(stats.counts[STAT_SOCKET_FULL] == 7);
}

TEST(a_loss_that_is_told_after_its_window_was_written_is_recorded)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	watch(windows, 61, 660);
	close_until(windows, 660);
	windows_lose(windows, 7, 10, STAT_SOCKET_FULL, 2);
	close_until(windows, 660);
	check_seen(windows, &seen, " aN:600-659 aS:600-659(2)");
}

TEST(losses_of_more_windows_than_there_is_memory_for_go_to_the_nearest)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);
	uint64_t	told = 0;

	for (int64_t window = 100; window < 120; window++)
		windows_lose(windows, 7, window, STAT_SOCKET_FULL, 1);
	close_until(windows, 120 * 60);
	for (const char *at = seen.text.data; (at = strchr(at, '(')); at++)
		told += (uint64_t)(at[1] - '0') * (at[2] == ')' ? 1 : 10) +
			(at[2] == ')' ? 0 : (uint64_t)(at[2] - '0'));
	CHECK(told == 20 && stats.counts[STAT_SOCKET_FULL] == 20);
	windows_free(windows);
	buf_done(&seen.text);
}

TEST(what_finds_no_room_comes_again_as_one_skipdata_over_all_its_windows)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	seen.refuse = true;
	watch(windows, 121, 720);
	windows_lose(windows, 7, 10, STAT_OUTPUT_BLOCKED, 3);
	close_until(windows, 720);
	close_until(windows, 720);
	CHECK_STR(buf_str(&seen.text), "");
	seen.refuse = false;
	close_until(windows, 720);
	check_seen(windows, &seen, " aS:600-719");
}

TEST(an_interface_that_is_gone_has_no_later_windows)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 2);

	watch(windows, 1, 600);
	watch(windows, 11, 610);
	windows_gone(windows, 9);
	CHECK(windows_left(windows) == 1 && windows_is_gone(windows, 1));
	windows_gone(windows, 9);
	CHECK(windows_left(windows) == 1 && !windows_is_gone(windows, 0));
	watch(windows, 21, 620);
	windows_lose(windows, 0, 11, STAT_SOCKET_FULL, 1);
	watch(windows, 121, 720);
	close_until(windows, 720);
	check_seen(windows, &seen, " aN:600-659 bN:600-619 aS:660-719(1)");
}

TEST(a_clock_that_is_set_forward_makes_no_windows_of_the_time_it_left_out)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	watch(windows, 21, 620);
	add(windows, 7, 10, 6);
	/* A day later by the clock, a second by the other. */
	watch(windows, 22, 620 + 86400);
	close_until(windows, 620 + 86400 - 1);
	watch(windows, 62, 660 + 86400);
	close_until(windows, 660 + 86400);
	check_seen(windows, &seen, " a10 aN:87020-87059");
}

TEST(a_clock_that_is_set_back_loses_no_flow_and_repeats_no_silence)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 6000);
	watch(windows, 21, 6020);
	add(windows, 7, 100, 6);
	/* An hour back: the window that was open is written at the next turn, not in an hour. */
	watch(windows, 22, 2421);
	add(windows, 7, 100, 17);
	watch(windows, 23, 2422);
	CHECK_STR(buf_str(&seen.text), " a100 a100");
	add(windows, 7, 40, 6);
	watch(windows, 62, 2461);
	close_until(windows, 2460);
	watch(windows, 122, 2521);
	close_until(windows, 2520);
	check_seen(windows, &seen, " a100 a100 a40 aN:2460-2519 aN:2520-2520");
}

TEST(a_clock_that_is_set_within_its_window_changes_nothing)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 610);
	watch(windows, 21, 630);
	watch(windows, 22, 615);
	watch(windows, 67, 660);
	close_until(windows, 660);
	check_seen(windows, &seen, " aN:610-659");
}

TEST(a_clock_that_is_set_again_and_again_makes_few_records)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);
	size_t		records = 0;

	for (int i = 0; i < 100; i++) {
		double wall_s = i % 2 ? 1000000 + i : 2000 + i;

		watch(windows, i, wall_s);
		close_until(windows, (int64_t)wall_s - 1);
	}
	for (const char *at = seen.text.data; (at = strchr(at, 'N')); at++)
		records++;
	CHECK(records <= 200);
	windows_free(windows);
	buf_done(&seen.text);
}

/* Held up for an hour, the interface was watched: its windows are there. */
TEST(a_sensor_that_was_held_up_catches_up)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);
	size_t		records = 0;

	watch(windows, 1, 600);
	watch(windows, 3601, 4200);
	close_until(windows, 4200);
	for (const char *at = seen.text.data; (at = strchr(at, 'N')); at++)
		records++;
	CHECK(records == 60);
	windows_free(windows);
	buf_done(&seen.text);
}

/* Half of a thousandth for an hour: 1.8 s. */
TEST(a_clock_that_is_slewed_is_not_set)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);
	size_t		records = 0;

	watch(windows, 1, 600);
	watch(windows, 3601, 4201.8);
	close_until(windows, 4200);
	for (const char *at = seen.text.data; (at = strchr(at, 'N')); at++)
		records++;
	CHECK(records == 60);
	windows_free(windows);
	buf_done(&seen.text);
}

TEST(a_window_whose_packets_are_counted_in_another_is_not_called_idle)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	watch(windows, 1, 600);
	watch(windows, 31, 630);
	/* Held up from window 10 to window 14, which has the packets of 11 to 13. */
	windows_leave_out(windows, 11, 14);
	windows_leave_out(windows, 14, 14);
	watch(windows, 251, 850);
	add(windows, 7, 14, 6);
	close_until(windows, 840);
	watch(windows, 361, 960);
	close_until(windows, 960);
	check_seen(windows, &seen, " aN:600-659 a14 aN:900-959");
}

TEST(a_file_has_nodata_between_its_packets_only)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	windows_cover(windows, 10);
	add(windows, 7, 10, 6);
	close_until(windows, 659);
	windows_cover(windows, 13);
	add(windows, 7, 13, 6);
	/* Of another kind: no flow comes of it. */
	windows_cover(windows, 14);
	close_until(windows, 13 * 60);
	check_seen(windows, &seen, " a10 aN:660-719 aN:720-779 a13 aN:840-899");
}

TEST(a_file_whose_packets_are_far_apart_does_not_cover_what_is_between)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	windows_cover(windows, 10);
	add(windows, 7, 10, 6);
	windows_cover(windows, 11 + COVERAGE_GAP_MAX + 1);
	add(windows, 7, 11 + COVERAGE_GAP_MAX + 1, 6);
	close_until(windows, (11 + COVERAGE_GAP_MAX + 1) * 60);
	/* In the year 2160: nanoseconds reach no further than 2262. */
	windows_cover(windows, 100000000);
	add(windows, 7, 100000000, 6);
	close_until(windows, INT64_C(100000000) * 60);
	check_seen(windows, &seen, " a10 a72 a100000000");
}

TEST(a_file_of_lost_packets_alone_has_its_skipdata)
{
	struct seen	seen;
	struct windows *windows = open_windows(&seen, 1);

	windows_lose(windows, 7, 10, STAT_SOCKET_FULL, 1);
	check_seen(windows, &seen, " aS:600-659(1)");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_without_a_flow_has_nodata_in_each_window_that_passes),
		cmocka_unit_test(the_first_and_the_last_window_are_as_long_as_they_were_watched),
		cmocka_unit_test(nothing_is_said_of_time_before_the_sensor_watched),
		cmocka_unit_test(a_flow_that_is_left_out_of_the_records_is_no_data),
		cmocka_unit_test(what_is_written_early_or_late_counts_for_its_window),
		cmocka_unit_test(
			a_loss_makes_one_skipdata_of_the_window_and_interface_and_no_nodata),
		cmocka_unit_test(a_loss_of_no_known_interface_is_one_of_all_and_counts_once),
		cmocka_unit_test(a_loss_without_a_time_leaves_no_window_idle_that_it_may_be_of),
		cmocka_unit_test(a_loss_that_is_told_after_its_window_was_written_is_recorded),
		cmocka_unit_test(losses_of_more_windows_than_there_is_memory_for_go_to_the_nearest),
		cmocka_unit_test(
			what_finds_no_room_comes_again_as_one_skipdata_over_all_its_windows),
		cmocka_unit_test(an_interface_that_is_gone_has_no_later_windows),
		cmocka_unit_test(
			a_clock_that_is_set_forward_makes_no_windows_of_the_time_it_left_out),
		cmocka_unit_test(a_clock_that_is_set_back_loses_no_flow_and_repeats_no_silence),
		cmocka_unit_test(a_clock_that_is_set_within_its_window_changes_nothing),
		cmocka_unit_test(a_clock_that_is_set_again_and_again_makes_few_records),
		cmocka_unit_test(a_sensor_that_was_held_up_catches_up),
		cmocka_unit_test(a_clock_that_is_slewed_is_not_set),
		cmocka_unit_test(a_window_whose_packets_are_counted_in_another_is_not_called_idle),
		cmocka_unit_test(a_file_has_nodata_between_its_packets_only),
		cmocka_unit_test(a_file_whose_packets_are_far_apart_does_not_cover_what_is_between),
		cmocka_unit_test(a_file_of_lost_packets_alone_has_its_skipdata),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
