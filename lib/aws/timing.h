/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks that a client of AWS goes by, so that a test can have its own. */
#pragma once

#include <stdint.h>

struct aws_timing {
	uint64_t (*mono_ns)(void *context);
	int64_t (*wall_s)(void *context);	   /* seconds since 1970 */
	void (*pause)(void *context, uint64_t ns); /* returns no earlier than that */
	void *context;
};

extern const struct aws_timing aws_timing_real;
