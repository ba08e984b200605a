/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/scripted_server.h"
#include "tests/unit/unit.h"

#include "lib/aws/logs.h"

#define ANSWER		  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define REFUSAL		  "HTTP/1.1 400 x\r\nConnection: close\r\n\r\n"
#define EVENT(time, text) "{\"timestamp\":" #time ",\"message\":\"" text "\",\"ingestionTime\":1}"

static struct aws_client *client_of(const char *url)
{
	const struct aws_endpoint_options endpoint = { .url = url };
	const struct aws_client_options	  options = { .service = AWS_LOGS,
						      .region = { "eu-west-1", 9 },
						      .endpoint = &endpoint };
	struct err			  err;
	struct aws_client		 *client = aws_client_new(&options, &err);

	CHECK(client);
	return client;
}

/* A group behind a script. */
struct play {
	struct scripted_server server;
	struct aws_logs	       logs;
};

static void play_begin(struct play *play, const struct script_step *steps, size_t count)
{
	scripted_start(&play->server, steps, count);
	play->logs = (struct aws_logs){ .client = client_of(play->server.url),
					.http = aws_http_new(),
					.group = str_of("flows") };
}

static void play_end(struct play *play)
{
	scripted_wait(&play->server);
	scripted_done(&play->server);
	aws_client_free(play->logs.client);
	aws_http_free(play->logs.http);
}

static const struct aws_logs_event events[] = { { 1000, { "one", 3 } },
						{ 2000, { "t\"wo", 4 } },
						{ 3000, { "three", 5 } } };
static const struct aws_logs_batch batch = { { "eni-1-all", 9 }, events, ARRAY_LEN(events) };

TEST(aws_logs_puts_a_document_of_json_1_1)
{
	static const struct script_step step = { ANSWER "{}", SCRIPT_CLOSE };
	struct aws_logs_outcome		outcome;
	struct play			play;
	struct err			err;
	const char		       *sent;

	play_begin(&play, &step, 1);
	CHECK(aws_logs_put(&play.logs, &batch, &outcome, &err) == 0);
	CHECK(outcome.rejected == 0 && !outcome.in_doubt);
	sent = play.server.seen.data;
	CHECK(strstr(sent, "\r\nContent-Type: application/x-amz-json-1.1\r\n"));
	CHECK(strstr(sent, "\r\nX-Amz-Target: Logs_20140328.PutLogEvents\r\n"));
	CHECK(strstr(sent, "\r\n\r\n{\"logGroupName\":\"flows\",\"logStreamName\":\"eni-1-all\","
			   "\"logEvents\":[{\"timestamp\":1000,\"message\":\"one\"},"
			   "{\"timestamp\":2000,\"message\":\"t\\\"wo\"},"
			   "{\"timestamp\":3000,\"message\":\"three\"}]}"));
	play_end(&play);
}

TEST(aws_logs_counts_the_events_that_a_batch_lost)
{
	static const struct {
		const char *answer;
		size_t	    rejected;
	} cases[] = {
		{ ANSWER "{\"nextSequenceToken\":\"1\"}", 0 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{}}", 0 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":1}}", 1 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"expiredLogEventEndIndex\":2}}", 2 },
		/* Both count from the first event on. */
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":1,"
			 "\"expiredLogEventEndIndex\":2}}",
		  2 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":2}}", 1 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":1,"
			 "\"tooOldLogEventEndIndex\":1}}",
		  3 },
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooNewLogEventStartIndex\":0}}", 3 },
		/* Taken is taken, whatever the answer looks like. */
		{ ANSWER "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":4}}", 0 },
		{ ANSWER "<html>", 0 },
		{ ANSWER, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct script_step	step = { cases[i].answer, SCRIPT_CLOSE };
		struct aws_logs_outcome outcome;
		struct play		play;
		struct err		err;

		play_begin(&play, &step, 1);
		CHECK(aws_logs_put(&play.logs, &batch, &outcome, &err) == 0);
		CHECK(outcome.rejected == cases[i].rejected);
		play_end(&play);
	}
}

TEST(aws_logs_tells_what_may_have_arrived_from_what_has_not)
{
	static const struct {
		struct script_step step;
		bool		   in_doubt;
		const char	  *code;
	} cases[] = {
		{ { "", SCRIPT_RESET }, true, "" },
		{ { "HTTP/1.1 500 x\r\nConnection: close\r\n\r\n", SCRIPT_CLOSE }, true, "" },
		{ { REFUSAL "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}",
		    SCRIPT_CLOSE },
		  false,
		  "AccessDeniedException" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_logs_outcome outcome;
		struct play		play;
		struct err		err;

		play_begin(&play, &cases[i].step, 1);
		CHECK(aws_logs_put(&play.logs, &batch, &outcome, &err) == -1);
		CHECK(outcome.in_doubt == cases[i].in_doubt);
		CHECK_TEXT(outcome.fault.code, cases[i].code);
		play_end(&play);
	}
}

/* "TIME MESSAGE\n" for each event */
static int note_event(void *context, const struct aws_logs_event *event, struct err *err)
{
	(void)err;
	buf_printf(context, "%lld %.*s\n", (long long)event->time_ms, STR_ARG(event->message));
	return 0;
}

/* What a script's pages have, or the error. */
static int read_pages(const struct script_step *steps, size_t count, struct buf *out,
		      struct err *err)
{
	const struct aws_logs_range   range = { { "eni-1-all", 9 }, 1000, 3001 };
	const struct aws_logs_visitor visitor = { note_event, out };
	struct play		      play;
	int			      result;

	play_begin(&play, steps, count);
	result = aws_logs_read(&play.logs, &range, &visitor, err);
	play_end(&play);
	return result;
}

TEST(aws_logs_reads_on_until_the_token_comes_back)
{
	static const struct script_step steps[] = {
		{ ANSWER "{\"events\":[],\"nextForwardToken\":\"f/1\"}", SCRIPT_CLOSE },
		{ ANSWER "{\"nextForwardToken\":\"f/2\",\"events\":[" EVENT(1000, "one") "]}",
		  SCRIPT_CLOSE },
		{ ANSWER "{\"events\":[" EVENT(2000, "t\\\"wo") "],\"nextForwardToken\":\"f/2\"}",
		  SCRIPT_CLOSE },
	};
	auto_buf struct buf out = buf_make(1000);
	struct err	    err;

	CHECK(read_pages(steps, ARRAY_LEN(steps), &out, &err) == 0);
	CHECK_STR(buf_str(&out), "1000 one\n2000 t\"wo\n");
}

TEST(aws_logs_takes_a_stream_that_is_not_there_for_an_empty_one)
{
	static const struct script_step step = {
		REFUSAL "{\"__type\":\"ResourceNotFoundException\",\"message\":\"x\"}", SCRIPT_CLOSE
	};
	auto_buf struct buf out = buf_make(1000);
	struct err	    err;

	CHECK(read_pages(&step, 1, &out, &err) == 0);
	CHECK(out.len == 0);
}

TEST(aws_logs_refuses_pages_that_are_none)
{
	static const struct {
		const char *answer, *said;
	} cases[] = {
		{ ANSWER "{\"events\":[{\"message\":\"x\"}]}", "an event without a time" },
		{ ANSWER "{\"events\":[{\"timestamp\":1.5,\"message\":\"x\"}]}",
		  "an event without a time" },
		{ ANSWER "<html>", "" },
		{ REFUSAL "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}",
		  "logs GetLogEvents in eu-west-1: AccessDeniedException: no" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct script_step  step = { cases[i].answer, SCRIPT_CLOSE };
		auto_buf struct buf out = buf_make(1000);
		struct err	    err;

		CHECK(read_pages(&step, 1, &out, &err) == -1);
		CHECK(strstr(err.text, cases[i].said));
	}
}

TEST(aws_logs_creates_what_may_be_there_already)
{
	static const struct {
		const char *answer;
		int	    result;
	} cases[] = {
		{ ANSWER, 0 },
		{ REFUSAL "{\"__type\":\"ResourceAlreadyExistsException\"}", 0 },
		{ REFUSAL "{\"__type\":\"ResourceNotFoundException\"}", -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct script_step steps[] = { { cases[i].answer, SCRIPT_CLOSE },
						     { cases[i].answer, SCRIPT_CLOSE } };
		struct play		 play;
		struct err		 err;

		play_begin(&play, steps, ARRAY_LEN(steps));
		CHECK(aws_logs_create_group(&play.logs, &err) == cases[i].result);
		CHECK(aws_logs_create_stream(&play.logs, str_of("eni-1-all"), &err) ==
		      cases[i].result);
		play_end(&play);
	}
}

TEST(aws_logs_knows_a_name_of_a_group)
{
	char long_name[514];

	memset(long_name, 'g', sizeof(long_name));
	CHECK(aws_logs_is_group(str_of("/vpc/flow_logs-1.#A")));
	CHECK(!aws_logs_is_group(str_of("")));
	CHECK(!aws_logs_is_group(str_of("a b")));
	CHECK(!aws_logs_is_group(str_of("a:b")));
	CHECK(aws_logs_is_group((struct str){ long_name, 512 }));
	CHECK(!aws_logs_is_group((struct str){ long_name, 513 }));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_logs_puts_a_document_of_json_1_1),
		cmocka_unit_test(aws_logs_counts_the_events_that_a_batch_lost),
		cmocka_unit_test(aws_logs_tells_what_may_have_arrived_from_what_has_not),
		cmocka_unit_test(aws_logs_reads_on_until_the_token_comes_back),
		cmocka_unit_test(aws_logs_takes_a_stream_that_is_not_there_for_an_empty_one),
		cmocka_unit_test(aws_logs_refuses_pages_that_are_none),
		cmocka_unit_test(aws_logs_creates_what_may_be_there_already),
		cmocka_unit_test(aws_logs_knows_a_name_of_a_group),
	};

	unit_clear_environment();
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
