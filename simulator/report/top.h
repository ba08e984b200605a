/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir top`, and its forms. */
#pragma once

#include <stdio.h>

#include "lib/base/table.h"
#include "simulator/flows/crew.h"
#include "simulator/flows/ranking.h"

struct top_answer {
	const struct ranking_question *question;
	const struct ranking_answer   *ranking;
	const struct crew_report      *report;
	bool			       header;
};

void top_print_text(const void *answer, FILE *out);
void top_print_csv(const void *answer, FILE *out);
void top_print_json(const void *answer, FILE *out);

/* An item's value in a group: "10.0.0.0/24", "443", "2026-10-02T08:00:00Z", "web"; nothing where it has none. */
void top_add_value(const struct top_answer *answer, const struct ranking_group *group, uint8_t item,
		   struct buf *out);
