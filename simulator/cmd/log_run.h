/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow logs read against a world: what the verbs that are given logs have in common.  Many records at once by
 * several threads, or one after the other in their order.
 */
#pragma once

#include "simulator/cmd/inputs.h"
#include "simulator/flows/crew.h"
#include "simulator/flows/verdicts.h"

/* STATUS_PARTIAL: of an answer that is not about all records, where it asks for no other status. */
enum { LOG_MEMORY_MIB = 1024, STATUS_PARTIAL = 4 };

/* What --limit may be, of every verb that has one; 0 is all. */
#define LOG_LIMIT_MAX UINT32_MAX

struct log_args {
	const char *log_format, *since, *until;
	uint64_t    threads, memory_mib; /* 0: as many as processors; LOG_MEMORY_MIB */
	bool	    strict, no_progress;
};

/* The rows of an option table whose args struct has a member `log`. */
#define LOG_OPTS(args)                                                                             \
	OPT_STR(0, "log-format", args, log.log_format, "FORMAT",                                   \
		"fields of the lines, as ${srcaddr} ${dstaddr} …, when there is no header"),       \
		OPT_STR(0, "since", args, log.since, "TIME",                                       \
			"records that end at or after it: a date, RFC 3339, Unix seconds, or an "  \
			"age like 7d"),                                                            \
		OPT_STR(0, "until", args, log.until, "TIME", "records that start before it"),      \
		OPT_FLAG(0, "strict", args, log.strict, "status 3 when a line is no record"),      \
		OPT_U64(0, "threads", args, log.threads, "N", 1, CREW_THREADS_MAX,                 \
			"threads; default one a processor"),                                       \
		OPT_U64(0, "memory", args, log.memory_mib, "MIB", 16, 1 << 20,                     \
			"memory for what is added up; default 1024"),                              \
		OPT_FLAG(0, "no-progress", args, log.no_progress, "no progress on the terminal")

struct log_run {
	const struct log_args *args;
	struct inputs	       inputs; /* none opened when there is no world */
	struct format	       format;
	struct period	       period;
	struct log_list	       logs;
	unsigned	       threads;
	struct crew_report     report;
	uint64_t	       outside, timeless; /* records that the period leaves out */
	uint64_t	       left_out, unnumbered, not_learned; /* see verdicts_counts */
};

/* input NULL: the logs alone, without a world.  On failure it can be closed, too. */
int  log_run_open(struct log_run *run, const struct input_args *input, const struct log_args *log,
		  char **operands, struct err *err) MUST_USE;
void log_run_close(struct log_run *run);

size_t log_run_memory(const struct log_run *run); /* bytes, of one thread */

/* Where what does not fit into it goes: TMPDIR, else /tmp. */
const char *log_run_folder(void);

/* All rows with at least the wanted fields, to one worker a thread. */
void log_run_rows(struct log_run *run, uint64_t wanted, void **workers,
		  void (*rows)(void *worker, const struct columns *columns));

/*
 * All records of the period judged and added to one consumer a thread (verdicts.h).  asks_interfaces: it matters to
 * them which interface an answer is of, not only what is.
 */
void log_run_judge(struct log_run *run, const struct verdicts_consumer *consumers,
		   bool asks_interfaces);

/*
 * Every record of the period, in order, with its answer as it is known when it is read.  What cannot be read
 * goes to the report.
 */
typedef void log_run_each(void *context, const struct judged *judged);
void	     log_run_read(struct log_run *run, log_run_each *each, void *context);

/* Whether records are missing from the answer: it was interrupted, or there was no room for them. */

/*
 * Tells on stderr what was not read: the first bad line of each kind, files, what was left to guess, and, where
 * all adds up what was judged, that this is nothing (NULL: nothing is judged).  Returns the status that this asks
 * for, or 0.
 */
int log_run_tell(const struct log_run *run, const struct sums *all);

/* Whether an answer is not about all records: interrupted, some found no room, or there are none at all. */
bool log_run_is_partial(const struct log_run *run, const struct sums *all);

#define auto_log_run __attribute__((cleanup(log_run_close)))
