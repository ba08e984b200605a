/* SPDX-License-Identifier: Apache-2.0 */
/* The process that delivers: with a service that fails, hangs, refuses or is slow, and when it is killed itself. */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "sensor/call_filter.h"
#include "sensor/child.h"
#include "sensor/delivery/courier.h"
#include "tests/unit/unit.h"

/* What is waited for comes at once, unless the machine has much else to do. */
enum { LONG_MS = 60000, END_MS = COURIER_END_MS + LONG_MS };

static char	     folder[32], spool_folder[64], service[64];
static struct board *board;
static struct inbox *inbox;

/* What the service of a test does, by the number of the attempt; in memory that the courier shares. */
enum deed {
	TAKES_IT,
	FAILS,
	FAILS_HALF_WAY,
	HANGS,
	HANGS_BEFORE_THE_ACK,
	REFUSES_IT,
	DIES,
	DEED_COUNT
};

enum { DEEDS_MAX = 16 };

struct script {
	enum deed	 deeds[DEEDS_MAX]; /* the last one stays */
	size_t		 count;
	uint64_t	 opens_after; /* attempts */
	_Atomic uint64_t attempts, doubts;
	_Atomic uint64_t
		held; /* from this attempt on they wait, until it is another; 0: none does */
	_Atomic uint64_t reached[DEED_COUNT];
};

static struct script *script;

static void *service_open(const struct delivery_setup *setup, struct err *err)
{
	if (script->attempts >= script->opens_after)
		return (void *)(uintptr_t)setup;
	atomic_fetch_add(&script->attempts, 1);
	err_set(err, ERR_INPUT, "the key of the service cannot be read");
	return NULL;
}

static void service_close(void *self)
{
	(void)self;
}

/* A batch is a line.  What reaches the service is in a file, in order. */
static int send_line(struct segment *segment, const struct segment_line *line, struct err *err)
{
	int fd;

	if (segment_begin(segment, err) < 0)
		return -1;
	fd = open(service, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || dprintf(fd, "%.*s\n", STR_ARG(line->text)) < 0)
		return err_sys(err, "service");
	close(fd);
	return 0;
}

static int do_deed(enum deed deed, struct segment *segment, struct err *err)
{
	struct segment_line line;
	uint64_t	    batch = 0;

	for (struct str rest = segment->text; segment_next(&rest, &line); batch++) {
		if (batch < segment->acked)
			continue;
		if (deed == HANGS)
			pause();
		if (deed == DIES)
			raise(SIGKILL);
		if (deed == FAILS)
			return err_set(err, ERR_REMOTE, "the service has no time");
		if (deed != REFUSES_IT && send_line(segment, &line, err) < 0)
			return -1;
		if (deed == HANGS_BEFORE_THE_ACK)
			pause();
		if (deed == REFUSES_IT)
			board_add(&board->sinks[0].dropped[BOARD_REFUSED], 1);
		if (segment_ack(segment, deed != REFUSES_IT, line.text.len, err) < 0)
			return -1;
		if (deed == FAILS_HALF_WAY)
			return err_set(err, ERR_REMOTE, "the service stopped half way");
	}
	return 0;
}

static int service_deliver(void *self, struct segment *segment, struct err *err)
{
	uint64_t  attempt = atomic_fetch_add(&script->attempts, 1);
	enum deed deed = script->deeds[attempt < script->count ? attempt : script->count - 1];

	(void)self;
	while (atomic_load(&script->held) && attempt >= atomic_load(&script->held))
		poll(NULL, 0, 10);
	atomic_fetch_add(&script->doubts, segment->in_doubt);
	atomic_fetch_add(&script->reached[deed], 1);
	return do_deed(deed, segment, err);
}

static const struct delivery_ops ops = {
	.kind = "test",
	.usage = "test:FILE",
	.about = "a service of the tests",
	.takes_records = true,
	.takes_events = true,
	.bytes_max = 1 << 16,
	.open = service_open,
	.deliver = service_deliver,
	.close = service_close,
};

static const struct sink_spec spec = { .text = "test:x", .kind = "test" };

static struct child start(const struct delivery_ops *kind)
{
	static struct courier courier;
	struct child_args     args = { .name = "weir-test",
				       .channel = CHILD_READS,
				       .needs = NEED_FILES | NEED_THREADS,
				       .no_drop = true,
				       .folders = { spool_folder },
				       .run = courier_run,
				       .context = &courier,
				       .restarts = &board->sinks[0].restarts };
	struct child	      child;
	struct err	      err;

	courier = (struct courier){ .ops = kind,
				    .setup = { .spec = &spec, .board = &board->sinks[0] },
				    .folder = spool_folder,
				    .spool_max = 1 << 20,
				    .inbox = inbox };
	if (child_start(&child, &args, &err) < 0)
		fail_msg("%s", err.text);
	return child;
}

static void script_is(const enum deed *deeds, size_t count)
{
	memcpy(script->deeds, deeds, count * sizeof(*deeds));
	script->count = count;
}

#define SCRIPT(...)                                                                                \
	script_is((const enum deed[]){ __VA_ARGS__ },                                              \
		  sizeof((const enum deed[]){ __VA_ARGS__ }) / sizeof(enum deed))

static void add_at(const struct child *child, long long second, const char *text)
{
	char line[64];
	int  len = snprintf(line, sizeof(line), "%lld %lld eni-1 %s\n", second, second, text);

	assert_int_equal(write(child->fd, line, (size_t)len), len);
}

static void add(const struct child *child, const char *text)
{
	add_at(child, 1795860000, text);
}

/* What another process counts has no event to wait for. */
static void wait_for(const _Atomic uint64_t *count, uint64_t least)
{
	for (int i = 0; i < LONG_MS / 10 && atomic_load(count) < least; i++)
		poll(NULL, 0, 10);
	if (atomic_load(count) < least)
		fail_msg("at last %llu, not %llu", (unsigned long long)atomic_load(count),
			 (unsigned long long)least);
}

static const char *served(void)
{
	static char	    text[4096];
	auto_buf struct buf bytes = buf_make(sizeof(text));
	struct err	    err;

	text[0] = '\0';
	if (file_read(service, sizeof(text) - 1, &bytes, &err) == 0)
		snprintf(text, sizeof(text), "%s", bytes.data);
	for (char *c = text; *c; c++)
		*c = *c == '\n' ? ' ' : *c;
	return text;
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/weir-courier-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(spool_folder, sizeof(spool_folder), "%s/spool", folder);
	snprintf(service, sizeof(service), "%s/service", folder);
	board = board_new(&err);
	inbox = inbox_new(&err);
	script = mmap(NULL, sizeof(*script), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return board && inbox && script != MAP_FAILED ? 0 : -1;
}

static int tear_down(void **state)
{
	DIR	      *dir = opendir(spool_folder);
	struct dirent *file;
	char	       path[512];

	(void)state;
	while (dir && (file = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", spool_folder, file->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	unlink(service);
	rmdir(spool_folder);
	board_free(board);
	inbox_free(inbox);
	munmap(script, sizeof(*script));
	return rmdir(folder);
}

TEST(lines_are_delivered_in_order)
{
	struct child child = start(&ops);

	SCRIPT(TAKES_IT);
	add(&child, "a");
	wait_for(&board->sinks[0].delivered, 1);
	add(&child, "b");
	add(&child, "c");
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a b c ");
	CHECK(board_get(&board->sinks[0].taken) == 3);
	CHECK(board_get(&board->sinks[0].delivered) == 3);
	CHECK(board_get(&board->sinks[0].failures) == 0);
	CHECK(board_get(&board->sinks[0].spool_items) == 0);
}

TEST(what_fails_is_tried_again_and_told)
{
	struct child	  child = start(&ops);
	struct board_text failure;

	SCRIPT(FAILS, FAILS_HALF_WAY, TAKES_IT);
	script->held = 1;
	add(&child, "a");
	add(&child, "b");
	wait_for(&board->sinks[0].failures, 1);
	CHECK(board_read(&board->sinks[0].failure, &failure));
	CHECK_TEXT(failure.text, "the service has no time");
	CHECK(board_get(&board->sinks[0].is_failing));
	script->held = 0;
	wait_for(&board->sinks[0].delivered, 2);
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a b ");
	CHECK(!board_get(&board->sinks[0].is_failing));
}

/* Its file is gone: nobody waits for it any more. */
TEST(a_sink_that_has_nothing_left_to_deliver_does_not_fail)
{
	struct child   child = start(&ops);
	DIR	      *dir;
	struct dirent *file;
	char	       path[512];

	SCRIPT(FAILS);
	add(&child, "a");
	wait_for(&board->sinks[0].failures, 1);
	dir = opendir(spool_folder);
	while ((file = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", spool_folder, file->d_name);
		if (file->d_name[0] == '2')
			unlink(path);
	}
	closedir(dir);
	wait_for(&board->sinks[0].dropped[BOARD_TORN], 1);
	for (int i = 0; i < LONG_MS / 10 && board_get(&board->sinks[0].is_failing); i++)
		poll(NULL, 0, 10);
	CHECK(!board_get(&board->sinks[0].is_failing));
	CHECK(child_end(&child, END_MS));
}

TEST(what_cannot_be_opened_is_tried_again_and_lines_are_spooled_all_the_while)
{
	struct board_text failure;
	struct child	  child;

	SCRIPT(TAKES_IT);
	script->opens_after = 1;
	script->held = 1;
	child = start(&ops);
	add(&child, "a");
	wait_for(&board->sinks[0].failures, 1);
	CHECK(board_read(&board->sinks[0].failure, &failure));
	CHECK_TEXT(failure.text, "the key of the service cannot be read");
	CHECK(board_get(&board->sinks[0].spool_items) == 1);
	add(&child, "b");
	wait_for(&board->sinks[0].taken, 2);
	script->held = 0;
	wait_for(&board->sinks[0].delivered, 2);
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a b ");
	CHECK(board_get(&board->sinks[0].restarts) == 0);
}

TEST(a_service_that_hangs_holds_up_no_line_and_the_end_only_for_a_while)
{
	struct child child = start(&ops);

	SCRIPT(HANGS);
	add(&child, "a");
	wait_for(&script->reached[HANGS], 1);
	for (int i = 0; i < 1000; i++)
		add(&child, "b");
	wait_for(&board->sinks[0].taken, 1001);
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "");
	CHECK(board_get(&board->sinks[0].spool_items) == 1001);
}

/* A sensor that is started again meanwhile sees nothing for as long as the old one's couriers take. */
TEST(the_end_does_not_wait_for_an_attempt_that_it_has_no_time_for)
{
	struct child child = start(&ops);

	SCRIPT(FAILS);
	add(&child, "a");
	/* Seconds 0, 1, 3, 7 at most.  The next pause is 8 s or more, half of it by chance; the end allows for 5. */
	wait_for(&board->sinks[0].failures, 4);
	CHECK(child_end(&child, COURIER_END_MS / 2));
	CHECK(board_get(&board->sinks[0].failures) > 4); /* once more at the end */
	CHECK(board_get(&board->sinks[0].spool_items) == 1);
}

TEST(the_next_courier_delivers_what_the_last_one_left_and_knows_what_is_in_doubt)
{
	struct child child = start(&ops);

	SCRIPT(HANGS_BEFORE_THE_ACK, TAKES_IT);
	add(&child, "a");
	wait_for(&script->reached[HANGS_BEFORE_THE_ACK], 1);
	add(&child, "b");
	CHECK(child_end(&child, END_MS));
	child = start(&ops);
	wait_for(&board->sinks[0].delivered, 2);
	CHECK(child_end(&child, END_MS));
	CHECK(script->doubts == 1);
	/* It reached the service before the ack, which the service of a test does not know. */
	CHECK_TEXT(served(), "a a b ");
}

TEST(what_the_service_never_takes_is_passed_over)
{
	struct child child = start(&ops);

	SCRIPT(REFUSES_IT, TAKES_IT);
	add(&child, "a");
	wait_for(&board->sinks[0].dropped[BOARD_REFUSED], 1);
	add(&child, "b");
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "b ");
	CHECK(board_get(&board->sinks[0].delivered) == 1);
	CHECK(board_get(&board->sinks[0].spool_items) == 0);
}

TEST(a_courier_that_dies_of_a_segment_begins_again_and_loses_nothing)
{
	struct child child = start(&ops);

	SCRIPT(DIES, TAKES_IT);
	add(&child, "a");
	wait_for(&board->sinks[0].restarts, 1);
	add(&child, "b");
	wait_for(&board->sinks[0].delivered, 2);
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a b ");
}

TEST(half_a_line_at_the_end_of_the_pipe_is_counted)
{
	struct child child = start(&ops);

	SCRIPT(TAKES_IT);
	add(&child, "a");
	assert_int_equal(write(child.fd, "1795860000 1795860000 eni-1 ha", 30), 30);
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a ");
	CHECK(board_get(&board->sinks[0].dropped[BOARD_TORN]) == 1);
}

/* One that is not over: it would be delivered before, and half of it when the other half comes late. */
TEST(what_is_in_a_period_is_delivered_at_the_end)
{
	enum { AHEAD_S = 86400 };
	struct delivery_ops by_period = ops;
	long long	    second = clock_seconds(clock_now().wall) + AHEAD_S;
	struct child	    child;

	by_period.period_s = 300;
	second -= second % by_period.period_s;
	child = start(&by_period);
	SCRIPT(TAKES_IT);
	add_at(&child, second, "a");
	add_at(&child, second, "b");
	CHECK(child_end(&child, END_MS));
	CHECK_TEXT(served(), "a b ");
	CHECK(script->attempts == 1);
}

#define COURIER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		COURIER_TEST(lines_are_delivered_in_order),
		COURIER_TEST(what_fails_is_tried_again_and_told),
		COURIER_TEST(a_sink_that_has_nothing_left_to_deliver_does_not_fail),
		COURIER_TEST(
			what_cannot_be_opened_is_tried_again_and_lines_are_spooled_all_the_while),
		COURIER_TEST(a_service_that_hangs_holds_up_no_line_and_the_end_only_for_a_while),
		COURIER_TEST(the_end_does_not_wait_for_an_attempt_that_it_has_no_time_for),
		COURIER_TEST(
			the_next_courier_delivers_what_the_last_one_left_and_knows_what_is_in_doubt),
		COURIER_TEST(what_the_service_never_takes_is_passed_over),
		COURIER_TEST(a_courier_that_dies_of_a_segment_begins_again_and_loses_nothing),
		COURIER_TEST(half_a_line_at_the_end_of_the_pipe_is_counted),
		COURIER_TEST(what_is_in_a_period_is_delivered_at_the_end),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
