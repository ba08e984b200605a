/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long job is: one line on a terminal, after 300 ms, at most ten times a second; else nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

struct progress {
	bool	    enabled, shown;
	struct mono started, told;
	uint64_t    calls;
};

/* Shows nothing unless wanted and standard error is a terminal. */
void progress_start(struct progress *progress, bool wanted);

/* Cheap enough to call for every record: it looks at the clock once in 4096 calls. */
void progress_tell(struct progress *progress, uint64_t done, const char *what);
void progress_done(struct progress *progress); /* wipes the line; twice is harmless */
