/* SPDX-License-Identifier: Apache-2.0 */
/* What waits on disk: in segments, in order, once, over a kill and a full disk. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "tests/unit/spools.h"

TEST(lines_of_a_period_are_one_segment_once_it_has_settled)
{
	struct spool  *spool = open_spool(PERIOD_S, 1 << 20);
	struct segment segment;

	add(spool, BEGIN_S + 10, "a");
	add(spool, BEGIN_S + 299, "b");
	add(spool, BEGIN_S + 300, "c");
	spool_settle(spool, at(BEGIN_S + 304));
	CHECK(take(spool, &segment) == 0);
	spool_settle(spool, at(BEGIN_S + 305));
	CHECK(take(spool, &segment) == 1);
	CHECK(segment.period_s == BEGIN_S);
	CHECK(str_starts(str_of(segment.name), "20261128T1000Z-"));
	CHECK(segment.acked == 0 && !segment.in_doubt);
	spool_give_back(spool);
	CHECK_TEXT(deliver(spool), "a b ");
	CHECK_TEXT(deliver(spool), "");
	spool_seal_all(spool);
	CHECK_TEXT(deliver(spool), "c ");
	CHECK(board_get(&board.delivered) == 3 && board_get(&board.taken) == 3);
	CHECK(board_get(&board.spool_items) == 0 && board_get(&board.spool_bytes) == 0);
	spool_close(spool);
}

TEST(a_clock_that_is_set_back_does_not_keep_a_segment_open)
{
	struct spool	 *spool = open_spool(PERIOD_S, 1 << 20);
	struct clock_pair now = at(BEGIN_S);
	struct segment	  segment;

	CHECK(spool_add(spool, str_of("1795870000 1795870000 - late\n"), now).len == 0);
	now.mono.ns += UINT64_C(304) * 1000000000;
	spool_settle(spool, now);
	CHECK(take(spool, &segment) == 0);
	now.mono.ns += UINT64_C(1) * 1000000000;
	spool_settle(spool, now);
	CHECK_TEXT(deliver(spool), "late ");
	spool_close(spool);
}

TEST(without_a_period_a_segment_is_sealed_when_it_is_wanted)
{
	struct spool *spool = open_spool(0, 1 << 20);

	add(spool, BEGIN_S, "a");
	add(spool, BEGIN_S + 4000, "b");
	CHECK_TEXT(deliver(spool), "a b ");
	CHECK_TEXT(deliver(spool), "");
	add(spool, BEGIN_S + 4001, "c");
	CHECK_TEXT(deliver(spool), "c ");
	spool_close(spool);
}

TEST(a_segment_has_its_size_at_most)
{
	struct spool  *spool = open_spool(PERIOD_S, 4096);
	struct segment segment;
	char	       text[301];
	size_t	       segments = 0;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 10; i++)
		add(spool, BEGIN_S, text);
	spool_seal_all(spool);
	while (take(spool, &segment)) {
		CHECK(segment.text.len <= 1024);
		segments++;
		spool_remove(spool);
	}
	CHECK(segments == 5);
	spool_close(spool);
}

TEST(what_a_killed_process_left_goes_on_and_half_a_line_is_cut_off)
{
	struct spool *spool = open_spool(PERIOD_S, 1 << 20);
	char	      name[256], path[512];
	int	      fd;

	add(spool, BEGIN_S, "a");
	add(spool, BEGIN_S + 1, "b");
	spool_close(spool);
	CHECK(files(name) == 1);
	path_of(name, path);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(write(fd, "1795860002 1795860002 eni-1 ha", 30) == 30);
	close(fd);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK(dropped(BOARD_TORN) == 1);
	CHECK(board_get(&board.spool_items) == 2);
	add(spool, BEGIN_S + 3, "c");
	CHECK_TEXT(deliver(spool), "a b ");
	spool_seal_all(spool);
	CHECK_TEXT(deliver(spool), "c ");
	spool_close(spool);
}

TEST(zeros_where_lines_were_are_counted_and_passed_over)
{
	static const char zeros[64];
	struct spool	 *spool = open_spool(PERIOD_S, 1 << 20);
	char		  name[256], path[512];
	int		  fd;

	add(spool, BEGIN_S, "a");
	spool_close(spool);
	CHECK(files(name) == 1);
	path_of(name, path);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(write(fd, zeros, sizeof(zeros)) == sizeof(zeros));
	CHECK(write(fd, "\n1795860002 1795860002 eni-1 b\n", 31) == 31);
	close(fd);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK(dropped(BOARD_TORN) == 1);
	CHECK_TEXT(deliver(spool), "a b ");
	CHECK(dropped(BOARD_TORN) == 1);
	spool_close(spool);
}

TEST(a_head_that_is_damaged_makes_all_of_it_doubtful)
{
	struct spool  *spool = open_spool(PERIOD_S, 1 << 20);
	struct segment segment;
	char	       name[256], path[512];
	int	       fd;

	add(spool, BEGIN_S, "a");
	spool_seal_all(spool);
	spool_close(spool);
	CHECK(files(name) == 1);
	path_of(name, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(pwrite(fd, "????", 4, 0) == 4);
	close(fd);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK(take(spool, &segment) == 1);
	CHECK(segment.in_doubt && segment.acked == 0);
	spool_give_back(spool);
	CHECK_TEXT(deliver(spool), "a ");
	spool_close(spool);
}

TEST(what_is_acknowledged_stays_so_after_a_kill)
{
	struct spool  *spool = open_spool(PERIOD_S, 1 << 20);
	struct segment segment;
	struct err     err;
	char	       name[256];

	add(spool, BEGIN_S, "a");
	add(spool, BEGIN_S, "b");
	add(spool, BEGIN_S, "c");
	spool_seal_all(spool);
	CHECK(take(spool, &segment) == 1);
	snprintf(name, sizeof(name), "%s", segment.name);
	CHECK(segment_begin(&segment, &err) == 0 && segment.in_doubt);
	CHECK(segment_ack(&segment, 2, 10, &err) == 0);
	CHECK(segment.acked == 1 && !segment.in_doubt);
	CHECK(segment_begin(&segment, &err) == 0);
	spool_close(spool);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK(board_get(&board.spool_items) == 1);
	CHECK(take(spool, &segment) == 1);
	CHECK_TEXT(segment.name, name);
	CHECK(segment.acked == 1 && segment.in_doubt);
	CHECK(segment_ack(&segment, 1, 10, &err) == 0);
	CHECK(board_get(&board.spool_items) == 0);
	spool_remove(spool);
	CHECK(files(name) == 0);
	spool_close(spool);
}

TEST(numbers_never_come_again)
{
	uint64_t last = 0;

	for (int i = 0; i < 4; i++) {
		struct spool	 *spool = open_spool(0, 1 << 20);
		struct segment	  segment;
		struct spool_name name;

		for (int j = 0; j < 2; j++) {
			add(spool, BEGIN_S, "a");
			CHECK(take(spool, &segment) == 1);
			CHECK(spool_name_parse(str_of(segment.name), &name));
			CHECK(name.number > last);
			last = name.number;
			spool_remove(spool);
		}
		spool_close(spool);
	}
}

TEST(the_oldest_makes_room_and_is_counted)
{
	struct spool *spool = open_spool(PERIOD_S, 1900);
	char	      text[201];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 20; i++) {
		text[0] = (char)('a' + i);
		add(spool, BEGIN_S + i * PERIOD_S, text);
		spool_settle(spool, at(BEGIN_S + i * PERIOD_S + 305));
		CHECK(board_get(&board.spool_bytes) <= 1900);
	}
	CHECK(dropped(BOARD_SPOOL_FULL) == 15);
	CHECK(board_get(&board.spool_items) == 5);
	CHECK(board_get(&board.oldest_s) == BEGIN_S + 15 * PERIOD_S);
	for (int i = 15; i < 20; i++)
		CHECK(deliver(spool)[0] == 'a' + i);
	spool_close(spool);
}

TEST(the_segment_that_is_being_delivered_is_not_the_one_that_goes)
{
	struct spool  *spool = open_spool(0, 2000);
	struct segment segment;
	char	       text[401];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	add(spool, BEGIN_S, "first");
	CHECK(take(spool, &segment) == 1);
	for (int i = 0; i < 9; i++)
		add(spool, BEGIN_S, text);
	CHECK(dropped(BOARD_SPOOL_FULL) > 0);
	spool_give_back(spool);
	CHECK_TEXT(deliver(spool), "first ");
	spool_close(spool);
}

TEST(a_disk_that_is_full_is_counted_and_named_and_tried_again)
{
	struct rlimit	  before, full;
	struct board_text failure;
	struct spool	 *spool = open_spool(PERIOD_S, 1 << 20);

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	full = before;
	full.rlim_cur = 140;
	add(spool, BEGIN_S, "a");
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	add(spool, BEGIN_S, "this does not fit");
	add(spool, BEGIN_S, "nor does this one");
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(dropped(BOARD_DISK) == 2);
	CHECK(board_read(&board.failure, &failure));
	CHECK_TEXT(failure.text, "cannot write to the spool: File too large");
	add(spool, BEGIN_S, "b");
	spool_seal_all(spool);
	CHECK_TEXT(deliver(spool), "a b ");
	CHECK(dropped(BOARD_TORN) == 0);
	spool_close(spool);
}

/* A process that has the spool, tells so, and ends when it is told to. */
static pid_t start_holder(int told, int end)
{
	struct spool *spool;
	pid_t	      pid = fork();
	char	      byte = 0;

	if (pid != 0)
		return pid;
	spool = open_spool(PERIOD_S, 1 << 20);
	add(spool, BEGIN_S, "of the first");
	(void)!write(told, &byte, 1);
	(void)!read(end, &byte, 1);
	_exit(0);
}

TEST(a_process_waits_for_the_one_before_it)
{
	int	      told[2], end[2], again[2];
	struct pollfd polled;
	struct spool *spool;
	char	      byte = 0;
	pid_t	      first, second;

	CHECK(pipe(told) == 0 && pipe(again) == 0 && pipe(end) == 0);
	first = start_holder(told[1], end[0]);
	CHECK(read(told[0], &byte, 1) == 1);
	second = start_holder(again[1], end[0]);
	polled = (struct pollfd){ .fd = again[0], .events = POLLIN };
	CHECK(poll(&polled, 1, 100) == 0);
	CHECK(write(end[1], &byte, 1) == 1);
	CHECK(waitpid(first, NULL, 0) == first);
	CHECK(read(again[0], &byte, 1) == 1);
	CHECK(write(end[1], &byte, 1) == 1);
	CHECK(waitpid(second, NULL, 0) == second);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK_TEXT(deliver(spool), "of the first ");
	CHECK_TEXT(deliver(spool), "of the first ");
	spool_close(spool);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(again[i]);
		close(end[i]);
	}
}

TEST(foreign_files_are_left_alone)
{
	static const char *const names[] = { "20261128T1000Z-1", "20261328T1000Z-000001",
					     "20261128T1000Z-000001.gz",
					     "20261128T1000Z-000001.open.open", "readme" };
	char			 path[512];
	struct spool		*spool;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path_of(names[i], path);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	path_of("20261128T1000Z-000002", path);
	CHECK(mkdir(path, 0700) == 0);
	spool = open_spool(PERIOD_S, 1 << 20);
	CHECK(board_get(&board.spool_items) == 0);
	CHECK_TEXT(deliver(spool), "");
	spool_close(spool);
	CHECK(rmdir(path) == 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		path_of(names[i], path);
		CHECK(access(path, F_OK) == 0);
	}
}

TEST(lines_that_are_none_are_counted)
{
	struct spool *spool = open_spool(0, 1 << 20);

	for (struct str rest = str_of("x\n1 1 - a\n\n1 1 -\n1 - a\n 1 1 - a\n1 1 - b\n"
				      "99999999999999 1 - c\n");
	     rest.len;)
		rest = spool_add(spool, rest, at(BEGIN_S));
	CHECK(dropped(BOARD_TORN) == 6);
	CHECK_TEXT(deliver(spool), "a b ");
	spool_close(spool);
}

TEST(spools_that_begin_together_have_no_name_in_common)
{
	char names[2][SPOOL_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct spool  *spool = open_spool(0, 1 << 20);
		struct segment segment;
		char	       path[512];

		add(spool, BEGIN_S, "a");
		CHECK(take(spool, &segment) == 1);
		snprintf(names[i], sizeof(names[i]), "%s", segment.name);
		spool_remove(spool);
		spool_close(spool);
		path_of("numbers", path);
		CHECK(unlink(path) == 0);
	}
	CHECK(strcmp(names[0], names[1]) != 0);
}

TEST(lines_are_taken_segment_by_segment)
{
	struct spool *spool = open_spool(PERIOD_S, 1 << 20);
	struct str    rest = str_of("1795860000 1795860000 - a\n1795860001 1795860001 - b\n"
				       "1795860300 1795860300 - c\n");

	rest = spool_add(spool, rest, at(BEGIN_S));
	CHECK_STR(rest, "1795860300 1795860300 - c\n");
	CHECK(spool_add(spool, rest, at(BEGIN_S)).len == 0);
	CHECK(board_get(&board.taken) == 3);
	spool_close(spool);
}

TEST(what_waits_keeps_the_names_of_its_own_fields)
{
	static const char *const headers[] = { "version srcaddr", "version dstaddr bytes", NULL };
	struct segment		 segment;
	struct err		 err;
	struct spool		*spool = NULL;

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		struct spool_args args = spool_args(0, 1 << 20);

		args.header = headers[i];
		spool_close(spool);
		spool = spool_open(&args, &err);
		CHECK(spool);
		add(spool, BEGIN_S, "a");
		if (i != 1) /* the second was killed */
			spool_seal_all(spool);
	}
	CHECK(board_get(&board.spool_items) == ARRAY_LEN(headers) && dropped(BOARD_TORN) == 0);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		CHECK(take(spool, &segment) == 1);
		CHECK_STR(segment.header, headers[i] ? headers[i] : "");
		CHECK_STR(segment.text, "1795860000 1795860000 eni-1 a\n");
		spool_remove(spool);
	}
	CHECK(board_get(&board.spool_bytes) == 0);
	spool_close(spool);
}

TEST(a_segment_that_got_no_line_does_not_hide_how_long_others_wait)
{
	struct spool *spool = open_spool(PERIOD_S, 1 << 20);
	struct rlimit before, full;

	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	full = before;
	full.rlim_cur = SPOOL_HEAD_SIZE;
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	add(spool, BEGIN_S, "lost");
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(dropped(BOARD_DISK) == 1);
	add(spool, BEGIN_S + PERIOD_S, "a");
	CHECK(board_get(&board.oldest_s) == BEGIN_S + PERIOD_S);
	spool_close(spool);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		SPOOL_TEST(lines_of_a_period_are_one_segment_once_it_has_settled),
		SPOOL_TEST(a_clock_that_is_set_back_does_not_keep_a_segment_open),
		SPOOL_TEST(without_a_period_a_segment_is_sealed_when_it_is_wanted),
		SPOOL_TEST(a_segment_has_its_size_at_most),
		SPOOL_TEST(what_a_killed_process_left_goes_on_and_half_a_line_is_cut_off),
		SPOOL_TEST(zeros_where_lines_were_are_counted_and_passed_over),
		SPOOL_TEST(a_head_that_is_damaged_makes_all_of_it_doubtful),
		SPOOL_TEST(what_is_acknowledged_stays_so_after_a_kill),
		SPOOL_TEST(numbers_never_come_again),
		SPOOL_TEST(the_oldest_makes_room_and_is_counted),
		SPOOL_TEST(the_segment_that_is_being_delivered_is_not_the_one_that_goes),
		SPOOL_TEST(a_disk_that_is_full_is_counted_and_named_and_tried_again),
		SPOOL_TEST(a_process_waits_for_the_one_before_it),
		SPOOL_TEST(foreign_files_are_left_alone),
		SPOOL_TEST(lines_that_are_none_are_counted),
		SPOOL_TEST(spools_that_begin_together_have_no_name_in_common),
		SPOOL_TEST(lines_are_taken_segment_by_segment),
		SPOOL_TEST(what_waits_keeps_the_names_of_its_own_fields),
		SPOOL_TEST(a_segment_that_got_no_line_does_not_hide_how_long_others_wait),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
