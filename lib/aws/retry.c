/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/retry.h"

#include <curl/curl.h>
#include <stdlib.h>

enum {
	ATTEMPTS = 5,
	ATTEMPTS_THROTTLED = 8,
	ATTEMPTS_MAX = 100,
	/* AWS's SDK reference: bounds double from these up to 20 s. */
	BASE_MS = 50,
	BASE_THROTTLED_MS = 1000,
	DELAY_MAX_MS = 20000,
	AFTER_MAX_MS = 60000,
};

/* The codes that services say "too many calls" with, as botocore knows them; EC2's comes with status 503. */
static bool is_throttling(int status, struct str code)
{
	static const char *const codes[] = {
		"RequestLimitExceeded",
		"Throttling",
		"ThrottlingException",
		"ThrottledException",
		"RequestThrottled",
		"RequestThrottledException",
		"TooManyRequestsException",
		"ProvisionedThroughputExceededException",
		"TransactionInProgressException",
		"BandwidthLimitExceeded",
		"LimitExceededException",
		"PriorRequestNotComplete",
		"EC2ThrottledException",
		"SlowDown",
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (str_is(code, codes[i]))
			return true;
	return status == 429;
}

/* Client errors by their status that go away by themselves. */
static bool is_transient(int status, struct str code)
{
	return status == 500 || status == 502 || status == 503 || status == 504 ||
	       str_is(code, "RequestTimeout") || str_is(code, "RequestTimeoutException") ||
	       str_is(code, "InternalError") || str_is(code, "IDPCommunicationError");
}

enum aws_fate aws_fate_of(enum aws_failure failure, int status, struct str code)
{
	switch (failure) {
	case AWS_FAILURE_CONNECT:
	case AWS_FAILURE_DNS:
	case AWS_FAILURE_RESET:
	case AWS_FAILURE_TIMEOUT:
		return AWS_FATE_TRANSIENT;
	case AWS_FAILURE_TLS:
	case AWS_FAILURE_TOO_LARGE:
	case AWS_FAILURE_TAKE:
	case AWS_FAILURE_OTHER:
	case AWS_FAILURE_COUNT:
		return AWS_FATE_FINAL;
	case AWS_FAILURE_NONE:
		break;
	}
	if (is_throttling(status, code))
		return AWS_FATE_THROTTLED;
	return is_transient(status, code) ? AWS_FATE_TRANSIENT : AWS_FATE_FINAL;
}

int aws_retry_init(struct aws_retry *retry, uint64_t seed, struct err *err)
{
	const char *text = getenv("AWS_MAX_ATTEMPTS");
	uint64_t    most;

	*retry = (struct aws_retry){
		.random = seed,
		.attempts_max = { [AWS_FATE_FINAL] = 1,
				  [AWS_FATE_TRANSIENT] = ATTEMPTS,
				  [AWS_FATE_THROTTLED] = ATTEMPTS_THROTTLED },
	};
	if (!text || !text[0])
		return 0;
	if (str_u64(str_of(text), ATTEMPTS_MAX, &most) < 0 || most == 0)
		return err_set(err, ERR_USAGE, "AWS_MAX_ATTEMPTS: '%s' is no number from 1 to %d",
			       text, ATTEMPTS_MAX);
	retry->attempts_max[AWS_FATE_TRANSIENT] = (unsigned)most;
	retry->attempts_max[AWS_FATE_THROTTLED] = (unsigned)most;
	return 0;
}

/* SplitMix64 (Steele, Lea, Flood 2014): any seed will do. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

bool aws_retry_next(struct aws_retry *retry, enum aws_fate fate, uint64_t after_ms,
		    uint64_t *delay_ms)
{
	uint64_t bound = fate == AWS_FATE_THROTTLED ? BASE_THROTTLED_MS : BASE_MS;

	retry->attempts++;
	if (retry->attempts >= retry->attempts_max[fate])
		return false;
	for (unsigned i = 1; i < retry->attempts && bound < DELAY_MAX_MS; i++)
		bound *= 2;
	if (bound > DELAY_MAX_MS)
		bound = DELAY_MAX_MS;
	*delay_ms = next_random(&retry->random) % (bound + 1);
	if (after_ms > AFTER_MAX_MS)
		after_ms = AFTER_MAX_MS;
	if (*delay_ms < after_ms)
		*delay_ms = after_ms;
	return true;
}

int64_t aws_http_date(struct str date)
{
	char text[64];

	if (date.len == 0 || date.len >= sizeof(text))
		return -1;
	for (size_t i = 0; i < date.len; i++)
		text[i] = date.ptr[i];
	text[date.len] = '\0';
	return (int64_t)curl_getdate(text, NULL);
}

uint64_t aws_retry_after_ms(const struct aws_answer *answer)
{
	struct str exact = aws_answer_header(answer, "x-amz-retry-after");
	uint64_t   value;
	int64_t	   until, now;

	if (str_u64(exact, UINT32_MAX, &value) == 0)
		return value;
	if (str_u64(answer->retry_after, UINT32_MAX, &value) == 0)
		return value * 1000;
	/* By the server's clock, which need not be ours. */
	until = aws_http_date(answer->retry_after);
	now = aws_http_date(answer->date);
	return until > now && now > 0 ? (uint64_t)(until - now) * 1000 : 0;
}
