/* SPDX-License-Identifier: Apache-2.0 */
/* Flow logs read and judged, record by record: what `check` and `rules` have in common. */
#pragma once

#include "lib/base/progress.h"
#include "simulator/cmd/inputs.h"
#include "simulator/flows/batch.h"
#include "simulator/flows/period.h"
#include "simulator/flows/sums.h"

struct log_args {
	const char *log_format, *since, *until;
	bool	    no_progress;
};

/* The rows of an option table whose args struct has a member `log`. */
#define LOG_OPTS(args)                                                                             \
	OPT_STR(0, "log-format", args, log.log_format, "FORMAT",                                   \
		"fields of the lines, as ${srcaddr} ${dstaddr} …, when there is no header"),       \
		OPT_STR(0, "since", args, log.since, "TIME",                                       \
			"records that end at or after it: a date, RFC 3339, Unix seconds, or an "  \
			"age like 7d"),                                                            \
		OPT_STR(0, "until", args, log.until, "TIME", "records that start before it"),      \
		OPT_FLAG(0, "no-progress", args, log.no_progress, "no progress on the terminal")

struct log_run {
	struct inputs	inputs;
	struct format	format;
	struct period	period;
	struct batch   *batch;
	struct matcher *matcher;
	struct progress progress;
	uint64_t	files, records, bad_lines;
	uint64_t	outside, timeless; /* records that the period leaves out */
};

/* On failure it can be closed, too. */
int  log_run_open(struct log_run *run, const struct input_args *input, const struct log_args *log,
		  struct err *err) MUST_USE;
void log_run_close(struct log_run *run);

/*
 * Calls each for every record of the period, in order.  A bad line never stops the run: the first of a file is
 * told, all are counted.
 */
typedef void log_run_each(void *context, const struct judged *judged);
int	     log_run_read(struct log_run *run, char **operands, log_run_each *each, void *context,
			  struct err *err) MUST_USE;

#define auto_log_run __attribute__((cleanup(log_run_close)))
