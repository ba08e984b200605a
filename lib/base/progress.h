/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long job is: one line on a terminal, after 300 ms, at most ten times a second; else nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"

enum { PROGRESS_INTERVAL_MS = 100, PROGRESS_TEXT_MAX = 160 };

struct progress {
	bool	    enabled, shown;
	struct mono started, told;
};

struct progress_state {
	uint64_t    bytes, bytes_total; /* of the input; total 0: not known, as of a pipe */
	uint64_t    count;
	const char *what; /* that is counted: "records" */
};

/* Shows nothing unless wanted and standard error is a terminal. */
void progress_start(struct progress *progress, bool wanted);
void progress_tell(struct progress *progress, const struct progress_state *state);
void progress_done(struct progress *progress); /* wipes the line; twice is harmless */

/* "26 %  1.2 of 4.7 GiB  18,204,551 records  21.3 M/s  0:31 left", after so many seconds. */
void progress_print(const struct progress_state *state, double seconds, struct buf *out);
