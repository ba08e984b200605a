/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts as options have them: a number and its unit, "100MiB", "1h". */
#pragma once

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

/* KiB, MiB or GiB; from 1 KiB to 1024 GiB.  ERR_USAGE. */
int amount_parse_size(struct str text, uint64_t *bytes, struct err *err) MUST_USE;

/* s, m, h or d; from 1 s to 366 d.  ERR_USAGE. */
int amount_parse_duration(struct str text, uint64_t *seconds, struct err *err) MUST_USE;
