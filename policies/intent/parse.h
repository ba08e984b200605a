/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the policy language, shared by its parser and its printer. */
#pragma once

#include "policies/intent/intent.h"

struct statement_word {
	const char *word, *arrow;
};

const struct statement_word *statement_word(enum statement_kind kind);
