/* SPDX-License-Identifier: Apache-2.0 */
/* What of a matrix deserves a line of its own, with the rule or the doubt behind it. */
#pragma once

#include "simulator/report/matrix.h"

enum matrix_finding_kind {
	MATRIX_OPENING, /* open, and the policy does not want it */
	MATRIX_DOUBT,	/* undecided */
};

/* Packets of one cell for which one rule or doubt is the reason. */
struct matrix_finding {
	size_t		src, dst; /* groups */
	uint32_t	set;	  /* the packets */
	uint64_t	pairs, of;
	struct question question; /* one of these packets */
	/* An opening: the group's rule that decides; a doubt: the component.  May be empty. */
	struct str id, name, text;
};

struct matrix_findings {
	struct matrix_finding *items;
	size_t		       count, capacity;
	size_t		       cells, cells_left_out;
	struct arena	       arena;
};

/* Of the first cells that have one; limit 0: of all. */
void matrix_findings_of(const struct matrix_answer *answer, enum matrix_finding_kind kind,
			size_t limit, struct matrix_findings *out);
void matrix_findings_done(struct matrix_findings *findings);

/* What the policy says of it: "unlisted", "forbidden by line 14". */
void matrix_add_intent(const struct matrix_finding *finding, struct buf *out);

#define auto_matrix_findings __attribute__((cleanup(matrix_findings_done)))
