/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is set aside: nothing is lost or stands twice, whatever ends the process that writes it. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/file.h"
#include "sensor/call_filter.h"
#include "sensor/child.h"
#include "sensor/delivery/rotation.h"
#include "sensor/delivery/rotation_members.h"
#include "sensor/delivery/sink_spec.h"
#include "tests/unit/unit.h"

/* What is waited for comes at once, unless the machine has much else to do. */
enum {
	END_MS = 60000,
	WAIT_TURNS = 6000,
	LINE_LEN = 100 /* of what add() makes, with its newline */
};

static char	     folder[32], path[64];
static struct board *board;
static struct inbox *inbox;

static struct child start(const struct rotation *limits)
{
	static struct rotation rotation;
	struct child_args      args = { .name = "weir-file",
					.channel = CHILD_READS,
					.needs = NEED_FILES,
					.no_drop = true,
					.folders = { folder },
					.run = rotation_run,
					.context = &rotation };
	struct child	       child;
	struct err	       err;

	rotation = *limits;
	rotation.folder = folder;
	rotation.name = "log";
	rotation.board = &board->sinks[0];
	rotation.inbox = inbox;
	if (child_start(&child, &args, &err) < 0)
		fail_msg("%s", err.text);
	return child;
}

static void add(const struct child *child, unsigned number)
{
	char line[256];
	int  len = snprintf(line, sizeof(line), "1795860000 1795860000 eni-1 %0*u\n", LINE_LEN - 1,
			    number);

	assert_int_equal(write(child->fd, line, (size_t)len), len);
}

static void wait_for(const board_word *count, uint64_t least)
{
	for (int i = 0; i < WAIT_TURNS && board_get(count) < least; i++)
		poll(NULL, 0, 10);
	if (board_get(count) < least)
		fail_msg("at last %llu, not %llu", (unsigned long long)board_get(count),
			 (unsigned long long)least);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The files whose names end so, sorted, which is by age here; how many. */
static size_t list(const char *end, char names[static 64][256])
{
	DIR	      *dir = opendir(folder);
	struct dirent *file;
	size_t	       count = 0;

	while (count < 64 && (file = readdir(dir))) {
		size_t len = strlen(file->d_name), end_len = strlen(end);

		if (file->d_name[0] != '.' && len >= end_len &&
		    strcmp(file->d_name + len - end_len, end) == 0)
			snprintf(names[count++], 256, "%s", file->d_name);
	}
	closedir(dir);
	qsort(names, count, sizeof(*names), compare);
	return count;
}

/* gzread reads what is not packed as it is. */
static void read_into(const char *name, struct buf *out)
{
	char   full[512], bytes[4096];
	gzFile file;
	int    got;

	snprintf(full, sizeof(full), "%s/%s", folder, name);
	file = gzopen(full, "rb");
	assert_non_null(file);
	while ((got = gzread(file, bytes, sizeof(bytes))) > 0)
		buf_add(out, bytes, (size_t)got);
	assert_int_equal(got, 0);
	gzclose(file);
}

/* Each number from 0 on once, over all files together. */
static void check_numbers(unsigned count)
{
	static char	    names[64][256];
	static unsigned	    seen[1000];
	auto_buf struct buf text = buf_make(1 << 20);
	size_t		    files = list("", names);
	struct str	    rest;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < files; i++)
		read_into(names[i], &text);
	rest = buf_str(&text);
	while (rest.len) {
		struct str line = str_cut(&rest, '\n');
		uint64_t   number;

		if (str_is(line, "names of fields"))
			continue;
		CHECK(str_u64(line, 999, &number) == 0);
		seen[number]++;
	}
	for (unsigned i = 0; i < 1000; i++)
		if (seen[i] != (i < count))
			fail_msg("line %u stands there %u times", i, seen[i]);
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/weir-rotation-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/log", folder);
	board = board_new(&err);
	inbox = inbox_new(&err);
	return board && inbox ? 0 : -1;
}

static int tear_down(void **state)
{
	static char names[64][256];
	char	    full[512];
	size_t	    count = list("", names);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		snprintf(full, sizeof(full), "%s/%s", folder, names[i]);
		unlink(full);
	}
	snprintf(full, sizeof(full), "%s/.log.lock", folder);
	unlink(full);
	board_free(board);
	inbox_free(inbox);
	return rmdir(folder);
}

TEST(a_file_that_is_large_enough_is_set_aside_and_packed)
{
	static char	names[64][256];
	struct rotation limits = { .size_max = 10 * LINE_LEN, .header = NULL };
	struct child	child = start(&limits);

	for (unsigned i = 0; i < 35; i++)
		add(&child, i);
	wait_for(&board->sinks[0].delivered, 35);
	for (int i = 0; i < WAIT_TURNS && list(".gz", names) < 3; i++)
		poll(NULL, 0, 10);
	CHECK(list(".gz", names) == 3);
	CHECK(child_end(&child, END_MS));
	check_numbers(35);
	/* Set aside in one second, or two. */
	CHECK(strstr(names[0], "log.20"));
}

TEST(names_go_on_where_a_name_is_taken)
{
	char			 name[ROTATION_NAME_SIZE], full[512];
	int			 fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	static const char *const expected[] = { "log.20261128T100000Z", "log.20261128T100000Z-1",
						"log.20261128T100000Z-2" };

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		CHECK(rotation_name(fd, "log", 1795860000, name));
		CHECK_TEXT(name, expected[i]);
		/* What is packed already has its name too. */
		snprintf(full, sizeof(full), "%s/%s%s", folder, name, i == 1 ? ".gz" : "");
		close(open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	close(fd);
}

TEST(only_the_newest_are_kept)
{
	static char		 names[64][256];
	static const char *const made[] = {
		"log.20261128T100000Z.gz",    "log.20261128T100000Z-1.gz",
		"log.20261128T100000Z-10.gz", "log.20261128T100000Z-9.gz",
		"log.20261128T095959Z.gz",    "log.20261128T09.gz",
		"other.20261128T095959Z.gz"
	};
	char	   full[512];
	struct err err;
	int	   fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		snprintf(full, sizeof(full), "%s/%s", folder, made[i]);
		close(open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	CHECK(rotation_prune(fd, "log", 2, &err) == 0);
	CHECK(list("", names) == 4);
	CHECK_TEXT(names[0], "log.20261128T09.gz");
	CHECK_TEXT(names[1], "log.20261128T100000Z-10.gz");
	CHECK_TEXT(names[2], "log.20261128T100000Z-9.gz");
	CHECK_TEXT(names[3], "other.20261128T095959Z.gz");
	close(fd);
}

TEST(what_was_set_aside_before_a_kill_is_packed_by_the_next)
{
	static char	names[64][256];
	struct rotation limits = { .size_max = 1 << 20 };
	struct child	child;
	char		full[512];
	FILE	       *file;

	snprintf(full, sizeof(full), "%s/log.20261128T100000Z", folder);
	file = fopen(full, "w");
	fprintf(file, "%0*u\n", LINE_LEN - 1, 0U);
	fclose(file);
	snprintf(full, sizeof(full), "%s/log.20261128T100000Z.gz.part", folder);
	file = fopen(full, "w");
	fprintf(file, "half of it");
	fclose(file);
	child = start(&limits);
	for (int i = 0; i < WAIT_TURNS && list("Z.gz", names) < 1; i++)
		poll(NULL, 0, 10);
	CHECK(child_end(&child, END_MS));
	CHECK(list("", names) == 1);
	CHECK_TEXT(names[0], "log.20261128T100000Z.gz");
	check_numbers(1);
}

TEST(a_header_stands_once_in_each_file_and_half_a_line_is_cut_off)
{
	struct rotation	    limits = { .size_max = 1 << 20, .header = "names of fields" };
	struct child	    child = start(&limits);
	auto_buf struct buf text = buf_make(1 << 16);
	struct err	    err;
	int		    fd;

	add(&child, 0);
	CHECK(child_end(&child, END_MS));
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(write(fd, "half a line", 11) == 11);
	close(fd);
	child = start(&limits);
	add(&child, 1);
	CHECK(child_end(&child, END_MS));
	CHECK(board_get(&board->sinks[0].dropped[BOARD_TORN]) == 1);
	CHECK(file_read(path, text.max, &text, &err) == 0);
	CHECK(str_starts(buf_str(&text), "names of fields\n0"));
	CHECK(text.len == 16 + 2 * LINE_LEN);
	check_numbers(2);
}

TEST(a_file_that_somebody_moved_is_made_again)
{
	struct rotation limits = { .size_max = 1 << 20 };
	struct child	child = start(&limits);
	char		full[512];

	add(&child, 0);
	wait_for(&board->sinks[0].delivered, 1);
	snprintf(full, sizeof(full), "%s/moved", folder);
	CHECK(rename(path, full) == 0);
	add(&child, 1);
	wait_for(&board->sinks[0].delivered, 2);
	CHECK(child_end(&child, END_MS));
	CHECK(access(path, F_OK) == 0);
	check_numbers(2);
}

TEST(a_disk_that_is_full_is_counted_and_tried_again)
{
	struct rotation	  limits = { .size_max = 1 << 20 };
	struct rlimit	  before, full;
	struct board_text failure;
	struct child	  child;

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	full = before;
	full.rlim_cur = 3 * LINE_LEN;
	CHECK(setrlimit(RLIMIT_FSIZE, &full) == 0);
	child = start(&limits);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	add(&child, 0);
	add(&child, 1);
	wait_for(&board->sinks[0].delivered, 2);
	for (int i = 0; i < 2; i++)
		add(&child, 999);
	wait_for(&board->sinks[0].dropped[BOARD_DISK], 1);
	CHECK(board_read(&board->sinks[0].failure, &failure));
	CHECK(strstr(failure.text, "File too large"));
	CHECK(child_end(&child, END_MS));
	/* There is room for one more, or both came together and there was none. */
	CHECK(board_get(&board->sinks[0].delivered) +
		      board_get(&board->sinks[0].dropped[BOARD_DISK]) ==
	      4);
}

TEST(limits_are_read_from_the_options)
{
	static const struct delivery_ops *const none[] = { NULL };
	struct sink_spec			spec;
	struct rotation				rotation;
	struct err				err;

	CHECK(sink_spec_parse("file:/x,size=2MiB,every=1h,keep=3", none, &spec, &err) == 0);
	CHECK(rotation_parse(&spec, &rotation, &err) == 0);
	CHECK(rotation.size_max == 2 << 20 && rotation.every_s == 3600 && rotation.keep == 3);
}

#define ROTATION_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		ROTATION_TEST(a_file_that_is_large_enough_is_set_aside_and_packed),
		ROTATION_TEST(names_go_on_where_a_name_is_taken),
		ROTATION_TEST(only_the_newest_are_kept),
		ROTATION_TEST(what_was_set_aside_before_a_kill_is_packed_by_the_next),
		ROTATION_TEST(a_header_stands_once_in_each_file_and_half_a_line_is_cut_off),
		ROTATION_TEST(a_file_that_somebody_moved_is_made_again),
		ROTATION_TEST(a_disk_that_is_full_is_counted_and_tried_again),
		cmocka_unit_test(limits_are_read_from_the_options),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
