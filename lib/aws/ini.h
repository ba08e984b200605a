/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of ~/.aws/config and ~/.aws/credentials, as the AWS CLI reads it: Python's configparser.  Sections in
 * brackets; `key = value` or `key: value`, keys in any case; a line that is indented further than its key goes on
 * with the value; lines that begin with # or ; are comments, and nothing else is.  A section or key that comes twice,
 * a key before the first section and a line that is neither are errors with their line, as they are for the CLI.
 *
 * No error quotes a value: it may be a secret key.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct ini_key {
	struct str name;  /* in small letters */
	struct str value; /* lines of it joined by '\n' */
	uint32_t   line;
};

struct ini_section {
	struct str	name; /* "profile web" */
	uint32_t	line;
	struct ini_key *keys;
	size_t		key_count;
};

/* Names and values lie in the text that was read, the lists in the arena. */
struct ini {
	struct ini_section *sections;
	size_t		    count;
};

/* Takes the text apart where it stands: no value is copied, so that only the text is to be wiped. */
int ini_parse(struct buf *text, const char *source, struct arena *arena, struct ini *out,
	      struct err *err) MUST_USE;

/* The section of that name, or NULL; a key's value, or the empty slice: section may be NULL. */
const struct ini_section *ini_find(const struct ini *ini, struct str name);
const struct ini_key	 *ini_key(const struct ini_section *section, const char *name);

/*
 * A value that begins with a line break is a block of `key = value` lines of its own ("s3 =", "ec2 ="): the value
 * of one of its keys, or the empty slice.
 */
struct str ini_nested(struct str block, const char *name);
