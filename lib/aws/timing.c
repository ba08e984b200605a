/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/timing.h"

#include <errno.h>
#include <time.h>

#include "lib/base/clock.h"

enum { NS_PER_S = 1000000000 };

static uint64_t mono_ns(void *context)
{
	(void)context;
	return clock_now().mono.ns;
}

static int64_t wall_s(void *context)
{
	(void)context;
	return clock_seconds(clock_now().wall);
}

static void pause_ns(void *context, uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / NS_PER_S),
				 .tv_nsec = (long)(ns % NS_PER_S) };

	(void)context;
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

const struct aws_timing aws_timing_real = { .mono_ns = mono_ns,
					    .wall_s = wall_s,
					    .pause = pause_ns };
