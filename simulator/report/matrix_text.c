/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `weir matrix` for people: a table where it can be read as one, else a list of what is not closed.  The same in
 * Markdown.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/table.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/matrix_findings.h"
#include "simulator/report/matrix_pieces.h"
#include "simulator/report/matrix_rows.h"

enum { COLUMNS_MAX = 12, CELL_WIDTH = 36, PORTS_WIDTH = 64, WORDS_MAX = 1 << 16 };

/* What is printed of an answer. */
struct view {
	const struct matrix_answer *answer;
	size_t			   *groups; /* those that are not left out */
	size_t			    count;
	struct matrix_rows	    rows; /* of the list; of a table each a cell */
	size_t			    cut;  /* cells that were cut */
	bool			    markdown;
	FILE			   *out;
};

static struct view view_of(const struct matrix_answer *answer, bool markdown, FILE *out)
{
	size_t	    total = matrix_group_count(answer->matrix);
	struct view view = { .answer = answer, .markdown = markdown, .out = out };

	view.groups = mem_alloc((total + 1) * sizeof(*view.groups));
	for (size_t i = 0; i < total; i++)
		if (!matrix_is_left_out(answer->matrix, i))
			view.groups[view.count++] = i;
	if (view.count > COLUMNS_MAX)
		matrix_rows_of(answer->matrix, &view.rows);
	else
		matrix_rows_apart(answer->matrix, &view.rows);
	return view;
}

static void add_label(const struct view *view, size_t group, struct buf *out)
{
	auto_buf struct buf label = buf_make(MATRIX_LABEL_MAX);

	matrix_add_label(matrix_group(view->answer->matrix, group), &label);
	buf_add_visible(out, buf_str(&label));
}

static void print_table(const struct view *view, const struct table *table)
{
	if (view->markdown)
		table_print_markdown(table, view->out);
	else
		table_print(table, !view->answer->no_header, view->out);
}

static void add_cell(struct view *view, struct table *table, const struct cell *cell, size_t width)
{
	auto_buf struct buf words = buf_make(WORDS_MAX);

	if (cell->pairs == 0)
		buf_add_text(&words, "·");
	else if (cell->set == PACKET_SET_DENY)
		buf_add_text(&words, "–");
	else if (cell->set == PACKET_SET_UNKNOWN && cell->common == PACKET_SET_UNKNOWN &&
		 cell->unintended == PACKET_SET_DENY && cell->silent == PACKET_SET_DENY)
		buf_add_text(&words, "?");
	else
		matrix_words(reach_sets(view->answer->reach), cell, &words);
	view->cut += !table_cell_cut(table, buf_str(&words), width);
}

static void print_cells(struct view *view)
{
	auto_free struct table_column *columns = mem_alloc((view->count + 2) * sizeof(*columns));
	struct arena		       arena = { 0 };
	struct table		      *table;

	columns[0].title = "from \\ to";
	for (size_t i = 0; i < view->count; i++) {
		auto_buf struct buf label = buf_make(MATRIX_LABEL_MAX);

		add_label(view, view->groups[i], &label);
		columns[1 + i].title = arena_str(&arena, buf_str(&label)).ptr;
	}
	table = table_new(columns);
	for (size_t i = 0; i < view->count; i++) {
		auto_buf struct buf label = buf_make(MATRIX_LABEL_MAX);

		add_label(view, view->groups[i], &label);
		table_cell(table, buf_str(&label));
		for (size_t j = 0; j < view->count; j++) {
			struct cell cell = matrix_cell(view->answer->matrix, view->groups[i],
						       view->groups[j]);

			add_cell(view, table, &cell, CELL_WIDTH);
		}
	}
	print_table(view, table);
	table_free(table);
	arena_done(&arena);
}

static void add_labels(const struct view *view, const size_t *groups, size_t count,
		       struct table *table)
{
	auto_buf struct buf label = buf_make(MATRIX_LABEL_MAX);

	matrix_add_labels(view->answer->matrix, groups, count, &label);
	table_cell(table, buf_str(&label));
}

static void add_row(struct view *view, struct table *table, const struct matrix_row *row)
{
	uint64_t	    some = row->cell.open_pairs + row->cell.undecided_pairs;
	auto_buf struct buf pairs = buf_make(64);

	add_labels(view, row->srcs, row->src_count, table);
	add_labels(view, row->dsts, row->dst_count, table);
	add_cell(view, table, &row->cell, PORTS_WIDTH);
	buf_add_grouped(&pairs, some);
	if (some != row->cell.pairs) {
		buf_add_text(&pairs, " of ");
		buf_add_grouped(&pairs, row->cell.pairs);
	}
	table_cell(table, buf_str(&pairs));
}

static void print_list(struct view *view)
{
	static const struct table_column columns[] = {
		{ "FROM", false }, { "TO", false }, { "PORTS", false }, { "PAIRS", true }, { 0 }
	};
	auto_table struct table *table = table_new(columns);
	size_t			 shown = view->rows.count;

	if (view->answer->limit && view->answer->limit < shown)
		shown = view->answer->limit;
	for (size_t i = 0; i < shown; i++)
		add_row(view, table, &view->rows.items[i]);
	print_table(view, table);
	if (shown < view->rows.count)
		fprintf(view->out, "%s%zu more rows: --limit 0 shows all, -o csv names all\n",
			view->markdown ? "\n" : "", view->rows.count - shown);
}

static void print_paragraph(const struct view *view)
{
	if (view->markdown)
		fputc('\n', view->out);
}

static void print_left_out(const struct view *view)
{
	const struct matrix *matrix = view->answer->matrix;

	for (size_t i = 0; i < matrix_group_count(matrix); i++) {
		if (!matrix_is_left_out(matrix, i))
			continue;
		print_paragraph(view);
		fprintf(view->out, "%.*s is left out: everything from and to it is closed\n",
			STR_ARG(matrix_group(matrix, i)->members[0]->label));
	}
}

static void print_legend(const struct view *view)
{
	const struct matrix_summary *sum = &view->answer->summary;
	auto_buf struct buf	     ports = buf_make(MATRIX_LABEL_MAX);

	buf_add_visible(&ports, str_of(view->answer->ports_text));
	print_paragraph(view);
	fputs("cell = open ports, tcp's bare · ", view->out);
	if (view->answer->judge)
		fprintf(view->out, "\"!\" open but not allowed · %s",
			sum->silent ? "\"°\" the policy does not speak of it · " : "");
	fprintf(view->out,
		"\"~\" some pairs or addresses only%s · \"–\" closed · \"·\" no pairs · "
		"\"?\" undecided: %zu%s\n",
		sum->undecided ? ", \"~?\" of others undecided" : "", sum->undecided,
		view->answer->unknown_as == VERDICT_DENY    ? " (--unknown: taken as closed)"
		: view->answer->unknown_as == VERDICT_ALLOW ? " (--unknown: taken as open)"
							    : "");
	if (view->answer->ports_text) {
		print_paragraph(view);
		fprintf(view->out, "of %s only\n", ports.data);
	}
	if (view->cut) {
		print_paragraph(view);
		fprintf(view->out, "%zu cut short with …: -o csv has all of it\n", view->cut);
	}
	if (parties_are_nobody(view->answer->parties)) {
		print_paragraph(view);
		fprintf(view->out, "%s\n", PARTIES_NOBODY);
	} else {
		print_left_out(view);
	}
	empty_tiers_print(view->answer->judge, view->markdown ? "\n" : "", view->out);
}

static void add_finding(const struct view *view, struct table *table,
			const struct matrix_finding *finding, enum matrix_finding_kind kind)
{
	auto_buf struct buf	 ends = buf_make(2 * MATRIX_LABEL_MAX), ports = buf_make(WORDS_MAX);
	auto_buf struct buf	 pairs = buf_make(64), why = buf_make(WORDS_MAX);
	auto_buf struct buf	 intent = buf_make(64), example = buf_make(WORDS_MAX);
	const struct matrix_row *row = finding->row;

	matrix_add_labels(view->answer->matrix, row->srcs, row->src_count, &ends);
	buf_add_text(&ends, " -> ");
	matrix_add_labels(view->answer->matrix, row->dsts, row->dst_count, &ends);
	packet_words(reach_sets(view->answer->reach), finding->set, VERDICT_ALLOW, &ports);
	matrix_add_pairs(finding->pairs, finding->of, &pairs);
	matrix_add_reason(view->answer->world, finding, &why);
	if (row->src_count * row->dst_count > 1)
		buf_add_text(kind == MATRIX_OPENING ? &intent : &example, "e.g. ");
	buf_add_str(&example, buf_str(&why));
	if (kind == MATRIX_OPENING)
		matrix_add_intent(finding, &intent);
	if (!view->markdown)
		table_cell(table, str_of(kind == MATRIX_DOUBT ? "  ?" : "  !"));
	table_cell(table, buf_str(&ends));
	(void)table_cell_cut(table, buf_str(&ports), CELL_WIDTH);
	table_cell(table, buf_str(&pairs));
	if (kind == MATRIX_OPENING)
		table_cell(table, buf_str(&intent));
	table_cell(table, buf_str(&example));
}

/* In Markdown without the first column, of a doubt without the last but one. */
static struct table *findings_table(const struct view *view, enum matrix_finding_kind kind)
{
	static const struct table_column openings[] = {
		{ "", false },
		{ "FROM -> TO", false },
		{ "PORTS", false },
		{ "PAIRS", false },
		{ "POLICY", false },
		{ "RULE", false },
		{ 0 },
	};
	static const struct table_column doubts[] = {
		{ "", false },	    { "FROM -> TO", false },	    { "PORTS", false },
		{ "PAIRS", false }, { "WHAT IS NOT KNOWN", false }, { 0 },
	};

	return table_new((kind == MATRIX_DOUBT ? doubts : openings) + view->markdown);
}

static void print_findings(const struct view *view, enum matrix_finding_kind kind)
{
	auto_table struct table			   *table = findings_table(view, kind);
	auto_matrix_findings struct matrix_findings findings = { 0 };
	bool					    is_doubt = kind == MATRIX_DOUBT;

	matrix_findings_of(view->answer, &view->rows, kind, &findings);
	if (findings.count == 0 && is_doubt)
		return;
	for (size_t i = 0; i < findings.count; i++)
		add_finding(view, table, &findings.items[i], kind);
	print_paragraph(view);
	if (findings.rows_left_out)
		fprintf(view->out, "%s, the first %zu (--limit 0 shows all):\n",
			is_doubt ? "undecided" : "extra openings", findings.count);
	else
		fprintf(view->out, "%zu %s%s%s\n", findings.count,
			is_doubt ? "undecided" : "extra opening",
			is_doubt || findings.count == 1 ? "" : "s", findings.count ? ":" : "");
	print_paragraph(view);
	if (findings.count && view->markdown)
		table_print_markdown(table, view->out);
	else if (findings.count)
		table_print(table, false, view->out);
}

static void print(const struct matrix_answer *answer, bool markdown, FILE *out)
{
	struct view view = view_of(answer, markdown, out);

	if (view.count > COLUMNS_MAX)
		print_list(&view);
	else
		print_cells(&view);
	print_legend(&view);
	if (answer->judge)
		print_findings(&view, MATRIX_OPENING);
	print_findings(&view, MATRIX_DOUBT);
	matrix_rows_done(&view.rows);
	free(view.groups);
}

void matrix_print_text(const void *answer, FILE *out)
{
	print(answer, false, out);
}

void matrix_print_markdown(const void *answer, FILE *out)
{
	print(answer, true, out);
}
