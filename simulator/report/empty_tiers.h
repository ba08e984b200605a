/* SPDX-License-Identifier: Apache-2.0 */
/* The tiers of a policy that nothing can be in: it can say nothing of what their author meant. */
#pragma once

#include <cjson/cJSON.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "policies/intent/judge.h"

/* judge may be NULL: no policy. */
bool empty_tiers_any(const struct judge *judge);
void empty_tiers_add(const struct judge *judge, struct buf *out); /* "db, cache", or nothing */
void empty_tiers_print(const struct judge *judge, const char *before,
		       FILE *out); /* a line that names them, behind `before`; or nothing */
void empty_tiers_put(cJSON *object, const struct judge *judge); /* the list "empty_tiers" */
