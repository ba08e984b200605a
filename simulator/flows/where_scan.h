/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a condition as tokens. */
#pragma once

#include "lib/base/err.h"
#include "simulator/flows/where.h"

enum where_token_kind {
	WHERE_TOKEN_END,
	WHERE_TOKEN_WORD,
	WHERE_TOKEN_QUOTED, /* text is what stands between the quotes; a doubled one is still doubled */
	WHERE_TOKEN_OP,
	WHERE_TOKEN_OPEN,
	WHERE_TOKEN_CLOSE,
	WHERE_TOKEN_COMMA
};

struct where_token {
	enum where_token_kind kind;
	struct str	      text;
	uint32_t	      column; /* 1-based */
	enum where_op	      op;     /* WHERE_TOKEN_OP */
	char		      quote;  /* WHERE_TOKEN_QUOTED */
};

struct where_scan {
	struct str	   text;
	size_t		   at;
	struct where_token now;
};

/* The first token, and the next, into scan->now. */
int where_scan_start(struct where_scan *scan, struct str text, struct err *err) MUST_USE;
int where_scan_next(struct where_scan *scan, struct err *err) MUST_USE;

/* Whether now is that word, in any case. */
bool where_scan_is(const struct where_scan *scan, const char *keyword);

/* Whether an unquoted word has a meaning of its own: and, or, not, in, like. */
bool where_scan_is_keyword(const struct where_scan *scan);

/* ERR_USAGE at a column.  Returns -1. */
int where_fail(struct err *err, uint32_t column, const char *format, ...) PRINTF_LIKE(3, 4);

/* "'web'", or "the end", for messages. */
void where_token_print(const struct where_token *token, struct buf *out);
