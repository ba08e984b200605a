/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/notices.h"

#include <dirent.h>
#include <unistd.h>

#include "sensor/delivery/notice_batch.h"
#include "sensor/delivery/spool.h"

/* A service that notes the ids it gets, "1 2 3;" for each call. */
struct service {
	struct buf  seen;
	const char *refuses;	     /* calls with that id are refused for good; NULL: none */
	unsigned    fails_at, calls; /* this call fails; 0: none */
};

/* A sink with a spool of its own. */
struct sink {
	char		       folder[32];
	struct board	      *board;
	struct spool	      *spool;
	struct service	       service;
	struct notice_progress progress;
	struct notice_sender   sender;
};

static enum notice_fate take(void *self, struct notice_parcel *parcel, struct err *err)
{
	struct service *service = self;
	bool		is_refused = false;

	if (++service->calls == service->fails_at) {
		err_set(err, ERR_REMOTE, "not now");
		return NOTICE_LATER;
	}
	for (size_t i = 0; i < parcel->count; i++) {
		buf_printf(&service->seen, "%s%.*s", i ? " " : "", STR_ARG(parcel->notices[i].id));
		is_refused |= service->refuses && str_is(parcel->notices[i].id, service->refuses);
	}
	buf_add_text(&service->seen, is_refused ? "!" : ";");
	if (!is_refused)
		return NOTICE_TAKEN;
	err_set(err, ERR_REMOTE, "never");
	return NOTICE_REFUSED;
}

static void open_spool(struct sink *sink)
{
	struct spool_args args = { .folder = sink->folder,
				   .segment_max = 1 << 20,
				   .bytes_max = 8 << 20,
				   .board = &sink->board->sinks[0] };
	struct err	  err;

	sink->spool = spool_open(&args, &err);
	CHECK(sink->spool);
}

static void sink_init(struct sink *sink)
{
	struct err err;

	*sink = (struct sink){ .folder = "/tmp/test_notice_batchXXXXXX" };
	CHECK(mkdtemp(sink->folder));
	sink->board = board_new(&err);
	CHECK(sink->board);
	sink->service.seen = buf_make(1 << 12);
	sink->sender = (struct notice_sender){ .lines_max = 3,
					       .bytes_max = 1000,
					       .send = take,
					       .self = &sink->service,
					       .board = &sink->board->sinks[0],
					       .progress = &sink->progress };
	open_spool(sink);
}

/* As a process that ends and one that begins. */
static void restart(struct sink *sink)
{
	spool_close(sink->spool);
	sink->progress = (struct notice_progress){ 0 };
	open_spool(sink);
}

static void sink_done(struct sink *sink)
{
	DIR *folder = opendir(sink->folder);

	spool_close(sink->spool);
	board_free(sink->board);
	buf_done(&sink->service.seen);
	CHECK(folder);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
	rmdir(sink->folder);
}

/* Events with the ids 1 to count; "why" of one of them is so long. */
static void add_events(struct sink *sink, unsigned count, unsigned long_one)
{
	auto_buf struct buf lines = buf_make(1 << 16);

	for (unsigned i = 1; i <= count; i++) {
		buf_printf(
			&lines,
			"100 100 - {\"schema\":\"weir/event/1\",\"id\":\"%u\","
			"\"time\":\"2026-11-28T10:41:07Z\",\"verdict\":\"unexpected\",\"why\":\"",
			i);
		for (unsigned j = 0; i == long_one && j < 2000; j++)
			buf_add_char(&lines, 'x');
		buf_add_text(&lines, "\"}\n");
	}
	for (struct str rest = buf_str(&lines); rest.len;)
		rest = spool_add(sink->spool, rest, clock_now());
	spool_seal_all(sink->spool);
}

/* An attempt at all that is sealed; what the service saw in it. */
static int deliver(struct sink *sink)
{
	struct segment segment;
	struct err     err;
	int	       result;

	buf_clear(&sink->service.seen);
	CHECK(spool_take(sink->spool, &segment, &err) == 1);
	result = notices_deliver(&segment, &sink->sender, &err);
	if (result == 0)
		spool_remove(sink->spool);
	else
		spool_give_back(sink->spool);
	return result;
}

static uint64_t delivered(const struct sink *sink)
{
	return board_get(&sink->board->sinks[0].delivered);
}

static uint64_t dropped(const struct sink *sink, enum board_drop why)
{
	return board_get(&sink->board->sinks[0].dropped[why]);
}

TEST(notices_deliver_cuts_by_lines_and_bytes_and_a_long_line_is_a_batch)
{
	struct sink sink;

	sink_init(&sink);
	add_events(&sink, 8, 5);
	CHECK(deliver(&sink) == 0);
	CHECK_STR(buf_str(&sink.service.seen), "1 2 3;4;5;6 7 8;");
	CHECK(delivered(&sink) == 8);
	sink_done(&sink);
}

TEST(notices_deliver_goes_on_with_the_batch_that_was_not_acknowledged_after_a_restart_too)
{
	for (unsigned is_restarted = 0; is_restarted < 2; is_restarted++) {
		struct sink sink;

		sink_init(&sink);
		add_events(&sink, 8, 0);
		sink.service.fails_at = 2;
		CHECK(deliver(&sink) == -1);
		CHECK_STR(buf_str(&sink.service.seen), "1 2 3;");
		if (is_restarted)
			restart(&sink);
		CHECK(deliver(&sink) == 0);
		CHECK_STR(buf_str(&sink.service.seen), "4 5 6;7 8;");
		CHECK(delivered(&sink) == 8);
		sink_done(&sink);
	}
}

TEST(notices_deliver_sends_one_by_one_what_was_refused_together)
{
	struct sink sink;

	sink_init(&sink);
	add_events(&sink, 5, 0);
	sink.service.refuses = "2";
	CHECK(deliver(&sink) == 0);
	CHECK_STR(buf_str(&sink.service.seen), "1 2 3!1;2!3;4 5;");
	CHECK(delivered(&sink) == 4 && dropped(&sink, BOARD_REFUSED) == 1);
	sink_done(&sink);
}

TEST(notices_deliver_asks_once_for_an_event_that_is_a_batch_by_itself)
{
	struct sink sink;

	sink_init(&sink);
	add_events(&sink, 4, 0);
	sink.service.refuses = "4";
	CHECK(deliver(&sink) == 0);
	CHECK_STR(buf_str(&sink.service.seen), "1 2 3;4!");
	CHECK(delivered(&sink) == 3 && dropped(&sink, BOARD_REFUSED) == 1);
	sink_done(&sink);
}

TEST(notices_deliver_sends_none_twice_that_was_sent_by_itself)
{
	struct sink sink;

	sink_init(&sink);
	add_events(&sink, 5, 0);
	sink.service.fails_at = 4;
	sink.service.refuses = "2";
	CHECK(deliver(&sink) == -1);
	CHECK_STR(buf_str(&sink.service.seen), "1 2 3!1;2!");
	CHECK(delivered(&sink) == 0);
	CHECK(deliver(&sink) == 0);
	CHECK_STR(buf_str(&sink.service.seen), "3;4 5;");
	CHECK(delivered(&sink) == 4 && dropped(&sink, BOARD_REFUSED) == 1);
	sink_done(&sink);
}

TEST(notices_deliver_counts_what_is_no_event_as_torn)
{
	static const char lines[] = "100 100 - half an ev\n"
				    "100 100 - {\"schema\":\"weir/event/1\"}\n"
				    "100 100 - []\n";
	struct sink	  sink;

	sink_init(&sink);
	CHECK(spool_add(sink.spool, str_of(lines), clock_now()).len == 0);
	add_events(&sink, 1, 0);
	CHECK(deliver(&sink) == 0);
	CHECK_STR(buf_str(&sink.service.seen), "1;");
	CHECK(delivered(&sink) == 1 && dropped(&sink, BOARD_TORN) == 3);
	sink_done(&sink);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			notices_deliver_cuts_by_lines_and_bytes_and_a_long_line_is_a_batch),
		cmocka_unit_test(
			notices_deliver_goes_on_with_the_batch_that_was_not_acknowledged_after_a_restart_too),
		cmocka_unit_test(notices_deliver_sends_one_by_one_what_was_refused_together),
		cmocka_unit_test(notices_deliver_asks_once_for_an_event_that_is_a_batch_by_itself),
		cmocka_unit_test(notices_deliver_sends_none_twice_that_was_sent_by_itself),
		cmocka_unit_test(notices_deliver_counts_what_is_no_event_as_torn),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
