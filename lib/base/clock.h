/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two clocks that cannot be mixed by accident.  BPF gives the monotonic one, flow logs speak of the wall
 * clock; clock_wall_of converts, given one pair read at the same moment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/str.h"

struct mono {
	uint64_t ns;
};

/* Nanoseconds since 1970-01-01T00:00:00Z; flow logs print whole seconds of it. */
struct wall {
	int64_t ns;
};

struct clock_pair {
	struct mono mono;
	struct wall wall;
};

struct clock_pair clock_now(void);
struct wall	  clock_wall_of(struct clock_pair pair, struct mono mono);
struct mono	  clock_mono_of(struct clock_pair pair, struct wall wall);
int64_t		  clock_seconds(struct wall wall); /* rounded down, also before 1970 */

/* "2027-03-31" → days since 1970-01-01.  Only real dates of years 1970 to 9999. */
int clock_parse_date(struct str text, int32_t *days) MUST_USE;

enum { CLOCK_DATE_SIZE = 16, CLOCK_TIME_SIZE = 32 };

void clock_print_date(int32_t days, char out[static CLOCK_DATE_SIZE]);
void clock_print_time(int64_t seconds, char out[static CLOCK_TIME_SIZE]); /* 2026-10-02T08:00:00Z */
