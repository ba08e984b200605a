/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as AWS writes them. */
#pragma once

#include <stdint.h>

#include "lib/base/str.h"

/*
 * "2015-08-30T12:36:00Z", also with a fraction (cut off) or with +HH:MM in the place of Z, or the signatures' form
 * "20150830T123600Z": seconds since 1970.  Years 1970 to 9999.
 */
int stamp_parse(struct str text, int64_t *seconds) MUST_USE;

enum { STAMP_SIZE = 17 };

/* "20150830T123600Z"; its first eight characters are the day. */
void stamp_print(int64_t seconds, char out[static STAMP_SIZE]);
