/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { CALLS_PER_LOOK = 4096 };

#define SILENT_NS   UINT64_C(300000000)
#define INTERVAL_NS UINT64_C(100000000)

void progress_start(struct progress *progress, bool wanted)
{
	*progress = (struct progress){ .enabled = wanted && isatty(STDERR_FILENO),
				       .started = clock_now().mono };
}

void progress_tell(struct progress *progress, uint64_t done, const char *what)
{
	struct mono now;
	uint64_t    elapsed_ns;

	if (!progress->enabled || ++progress->calls % CALLS_PER_LOOK)
		return;
	now = clock_now().mono;
	elapsed_ns = now.ns - progress->started.ns;
	if (elapsed_ns < SILENT_NS || now.ns - progress->told.ns < INTERVAL_NS)
		return;
	fprintf(stderr, "\r\033[K%" PRIu64 " %s, %.1f s, %.0f a second", done, what,
		(double)elapsed_ns / 1e9, (double)done * 1e9 / (double)elapsed_ns);
	fflush(stderr);
	progress->told = now;
	progress->shown = true;
}

void progress_done(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
