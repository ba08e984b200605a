/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All places where records and events go.  Each gets everything of its sort and is slowed, stopped or failed by none
 * of the others.
 *
 * With one sink of records a refusal is the caller's to tell, as is an error of a file or pipe that is written to
 * directly.  With several each sink is told with a SKIPDATA record what it missed, and nothing is an error.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/cli.h"
#include "sensor/delivery/event_line.h"
#include "sensor/delivery/output.h"

struct outputs;

/* Borrowed, and there as long as the process. */
struct outputs_args {
	const struct cli_list *records, *events; /* of --output and --events */
	const char	      *events_default;	 /* when none is given; NULL: events go nowhere */
	uint64_t	       queue_size, spool_max; /* bytes, each */
	bool		       is_file;		 /* records are those of a file: one path is all */
	const struct delivery_ops *const *kinds; /* NULL: outputs_kinds() */
};

/* The kinds with a delivery; ends in NULL. */
const struct delivery_ops *const *outputs_kinds(void);

/* Nothing is opened yet.  ERR_USAGE, with the option's name. */
struct outputs *outputs_new(const struct outputs_args *args, struct err *err) MUST_USE;
void   outputs_free(struct outputs *outputs); /* accepts NULL; drops what was not committed */
size_t outputs_memory_bytes(const struct outputs *outputs);

/* Makes their processes; before there are threads, and while there are privileges. */
int outputs_open(struct outputs *outputs, const struct outputs_setup *setup,
		 struct err *err) MUST_USE;

/* The same to a process that keeps the right to make a whole file appear, as sink_entrust. */
int outputs_entrust(struct outputs *outputs, struct err *err) MUST_USE;

/* As sink_add. */
int outputs_add_record(struct outputs *outputs, const struct record *record,
		       struct err *err) MUST_USE;

/* Whether anybody listens; then events are for outputs_add_event. */
bool outputs_take_events(const struct outputs *outputs);
void outputs_add_event(struct outputs *outputs, const struct event_line *line);

/* Writes what the readers take now.  An error besides: nobody is left who takes anything. */
int outputs_flush(struct outputs *outputs, struct err *err) MUST_USE;

/* What to poll for POLLOUT; how many. */
size_t outputs_wait_fds(const struct outputs *outputs, int fds[static BOARD_SINKS_MAX]);

/* As sink_commit, of all together. */
int outputs_commit(struct outputs *outputs, int wait_ms, struct err *err) MUST_USE;

/* What the one sink of records still holds; of several it is counted on the board. */
struct sink_left outputs_left(struct outputs *outputs);

/* Tells the processes that nothing more comes and waits for their ends, at most wait_ms. */
void outputs_end(struct outputs *outputs, int wait_ms);

/* Whether the board has more to tell of them than the one sink's counters. */
bool outputs_are_several(const struct outputs *outputs);
