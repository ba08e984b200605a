/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `weir matrix`, and its forms. */
#pragma once

#include <stdio.h>

#include "lib/base/buf.h"
#include "simulator/reach/matrix.h"

/* How many cells have what; a cell may have several of these. */
struct matrix_summary {
	size_t cells;		/* that have a pair */
	size_t open, undecided; /* of some pair */
	size_t unintended;	/* open, and the policy does not want it */
	size_t silent;		/* open, and the policy does not speak of it */
	size_t doubtful;	/* undecided of some pair, and the policy would not want it open */
};

struct matrix_answer {
	const struct world   *world; /* all borrowed */
	struct reach	     *reach;
	const struct judge   *judge; /* NULL without a policy */
	const struct matrix  *matrix;
	const struct parties *parties;
	const char	     *ports_text; /* PORT as typed, or NULL */
	enum verdict	      unknown_as;
	size_t		      limit; /* rows, and findings, of the text forms */
	bool		      no_header;
	struct matrix_summary summary;
};

enum { MATRIX_LABEL_MAX = 1 << 20 };

struct matrix_summary matrix_sum(const struct reach *reach, const struct matrix *matrix);

/* "web", "web-1, web-2, web-3", "web-1 … web-14 (14)"; not made harmless. */
void matrix_add_label(const struct matrix_group *group, struct buf *out);

/* The same of all parties of several groups. */
void matrix_add_labels(const struct matrix *matrix, const size_t *groups, size_t count,
		       struct buf *out);

/* Whether it is the internet or on-premises and everything from and to it is closed. */
bool matrix_is_left_out(const struct matrix *matrix, size_t group);

/* "14 of 196 pairs", "1 pair". */
void matrix_add_pairs(uint64_t pairs, uint64_t of, struct buf *out);

void matrix_print_text(const void *answer, FILE *out);
void matrix_print_markdown(const void *answer, FILE *out);
void matrix_print_json(const void *answer, FILE *out);
void matrix_print_csv(const void *answer, FILE *out);
