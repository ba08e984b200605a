/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the enumerated fields, for the reader and the writer. */
#pragma once

#include "lib/flow/field.h"

enum { WORDS_MAX = 3 };

struct words {
	const char *words[WORDS_MAX]; /* indexed by the enum; NULL: never written */
	const char *expected;	      /* for error messages */
};

/* For FIELD_TYPE_ACTION, FIELD_TYPE_STATUS and FIELD_TYPE_DIRECTION. */
const struct words *words_of(enum field_type type);
