/* SPDX-License-Identifier: Apache-2.0 */
/* What a spool loses: its service is told of it once, and what cannot be read keeps nobody waiting. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/unit/spools.h"

static const char header[] = "version account-id interface-id vpc-id start end log-status";

static ino_t bad_inode; /* of a file on blocks that cannot be read; 0: there is none */

/* In place of libc's, for the spool. */
ssize_t pread(int fd, void *out, size_t size, off_t at)
{
	struct stat info;

	if (!bad_inode || fstat(fd, &info) < 0 || info.st_ino != bad_inode)
		return syscall(SYS_pread64, fd, out, size, at);
	errno = EIO;
	return -1;
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
			uint64_t   start = 0, end = 0;

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

/* Nor had it room for that. */
TEST(what_the_disk_would_not_note_is_told_at_the_end)
{
	struct spool *spool = open_records(PERIOD_S, 1 << 20);
	struct rlimit before, full;

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	full = before;
	full.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	add_record(spool, BEGIN_S + 10, "eni-1");
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK(dropped(BOARD_DISK) == 1);
	spool_seal_all(spool);
	CHECK_TEXT(skipped(spool), "eni-1 vpc-eni-1 0-59 ");
	spool_close(spool);
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

TEST(a_segment_that_cannot_be_set_aside_either_is_told_once_when_it_is)
{
	struct spool  *spool = open_records(PERIOD_S, 1 << 20);
	char	       name[256], first[512], in_the_way[520];
	struct segment segment;
	struct err     err;

	have_bad_blocks(spool);
	CHECK(files(name) > 0);
	path_of(name, first);
	snprintf(in_the_way, sizeof(in_the_way), "%s.aside", first);
	CHECK(mkdir(in_the_way, 0700) == 0);
	try_and_fail(spool);
	for (int i = 0; i < 3; i++) {
		CHECK(spool_take(spool, &segment, &err) == -1);
		spool_settle(spool, at(BEGIN_S + 1000 + i));
		CHECK(board_get(&board.spool_items) == 3);
	}
	CHECK(rmdir(in_the_way) == 0);
	CHECK(strstr(deliver(spool), " eni-2 "));
	spool_settle(spool, at(BEGIN_S + 1010));
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

static int set_up_good_blocks(void **state)
{
	bad_inode = 0;
	return set_up(state);
}

#define LOSS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_good_blocks, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LOSS_TEST(what_a_full_disk_took_is_told_once_lines_can_be_written_again),
		LOSS_TEST(what_a_full_disk_took_is_told_at_the_end_when_nothing_follows),
		LOSS_TEST(what_the_disk_would_not_note_is_told_at_the_end),
		LOSS_TEST(what_a_full_disk_took_is_known_after_a_kill_and_told_once),
		LOSS_TEST(what_made_room_in_a_full_spool_is_told_when_half_of_it_is_free),
		LOSS_TEST(what_is_told_and_makes_room_itself_is_told_again),
		LOSS_TEST(a_segment_that_cannot_be_read_is_set_aside_and_the_next_one_delivered),
		LOSS_TEST(a_segment_that_cannot_be_set_aside_either_is_told_once_when_it_is),
		LOSS_TEST(what_was_set_aside_stays_for_a_person_until_its_room_is_needed),
		LOSS_TEST(a_segment_that_cannot_be_read_at_the_start_is_not_taken_for_empty),
		LOSS_TEST(a_disk_that_fails_as_a_whole_sets_nothing_aside),
		LOSS_TEST(lines_that_were_damaged_are_told_as_windows_of_their_segment),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
