/* SPDX-License-Identifier: Apache-2.0 */
/* Many logs, some threads: what is read, what is told of what is not, and how it ends when it is interrupted. */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "simulator/flows/crew.h"

enum { LOGS_MAX = 64, THREADS_MAX = 16, PATH_SIZE = 32, HANG_S = 60 };

#define LINE "2 1 eni-1 10.0.0.1 10.0.0.2 40000 443 6 1 %zu 100 160 ACCEPT OK\n"

static bool has_no_threads;

/* In place of the C library's: a process may be allowed no more threads. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
		   void *argument)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return has_no_threads ? EAGAIN : real(thread, attributes, start, argument);
}

struct logs {
	struct log_list list;
	int		fds[LOGS_MAX];
	char		names[LOGS_MAX][PATH_SIZE], *paths[LOGS_MAX];
};

static void add_log(struct logs *logs, int fd)
{
	size_t at = logs->list.count++;

	assert_true(at < LOGS_MAX && fd >= 0);
	logs->fds[at] = fd;
	snprintf(logs->names[at], PATH_SIZE, "/proc/self/fd/%d", fd);
	logs->paths[at] = logs->names[at];
	logs->list.paths = logs->paths;
}

/* A file with a line for each of the bytes first … first + count - 1. */
static void add_lines(struct logs *logs, size_t first, size_t count)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	for (size_t i = 0; i < count; i++)
		dprintf(fd, LINE, first + i);
	add_log(logs, fd);
}

static void add_text(struct logs *logs, const void *text, size_t len)
{
	int fd = memfd_create("log", MFD_CLOEXEC);

	assert_true(write(fd, text, len) == (ssize_t)len);
	add_log(logs, fd);
}

static void close_logs(struct logs *logs)
{
	for (size_t i = 0; i < logs->list.count; i++)
		close(logs->fds[i]);
}

/* What a thread has seen. */
struct worker {
	uint64_t rows, bytes;
	bool	 interrupts; /* the whole program, with its first rows */
};

static void add_rows(void *worker_ptr, const struct columns *columns)
{
	struct worker *worker = worker_ptr;

	worker->rows += columns->count;
	for (uint32_t i = 0; i < columns->count; i++)
		worker->bytes += columns->at[FIELD_BYTES].u64[i];
	if (worker->interrupts)
		kill(getpid(), SIGINT);
	worker->interrupts = false;
}

/* The sum of what all threads saw. */
static struct worker run(const struct logs *logs, unsigned threads, bool interrupts,
			 struct crew_report *report)
{
	struct worker	workers[THREADS_MAX] = { 0 }, sum = { 0 };
	void	       *pointers[THREADS_MAX];
	struct crew_job job = { .logs = &logs->list,
				.wanted = UINT64_C(1) << FIELD_BYTES,
				.threads = threads,
				.workers = pointers,
				.rows = add_rows };

	for (unsigned i = 0; i < threads; i++) {
		workers[i].interrupts = interrupts;
		pointers[i] = &workers[i];
	}
	crew_run(&job, report);
	for (unsigned i = 0; i < threads; i++) {
		sum.rows += workers[i].rows;
		sum.bytes += workers[i].bytes;
	}
	return sum;
}

TEST(every_row_is_seen_once_whatever_the_number_of_threads_and_files)
{
	static const struct {
		size_t	 files, lines;
		unsigned threads;
	} cases[] = { { 50, 3, 2 },   { 50, 3, 1 }, { 3, 100, 16 }, { 1, 20000, 4 },
		      { 7, 5000, 3 }, { 5, 0, 2 },  { 0, 0, 2 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct logs	   logs = { 0 };
		struct crew_report report;
		struct worker	   seen;
		size_t		   count = cases[i].files * cases[i].lines;

		for (size_t file = 0; file < cases[i].files; file++)
			add_lines(&logs, file * cases[i].lines, cases[i].lines);
		seen = run(&logs, cases[i].threads, false, &report);
		CHECK(seen.rows == count && report.rows == count);
		CHECK(seen.bytes == count * (count - 1) / 2 || count == 0);
		CHECK(report.files == cases[i].files && report.unread.total == 0);
		CHECK(!report.interrupted && report.bad.total == 0);
		close_logs(&logs);
	}
}

/* It ends inside its first block. */
static const unsigned char cut_gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x01, 0xff };

TEST(what_cannot_be_read_is_told_in_order_and_the_rest_is_read)
{
	static char	   nowhere[] = "/nowhere/flow.log";
	struct logs	   logs = { 0 };
	struct crew_report report;
	struct worker	   seen;

	add_lines(&logs, 0, 10);
	add_text(&logs, cut_gzip, sizeof(cut_gzip));
	add_text(&logs, "PAR1....PAR1", 12);
	add_lines(&logs, 10, 10);
	logs.paths[0] = nowhere;
	for (unsigned threads = 1; threads <= 4; threads++) {
		seen = run(&logs, threads, false, &report);
		CHECK(seen.rows == 10 && seen.bytes == 145);
		CHECK(report.unread.total == 3);
		CHECK_TEXT(report.unread.items[0].source, "/nowhere/flow.log");
		CHECK_TEXT(report.unread.items[1].source, logs.names[1]);
		CHECK_TEXT(report.unread.items[2].source, logs.names[2]);
	}
	close_logs(&logs);
}

TEST(bad_lines_of_all_threads_are_counted_and_the_first_of_each_reason_kept)
{
	struct logs	   logs = { 0 };
	struct crew_report report;

	for (int i = 0; i < 8; i++)
		add_text(&logs, "2 1 eni-1\n", strlen("2 1 eni-1\n"));
	for (unsigned threads = 1; threads <= 4; threads++) {
		run(&logs, threads, false, &report);
		CHECK(report.bad.total == 8 && report.bad.count[LINE_TOO_FEW_FIELDS] == 8);
		CHECK(report.bad.file[LINE_TOO_FEW_FIELDS] == 0);
		CHECK(report.bad.line[LINE_TOO_FEW_FIELDS] == 1);
	}
	close_logs(&logs);
}

/* A pipe that stays open and quiet after some lines: its end to write to. */
static int add_pipe(struct logs *logs, size_t lines)
{
	int ends[2];

	assert_true(pipe(ends) == 0);
	for (size_t i = 0; i < lines; i++)
		dprintf(ends[1], LINE, i);
	add_log(logs, ends[0]);
	return ends[1];
}

TEST(an_interrupted_run_ends_with_what_it_has_also_where_a_pipe_is_quiet)
{
	for (unsigned threads = 1; threads <= 4; threads++) {
		struct logs	   logs = { 0 };
		struct crew_report report;
		struct worker	   seen;
		int		   writer = add_pipe(&logs, 10), other = add_pipe(&logs, 0);

		alarm(HANG_S);
		seen = run(&logs, threads, true, &report);
		alarm(0);
		CHECK(report.interrupted && report.unread.total == 0);
		CHECK(seen.rows == 10 && seen.bytes == 45);
		close(writer);
		close(other);
		close_logs(&logs);
	}
}

TEST(without_a_thread_to_be_had_all_is_read_and_can_be_interrupted)
{
	struct logs	   files = { 0 }, pipes = { 0 };
	struct crew_report report;
	int		   writer = add_pipe(&pipes, 10);

	has_no_threads = true;
	add_lines(&files, 0, 10);
	add_lines(&files, 10, 10);
	CHECK(run(&files, 3, false, &report).rows == 20 && !report.interrupted);
	alarm(HANG_S);
	CHECK(run(&pipes, 2, true, &report).rows == 10 && report.interrupted);
	alarm(0);
	has_no_threads = false;
	close(writer);
	close_logs(&files);
	close_logs(&pipes);
}

TEST(where_interruptions_are_ignored_they_stay_so)
{
	struct logs	   logs = { 0 };
	struct crew_report report;

	add_lines(&logs, 0, 10);
	signal(SIGINT, SIG_IGN);
	run(&logs, 2, true, &report);
	CHECK(!report.interrupted && report.rows == 10);
	CHECK(signal(SIGINT, SIG_DFL) == SIG_IGN);
	close_logs(&logs);
}

TEST(as_many_threads_as_asked_for_and_at_least_one)
{
	CHECK(crew_threads(3) == 3);
	CHECK(crew_threads(0) >= 1);
	CHECK(crew_threads(1 << 30) == CREW_THREADS_MAX);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_seen_once_whatever_the_number_of_threads_and_files),
		cmocka_unit_test(what_cannot_be_read_is_told_in_order_and_the_rest_is_read),
		cmocka_unit_test(
			bad_lines_of_all_threads_are_counted_and_the_first_of_each_reason_kept),
		cmocka_unit_test(
			an_interrupted_run_ends_with_what_it_has_also_where_a_pipe_is_quiet),
		cmocka_unit_test(without_a_thread_to_be_had_all_is_read_and_can_be_interrupted),
		cmocka_unit_test(where_interruptions_are_ignored_they_stay_so),
		cmocka_unit_test(as_many_threads_as_asked_for_and_at_least_one),
	};

	/* A job in the background of a shell inherits that it is ignored. */
	signal(SIGINT, SIG_DFL);
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
