/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of a flow log → a record: the plain parser, which lib/flow/columns must agree with on every
 * input.  What makes a line bad has a reason, and bad lines are counted by it.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/flow/format.h"
#include "lib/flow/record.h"

#define LINE_ALL_FIELDS UINT64_MAX

enum line_fault {
	LINE_FINE,
	LINE_TOO_FEW_FIELDS,
	LINE_TOO_MANY_FIELDS,
	LINE_BAD_NUMBER,
	LINE_BAD_ADDRESS,
	LINE_BAD_WORD, /* of action, log-status, flow-direction */
	LINE_BAD_HEADER,
	LINE_TOO_LONG, /* more than FORMAT_LINE_MAX bytes */
	LINE_FAULT_COUNT
};

const char *line_fault_text(enum line_fault fault); /* "too few fields" */

/*
 * One line, with or without its newline.  Runs of blanks separate, as one published sample has them.  Only
 * the wanted fields (bit 1 << enum field) are looked into; the record holds no others.  On a fault *out is
 * left alone and *err says what was expected, with the column.
 */
enum line_fault line_parse(struct str line, const struct format *format, uint64_t wanted,
			   struct record *out, struct err *err) MUST_USE;

/* The bad lines of a run: how many for each reason, and the first of each (lowest file, then line). */
struct bad_lines {
	uint64_t   total, count[LINE_FAULT_COUNT];
	uint32_t   file[LINE_FAULT_COUNT];
	uint64_t   line[LINE_FAULT_COUNT];
	struct err first[LINE_FAULT_COUNT];
	/* The first header that names a field that is not known; text "": none.  Its column is passed over. */
	struct err unknown_field;
	uint32_t   unknown_file;
};

/* A header of the file names that field, which is not known; err says where. */
void bad_lines_note_field(struct bad_lines *bad, struct str name, uint32_t file,
			  const struct err *err);

/* err names the file and says what was expected; file is its place in the order of the run. */
void bad_lines_add(struct bad_lines *bad, enum line_fault fault, uint32_t file, uint64_t line,
		   const struct err *err);
void bad_lines_merge(struct bad_lines *into, const struct bad_lines *from);
