/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and columns of text for a terminal: widths from the contents (counted in characters), numbers to
 * the right, cells made harmless on the way in.  The same rows in the forms that other programs read.
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

/*
 * The next cell of the current row; a row ends when its last column is set.  What is longer than any name or rule
 * ends in an ellipsis: lists for other programs go in whole.
 */
void table_cell(struct table *table, struct str text);
void table_cell_whole(struct table *table, struct str text);
void table_cell_u64(struct table *table, uint64_t value);
void table_cellf(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
void table_print(const struct table *table, bool header, FILE *out);

/* At most width characters, the last of them an ellipsis when there are more.  False: there were. */
bool table_cell_cut(struct table *table, struct str text, size_t width);

/* A line below the last row that is complete; table_print's only.  Made harmless, of any length. */
void table_note(struct table *table, struct str text);

/*
 * RFC 4180, but with LF; a cell that a spreadsheet would take for a formula gets a ' in front.  And a table of
 * GitHub's Markdown.
 */
void table_print_csv(const struct table *table, bool header, FILE *out);
void table_print_markdown(const struct table *table, FILE *out);

#define auto_table __attribute__((cleanup(table_free_at)))
