/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/scripted_server.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/aws/http.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct str GET = { "GET", 3 }, POST = { "POST", 4 };

/* Answers one exchange with a script of one step. */
static int exchange_once(struct script_step step, struct aws_exchange exchange,
			 struct aws_answer *answer, enum aws_failure *failure, struct err *err)
{
	auto_aws_http struct aws_http *http = aws_http_new();
	struct scripted_server	       server;
	int			       result;

	scripted_start(&server, &step, 1);
	exchange.url = server.url;
	result = aws_http(http, &exchange, answer, err);
	*failure = aws_http_failure(http);
	scripted_wait(&server);
	scripted_done(&server);
	return result;
}

TEST(aws_http_sends_what_it_is_given_and_nothing_of_its_own_but_its_name)
{
	static const struct script_step step = { OK, SCRIPT_CLOSE };
	static const char *const	headers[] = { "Content-Type: text/x", "X-A: b", NULL };
	static const struct {
		const char *method, *path, *body, *expected;
		bool	    typed;
	} cases[] = {
		{ "GET", "/a/../b//c?d=%20", "", "GET /a/../b//c?d=%20 HTTP/1.1\r\nHost: H\r\n",
		  0 },
		{ "POST", "/", "A=1&B=x+y",
		  "POST / HTTP/1.1\r\nHost: H\r\nContent-Type: text/x\r\nX-A: b\r\n"
		  "Content-Length: 9\r\n",
		  1 },
		{ "POST", "/", "", "POST / HTTP/1.1\r\nHost: H\r\nContent-Length: 0\r\n", 0 },
		{ "PUT", "/latest/api/token", "",
		  "PUT /latest/api/token HTTP/1.1\r\nHost: H\r\nContent-Length: 0\r\n", 0 },
		{ "DELETE", "/x", "", "DELETE /x HTTP/1.1\r\nHost: H\r\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_http struct aws_http	 *http = aws_http_new();
		auto_aws_answer struct aws_answer answer = { 0 };
		auto_buf struct buf		  url = buf_make(200), seen = buf_make(2000);
		struct scripted_server		  server;
		struct err			  err;
		struct str			  rest;

		scripted_start(&server, &step, 1);
		buf_printf(&url, "%s%s", server.url, cases[i].path);
		CHECK(aws_http(http,
			       &(struct aws_exchange){ .url = url.data,
						       .method = str_of(cases[i].method),
						       .body = str_of(cases[i].body),
						       .headers = cases[i].typed ? headers : NULL },
			       &answer, &err) == 0);
		scripted_wait(&server);
		for (rest = buf_str(&server.seen); rest.len;) {
			struct str line = str_trim(str_cut(&rest, '\n'));

			if (str_starts(line, "Host: 127.0.0.1:"))
				line = str_of("Host: H");
			if (line.len == 0)
				break;
			if (!str_is(line, "User-Agent: weir/" WEIR_VERSION))
				buf_printf(&seen, "%.*s\r\n", STR_ARG(line));
		}
		CHECK_TEXT(seen.data, cases[i].expected);
		CHECK_STR(rest, cases[i].body);
		CHECK(answer.status == 200);
		CHECK_STR(buf_str(&answer.body), "ok");
		scripted_done(&server);
	}
}

TEST(aws_http_tells_apart_why_there_is_no_answer)
{
	static const struct {
		struct script_step step;
		enum aws_failure   failure;
		const char	  *text; /* what follows the host */
	} cases[] = {
		{ { "", SCRIPT_CLOSE }, AWS_FAILURE_RESET, "broke the connection off: Empty" },
		{ { "", SCRIPT_RESET }, AWS_FAILURE_RESET, "broke the connection off: Recv" },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", SCRIPT_CLOSE },
		  AWS_FAILURE_RESET,
		  "broke the connection off: transfer closed with 5 bytes remaining to read" },
		{ { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		    SCRIPT_CLOSE },
		  AWS_FAILURE_RESET,
		  "broke the connection off: transfer closed" },
		{ { "", SCRIPT_HOLD }, AWS_FAILURE_TIMEOUT, "in time: Operation timed out" },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", SCRIPT_HOLD },
		  AWS_FAILURE_TIMEOUT,
		  "in time: Operation timed out" },
		{ { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", SCRIPT_CLOSE },
		  AWS_FAILURE_TOO_LARGE,
		  "has more than 8 bytes" },
		{ { "SSH-2.0-OpenSSH_9.2\r\n", SCRIPT_CLOSE },
		  AWS_FAILURE_OTHER,
		  "Received HTTP/0.9 when not allowed" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_answer struct aws_answer answer = { 0 };
		struct aws_exchange		  exchange = { .method = GET,
							       .timeout_ms = 200,
							       .answer_max = 8 };
		enum aws_failure		  failure;
		struct err			  err = { 0 };

		/* Only silence is to be waited for in vain. */
		if (cases[i].failure != AWS_FAILURE_TIMEOUT)
			exchange.timeout_ms = 0;
		if (cases[i].failure == AWS_FAILURE_RESET)
			exchange.answer_max = 100;
		CHECK(exchange_once(cases[i].step, exchange, &answer, &failure, &err) == -1);
		CHECK(failure == cases[i].failure);
		CHECK(err.kind == ERR_REMOTE);
		if (!strstr(err.text, cases[i].text))
			CHECK_TEXT(err.text, cases[i].text);
		CHECK(strstr(err.text, "'127.0.0.1:"));
	}
}

TEST(aws_http_says_that_nobody_listens)
{
	auto_aws_http struct aws_http	 *http = aws_http_new();
	auto_aws_answer struct aws_answer answer = { 0 };
	struct scripted_server		  server;
	struct err			  err = { 0 };

	scripted_start(&server, NULL, 0);
	CHECK(aws_http(http, &(struct aws_exchange){ .url = server.url, .method = GET }, &answer,
		       &err) == -1);
	CHECK(aws_http_failure(http) == AWS_FAILURE_CONNECT);
	CHECK(str_starts(str_of(err.text), "cannot connect to '127.0.0.1:"));
	scripted_wait(&server);
	scripted_done(&server);
}

TEST(aws_http_says_that_a_name_has_no_address)
{
	auto_aws_http struct aws_http	 *http = aws_http_new();
	auto_aws_answer struct aws_answer answer = { 0 };
	struct err			  err = { 0 };

	CHECK(aws_http(http,
		       &(struct aws_exchange){ .url = "http://user:secret@nobody.invalid/?token=x",
					       .method = GET },
		       &answer, &err) == -1);
	CHECK(aws_http_failure(http) == AWS_FAILURE_DNS);
	CHECK_TEXT(err.text,
		   "cannot find 'nobody.invalid': Could not resolve host: nobody.invalid");
}

TEST(aws_http_gives_up_on_a_server_that_falls_silent)
{
	static const struct script_step step = { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
						 SCRIPT_HOLD };
	auto_aws_answer struct aws_answer answer = { 0 };
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	CHECK(exchange_once(step, (struct aws_exchange){ .method = GET, .stall_ms = 1 }, &answer,
			    &failure, &err) == -1);
	CHECK(failure == AWS_FAILURE_TIMEOUT);
}

TEST(aws_http_tells_a_server_without_tls_from_one_that_breaks_off_the_handshake)
{
	static const struct {
		struct script_step step;
		enum aws_failure   failure;
	} cases[] = {
		{ { "HTTP/1.1 400 Bad Request\r\n\r\n", SCRIPT_CLOSE }, AWS_FAILURE_TLS },
		{ { "", SCRIPT_RESET }, AWS_FAILURE_RESET },
		{ { "", SCRIPT_CLOSE }, AWS_FAILURE_RESET },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_http struct aws_http	 *http = aws_http_new();
		auto_aws_answer struct aws_answer answer = { 0 };
		char				  url[128];
		struct scripted_server		  server;
		struct err			  err = { 0 };

		scripted_start(&server, &cases[i].step, 1);
		snprintf(url, sizeof(url), "https%s", server.url + 4);
		CHECK(aws_http(http, &(struct aws_exchange){ .url = url, .method = GET }, &answer,
			       &err) == -1);
		CHECK(aws_http_failure(http) == cases[i].failure);
		scripted_wait(&server);
		scripted_done(&server);
	}
}

TEST(aws_http_uses_a_connection_again)
{
	static const struct script_step steps[] = {
		{ OK, SCRIPT_KEEP }, { OK, SCRIPT_KEEP }, { OK, SCRIPT_CLOSE }, { OK, SCRIPT_CLOSE }
	};
	auto_aws_http struct aws_http	 *http = aws_http_new();
	auto_aws_answer struct aws_answer answer = { 0 };
	struct scripted_server		  server;
	struct err			  err = { 0 };

	scripted_start(&server, steps, ARRAY_LEN(steps));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		CHECK(aws_http(http, &(struct aws_exchange){ .url = server.url, .method = POST },
			       &answer, &err) == 0);
	scripted_wait(&server);
	CHECK(server.connections == 2);
	scripted_done(&server);
}

TEST(aws_http_hands_on_a_redirect_instead_of_following_it)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	CHECK(exchange_once((struct script_step){ "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1"
						  ":1/\r\nContent-Length: 0\r\n\r\n",
						  SCRIPT_CLOSE },
			    (struct aws_exchange){ .method = GET }, &answer, &failure, &err) == 0);
	CHECK(answer.status == 301);
	CHECK_STR(aws_answer_header(&answer, "location"), "http://127.0.0.1:1/");
}

TEST(aws_http_reads_the_headers_that_retries_need)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	CHECK(exchange_once(
		      (struct script_step){ "HTTP/1.1 100 Continue\r\nDate: no\r\n\r\n"
					    "HTTP/1.1 503 Slow Down\r\nretry-after:  7 \r\n"
					    "Date: Sat, 28 Nov 2026 07:00:00 GMT\r\n"
					    "x-amz-request-id: R1\r\nContent-Length: 1\r\n\r\nx",
					    SCRIPT_CLOSE },
		      (struct aws_exchange){ .method = GET }, &answer, &failure, &err) == 0);
	CHECK(answer.status == 503);
	CHECK_STR(answer.retry_after, "7");
	CHECK_STR(answer.date, "Sat, 28 Nov 2026 07:00:00 GMT");
	CHECK_STR(answer.request_id, "R1");
	CHECK_STR(buf_str(&answer.body), "x");
}

/* Keeps what it is given, until it has had enough. */
static int take_four(void *context, const void *bytes, size_t len, struct err *err)
{
	struct buf *taken = context;

	buf_add(taken, bytes, len);
	return taken->len > 4 ? err_set(err, ERR_REMOTE, "more than four") : 0;
}

TEST(aws_http_hands_out_a_body_as_it_arrives_unless_it_is_an_error)
{
	static const struct {
		const char *answer, *taken, *body, *error;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234", "1234", "", "" },
		{ "HTTP/1.1 400 Bad\r\nContent-Length: 5\r\n\r\nwrong", "", "wrong", "" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", "12345", NULL,
		  "more than four" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_answer struct aws_answer answer = { 0 };
		auto_buf struct buf		  taken = buf_make(100);
		enum aws_failure		  failure;
		struct err			  err = { 0 };
		int result = exchange_once((struct script_step){ cases[i].answer, SCRIPT_CLOSE },
					   (struct aws_exchange){ .method = GET,
								  .take = take_four,
								  .take_context = &taken },
					   &answer, &failure, &err);

		CHECK(result == (cases[i].body ? 0 : -1));
		CHECK(failure == (cases[i].body ? AWS_FAILURE_NONE : AWS_FAILURE_TAKE));
		CHECK_TEXT(taken.data, cases[i].taken);
		if (cases[i].body)
			CHECK_STR(buf_str(&answer.body), cases[i].body);
		CHECK(strstr(err.text, cases[i].error));
	}
}

/* What a TLS library does to a thread that writes to a closed connection. */
static int break_pipe(void *context, const void *bytes, size_t len, struct err *err)
{
	(void)context;
	(void)bytes;
	(void)len;
	(void)err;
	raise(SIGPIPE);
	return 0;
}

TEST(aws_http_keeps_no_more_than_a_mebibyte_of_an_error_beside_a_body_without_limit)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	auto_buf struct buf		  text = buf_make(4 << 20), taken = buf_make(100);
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	buf_add_text(&text, "HTTP/1.1 500 x\r\n\r\n");
	while (text.len < 2 << 20)
		buf_add_text(&text, "all work and no play ");
	CHECK(exchange_once((struct script_step){ text.data, SCRIPT_CLOSE },
			    (struct aws_exchange){ .method = GET,
						   .answer_max = SIZE_MAX,
						   .take = take_four,
						   .take_context = &taken },
			    &answer, &failure, &err) == -1);
	CHECK(failure == AWS_FAILURE_TOO_LARGE);
}

TEST(aws_http_does_not_repeat_the_password_of_a_proxy)
{
	static const char *const proxies[] = { "ftp://me:secret@proxy", "http://me:secret@pro xy",
					       "http://me:secret@127.0.0.1:1",
					       "http://me:secret@nobody.invalid" };

	for (size_t i = 0; i < ARRAY_LEN(proxies); i++) {
		auto_aws_http struct aws_http	 *http = aws_http_new();
		auto_aws_answer struct aws_answer answer = { 0 };
		struct err			  err = { 0 };

		setenv("http_proxy", proxies[i], 1);
		CHECK(aws_http(http, &(struct aws_exchange){ .url = "http://h/", .method = GET },
			       &answer, &err) == -1);
		unsetenv("http_proxy");
		CHECK(err.text[0] && !strstr(err.text, "secret"));
	}
}

TEST(aws_http_survives_a_broken_pipe)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	CHECK(exchange_once((struct script_step){ OK, SCRIPT_CLOSE },
			    (struct aws_exchange){ .method = GET, .take = break_pipe }, &answer,
			    &failure, &err) == 0);
}

TEST(aws_http_takes_no_more_than_64_KiB_of_headers)
{
	auto_aws_answer struct aws_answer answer = { 0 };
	auto_buf struct buf		  text = buf_make(1 << 20);
	enum aws_failure		  failure;
	struct err			  err = { 0 };

	buf_add_text(&text, "HTTP/1.1 200 OK\r\n");
	for (unsigned i = 0; i < 7000; i++)
		buf_add_text(&text, "X-A: 1234\r\n");
	buf_add_text(&text, "Content-Length: 0\r\n\r\n");
	CHECK(exchange_once((struct script_step){ text.data, SCRIPT_CLOSE },
			    (struct aws_exchange){ .method = GET }, &answer, &failure, &err) == -1);
	CHECK(failure == AWS_FAILURE_TOO_LARGE);
}

TEST(aws_http_sends_no_header_with_a_line_break)
{
	static const char *const	  headers[] = { "X-Token: secret\r\nX-B: c", NULL };
	auto_aws_http struct aws_http	 *http = aws_http_new();
	auto_aws_answer struct aws_answer answer = { 0 };
	struct err			  err = { 0 };

	CHECK(aws_http(http,
		       &(struct aws_exchange){
			       .url = "http://127.0.0.1:1", .method = GET, .headers = headers },
		       &answer, &err) == -1);
	CHECK_TEXT(err.text, "the header 'X-Token' has a line break");
}

TEST(aws_http_asks_the_proxy_of_the_environment_unless_told_not_to)
{
	static const struct script_step	  step = { OK, SCRIPT_CLOSE };
	auto_aws_http struct aws_http	 *http = aws_http_new();
	auto_aws_answer struct aws_answer answer = { 0 };
	struct scripted_server		  proxy, server;
	struct err			  err = { 0 };

	scripted_start(&proxy, &step, 1);
	scripted_start(&server, &step, 1);
	setenv("http_proxy", proxy.url, 1);
	CHECK(aws_http(http,
		       &(struct aws_exchange){ .url = "http://nobody.invalid/", .method = GET },
		       &answer, &err) == 0);
	CHECK(aws_http(http,
		       &(struct aws_exchange){ .url = server.url, .method = GET, .no_proxy = true },
		       &answer, &err) == 0);
	unsetenv("http_proxy");
	scripted_wait(&proxy);
	scripted_wait(&server);
	CHECK(str_starts(buf_str(&proxy.seen), "GET http://nobody.invalid/ HTTP/1.1"));
	CHECK(str_starts(buf_str(&server.seen), "GET / HTTP/1.1"));
	scripted_done(&proxy);
	scripted_done(&server);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			aws_http_sends_what_it_is_given_and_nothing_of_its_own_but_its_name),
		cmocka_unit_test(aws_http_tells_apart_why_there_is_no_answer),
		cmocka_unit_test(aws_http_says_that_nobody_listens),
		cmocka_unit_test(aws_http_says_that_a_name_has_no_address),
		cmocka_unit_test(aws_http_gives_up_on_a_server_that_falls_silent),
		cmocka_unit_test(
			aws_http_tells_a_server_without_tls_from_one_that_breaks_off_the_handshake),
		cmocka_unit_test(aws_http_uses_a_connection_again),
		cmocka_unit_test(aws_http_hands_on_a_redirect_instead_of_following_it),
		cmocka_unit_test(aws_http_reads_the_headers_that_retries_need),
		cmocka_unit_test(aws_http_hands_out_a_body_as_it_arrives_unless_it_is_an_error),
		cmocka_unit_test(
			aws_http_keeps_no_more_than_a_mebibyte_of_an_error_beside_a_body_without_limit),
		cmocka_unit_test(aws_http_does_not_repeat_the_password_of_a_proxy),
		cmocka_unit_test(aws_http_survives_a_broken_pipe),
		cmocka_unit_test(aws_http_takes_no_more_than_64_KiB_of_headers),
		cmocka_unit_test(aws_http_sends_no_header_with_a_line_break),
		cmocka_unit_test(aws_http_asks_the_proxy_of_the_environment_unless_told_not_to),
	};

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
