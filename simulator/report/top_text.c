/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <inttypes.h>

#include "lib/base/arena.h"
#include "simulator/report/amount.h"
#include "simulator/report/top.h"

enum { COLUMNS_MAX = BY_ITEMS_MAX + RANKING_TOTAL_COUNT + 1, TEXT_MAX = 1 << 17 };

/* Text is for people, CSV for programs: its titles are options' words, its numbers plain. */
struct form {
	struct table_column columns[COLUMNS_MAX];
	struct arena	    titles;
	bool		    is_csv;
};

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

static void number_cell(struct table *table, const struct form *form, uint64_t value)
{
	if (form->is_csv)
		table_cellf(table, "%" PRIu64, value);
	else
		amount_cell(table, value);
}

static void time_cell(struct table *table, const struct form *form, uint64_t time_s, bool has)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (has)
		amount_add_time(&text, time_s);
	else if (!form->is_csv)
		buf_add_char(&text, '-');
	table_cell(table, buf_str(&text));
}

static void total_cell(struct table *table, const struct form *form, enum ranking_total total,
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

static void print_groups(const struct top_answer *answer, bool is_csv, FILE *out)
{
	const struct ranking_question *question = answer->question;
	struct form		       form = { .is_csv = is_csv };
	auto_table struct table	      *table = NULL;

	make_columns(&form, question);
	table = table_new(form.columns);
	for (size_t i = 0; i < answer->ranking->group_count; i++) {
		const struct ranking_group *group = &answer->ranking->groups[i];

		for (uint8_t item = 0; item < question->by.item_count; item++) {
			auto_buf struct buf text = buf_make(TEXT_MAX);

			top_add_value(answer, group, item, &text);
			table_cell(table, text.len || is_csv ? buf_str(&text) : str_of("-"));
		}
		for (uint8_t j = 0; j < question->shown_count; j++)
			total_cell(table, &form, question->shown[j],
				   group->totals[question->shown[j]]);
	}
	if (is_csv)
		table_print_csv(table, answer->header, out);
	else if (answer->ranking->group_count)
		table_print(table, answer->header, out);
	arena_done(&form.titles);
}

static void add_if(struct buf *line, uint64_t value, const char *what)
{
	if (value == 0)
		return;
	buf_add_text(line, "  ");
	amount_add(line, value);
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
	amount_add(&line, ranking->totals[RANKING_RECORDS]);
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
	add_if(&line, ranking->left_out, " LEFT OUT: no room (--memory)");
	fprintf(out, "%s\n", line.data);
}

void top_print_text(const void *answer_ptr, FILE *out)
{
	const struct top_answer *answer = answer_ptr;
	uint64_t	    more = answer->ranking->groups_total - answer->ranking->group_count;
	auto_buf struct buf line = buf_make(TEXT_MAX);

	print_head(answer, out);
	print_groups(answer, false, out);
	if (more == 0)
		return;
	amount_add(&line, more);
	fprintf(out, "%s more group%s (--limit)\n", line.data, more == 1 ? "" : "s");
}

void top_print_csv(const void *answer, FILE *out)
{
	print_groups(answer, true, out);
}
