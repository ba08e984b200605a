/* SPDX-License-Identifier: Apache-2.0 */
/* The outputs of one run: from the options, and what is said of them on stderr. */
#pragma once

#include "sensor/args.h"
#include "sensor/delivery/outputs.h"

enum { RUN_OUTPUTS_END_MS = COURIER_END_MS + 2000 /* what the end waits for their processes */ };

/* What was said of a sink that fails. */
struct run_outputs_said {
	bool	 is_failing[BOARD_SINKS_MAX];
	uint64_t lost[BOARD_SINKS_MAX];
	uint64_t told_ns[BOARD_SINKS_MAX];
};

struct outputs *run_outputs_new(const struct sensor_args *args, struct err *err) MUST_USE;

/* The format is copied; it says fields that are not known. */
int run_outputs_open(struct outputs *outputs, const struct sensor_args *args,
		     const struct identity *identity, struct board *board,
		     struct err *err) MUST_USE;

/* A sink that begins to fail or to lose something, and one that delivers again; not again and again. */
void run_outputs_say(struct run_outputs_said *said, const struct board *board);

/* A line for each sink. */
void run_outputs_say_end(const struct outputs *outputs, const struct board *board);
