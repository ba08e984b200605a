/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many calls a second a client makes, learnt from being throttled: no limit until the first time; then
 * less than what was too much, and more again slowly.  One for all threads that call the same service in
 * the same Region and account, since AWS counts their calls together.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/aws/timing.h"
#include "lib/base/mark.h"

struct aws_rate;

struct aws_rate *aws_rate_new(const struct aws_timing *timing) MUST_USE;
void		 aws_rate_free(struct aws_rate *rate);

/* Waits until a call may begin.  Returns when it does, for aws_rate_learn. */
uint64_t aws_rate_begin(struct aws_rate *rate) MUST_USE;

/*
 * How a call that began then has ended.  Calls that were under way when the rate was cut are no reason to cut it
 * again: what made them too many has been dealt with.
 */
void aws_rate_learn(struct aws_rate *rate, uint64_t began_ns, bool throttled);

/* Calls a second; 0: not limited. */
double aws_rate_limit(struct aws_rate *rate);
