/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON answers about paths share (docs/cli.md, "JSON answers"). */
#pragma once

#include <cjson/cJSON.h>

#include "simulator/path.h"

/* Members of object: the end, as it was asked for. */
void answer_json_end(cJSON *object, const char *name, const struct world *world, const char *query,
		     const struct end *end);

/* The same, as an item of a list. */
cJSON *answer_json_end_object(const struct world *world, const char *query, const struct end *end);

/* "policy": what it says of a packet; null when judge is NULL. */
void answer_json_intent(cJSON *object, const struct judge *judge,
			const struct intent_answer *answer);

/* What leaves a path undecided, as a text of a list that has each once. */
void answer_json_doubt(cJSON *list, const struct world *world, const struct hop *hop);
