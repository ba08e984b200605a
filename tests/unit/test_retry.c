/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "lib/aws/retry.h"

TEST(aws_fate_of_tells_what_another_attempt_is_good_for)
{
	static const struct {
		enum aws_failure failure;
		int		 status;
		const char	*code;
		enum aws_fate	 fate;
	} cases[] = {
		{ AWS_FAILURE_RESET, 0, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_TIMEOUT, 0, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_CONNECT, 0, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_DNS, 0, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_TLS, 0, "", AWS_FATE_FINAL },
		{ AWS_FAILURE_TOO_LARGE, 0, "", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 200, "", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 400, "InvalidParameterValue", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 403, "UnauthorizedOperation", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 404, "NoSuchKey", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 500, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_NONE, 500, "InternalError", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_NONE, 501, "NotImplemented", AWS_FATE_FINAL },
		{ AWS_FAILURE_NONE, 502, "", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_NONE, 503, "Unavailable", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_NONE, 400, "RequestTimeout", AWS_FATE_TRANSIENT },
		{ AWS_FAILURE_NONE, 503, "RequestLimitExceeded", AWS_FATE_THROTTLED },
		{ AWS_FAILURE_NONE, 503, "SlowDown", AWS_FATE_THROTTLED },
		{ AWS_FAILURE_NONE, 400, "Throttling", AWS_FATE_THROTTLED },
		{ AWS_FAILURE_NONE, 400, "ThrottlingException", AWS_FATE_THROTTLED },
		{ AWS_FAILURE_NONE, 429, "", AWS_FATE_THROTTLED },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(aws_fate_of(cases[i].failure, cases[i].status, str_of(cases[i].code)) ==
		      cases[i].fate);
}

TEST(aws_retry_makes_five_attempts_eight_when_throttled_and_one_when_it_is_no_use)
{
	static const unsigned expected[] = { 1, 5, 8 };

	for (unsigned fate = AWS_FATE_FINAL; fate <= AWS_FATE_THROTTLED; fate++) {
		struct aws_retry retry;
		struct err	 err;
		uint64_t	 delay;

		CHECK(aws_retry_init(&retry, 1, &err) == 0);
		while (aws_retry_next(&retry, fate, 0, &delay))
			;
		CHECK(retry.attempts == expected[fate]);
	}
}

TEST(aws_retry_waits_any_time_up_to_a_bound_that_doubles_to_20_seconds)
{
	static const struct {
		enum aws_fate fate;
		uint64_t      bounds[7];
	} cases[] = {
		{ AWS_FATE_TRANSIENT, { 50, 100, 200, 400 } },
		{ AWS_FATE_THROTTLED, { 1000, 2000, 4000, 8000, 16000, 20000, 20000 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t most[7] = { 0 }, least[7], delay;

		memset(least, 0xff, sizeof(least));
		for (uint64_t seed = 0; seed < 2000; seed++) {
			struct aws_retry retry;
			struct err	 err;

			CHECK(aws_retry_init(&retry, seed, &err) == 0);
			for (unsigned n = 0; aws_retry_next(&retry, cases[i].fate, 0, &delay);
			     n++) {
				most[n] = delay > most[n] ? delay : most[n];
				least[n] = delay < least[n] ? delay : least[n];
			}
		}
		for (unsigned n = 0; n < 7 && cases[i].bounds[n]; n++) {
			CHECK(most[n] <= cases[i].bounds[n]);
			CHECK(most[n] >= cases[i].bounds[n] * 98 / 100);
			CHECK(least[n] <= cases[i].bounds[n] * 2 / 100);
		}
	}
}

TEST(aws_retry_leaves_a_server_alone_as_long_as_it_asks_up_to_a_minute)
{
	static const struct {
		uint64_t after_ms, least, most;
	} cases[] = { { 0, 0, 50 }, { 2000, 2000, 2000 }, { 3600000, 60000, 60000 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_retry retry;
		struct err	 err;
		uint64_t	 delay;

		CHECK(aws_retry_init(&retry, 7, &err) == 0);
		CHECK(aws_retry_next(&retry, AWS_FATE_TRANSIENT, cases[i].after_ms, &delay));
		CHECK(delay >= cases[i].least && delay <= cases[i].most);
	}
}

TEST(aws_retry_takes_the_number_of_attempts_from_the_environment)
{
	static const struct {
		const char *text;
		unsigned    attempts; /* 0: refused */
	} cases[] = { { "1", 1 }, { "3", 3 },	{ "100", 100 }, { "", 5 },
		      { "0", 0 }, { "101", 0 }, { "-1", 0 },	{ "many", 0 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct aws_retry retry;
		struct err	 err = { 0 };

		setenv("AWS_MAX_ATTEMPTS", cases[i].text, 1);
		CHECK((aws_retry_init(&retry, 1, &err) == 0) == (cases[i].attempts > 0));
		if (cases[i].attempts)
			CHECK(retry.attempts_max[AWS_FATE_TRANSIENT] == cases[i].attempts);
		else
			CHECK(err.kind == ERR_USAGE);
	}
	unsetenv("AWS_MAX_ATTEMPTS");
}

TEST(aws_retry_after_ms_reads_what_servers_say)
{
	static const struct {
		const char *head;
		uint64_t    expected;
	} cases[] = {
		{ "", 0 },
		{ "Retry-After: 3\n", 3000 },
		{ "Retry-After: soon\n", 0 },
		{ "Retry-After: -3\n", 0 },
		{ "x-amz-retry-after: 1500\nRetry-After: 3\n", 1500 },
		{ "Date: Sat, 28 Nov 2026 07:00:00 GMT\nRetry-After: Sat, 28 Nov 2026 07:00:05 "
		  "GMT\n",
		  5000 },
		{ "Date: Sat, 28 Nov 2026 07:00:00 GMT\nRetry-After: Sat, 28 Nov 2026 06:00:00 "
		  "GMT\n",
		  0 },
		{ "Retry-After: Sat, 28 Nov 2026 07:00:05 GMT\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_aws_answer struct aws_answer answer = { .head = buf_make(1000) };

		buf_add_text(&answer.head, cases[i].head);
		answer.retry_after = aws_answer_header(&answer, "Retry-After");
		answer.date = aws_answer_header(&answer, "Date");
		CHECK(aws_retry_after_ms(&answer) == cases[i].expected);
	}
}

TEST(aws_http_date_reads_the_date_of_a_server)
{
	CHECK(aws_http_date(str_of("Sun, 30 Aug 2015 12:36:00 GMT")) == 1440938160);
	CHECK(aws_http_date(str_of("yesterday")) == -1);
	CHECK(aws_http_date(str_of("")) == -1);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws_fate_of_tells_what_another_attempt_is_good_for),
		cmocka_unit_test(
			aws_retry_makes_five_attempts_eight_when_throttled_and_one_when_it_is_no_use),
		cmocka_unit_test(aws_retry_waits_any_time_up_to_a_bound_that_doubles_to_20_seconds),
		cmocka_unit_test(aws_retry_leaves_a_server_alone_as_long_as_it_asks_up_to_a_minute),
		cmocka_unit_test(aws_retry_takes_the_number_of_attempts_from_the_environment),
		cmocka_unit_test(aws_retry_after_ms_reads_what_servers_say),
		cmocka_unit_test(aws_http_date_reads_the_date_of_a_server),
	};

	unsetenv("AWS_MAX_ATTEMPTS");
	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
