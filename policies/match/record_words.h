/* SPDX-License-Identifier: Apache-2.0 */
/* A judged record in words and as JSON: docs/cli.md, "`explain` and `check --records`". */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "policies/match/record.h"

/* All borrowed. */
struct record_view {
	const struct world	   *world;
	const struct judge	   *judge; /* NULL: no policy */
	const struct record_answer *answer;
};

/* Why the verdict is what it is, in a sentence. */
void record_explain(const struct record_view *view, struct buf *out);

/* Per layer the rule that decided. */
void record_put_rules(cJSON *list, const struct record_view *view);

/* The layer that denied, or that is not known; empty when both allow. */
struct str record_layer(const struct record_answer *answer);
