/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a flow log → records.  The order of the fields comes from the header line, else from the format
 * given at open, else it is AWS's default; a time in front is passed over (format_pass_over).  One record at a
 * time, as soon as it can be had; columns.h reads many.  A bad line is an error with file, line and column, after which reading goes on.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/flow/line.h"
#include "lib/flow/record.h"

struct reader;

/* path "-" is standard input.  format may be NULL: header line, else default. */
struct reader *reader_open(const char *path, const struct format *format, struct err *err) MUST_USE;
void	       reader_close(struct reader *reader);
void	       reader_close_at(struct reader **reader);

enum reader_result { READER_RECORD, READER_BAD_LINE, READER_END, READER_FAILED };

/*
 * The next record.  Its text, and *line, live until the next call.  Blank lines and header lines are
 * passed over.  READER_BAD_LINE: *err says what was expected and where; call again.  READER_FAILED: the
 * file cannot be read on.
 */
enum reader_result reader_next(struct reader *reader, struct record *out, struct err *err);

/* Whether another line is in memory: the next call then leaves this record's text alone. */
bool reader_has_line(const struct reader *reader);

enum line_fault reader_fault(const struct reader *reader); /* of the last READER_BAD_LINE */
struct str	reader_line(const struct reader *reader);
uint64_t	reader_line_number(const struct reader *reader); /* 1-based */

/* The first name in a header of the file that is no field; its column is passed over.  Empty: none. */
struct str reader_unknown_field(const struct reader *reader, uint64_t *line_number);

uint64_t	     reader_bytes(const struct reader *reader);	 /* read so far, for progress */
const struct format *reader_format(const struct reader *reader); /* in force now */

#define auto_reader __attribute__((cleanup(reader_close_at)))
