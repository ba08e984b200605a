/* SPDX-License-Identifier: Apache-2.0 */
/* What of a matrix deserves a line of its own, with the rule or the doubt behind it. */
#pragma once

#include "simulator/reach/deciders.h"
#include "simulator/report/matrix_rows.h"

enum matrix_finding_kind {
	MATRIX_OPENING, /* open, and the policy does not want it */
	MATRIX_DOUBT,	/* undecided */
};

/* Packets of a row for which one rule or doubt is the reason, of its first groups if it has several. */
struct matrix_finding {
	const struct matrix_row *row; /* borrowed */
	uint32_t		 set; /* the packets */
	uint64_t		 pairs, of;
	struct decider		 decider; /* all zero: it is not asked who */
	struct intent_answer	 intent;  /* of an opening: what the policy says of these packets */
};

struct matrix_findings {
	struct matrix_finding *items;
	size_t		       count, capacity;
	size_t		       rows_left_out; /* that have some */
	struct deciders	      *deciders;
};

/* At most the answer's limit, in the order of the rows, which are borrowed. */
void matrix_findings_of(const struct matrix_answer *answer, const struct matrix_rows *rows,
			enum matrix_finding_kind kind, struct matrix_findings *out);
void matrix_findings_done(struct matrix_findings *findings);

/* "shop-db sgr-0c22  tcp/5432 from sg shop-app", "vpc-endpoint vpce-01: …"; made harmless. */
void matrix_add_reason(const struct world *world, const struct matrix_finding *finding,
		       struct buf *out);

/* What the policy says of it: "unlisted", "forbidden by line 14". */
void matrix_add_intent(const struct matrix_finding *finding, struct buf *out);

#define auto_matrix_findings __attribute__((cleanup(matrix_findings_done)))
