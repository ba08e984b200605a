/* SPDX-License-Identifier: Apache-2.0 */
/* What waits on disk: in segments, in order, once, over a kill and a full disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "sensor/delivery/spool.h"
#include "sensor/delivery/spool_file.h"
#include "tests/unit/unit.h"

enum { PERIOD_S = 300, BEGIN_S = 1795860000 /* 2026-11-28T10:00:00Z, a multiple of 300 */ };

static const char header[] = "version account-id interface-id vpc-id start end log-status";

static char		 folder[32];
static struct board_sink board;
static ino_t		 bad_inode; /* of a file on blocks that cannot be read; 0: there is none */

/* In place of libc's, for the spool. */
ssize_t pread(int fd, void *out, size_t size, off_t at)
{
	struct stat info;

	if (!bad_inode || fstat(fd, &info) < 0 || info.st_ino != bad_inode)
		return syscall(SYS_pread64, fd, out, size, at);
	errno = EIO;
	return -1;
}

static struct spool_args spool_args(uint32_t period_s, uint64_t bytes_max)
{
	return (struct spool_args){ .folder = folder,
				    .period_s = period_s,
				    .settle_s = 5,
				    .segment_max = bytes_max / 4,
				    .bytes_max = bytes_max,
				    .board = &board };
}

static struct spool *open_spool(uint32_t period_s, uint64_t bytes_max)
{
	struct spool_args args = spool_args(period_s, bytes_max);
	struct err	  err;
	struct spool	 *spool = spool_open(&args, &err);

	if (!spool)
		fail_msg("%s", err.text);
	return spool;
}

static struct clock_pair at(int64_t time_s)
{
	return (struct clock_pair){ .mono = { .ns = (uint64_t)(time_s - BEGIN_S) * 1000000000 },
				    .wall = { .ns = time_s * 1000000000 } };
}

static void add(struct spool *spool, int64_t end_s, const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%lld %lld eni-1 %s\n", (long long)end_s, (long long)end_s,
		 text);
	CHECK(spool_add(spool, str_of(line), at(end_s)).len == 0);
}

static uint64_t dropped(enum board_drop reason)
{
	return board_get(&board.dropped[reason]);
}

static int take(struct spool *spool, struct segment *segment)
{
	struct err err;
	int	   result = spool_take(spool, segment, &err);

	if (result < 0)
		fail_msg("%s", err.text);
	return result;
}

/* The texts of the oldest sealed segment, one after the other, which is removed; "" when there is none. */
static const char *deliver(struct spool *spool)
{
	static char	    texts[4096];
	struct segment	    segment;
	struct segment_line line;
	struct err	    err;
	uint64_t	    lines = 0;

	texts[0] = '\0';
	if (!take(spool, &segment))
		return texts;
	for (struct str rest = segment.text; segment_next(&rest, &line); lines++)
		snprintf(texts + strlen(texts), sizeof(texts) - strlen(texts), "%.*s ",
			 STR_ARG(line.text));
	CHECK(segment_begin(&segment, &err) == 0);
	CHECK(segment_ack(&segment, lines, segment.text.len, &err) == 0);
	spool_remove(spool);
	return texts;
}

/* Of the files of segments in the folder, the first in order, into name; how many. */
static size_t files(char name[static 256])
{
	DIR	      *dir = opendir(folder);
	struct dirent *file;
	size_t	       count = 0;

	name[0] = '\0';
	while ((file = readdir(dir))) {
		struct spool_name parsed;

		if (!spool_name_parse(str_of(file->d_name), &parsed))
			continue;
		if (!count++ || strcmp(file->d_name, name) < 0)
			snprintf(name, 256, "%s", file->d_name);
	}
	closedir(dir);
	return count;
}

static void path_of(const char *name, char out[static 512])
{
	snprintf(out, 512, "%s/%s", folder, name);
}

static int set_up(void **state)
{
	(void)state;
	memset(&board, 0, sizeof(board));
	bad_inode = 0;
	snprintf(folder, sizeof(folder), "/tmp/weir-spool-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char	       path[512];
	DIR	      *dir = opendir(folder);
	struct dirent *file;

	(void)state;
	while ((file = readdir(dir))) {
		path_of(file->d_name, path);
		unlink(path);
	}
	closedir(dir);
	return rmdir(folder);
}

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

/* Of records: what it loses its service is told. */
static struct spool *open_records(uint32_t period_s, uint64_t bytes_max)
{
	static const struct identity identity = { .account_id = "111122223333" };
	struct spool_args	     args = spool_args(period_s, bytes_max);
	struct err		     err;
	struct spool		    *spool;

	args.header = header;
	args.interval_s = 60;
	args.identity = &identity;
	spool = spool_open(&args, &err);
	if (!spool)
		fail_msg("%s", err.text);
	return spool;
}

/* A record of five seconds within a window. */
static void add_record(struct spool *spool, int64_t end_s, const char *eni)
{
	char line[512];
	long end = (long)end_s;

	snprintf(line, sizeof(line), "%ld %ld %s 2 111122223333 %s vpc-%s %ld %ld OK\n", end,
		 end - 5, eni, eni, eni, end - 5, end);
	CHECK(spool_add(spool, str_of(line), at(end_s)).len == 0);
}

/* The SKIPDATA records among what is delivered now: "eni-1 vpc-eni-1 FROM-TO" each, in seconds after BEGIN_S. */
static const char *skipped(struct spool *spool)
{
	static char texts[1024];
	const char *delivered;

	texts[0] = '\0';
	while ((delivered = deliver(spool))[0]) {
		for (struct str rest = str_of(delivered), word = str_cut(&rest, ' '); word.len;
		     word = str_cut(&rest, ' ')) {
			struct str words[6];
			uint64_t   start, end;

			for (size_t i = 0; i < ARRAY_LEN(words); i++)
				words[i] = str_cut(&rest, ' ');
			if (!str_is(words[5], "SKIPDATA"))
				continue;
			CHECK_STR(words[0], "111122223333");
			CHECK(str_u64(words[3], INT64_MAX, &start) == 0 &&
			      str_u64(words[4], INT64_MAX, &end) == 0);
			snprintf(texts + strlen(texts), sizeof(texts) - strlen(texts),
				 "%.*s %.*s %lld-%lld ", STR_ARG(words[1]), STR_ARG(words[2]),
				 (long long)start - BEGIN_S, (long long)end - BEGIN_S);
		}
	}
	return texts;
}

/* While a disk takes no more than it has: two records of one interface are lost, and one of another. */
static void lose_three(struct spool *spool)
{
	struct rlimit before, full;

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	full = before;
	full.rlim_cur = 500;
	for (int i = 0; i < 4; i++)
		add_record(spool, BEGIN_S + i, "eni-1");
	CHECK(dropped(BOARD_DISK) == 0);
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	add_record(spool, BEGIN_S + 70, "eni-1");
	add_record(spool, BEGIN_S + 130, "eni-1");
	add_record(spool, BEGIN_S + 130, "eni-2");
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(dropped(BOARD_DISK) == 3);
}

TEST(what_a_full_disk_took_is_told_once_lines_can_be_written_again)
{
	struct spool *spool = open_records(PERIOD_S, 1 << 20);

	lose_three(spool);
	spool_settle(spool, at(BEGIN_S + 900));
	CHECK_TEXT(skipped(spool), "");
	add_record(spool, BEGIN_S + 901, "eni-1");
	spool_settle(spool, at(BEGIN_S + 902));
	CHECK_TEXT(skipped(spool), "eni-1 vpc-eni-1 60-179 eni-2 vpc-eni-2 120-179 ");
	spool_seal_all(spool);
	CHECK_TEXT(skipped(spool), "");
	spool_close(spool);
}

TEST(what_a_full_disk_took_is_told_at_the_end_when_nothing_follows)
{
	struct spool *spool = open_records(0, 1 << 20);
	char	      name[256];

	lose_three(spool);
	spool_seal_all(spool);
	CHECK_TEXT(skipped(spool), "eni-1 vpc-eni-1 60-179 eni-2 vpc-eni-2 120-179 ");
	spool_close(spool);
	CHECK(files(name) == 0);
}

TEST(what_a_full_disk_took_is_known_after_a_kill_and_told_once)
{
	struct spool *spool = open_records(PERIOD_S, 1 << 20);

	lose_three(spool);
	spool_close(spool);
	for (int i = 0; i < 2; i++) {
		spool = open_records(PERIOD_S, 1 << 20);
		CHECK_TEXT(skipped(spool),
			   i ? "" : "eni-1 vpc-eni-1 60-179 eni-2 vpc-eni-2 120-179 ");
		spool_close(spool);
	}
	CHECK(dropped(BOARD_TORN) == 0);
}

/* So many records, in periods of their own; a spool of 2500 bytes has room for ten. */
static void fill(struct spool *spool, int count)
{
	for (int i = 0; i < count; i++) {
		int64_t end_s = BEGIN_S + i * PERIOD_S + 7;

		add_record(spool, end_s, i % 2 ? "eni-2" : "eni-1");
		spool_settle(spool, at(end_s + 305));
	}
}

TEST(what_made_room_in_a_full_spool_is_told_when_half_of_it_is_free)
{
	struct spool *spool = open_records(PERIOD_S, 2500);

	fill(spool, 13);
	CHECK(dropped(BOARD_SPOOL_FULL) == 3);
	for (int left = 10; left > 5; left--) {
		CHECK(board_get(&board.spool_items) == (uint64_t)left);
		CHECK_STR(str_head(str_of(deliver(spool)), 15), "2 111122223333 ");
		spool_settle(spool, at(BEGIN_S + 13 * PERIOD_S));
	}
	CHECK_TEXT(skipped(spool), "eni-1 vpc-eni-1 0-659 eni-2 vpc-eni-2 300-359 ");
	spool_close(spool);
}

TEST(what_is_told_and_makes_room_itself_is_told_again)
{
	struct spool *spool = open_records(PERIOD_S, 2500);

	fill(spool, 12);
	spool_close(spool); /* now it is a segment like others, and an old one */
	spool = open_records(PERIOD_S, 2500);
	fill(spool, 12);
	while (board_get(&board.spool_items) > 1)
		(void)deliver(spool);
	spool_settle(spool, at(BEGIN_S + 24 * PERIOD_S));
	CHECK(strstr(skipped(spool), "eni-1 vpc-eni-1 0-"));
	spool_close(spool);
}

/* Of the first segment: its blocks go bad. */
static void damage_first(void)
{
	char	    name[256], path[512];
	struct stat info;

	CHECK(files(name) > 0);
	path_of(name, path);
	CHECK(stat(path, &info) == 0);
	bad_inode = info.st_ino;
}

/* Two segments, of which the first cannot be read. */
static void have_bad_blocks(struct spool *spool)
{
	add_record(spool, BEGIN_S + 10, "eni-1");
	add_record(spool, BEGIN_S + 70, "eni-1");
	add_record(spool, BEGIN_S + PERIOD_S, "eni-2");
	spool_settle(spool, at(BEGIN_S + 3 * PERIOD_S));
	damage_first();
}

static void try_and_fail(struct spool *spool)
{
	for (int i = 1; i < SPOOL_FAULTS_MAX; i++) {
		struct segment segment;
		struct err     err;

		CHECK(spool_take(spool, &segment, &err) == -1);
		CHECK_TEXT(err.text, "cannot read the spool: Input/output error");
		CHECK(dropped(BOARD_UNREADABLE) == 0);
	}
}

TEST(a_segment_that_cannot_be_read_is_set_aside_and_the_next_one_delivered)
{
	struct spool	 *spool = open_records(PERIOD_S, 1 << 20);
	struct board_text failure;

	have_bad_blocks(spool);
	try_and_fail(spool);
	CHECK(strstr(deliver(spool), " eni-2 "));
	CHECK(dropped(BOARD_UNREADABLE) == 2 && board_get(&board.spool_items) == 0);
	CHECK(board_read(&board.failure, &failure));
	CHECK(strstr(failure.text, "is set aside: '/tmp/weir-spool-"));
	/* Of which interface it was nobody can tell. */
	spool_settle(spool, at(BEGIN_S + 1000));
	CHECK_TEXT(skipped(spool), "- - 0-299 ");
	spool_close(spool);
}

TEST(what_was_set_aside_stays_for_a_person_until_its_room_is_needed)
{
	struct spool *spool = open_records(PERIOD_S, 2500);
	char	      name[256];

	have_bad_blocks(spool);
	try_and_fail(spool);
	CHECK(deliver(spool)[0]);
	CHECK(files(name) == 2 && strstr(name, ".aside"));
	spool_close(spool);
	spool = open_records(PERIOD_S, 2500);
	CHECK_TEXT(skipped(spool), "- - 0-299 ");
	CHECK(dropped(BOARD_UNREADABLE) == 2);
	CHECK(files(name) == 2 && strstr(name, ".aside"));
	fill(spool, 12);
	CHECK(files(name) > 2 && !strstr(name, ".aside"));
	spool_close(spool);
}

TEST(a_segment_that_cannot_be_read_at_the_start_is_not_taken_for_empty)
{
	struct spool *spool = open_records(PERIOD_S, 1 << 20);

	have_bad_blocks(spool);
	spool_close(spool);
	spool = open_records(PERIOD_S, 1 << 20);
	try_and_fail(spool);
	bad_inode = 0; /* the disk came to itself */
	CHECK(strstr(deliver(spool), " eni-1 "));
	CHECK(strstr(deliver(spool), " eni-2 "));
	spool_close(spool);
}

TEST(a_disk_that_fails_as_a_whole_sets_nothing_aside)
{
	struct spool  *spool = open_spool(PERIOD_S, 1 << 20);
	struct rlimit  before, none;
	struct segment segment;
	struct err     err;

	add(spool, BEGIN_S, "a");
	spool_seal_all(spool);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = before;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	for (int i = 0; i < 3 * SPOOL_FAULTS_MAX; i++)
		CHECK(spool_take(spool, &segment, &err) == -1 && err.sys_errno == EMFILE);
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK_TEXT(deliver(spool), "a ");
	spool_close(spool);
}

TEST(lines_that_were_damaged_are_told_as_windows_of_their_segment)
{
	struct spool *spool = open_records(PERIOD_S, 1 << 20);
	char	      name[256], path[512];
	int	      fd;

	have_bad_blocks(spool);
	bad_inode = 0;
	CHECK(files(name) > 0);
	path_of(name, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(lseek(fd, -4, SEEK_END) > 0 && write(fd, "\0\0\0", 3) == 3);
	close(fd);
	CHECK(strstr(deliver(spool), " eni-1 "));
	CHECK(dropped(BOARD_TORN) == 1);
	spool_settle(spool, at(BEGIN_S + 1000));
	CHECK_TEXT(skipped(spool), "- - 0-299 ");
	spool_close(spool);
}

#define SPOOL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
		SPOOL_TEST(what_a_full_disk_took_is_told_once_lines_can_be_written_again),
		SPOOL_TEST(what_a_full_disk_took_is_told_at_the_end_when_nothing_follows),
		SPOOL_TEST(what_a_full_disk_took_is_known_after_a_kill_and_told_once),
		SPOOL_TEST(what_made_room_in_a_full_spool_is_told_when_half_of_it_is_free),
		SPOOL_TEST(what_is_told_and_makes_room_itself_is_told_again),
		SPOOL_TEST(a_segment_that_cannot_be_read_is_set_aside_and_the_next_one_delivered),
		SPOOL_TEST(what_was_set_aside_stays_for_a_person_until_its_room_is_needed),
		SPOOL_TEST(a_segment_that_cannot_be_read_at_the_start_is_not_taken_for_empty),
		SPOOL_TEST(a_disk_that_fails_as_a_whole_sets_nothing_aside),
		SPOOL_TEST(lines_that_were_damaged_are_told_as_windows_of_their_segment),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
