/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slice of somebody else's bytes.  It owns nothing and need not end in NUL.  The parsers take a slice,
 * accept it whole or not at all, and never skip white space or signs as strtol does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/mark.h"

struct str {
	const char *ptr; /* borrowed */
	size_t	    len;
};

/* For printf's "%.*s". */
#define STR_ARG(s) ((int)((s).len > 256 ? 256 : (s).len)), ((s).ptr ? (s).ptr : "")

struct str str_of(const char *text); /* NULL gives the empty slice */
bool	   str_eq(struct str a, struct str b);
bool	   str_is(struct str a, const char *text);
bool	   str_starts(struct str a, const char *prefix);
int	   str_cmp(struct str a, struct str b); /* bytewise, as memcmp; a prefix sorts first */

/* "web-2" before "web-10": runs of digits by their value, all else by bytes.  0 for equal texts only. */
int str_cmp_natural(struct str a, struct str b);

struct str str_skip(struct str a, size_t count);
struct str str_head(struct str a, size_t count);
struct str str_trim(struct str a); /* without blanks, tabs, CR and LF at both ends */

/* Offset of the first c, or a.len. */
size_t str_find(struct str a, char c);

/* Cuts what stands before the first c off *rest and skips c.  The last piece empties *rest. */
struct str str_cut(struct str *rest, char c);

/* The next word between runs of blanks and tabs; empty at the end. */
struct str str_word(struct str *rest);

/* Decimal digits only, no sign, at most max.  Returns 0, or -1 with *out untouched. */
int str_u64(struct str a, uint64_t max, uint64_t *out) MUST_USE;

enum { STR_U64_SIZE = 20 };

/* The other way round: returns how many digits, and no NUL behind them. */
size_t str_print_u64(uint64_t value, char out[static STR_U64_SIZE]);

/* `*` any run, `?` one byte, anything else itself.  Linear in practice, never exponential. */
bool str_glob(struct str pattern, struct str text);

bool str_is_utf8(struct str a);

/* Edits (insert, delete, replace, swap of neighbours) from a to b, for "did you mean"; 99 when far. */
unsigned str_distance(struct str a, struct str b);
