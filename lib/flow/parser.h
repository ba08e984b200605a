/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done in its own way for each kind of processor when columns are parsed: finding where the fields
 * end, and reading IPv4 addresses.  parser_scalar is the one to read first.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/net/ip.h"

/* Bytes looked at together; the arrays of struct cuts hold as many, and PARSER_SLACK more for wide stores. */
enum { PARSER_CHUNK = 1 << 15, PARSER_SLACK = 64 };

/* Where the fields of a chunk end: at every byte up to ' ', control characters among them. */
struct cuts {
	uint32_t *ends;			 /* places in the block; [0] is just before the chunk */
	uint32_t *lines;		 /* [line] which of ends is its newline */
	uint32_t  end_count, line_count; /* of ends: without [0] */
	bool	  odd; /* somewhere a field ends at neither ' ' nor newline, or is empty */
};

/* The cells of one column: of each row, the field that ends at ends[row + 1 + column]. */
struct cells {
	const char     *text;
	const uint32_t *ends;
	const uint32_t *rows;
	uint32_t	count, column;
};

struct parser_ops {
	bool (*is_here)(void); /* whether this processor can */

	/* The chunk is text[from … to); up to 64 bytes behind it may be read. */
	void (*cut)(const char *text, uint32_t from, uint32_t to, struct cuts *out);

	/*
	 * How many newlines there are in len bytes, and where the lines begin that may be headers: with
	 * no digit.  PARSER_SLACK more of heads may be written; 64 bytes behind the text read.
	 */
	uint32_t (*survey)(const char *text, uint32_t len, uint32_t *heads, uint32_t *head_count);

	/*
	 * IPv4 addresses.  What is none is left alone, and its row is added to others[]; returns how
	 * many those are.  16 bytes from the start of a cell may be read.
	 */
	uint32_t (*v4)(const struct cells *cells, struct ip *out, uint32_t *others);
};

/* Where there is no such processor, is_here is false and there are no functions. */
extern const struct parser_ops parser_scalar, parser_avx2, parser_avx512;

/* The fastest that this processor has. */
const struct parser_ops *parser_best(void);

static inline uint32_t cell_begin(const struct cells *cells, uint32_t row)
{
	return cells->ends[cells->rows[row] + cells->column] + 1;
}

static inline uint32_t cell_end(const struct cells *cells, uint32_t row)
{
	return cells->ends[cells->rows[row] + cells->column + 1];
}
