/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All parties with all parties.  Parties whose ends are of the same kinds are a class, and cells are worked
 * out of classes; parties that no cell tells apart are a group, and groups are what is shown.  So the work
 * grows with the kinds that parties are made of, not with parties.
 */
#pragma once

#include "simulator/reach/cell.h"

struct matrix_group {
	const struct party **members; /* at least one, in the order of the parties */
	size_t		     count;
	/* What the group is worked out of. */
	uint32_t *classes;
	size_t	  class_count;
};

struct matrix;

struct matrix_options {
	uint32_t asked;	 /* of these packets only */
	bool	 folded; /* false: each party is a group of its own */
};

/*
 * Both borrowed.  NULL with ERR_USAGE when there are more classes than anybody could read; their cells would
 * not fit into memory.
 */
struct matrix *matrix_new(struct reach *reach, const struct parties *parties,
			  const struct matrix_options *options, struct err *err) MUST_USE;
void	       matrix_free(struct matrix *matrix);
void	       matrix_free_at(struct matrix **matrix);

/* The internet and on-premises come first, then the others in the order of their parties. */
size_t			   matrix_group_count(const struct matrix *matrix);
const struct matrix_group *matrix_group(const struct matrix *matrix, size_t idx);

/*
 * What gets from any party of one group to any, another one if they are hosts, of another group; the pairs
 * are those of all their parties.
 */
struct cell matrix_cell(const struct matrix *matrix, size_t src, size_t dst);

/* The same in parts. */
void matrix_parts(const struct matrix *matrix, size_t src, size_t dst, struct cell_parts *out);

/* Two parties of the groups, different ones if they are hosts and there are two: all others fare alike. */
struct matrix_pair {
	const struct party *src, *dst;
};

struct matrix_pair matrix_sample(const struct matrix *matrix, size_t src, size_t dst);

#define auto_matrix __attribute__((cleanup(matrix_free_at)))
