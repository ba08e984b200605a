/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of flow-log text cut into blocks of whole lines.  All lines of a block have one format; header
 * lines are taken out here, wherever they stand, and so is a line that is longer than any record.
 */
#pragma once

#include "lib/flow/line.h"
#include "lib/flow/stream.h"

/* BLOCK_PAD bytes before and behind the lines may be read (never written), so that loads need no check. */
enum { BLOCK_SIZE = 1 << 18, BLOCK_PAD = 64 };

struct block {
	char	     *room; /* owned */
	const char   *text; /* in room; the lines, the last one with or without its newline */
	size_t	      len;
	uint64_t      first_line; /* number of the first line, 1-based */
	struct format format;
	const char   *path; /* borrowed */
	uint32_t      file; /* its place in the order of the run */
};

void block_init(struct block *block);
void block_done(struct block *block);

/* A file's blocks.  One thread at a time, not always the same. */
struct blocks;

/*
 * format NULL: AWS's default until a header says otherwise.  A first line that has a time in front of the
 * format's fields, as CloudWatch Logs exports have, or a time and a stream's name, as `aws logs tail` prints,
 * makes these columns that are passed over.  path is borrowed.
 */
struct blocks *blocks_open(const char *path, uint32_t file, const struct format *format,
			   struct err *err) MUST_USE;
void	       blocks_close(struct blocks *blocks);

/* 1: *out has the next block; 0: the end; -1: *err, after all that could be read. */
int blocks_next(struct blocks *blocks, struct block *out, struct bad_lines *bad,
		struct err *err) MUST_USE;

uint64_t blocks_taken(const struct blocks *blocks); /* bytes of the file read so far */
