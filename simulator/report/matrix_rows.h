/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix as a list: what is not closed, each with all the groups between which it is. */
#pragma once

#include "simulator/report/matrix.h"

/* Every group of srcs has to every group of dsts a cell that looks like this one; its pairs are those of all. */
struct matrix_row {
	size_t	   *srcs, *dsts; /* ascending */
	size_t	    src_count, dst_count;
	struct cell cell;
};

struct matrix_rows {
	struct matrix_row *items;
	size_t		   count, capacity;
	struct arena	   arena;
};

/* First what the policy does not want, then by pairs. */
void matrix_rows_of(const struct matrix *matrix, struct matrix_rows *out);

/* Each cell that is not closed a row, in the order of the groups. */
void matrix_rows_apart(const struct matrix *matrix, struct matrix_rows *out);
void matrix_rows_done(struct matrix_rows *rows);

#define auto_matrix_rows __attribute__((cleanup(matrix_rows_done)))
