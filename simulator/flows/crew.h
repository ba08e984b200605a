/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many flow logs read by several threads.  A thread keeps to a file of its own while there are any, then helps
 * with those of others: reading and decompressing a file is one thread's at a time, parsing and what comes
 * after is done beside it.  So the order in which rows come is nobody's to rely on.
 *
 * What cannot be read is told in the report and does not end the run; neither does ^C: the run ends with what
 * it has, and says so.
 */
#pragma once

#include "lib/flow/columns.h"
#include "lib/flow/log_list.h"

enum { CREW_THREADS_MAX = 256 };

struct crew_job {
	const struct log_list *logs;
	uint64_t	       wanted; /* bit 1 << enum field */
	const struct format   *format; /* NULL: AWS's default where there is no header */
	unsigned	       threads;
	bool		       progress; /* on a terminal */
	void		     **workers;	 /* one for each thread */
	void (*rows)(void *worker, const struct columns *columns);
};

struct crew_report {
	uint64_t	 files, bytes, rows; /* bytes: of the text, decompressed */
	struct bad_lines bad;
	struct err_list	 unread; /* files that could not be read, or not to their end; sorted */
	bool		 interrupted;
};

/* How many threads to have workers for: as many as asked for, 0 for as many as there are processors. */
unsigned crew_threads(uint64_t wanted);

void crew_run(const struct crew_job *job, struct crew_report *out);
