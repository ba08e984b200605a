/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/delivery/sink.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/weir-test-sink-XXXXXX";
static char path[sizeof(folder) + 16];

/* A named pipe, opened for reading, in a folder of its own. */
static int make_pipe(void)
{
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static struct sink *open_sink(size_t queue_size)
{
	struct format	 format = format_default();
	struct sink_args args = { .path = path, .format = &format, .queue_size = queue_size };
	struct err	 err;
	struct sink	*sink = sink_open(&args, &err);

	assert_non_null(sink);
	return sink;
}

/* The number of packets tells the records apart. */
static int add(struct sink *sink, uint64_t packets)
{
	struct record record = { .packets = packets, .log_status = LOG_STATUS_OK };
	struct err    err;

	record_set(&record, FIELD_PACKETS);
	record_set(&record, FIELD_LOG_STATUS);
	return sink_add(sink, &record, &err);
}

/* Reads what is there; checks that the records go on from *next, line by line. */
static size_t read_lines(int fd, uint64_t *next)
{
	static char bytes[1 << 20];
	ssize_t	    got = read(fd, bytes, sizeof(bytes));
	size_t	    lines = 0;
	struct str  rest = { bytes, got > 0 ? (size_t)got : 0 };

	CHECK(!rest.len || rest.ptr[rest.len - 1] == '\n');
	while (rest.len) {
		struct str line = str_cut(&rest, '\n'), word = { 0 };
		uint64_t   packets;

		for (int i = 0; i < 9; i++)
			word = str_word(&line);
		CHECK(str_u64(word, UINT64_MAX, &packets) == 0);
		CHECK(packets == *next);
		*next = packets + 1;
		lines++;
	}
	return lines;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder + sizeof(folder) - 7, 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/out", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

TEST(a_pipe_that_nobody_reads_fills_the_queue_and_then_refuses_whole_records)
{
	int	     reader = make_pipe();
	struct sink *sink = open_sink(1 << 17);
	struct err   err;
	uint64_t     taken = 0, next = 0;
	size_t	     lines = 0, got;

	while (add(sink, taken) == 1)
		taken++;
	CHECK(taken > 1000 && add(sink, taken) == 0);
	CHECK(sink_wait_fd(sink) >= 0);
	/* What was taken comes out, in order and in whole lines, once it is read. */
	while ((got = read_lines(reader, &next)) > 0) {
		lines += got;
		CHECK(sink_flush(sink, &err) == 0);
	}
	CHECK(lines == taken && sink_wait_fd(sink) == -1);
	CHECK(add(sink, next) == 1 && sink_commit(sink, 0, &err) == 0);
	CHECK(read_lines(reader, &next) == 1);
	sink_close(sink);
	close(reader);
}

TEST(what_a_reader_does_not_take_until_the_end_is_counted)
{
	int	     reader = make_pipe();
	struct sink *sink = open_sink(1 << 17);
	struct err   err;
	uint64_t     taken = 0, next = 0, lines = 0;

	while (add(sink, taken) == 1)
		taken++;
	CHECK(sink_commit(sink, 1, &err) == 0);
	while (lines < taken - sink_left(sink).records)
		lines += read_lines(reader, &next);
	CHECK(read_lines(reader, &next) == 0);
	CHECK(sink_left(sink).records == sink_left(sink).flows);
	/* The packets of the rest: next + (next + 1) + … */
	CHECK(sink_left(sink).packets == (taken * (taken - 1) - next * (next - 1)) / 2);
	sink_close(sink);
	close(reader);
}

TEST(a_pipe_that_is_closed_is_an_error)
{
	int	     reader = make_pipe();
	struct sink *sink = open_sink(1 << 17);
	struct err   err;

	signal(SIGPIPE, SIG_IGN);
	CHECK(add(sink, 1) == 1);
	close(reader);
	CHECK(sink_flush(sink, &err) == -1);
	CHECK(err.kind == ERR_SYSTEM && err.sys_errno == EPIPE);
	CHECK(sink_left(sink).records == 1);
	sink_close(sink);
}

TEST(a_file_takes_everything_and_is_added_to)
{
	auto_buf struct buf text = buf_make(1 << 24);
	struct err	    err;

	for (int round = 0; round < 2; round++) {
		struct sink *sink = open_sink(1 << 17);

		for (uint64_t i = 0; i < 20000; i++)
			assert_int_equal(add(sink, i), 1);
		CHECK(sink_wait_fd(sink) == -1);
		CHECK(sink_commit(sink, 0, &err) == 0 && sink_left(sink).records == 0);
		sink_close(sink);
	}
	CHECK(file_read(path, text.max, &text, &err) == 0);
	for (uint64_t i = 0; i < 40000; i++) {
		char	   line[64];
		struct str rest = buf_str(&text), head;

		if (i % 9999)
			continue;
		for (uint64_t skip = 0; skip < i; skip++)
			str_cut(&rest, '\n');
		head = str_cut(&rest, '\n');
		snprintf(line, sizeof(line), "2 - - - - - - - %llu - - - - OK",
			 (unsigned long long)(i % 20000));
		CHECK_STR(head, line);
	}
}

TEST(a_file_that_ends_within_a_line_is_added_to_in_a_new_one)
{
	static const char   expected[] = "2 half\n2 - - - - - - - 7 - - - - OK\n";
	auto_buf struct buf text = buf_make(1000);
	struct err	    err;
	struct sink	   *sink;
	int		    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CHECK(write(fd, "2 half", 6) == 6);
	close(fd);
	sink = open_sink(1);
	CHECK(add(sink, 7) == 1);
	CHECK(sink_commit(sink, 0, &err) == 0);
	sink_close(sink);
	CHECK(file_read(path, text.max, &text, &err) == 0);
	CHECK_STR(buf_str(&text), expected);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_pipe_that_nobody_reads_fills_the_queue_and_then_refuses_whole_records,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_reader_does_not_take_until_the_end_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_pipe_that_is_closed_is_an_error, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_takes_everything_and_is_added_to, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_that_ends_within_a_line_is_added_to_in_a_new_one, set_up, tear_down),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
