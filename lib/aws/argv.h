/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as a shell would take it apart, without a shell: blanks between words, quotes and backslashes. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct argv {
	char **words; /* ends in NULL */
	size_t count;
};

/* The words are copied into the arena.  Fails on a quote that is not closed, and never quotes the text. */
int argv_split(struct str text, struct arena *arena, struct argv *out, struct err *err) MUST_USE;
