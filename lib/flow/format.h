/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a flow log, in order: AWS's default format or a custom one. */
#pragma once

#include "lib/base/buf.h"
#include "lib/flow/field.h"

enum { FORMAT_FIELDS_MAX = 64, FORMAT_LINE_MAX = 65536 };

struct format {
	uint8_t fields[FORMAT_FIELDS_MAX]; /* enum field; FIELD_COUNT: a column that is not known */
	uint8_t count;
	uint8_t version; /* what AWS prints in `version`: the highest of the fields' (aws-semantics.md 1.2) */
};

/* The 14 fields of version 2. */
struct format format_default(void);

/*
 * "${version} ${srcaddr} …" as CreateFlowLogs takes it, or "version srcaddr …" as a header line has it.
 * A field that is not known is kept as a column of `-`, since AWS adds fields; the first such name goes to
 * *unknown when that is not NULL (empty when there is none).  A field twice is an error.
 */
int format_parse(struct str text, struct format *out, struct str *unknown,
		 struct err *err) MUST_USE;

/*
 * The same of what a person writes, who can mistype: ERR_USAGE for a field that is not known, with what may have
 * been meant.  `-` is a column to pass over.
 */
int format_parse_known(struct str text, struct format *out, struct err *err) MUST_USE;

/* Whether a line is a header: its first word is the name of a field, `-` left aside as an unknown one. */
bool format_is_header(struct str line);

/*
 * A first line that has a time in front of the format's fields, as CloudWatch Logs exports have, or a time and a
 * stream's name, as `aws logs tail` prints: these become columns that are passed over.
 */
void format_pass_over(struct format *format, struct str first_line);

void format_print(const struct format *format, struct buf *out); /* "version account-id …" */
