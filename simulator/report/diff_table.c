/* SPDX-License-Identifier: Apache-2.0 */
/* `weir diff` as rows for spreadsheets and pull requests. */
#include "lib/base/table.h"
#include "simulator/explain_delta.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/diff.h"
#include "simulator/report/empty_tiers.h"

enum { TEXT_MAX = 1 << 24 };

static const struct table_column csv_columns[] = {
	{ "change", false }, { "from", false },	       { "to", false },	   { "before", false },
	{ "after", false },  { "not_allowed", false }, { "pairs", false }, { "pairs_total", false },
	{ "cause", false },  { "silent", false },      { NULL, false },
};

static const struct table_column markdown_columns[] = {
	{ "Change", false }, { "From", false },		 { "To", false },    { "Before", false },
	{ "After", false },  { "Not allowed", false },	 { "Pairs", false }, { "Of", false },
	{ "Cause", false },  { "Policy silent", false }, { NULL, false },
};

static void add_cell(struct table *table, struct buf *cell)
{
	table_cell(table, buf_str(cell));
	buf_clear(cell);
}

/* Programs get every label, people the first and the last. */
static void add_labels(const struct diff_answer *answer, const struct path_change *change,
		       bool is_dst, bool all, struct buf *out)
{
	const uint32_t *crowds = is_dst ? change->dsts : change->srcs;
	size_t		count = is_dst ? change->dst_count : change->src_count;

	if (!all) {
		diff_add_parties(answer, change, is_dst, out);
		return;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < answer->crowds->items[crowds[i]].party_count; j++) {
			const struct crowd *crowd = &answer->crowds->items[crowds[i]];

			if (i + j)
				buf_add_text(out, "; ");
			if (crowd->scope == KIND_INTERFACES)
				buf_add_str(out, crowd->parties[j].label);
			else
				diff_add_foreign(answer, change, crowd->scope, SIZE_MAX, out);
		}
}

static void add_row(struct table *table, const struct diff_answer *answer,
		    const struct path_change *change, bool all)
{
	auto_buf struct buf cell = buf_make(TEXT_MAX);

	table_cell(table, str_of(diff_sign_word(change->sign)));
	add_labels(answer, change, false, all, &cell);
	add_cell(table, &cell);
	add_labels(answer, change, true, all, &cell);
	add_cell(table, &cell);
	for (size_t side = 0; side < 2; side++) {
		diff_add_side(answer, change, side, &cell);
		add_cell(table, &cell);
	}
	packet_words(answer->sets, change->unintended, VERDICT_ALLOW, &cell);
	add_cell(table, &cell);
	if (change->pairs_total)
		buf_add_u64(&cell, change->pairs);
	add_cell(table, &cell);
	if (change->pairs_total)
		buf_add_u64(&cell, change->pairs_total);
	add_cell(table, &cell);
	diff_add_judged(answer, change, &cell);
	for (size_t i = 0; i < change->cause_count; i++) {
		if (cell.len)
			buf_add_text(&cell, "; ");
		diff_add_cause(answer, change->causes[i], &cell);
	}
	if (change->cause_count == 0)
		diff_add_untraced(change, &cell);
	add_cell(table, &cell);
	packet_words(answer->sets, change->silent, VERDICT_ALLOW, &cell);
	add_cell(table, &cell);
}

static struct table *rows_of(const struct diff_answer *answer, bool all)
{
	struct table *table = table_new(all ? csv_columns : markdown_columns);

	for (size_t i = 0; i < answer->changes->count && (all || i < answer->limit); i++)
		add_row(table, answer, &answer->changes->items[i], all);
	return table;
}

void diff_print_csv(const void *answer_ptr, FILE *out)
{
	const struct diff_answer *answer = answer_ptr;
	auto_table struct table	 *table = rows_of(answer, true);

	table_print_csv(table, !answer->no_header, out);
}

static void print_noise(const struct diff_answer *answer, FILE *out)
{
	static const struct table_column columns[] = { { "Without effect", false },
						       { NULL, false } };
	auto_table struct table		*table = table_new(columns);
	auto_buf struct buf		 text = buf_make(TEXT_MAX);

	for (size_t i = 0; i < answer->delta->count; i++) {
		if (answer->changes->is_cause[i])
			continue;
		explain_change(answer->delta, &answer->delta->changes[i], &text);
		add_cell(table, &text);
	}
	fputc('\n', out);
	table_print_markdown(table, out);
}

void diff_print_markdown(const void *answer_ptr, FILE *out)
{
	const struct diff_answer *answer = answer_ptr;
	auto_table struct table	 *table = rows_of(answer, false);
	struct diff_noise	  noise = diff_noise_of(answer);

	if (answer->changes->count)
		table_print_markdown(table, out);
	else
		fputs("No path differs.\n", out);
	if (answer->changes->count > answer->limit)
		fprintf(out, "\n%zu more.\n", answer->changes->count - answer->limit);
	fprintf(out, "\n%s: %zu %s.\n", diff_noise_words(answer), noise.count,
		noise.count == 1 ? "change" : "changes");
	if (answer->all && noise.count)
		print_noise(answer, out);
	empty_tiers_print(answer->judge, "\n", out);
}
