/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces that come and go, told from what windows were told. */
#include "tests/unit/told_windows.h"

/* Places of an interface that is there, and of none. */
static struct eni places[2];

static struct windows *open_with_a_free_place(struct seen *seen)
{
	places[0] = enis[0];
	places[1] = (struct eni){ 0 };
	return open_places(seen, places, ARRAY_LEN(places));
}

static void come(struct windows *windows, struct eni eni, int64_t wall_s)
{
	places[1] = eni;
	windows_come(windows, 1, (struct wall){ .ns = wall_s * S });
}

TEST(an_interface_that_comes_is_watched_from_then_on)
{
	struct seen	seen;
	struct windows *windows = open_with_a_free_place(&seen);

	watch(windows, 1, 600);
	windows_lose(windows, 0, 10, STAT_SOCKET_FULL, 1);
	watch(windows, 61, 660);
	watch(windows, 91, 690);
	CHECK(windows_left(windows) == 1);
	come(windows, enis[1], 690);
	CHECK(windows_left(windows) == 2);
	watch(windows, 121, 720);
	/* Of a window before it came. */
	windows_lose(windows, 0, 10, STAT_SOCKET_FULL, 1);
	close_until(windows, 720);
	check_seen(windows, &seen, " aS:600-659(2) aN:660-719 bN:690-719");
}

TEST(a_place_is_free_when_all_windows_of_what_had_it_are_written)
{
	static const struct eni later = { .name = "c", .ifindex = 11 };
	struct seen		seen;
	struct windows	       *windows = open_with_a_free_place(&seen);

	watch(windows, 1, 600);
	come(windows, enis[1], 600);
	add(windows, 9, 10, 6);
	windows_gone(windows, 9);
	watch(windows, 21, 620);
	windows_lose(windows, 9, 10, STAT_SOCKET_FULL, 2);
	CHECK(!windows_is_over(windows, 1) && !windows_is_over(windows, 0));
	watch(windows, 61, 660);
	CHECK(!windows_is_over(windows, 1));
	close_until(windows, 660);
	CHECK(windows_is_over(windows, 1) && !windows_is_over(windows, 0));
	windows_forget(windows, 1);
	come(windows, later, 670);
	watch(windows, 121, 720);
	close_until(windows, 720);
	check_seen(windows, &seen, " b10 aN:600-659 bS:600-619(2) aN:660-719 cN:670-719");
}

TEST(a_place_is_kept_while_a_record_of_it_waits_for_room)
{
	struct seen	seen;
	struct windows *windows = open_with_a_free_place(&seen);

	watch(windows, 1, 600);
	come(windows, enis[1], 600);
	windows_gone(windows, 9);
	watch(windows, 61, 660);
	seen.refuse = true;
	close_until(windows, 660);
	CHECK(!windows_is_over(windows, 1));
	seen.refuse = false;
	close_until(windows, 660);
	CHECK(windows_is_over(windows, 1));
	check_seen(windows, &seen, " aS:600-659 bS:600-659");
}

TEST(an_interface_that_is_there_again_before_its_window_is_written_goes_on)
{
	struct seen	seen;
	struct windows *windows = open_with_a_free_place(&seen);

	watch(windows, 1, 600);
	come(windows, enis[1], 610);
	windows_gone(windows, 9);
	watch(windows, 21, 620);
	come(windows, enis[1], 630);
	CHECK(!windows_is_gone(windows, 1) && windows_left(windows) == 2);
	watch(windows, 121, 720);
	close_until(windows, 720);
	CHECK(!windows_is_over(windows, 1));
	check_seen(windows, &seen, " aN:600-659 bN:610-659 aN:660-719 bN:660-719");
}

TEST(a_clock_that_is_set_back_brings_nothing_back_of_an_interface_that_went)
{
	struct seen	seen;
	struct windows *windows = open_with_a_free_place(&seen);

	watch(windows, 1, 6000);
	come(windows, enis[1], 6000);
	add(windows, 9, 100, 6);
	windows_gone(windows, 9);
	watch(windows, 21, 6020);
	/* An hour back. */
	watch(windows, 22, 2421);
	CHECK(!windows_is_over(windows, 1));
	watch(windows, 23, 2422);
	CHECK(windows_is_over(windows, 1));
	windows_forget(windows, 1);
	/* What comes now and what was there before are watched by the new clock. */
	come(windows, enis[1], 2430);
	watch(windows, 61, 2460);
	close_until(windows, 2460);
	check_seen(windows, &seen, " b100 aN:6000-6019 aN:2421-2459 bN:2430-2459");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_that_comes_is_watched_from_then_on),
		cmocka_unit_test(a_place_is_free_when_all_windows_of_what_had_it_are_written),
		cmocka_unit_test(a_place_is_kept_while_a_record_of_it_waits_for_room),
		cmocka_unit_test(
			an_interface_that_is_there_again_before_its_window_is_written_goes_on),
		cmocka_unit_test(
			a_clock_that_is_set_back_brings_nothing_back_of_an_interface_that_went),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
