/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

enum { CELL_MAX = 512, NOTE_INDENT = 4 };

/* A byte that is made harmless becomes no more than these. */
enum { VISIBLE_MAX = 4 };

static const char ellipsis[] = "…";

struct note {
	size_t	   row;
	struct str text;
};

struct table {
	const struct table_column *columns; /* borrowed */
	size_t			   column_count;
	struct arena		   arena;
	struct str		  *cells;
	size_t			   count, capacity;
	struct note		  *notes; /* in the order of their rows */
	size_t			   note_count, note_capacity;
};

struct table *table_new(const struct table_column *columns)
{
	struct table *table = mem_alloc(sizeof(*table));

	table->columns = columns;
	while (columns[table->column_count].title)
		table->column_count++;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	arena_done(&table->arena);
	free(table->cells);
	free(table->notes);
	free(table);
}

void table_free_at(struct table **table)
{
	table_free(*table);
}

static void add_cell(struct table *table, struct str clean)
{
	table->cells = mem_grow(table->cells, table->count, &table->capacity,
				sizeof(*table->cells));
	table->cells[table->count++] = arena_str(&table->arena, clean);
}

void table_cell(struct table *table, struct str text)
{
	auto_buf struct buf clean = buf_make(CELL_MAX);
	auto_buf struct buf marked = buf_make(CELL_MAX + sizeof(ellipsis));

	buf_add_visible(&clean, text);
	if (clean.overflow) {
		buf_add_str(&marked, buf_str(&clean));
		buf_add_text(&marked, ellipsis);
	}
	add_cell(table, buf_str(clean.overflow ? &marked : &clean));
}

void table_cell_whole(struct table *table, struct str text)
{
	auto_buf struct buf clean = buf_make(VISIBLE_MAX * text.len);

	buf_add_visible(&clean, text);
	add_cell(table, buf_str(&clean));
}

void table_cell_u64(struct table *table, uint64_t value)
{
	char digits[STR_U64_SIZE];

	table_cell(table, (struct str){ .ptr = digits, .len = str_print_u64(value, digits) });
}

void table_cellf(struct table *table, const char *format, ...)
{
	char	text[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	table_cell(table, str_of(text));
}

/* Columns on a terminal: one a character, continuation bytes of UTF-8 not counted. */
static size_t width_of(struct str text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.len; i++)
		width += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return width;
}

bool table_cell_cut(struct table *table, struct str text, size_t width)
{
	auto_buf struct buf cut = buf_make(text.len + CELL_MAX);
	size_t		    at = 0;

	if (width_of(text) <= width) {
		table_cell(table, text);
		return true;
	}
	for (size_t left = width - 1; at < text.len; at++) {
		bool starts = ((unsigned char)text.ptr[at] & 0xc0) != 0x80;

		if (starts && left-- == 0)
			break;
	}
	buf_add_str(&cut, str_head(text, at));
	buf_add_text(&cut, ellipsis);
	table_cell(table, buf_str(&cut));
	return false;
}

void table_note(struct table *table, struct str text)
{
	auto_buf struct buf clean = buf_make(VISIBLE_MAX * text.len + CELL_MAX);

	buf_add_visible(&clean, text);
	table->notes = mem_grow(table->notes, table->note_count, &table->note_capacity,
				sizeof(*table->notes));
	table->notes[table->note_count++] = (struct note){
		.row = table->count / table->column_count,
		.text = arena_str(&table->arena, buf_str(&clean))
	};
}

static size_t column_width(const struct table *table, size_t column, bool header)
{
	size_t width = header ? width_of(str_of(table->columns[column].title)) : 0;

	for (size_t i = column; i < table->count; i += table->column_count)
		if (width_of(table->cells[i]) > width)
			width = width_of(table->cells[i]);
	return width;
}

/* One row; nothing is printed behind its last cell that has text. */
static void print_row(const struct table *table, const struct str *cells, const size_t *widths,
		      FILE *out)
{
	size_t last = table->column_count;

	while (last && cells[last - 1].len == 0)
		last--;
	for (size_t i = 0; i < last; i++) {
		int pad = (int)(widths[i] - width_of(cells[i]));

		if (table->columns[i].right)
			fprintf(out, "%*s", pad, "");
		fwrite(cells[i].ptr, 1, cells[i].len, out);
		if (i + 1 < last)
			fprintf(out, "%*s", table->columns[i].right ? 2 : pad + 2, "");
	}
	fputc('\n', out);
}

void table_print(const struct table *table, bool header, FILE *out)
{
	auto_free size_t     *widths = mem_alloc(table->column_count * sizeof(*widths));
	auto_free struct str *titles = mem_alloc(table->column_count * sizeof(*titles));
	size_t		      note = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		titles[i] = str_of(table->columns[i].title);
		widths[i] = column_width(table, i, header);
	}
	if (header)
		print_row(table, titles, widths, out);
	for (size_t row = 1; row * table->column_count <= table->count; row++) {
		print_row(table, table->cells + (row - 1) * table->column_count, widths, out);
		for (; note < table->note_count && table->notes[note].row == row; note++)
			fprintf(out, "%*s%s\n", NOTE_INDENT, "", table->notes[note].text.ptr);
	}
}

static bool is_formula(struct str text)
{
	return text.len > 1 && strchr("=+-@", text.ptr[0]);
}

static void print_csv_cell(struct str text, FILE *out)
{
	bool quoted = is_formula(text);

	for (size_t i = 0; i < text.len; i++)
		quoted = quoted || text.ptr[i] == ',' || text.ptr[i] == '"';
	fputs(quoted ? is_formula(text) ? "\"'" : "\"" : "", out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			fputc('"', out);
		fputc(text.ptr[i], out);
	}
	fputs(quoted ? "\"" : "", out);
}

void table_print_csv(const struct table *table, bool header, FILE *out)
{
	for (size_t i = 0; header && i < table->column_count; i++)
		fprintf(out, "%s%s", i ? "," : "", table->columns[i].title);
	if (header)
		fputc('\n', out);
	for (size_t i = 0; i < table->count; i++) {
		print_csv_cell(table->cells[i], out);
		fputc((i + 1) % table->column_count ? ',' : '\n', out);
	}
}

/* What Markdown or the HTML inside it would take for its own is escaped. */
static void print_markdown_cell(struct str text, FILE *out)
{
	fputs("| ", out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '<')
			fputs("&lt;", out);
		else if (strchr("|\\`*_[]", text.ptr[i]))
			fprintf(out, "\\%c", text.ptr[i]);
		else
			fputc(text.ptr[i], out);
	}
	fputc(' ', out);
}

void table_print_markdown(const struct table *table, FILE *out)
{
	for (size_t i = 0; i < table->column_count; i++)
		print_markdown_cell(str_of(table->columns[i].title), out);
	fputs("|\n", out);
	for (size_t i = 0; i < table->column_count; i++)
		fprintf(out, "|%s", table->columns[i].right ? "--:" : "---");
	fputs("|\n", out);
	for (size_t i = 0; i < table->count; i++) {
		print_markdown_cell(table->cells[i], out);
		fputs((i + 1) % table->column_count ? "" : "|\n", out);
	}
}
