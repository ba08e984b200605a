/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define SILENT_NS   UINT64_C(300000000)
#define INTERVAL_NS (UINT64_C(1000000) * PROGRESS_INTERVAL_MS)

void progress_start(struct progress *progress, bool wanted)
{
	*progress = (struct progress){ .enabled = wanted && isatty(STDERR_FILENO),
				       .started = clock_now().mono };
}

static void print_bytes(const struct progress_state *state, struct buf *out)
{
	uint64_t done = state->bytes < state->bytes_total ? state->bytes : state->bytes_total;

	if (state->bytes_total == 0) {
		buf_add_size(out, state->bytes);
		return;
	}
	buf_printf(out, "%.0f %%  ", (double)done * 100 / (double)state->bytes_total);
	buf_add_size(out, done);
	buf_add_text(out, " of ");
	buf_add_size(out, state->bytes_total);
}

void progress_print(const struct progress_state *state, double seconds, struct buf *out)
{
	double rate = seconds > 0 ? (double)state->count / seconds : 0;

	print_bytes(state, out);
	buf_add_text(out, "  ");
	buf_add_grouped(out, state->count);
	buf_printf(out, " %s  ", state->what);
	if (rate >= 1e6)
		buf_printf(out, "%.1f M/s", rate / 1e6);
	else
		buf_printf(out, "%.0f/s", rate);
	if (state->bytes && state->bytes < state->bytes_total) {
		uint64_t left = (uint64_t)(seconds / (double)state->bytes *
					   (double)(state->bytes_total - state->bytes));

		buf_printf(out, "  %" PRIu64 ":%02" PRIu64 " left", left / 60, left % 60);
	}
}

void progress_tell(struct progress *progress, const struct progress_state *state)
{
	struct mono	    now = clock_now().mono;
	uint64_t	    elapsed_ns = now.ns - progress->started.ns;
	auto_buf struct buf line = buf_make(PROGRESS_TEXT_MAX);

	if (!progress->enabled || elapsed_ns < SILENT_NS ||
	    now.ns - progress->told.ns < INTERVAL_NS)
		return;
	progress_print(state, (double)elapsed_ns / 1e9, &line);
	fprintf(stderr, "\r\033[K%s", line.data);
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
