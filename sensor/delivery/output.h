/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sink of the sensor's, as --output and --events name it: written to directly, or by a process of its own at the
 * end of a pipe.  Each has a bounded queue; what finds no room in it is refused and counted on the board.
 */
#pragma once

#include <stdbool.h>

#include "lib/flow/format.h"
#include "sensor/child.h"
#include "sensor/delivery/courier.h"
#include "sensor/delivery/event_line.h"
#include "sensor/delivery/owed.h"
#include "sensor/delivery/rotation.h"
#include "sensor/delivery/sink.h"

/* What all have in common.  Borrowed, and there as long as the process but for the format. */
struct outputs_setup {
	const struct format   *format;
	bool		       has_header; /* files begin with the names of the fields */
	bool		       is_whole;   /* the one file appears at the end, or never */
	uint32_t	       interval_s;
	const char	      *state; /* folder */
	const struct identity *identity;
	const char	      *endpoint_url, *profile; /* or NULL */
	const char	      *user;
	bool		       no_drop;
	struct board	      *board;
};

struct output {
	struct sink_spec	   spec;
	const struct delivery_ops *ops;		 /* NULL: of a kind without */
	bool			   takes_events; /* … else records */
	size_t			   queue_size;
	uint64_t		   spool_max;

	struct sink	  *sink;      /* NULL: nothing is written */
	bool		   is_shared; /* … which is another's */
	bool		   is_dead;   /* who reads it has gone for good */
	struct board_sink *board;
	struct child	   child;
	struct inbox	  *inbox;
	struct courier	   courier;
	struct rotation	   rotation;
	uint64_t	   handed; /* what it had been handed in the second handed_s */
	int64_t		   handed_s;
	struct owed	  *owed; /* of records, when there are several sinks of them */
	char		   folder[512], child_name[16];
	char		  *header, *file_name; /* owned */
};

bool   output_is_courier(const struct output *output);
bool   output_is(const struct output *output, const char *kind);
size_t output_memory_bytes(const struct output *output);

/* shared: the sink of another that writes to the same place, or NULL. */
int  output_open(struct output *output, const struct outputs_setup *setup, struct sink *shared,
		 struct err *err) MUST_USE;
void output_close(struct output *output);

/*
 * As sink_add and sink_add_text; a courier never fails.  What is refused is counted on the board.
 */
int output_add_record(struct output *output, const struct record *record, struct err *err) MUST_USE;
int output_add_event(struct output *output, const struct event_line *line,
		     struct err *err) MUST_USE;
int output_flush(struct output *output, struct err *err) MUST_USE;
/* Each second: what of it was taken. */
void output_note(struct output *output);

/* One more item is on its way. */
void output_count(struct output *output);

/* A failure that the sensor goes on with: on the board. */
void output_note_failure(struct output *output, const struct err *err);

/* To wait for room, or -1. */
int output_wait_fd(const struct output *output);
