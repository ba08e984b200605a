/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records leave: standard output or a file, as lines of a flow log.  Lines are collected and written
 * whole, many at once, so that whoever reads along never sees half of one.
 *
 * A pipe, a socket or a terminal may have a reader that does not read.  A live sensor does not wait for it:
 * records stay in a queue whose size is fixed at start, and what finds no room there is refused.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/flow/format.h"
#include "lib/flow/record.h"

struct sink;

struct sink_args {
	const char	    *path; /* "-": standard output; of a courier: its name */
	const struct format *format;
	bool		     header; /* begin with the names of the fields */
	bool   whole; /* the file appears at sink_commit, complete, or never; else it is added to */
	size_t queue_size; /* bytes */
	bool is_courier; /* its lines are framed, for the process that reads fd (sensor/delivery/delivery.h) */
	int fd; /* a courier's pipe, borrowed */
};

struct sink *sink_open(const struct sink_args *args, struct err *err) MUST_USE;
/* To a process that keeps the right to make a whole file appear.  Before anything is added. */
int    sink_entrust(struct sink *sink, struct err *err) MUST_USE;
size_t sink_memory_bytes(size_t queue_size);
void   sink_close(struct sink *sink); /* accepts NULL; drops what was not committed */

/* 1: taken.  0: the queue is full and the record is refused.  -1: *err is set. */
int sink_add(struct sink *sink, const struct record *record, struct err *err) MUST_USE;

/* A line that is no record, without its newline.  Of a courier time_s and eni stand in the frame. */
struct sink_text {
	int64_t	   time_s;
	struct str eni, text;
};

int sink_add_text(struct sink *sink, const struct sink_text *text, struct err *err) MUST_USE;

/* Writes what the reader takes now, or all of it where there is no need to wait for a reader. */
int sink_flush(struct sink *sink, struct err *err) MUST_USE;

/* To poll for POLLOUT while something is queued; -1 when there is nothing to wait for. */
int sink_wait_fd(const struct sink *sink);

/*
 * Writes all of it, waiting at most wait_ms for a reader, and makes a whole file appear.  What could not be
 * written is in sink_left.
 */
int sink_commit(struct sink *sink, int wait_ms, struct err *err) MUST_USE;

struct sink_left {
	uint64_t records, flows, packets, texts;
};

struct sink_left sink_left(const struct sink *sink);
