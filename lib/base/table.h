/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and columns of text for a terminal: widths from the contents (counted in characters), numbers to
 * the right, cells made harmless on the way in.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/str.h"

struct table;

struct table_column {
	const char *title; /* NULL ends the list */
	bool	    right; /* align to the right */
};

struct table *table_new(const struct table_column *columns) MUST_USE;
void	      table_free(struct table *table);
void	      table_free_at(struct table **table);

/* The next cell of the current row; a row ends when its last column is set. */
void table_cell(struct table *table, struct str text);
void table_cellf(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
void table_print(const struct table *table, bool header, FILE *out);

#define auto_table __attribute__((cleanup(table_free_at)))
