/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a call that failed is worth another attempt, and after how long.  Waits are full jitter: any time
 * up to a bound that doubles, so that many clients do not come back at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/aws/http.h"

enum aws_fate {
	AWS_FATE_FINAL,	    /* trying again would say the same */
	AWS_FATE_TRANSIENT, /* reset, timeout, 5xx */
	AWS_FATE_THROTTLED  /* too many calls */
};

/* From why there is no answer, or from an answer's status and the code in its error document. */
enum aws_fate aws_fate_of(enum aws_failure failure, int status, struct str code);

/* The attempts of one call. */
struct aws_retry {
	unsigned attempts_max[AWS_FATE_THROTTLED + 1]; /* by fate, the first attempt included */
	unsigned attempts;			       /* made so far */
	uint64_t random;			       /* any seed */
};

/* Five attempts, eight when throttled; AWS_MAX_ATTEMPTS sets both. */
int aws_retry_init(struct aws_retry *retry, uint64_t seed, struct err *err) MUST_USE;

/*
 * Counts an attempt that ended so.  True: wait *delay_ms and try again.  after_ms is how long the server wants
 * to be left alone, 0 when it does not say; it gets up to a minute.
 */
bool aws_retry_next(struct aws_retry *retry, enum aws_fate fate, uint64_t after_ms,
		    uint64_t *delay_ms);

/* What an answer's Retry-After (seconds or a date) or x-amz-retry-after (milliseconds) says; 0: nothing. */
uint64_t aws_retry_after_ms(const struct aws_answer *answer);

/* Seconds since 1970 of an HTTP date, or -1. */
int64_t aws_http_date(struct str date);
