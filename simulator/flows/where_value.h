/* SPDX-License-Identifier: Apache-2.0 */
/* The literals of a condition: each type of field has its own, checked where they are read. */
#pragma once

#include "simulator/flows/where_scan.h"

/* What is compared, and how: decides what a literal must be. */
struct where_context {
	struct where  *where; /* its arena takes the text */
	struct subject subject;
	enum where_op  op;
	int64_t	       now_s;
};

/* A literal where scan stands; scan moves on. */
int where_value_parse(const struct where_context *context, struct where_scan *scan,
		      struct where_value *out, struct err *err) MUST_USE;

/* Whether op can be asked of the subject; else ERR_USAGE at the column. */
int where_value_check_op(struct subject subject, enum where_op op, uint32_t column,
			 struct err *err) MUST_USE;

/* Sorts the values of an `in`, and joins those that are equal, touch or (blocks) hold each other. */
size_t where_value_settle(struct subject subject, struct where_value *values, size_t count);

void where_value_print(struct subject subject, const struct where_value *value, struct buf *out);
