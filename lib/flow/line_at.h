/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a flow log by its number, read anew. */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"

/*
 * The line, without its newline, added to *out.  *budget: how many bytes of text may be read, reduced by those that
 * were.  False: the file cannot be read again (standard input, a pipe), has no such line, or the budget is used up.
 */
bool line_at(const char *path, uint64_t number, uint64_t *budget, struct buf *out);
