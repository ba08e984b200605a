/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "lib/base/arena.h"
#include "simulator/report/amount.h"
#include "simulator/report/top.h"

enum { COLUMNS_MAX = BY_ITEMS_MAX + RANKING_TOTAL_COUNT + 1, TEXT_MAX = 1 << 17, CSV_ROWS = 1024 };

/* Text is for people, CSV for programs: its titles are options' words, its numbers plain. */
struct form {
	struct table_column columns[COLUMNS_MAX];
	struct arena	    titles;
	struct buf	    cell; /* to make a cell in */
	bool		    is_csv;
};

static struct form form_make(bool is_csv)
{
	return (struct form){ .cell = buf_make(TEXT_MAX), .is_csv = is_csv };
}

static void form_done(struct form *form)
{
	arena_done(&form->titles);
	buf_done(&form->cell);
}

static bool is_number(struct subject subject)
{
	return subject_type(subject) == FIELD_TYPE_U64;
}

static const char *title(struct form *form, struct str name)
{
	struct str copy = arena_str(&form->titles, name);
	char	  *at = (char *)(uintptr_t)copy.ptr;

	for (size_t i = 0; i < copy.len && !form->is_csv; i++)
		at[i] = (char)toupper((unsigned char)at[i]);
	return copy.ptr;
}

static void make_columns(struct form *form, const struct ranking_question *question)
{
	struct table_column *column = form->columns;

	for (uint8_t i = 0; i < question->by.item_count; i++) {
		auto_buf struct buf name = buf_make(TEXT_MAX);

		by_item_print(&question->by.items[i], &name);
		*column++ = (struct table_column){ title(form, buf_str(&name)),
						   is_number(question->by.items[i].subject) };
	}
	for (uint8_t i = 0; i < question->shown_count; i++)
		*column++ = (struct table_column){
			title(form, str_of(ranking_total_name(question->shown[i]))), true
		};
}

static void number_cell(struct table *table, struct form *form, uint64_t value)
{
	buf_clear(&form->cell);
	if (form->is_csv)
		buf_add_u64(&form->cell, value);
	else
		buf_add_grouped(&form->cell, value);
	table_cell(table, buf_str(&form->cell));
}

static void time_cell(struct table *table, struct form *form, uint64_t time_s, bool has)
{
	buf_clear(&form->cell);
	if (has)
		amount_add_time(&form->cell, time_s);
	else if (!form->is_csv)
		buf_add_char(&form->cell, '-');
	table_cell(table, buf_str(&form->cell));
}

static void total_cell(struct table *table, struct form *form, enum ranking_total total,
		       uint64_t value)
{
	switch (total) {
	case RANKING_RECORDS:
	case RANKING_PACKETS:
		number_cell(table, form, value);
		break;
	case RANKING_BYTES:
		if (form->is_csv)
			number_cell(table, form, value);
		else
			amount_cell_size(table, value);
		break;
	case RANKING_START:
		time_cell(table, form, value, value != UINT64_MAX);
		break;
	case RANKING_END:
		time_cell(table, form, value, value != 0);
		break;
	case RANKING_TOTAL_COUNT:
		break;
	}
}

static void group_cells(struct table *table, struct form *form, const struct top_answer *answer,
			const struct ranking_group *group)
{
	const struct ranking_question *question = answer->question;

	for (uint8_t item = 0; item < question->by.item_count; item++) {
		buf_clear(&form->cell);
		top_add_value(answer, group, item, &form->cell);
		if (form->cell.len == 0 && !form->is_csv)
			buf_add_char(&form->cell, '-');
		table_cell(table, buf_str(&form->cell));
	}
	for (uint8_t i = 0; i < question->shown_count; i++)
		if (answer->ranking->lacks[question->shown[i]])
			table_cell(table, str_of(form->is_csv ? "" : "-"));
		else
			total_cell(table, form, question->shown[i],
				   group->totals[question->shown[i]]);
}

/* All of them at once, as columns must be wide enough for the widest. */
static void print_groups(const struct top_answer *answer, FILE *out)
{
	struct form		 form = form_make(false);
	auto_table struct table *table = NULL;

	make_columns(&form, answer->question);
	table = table_new(form.columns);
	for (size_t i = 0; i < answer->ranking->group_count; i++)
		group_cells(table, &form, answer, &answer->ranking->groups[i]);
	if (answer->ranking->group_count)
		table_print(table, answer->header, out);
	form_done(&form);
}

static void add_if(struct buf *line, uint64_t value, const char *what)
{
	if (value == 0)
		return;
	buf_add_text(line, "  ");
	buf_add_grouped(line, value);
	buf_add_text(line, what);
}

static void print_head(const struct top_answer *answer, FILE *out)
{
	const struct ranking_answer *ranking = answer->ranking;
	auto_buf struct buf	     line = buf_make(TEXT_MAX);

	if (answer->report->interrupted)
		buf_add_text(&line, "PARTIAL, interrupted after ");
	amount_add_of(&line, answer->report->rows, "record");
	buf_add_text(&line, "  ");
	amount_add_of(&line, answer->report->files, "file");
	buf_add_text(&line, "  ");
	buf_add_grouped(&line, ranking->totals[RANKING_RECORDS]);
	buf_add_text(&line, " matched  ");
	amount_add_of(&line, ranking->groups_total, "group");
	add_if(&line, ranking->outside, " outside the period");
	add_if(&line, ranking->timeless, " without a time");
	add_if(&line, answer->report->bad.total,
	       answer->report->bad.total == 1 ? " BAD LINE, not counted"
					      : " BAD LINES, not counted");
	add_if(&line, answer->report->unread.total,
	       answer->report->unread.total == 1 ? " FILE NOT READ to its end"
						 : " FILES NOT READ to their end");
	add_if(&line, ranking->left_out, " LEFT OUT: no room (stderr says where)");
	fprintf(out, "%s\n", line.data);
	if (ranking->left_out)
		fputs("what was left out may be of any group: their sums may be too low, and "
		      "groups "
		      "may be missing\n",
		      out);
}

void top_print_text(const void *answer_ptr, FILE *out)
{
	const struct top_answer *answer = answer_ptr;
	uint64_t	    more = answer->ranking->groups_total - answer->ranking->group_count;
	auto_buf struct buf line = buf_make(TEXT_MAX);

	print_head(answer, out);
	print_groups(answer, out);
	if (more == 0)
		return;
	buf_add_grouped(&line, more);
	fprintf(out, "%s more group%s (--limit)\n", line.data, more == 1 ? "" : "s");
}

/* Some at a time: there may be millions. */
void top_print_csv(const void *answer_ptr, FILE *out)
{
	const struct top_answer	    *answer = answer_ptr;
	const struct ranking_answer *ranking = answer->ranking;
	struct form		     form = form_make(true);
	size_t			     next = 0;

	make_columns(&form, answer->question);
	do {
		bool			 header = answer->header && next == 0;
		auto_table struct table *table = table_new(form.columns);

		for (size_t i = 0; i < CSV_ROWS && next < ranking->group_count; i++)
			group_cells(table, &form, answer, &ranking->groups[next++]);
		table_print_csv(table, header, out);
	} while (next < ranking->group_count);
	form_done(&form);
}
