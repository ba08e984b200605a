/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file of a spool: its name, the head that says how far it is delivered, and its lines.  While lines are added
 * the name ends in ".open"; that of one that could not be read again and again ends in ".aside".  The head has one size
 * and is written over in place: to note what is delivered takes no room on a disk that is full.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/str.h"

enum {
	SPOOL_NAME_SIZE = 64,
	SPOOL_HEAD_SIZE = 98,
	SPOOL_BEGIN_MAX = SPOOL_HEAD_SIZE + 4096 /* what stands before the lines */
};

struct spool_head {
	uint64_t acked, acked_lines; /* batches that were acknowledged, and the lines in them */
	uint64_t lines;		     /* of a sealed one: all */
	int64_t	 oldest_s;	     /* the first end of a line */
	bool	 begun;		     /* batch `acked` is on its way */
};

void spool_head_print(const struct spool_head *head, char out[static SPOOL_HEAD_SIZE + 1]);
bool spool_head_parse(struct str text, struct spool_head *out);

struct spool_name {
	int64_t	 period_s;
	uint64_t number;
	bool	 is_open, is_aside;
};

/* "20261128T1020Z-000017", and ".open" or ".aside"; the minute is all of the time that a name has. */
void spool_name_print(const struct spool_name *name, char out[static SPOOL_NAME_SIZE]);
bool spool_name_parse(struct str text, struct spool_name *out);

/* What the lines of a file are. */
struct spool_count {
	uint64_t lines, torn; /* torn: those that are none */
	int64_t	 oldest_s;
};

/*
 * A file may begin with the names of its lines' fields, as a line of no time: what waits from before other fields were
 * asked for is still told by its own names.
 */
void spool_header_print(const char *header, struct buf *out);

/* Takes that line off *text; empty: there is none. */
struct str spool_header_cut(struct str *text);

/* Moves the lines in text together, over those that are none; the bytes that are left.  A header stays. */
size_t spool_text_mend(char *text, size_t len, struct spool_count *count);
