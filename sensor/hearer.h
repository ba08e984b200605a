/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads standard error, and may not. */
#pragma once

#include <stdbool.h>

/*
 * Whether a line can be said now, or within wait_ms: a pipe that poll calls writable takes a line at once, and nobody
 * who does not read standard error stops a capture by it.
 */
bool hearer_is_there(int wait_ms);
