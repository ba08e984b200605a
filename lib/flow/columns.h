/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many lines of a flow log at once, column by column: only the fields that a question needs are parsed, each
 * in a loop of its own.  The same answers as line_parse, which is asked about every line that is not plain.
 *
 * The order of the rows is not that of the lines.  Text is borrowed from the block.
 */
#pragma once

#include "lib/flow/block.h"
#include "lib/flow/line.h"

enum { COLUMNS_ROWS_MAX = 2048 };

/* The values of one field, one for each row; which member is told by field_info()->type. */
union column {
	uint64_t   *u64;
	struct ip  *ip;
	uint8_t	   *word; /* FIELD_TYPE_ACTION, _STATUS, _DIRECTION: the enum */
	struct str *text;
	void	   *any;
};

struct columns {
	uint64_t	    wanted;	     /* bit 1 << enum field; of the others at[] is NULL */
	uint32_t	    count;	     /* rows */
	uint64_t	   *has;	     /* [row] which wanted fields have a value */
	union column	    at[FIELD_COUNT]; /* [row]; zero where the row has no value */
	uint32_t	   *line_at;	     /* [row] where its line begins in the block */
	uint32_t	   *line_offset;     /* [row] its number, less the block's first */
	const struct block *block;	     /* borrowed */
};

struct parser;

struct parser *parser_new(uint64_t wanted) MUST_USE;
void	       parser_free(struct parser *parser);

/* From now on the lines of that block (borrowed until it is done). */
void parser_take(struct parser *parser, const struct block *block);

/*
 * The next rows of the block, or NULL at its end.  Lines that are no records are counted in *bad.  The rows
 * live until the next call.
 */
const struct columns *parser_next(struct parser *parser, struct bad_lines *bad);

struct str columns_line(const struct columns *columns, uint32_t row); /* trimmed */
uint64_t   columns_line_number(const struct columns *columns, uint32_t row);

/* The row as a record that has the wanted fields. */
void columns_record(const struct columns *columns, uint32_t row, struct record *out);

/* The ways of parsing; the fastest that the processor has is taken unless one is asked for. */
enum parser_method { PARSER_SCALAR, PARSER_AVX2, PARSER_AVX512, PARSER_METHOD_COUNT };

bool parser_method_is_here(enum parser_method method);
void parser_use(struct parser *parser, enum parser_method method); /* for tests and benches */

static inline bool columns_has(const struct columns *columns, uint32_t row, enum field field)
{
	return columns->has[row] >> field & 1;
}
