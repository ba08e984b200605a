/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate in front of cJSON.  A document is checked first, byte by byte: syntax, UTF-8, depth.  Then
 * its lists are handed out element by element, so that cJSON's tree holds one element at a time whatever
 * the size of the file, and every element knows its line.
 */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

enum { JSON_DEPTH_MAX = 64 };

enum json_kind {
	JSON_ELEMENT,	 /* an element of a top-level list */
	JSON_EMPTY_LIST, /* a top-level list that has none: no value */
	JSON_MEMBER,	 /* a top-level member that is no list */
	JSON_END	 /* the document ends: no key, no value */
};

/* One value below the top level. */
struct json_item {
	enum json_kind kind;
	struct str     key;   /* the top-level key as written */
	const cJSON   *value; /* borrowed for the call */
	uint32_t       line;  /* 1-based, where the value begins */
};

/* Called for each item in order; a negative return stops the walk with *err set by the callee. */
typedef int json_item_fn(void *context, const struct json_item *item, struct err *err);

/*
 * Walks the items of a document whose top level is an object.  Several documents may follow one another
 * (as `aws … > file; aws … >> file` leaves them).  An empty text is an error, as is any other top level.
 */
int json_each(struct str text, const char *source, json_item_fn *each, void *context,
	      struct err *err) MUST_USE;

/* Members by name, case-sensitive; the empty slice, NULL, 0 or the fallback when absent or of another type. */
struct str   json_text(const cJSON *object, const char *name);
const cJSON *json_list(const cJSON *object, const char *name);	 /* NULL unless an array */
const cJSON *json_object(const cJSON *object, const char *name); /* NULL unless an object */
bool	     json_bool(const cJSON *object, const char *name, bool fallback);

/* A whole number in [min, max] into *out.  1: present; 0: absent or null, *out untouched; -1: anything else. */
int json_int(const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out);

/* Output: the same trees, built with cJSON.  u64 keeps all its digits. */
/* The empty slice becomes null; what is not UTF-8, or has a NUL, becomes \xNN. */
void json_put_str(cJSON *object, const char *name, struct str text);
void json_put_u64(cJSON *object, const char *name, uint64_t value);
