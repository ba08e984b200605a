/* SPDX-License-Identifier: Apache-2.0 */
/* What of a matrix deserves a line of its own, with the rule or the doubt behind it. */
#pragma once

#include "simulator/report/matrix_rows.h"

enum matrix_finding_kind {
	MATRIX_OPENING, /* open, and the policy does not want it */
	MATRIX_DOUBT,	/* undecided */
};

/* Packets of one row for which one rule or doubt is the reason, of its first groups if it has several. */
struct matrix_finding {
	const struct matrix_row *row;
	uint32_t		 set; /* the packets */
	uint64_t		 pairs, of;
	struct question		 question; /* one of these packets */
	/* The component: the group whose rule decides, or what is not known; all empty: not asked. */
	struct str kind, id, name;
	struct str rule_id, rule_text, description; /* of an opening */
	struct str reason;			    /* of a doubt */
};

struct matrix_findings {
	struct matrix_finding *items;
	size_t		       count, capacity;
	size_t		       rows_left_out; /* that have some */
	struct arena	       arena;
};

/* At most the answer's limit, in the order of the rows, which are borrowed. */
void matrix_findings_of(const struct matrix_answer *answer, const struct matrix_rows *rows,
			enum matrix_finding_kind kind, struct matrix_findings *out);
void matrix_findings_done(struct matrix_findings *findings);

/* "shop-db sgr-0c22  tcp/5432 from sg shop-app", "vpc-endpoint vpce-01: …"; made harmless. */
void matrix_add_reason(const struct matrix_finding *finding, struct buf *out);

/* What the policy says of it: "unlisted", "forbidden by line 14". */
void matrix_add_intent(const struct matrix_finding *finding, struct buf *out);

#define auto_matrix_findings __attribute__((cleanup(matrix_findings_done)))
