/* SPDX-License-Identifier: Apache-2.0 */
/* `weir matrix -o csv`: a line for each cell and piece of its packets that is not closed. */
#include "lib/base/table.h"
#include "simulator/report/matrix.h"
#include "simulator/report/matrix_pieces.h"

enum { WORDS_MAX = 1 << 16 };

static void add_group(const struct matrix_answer *answer, size_t group, struct table *table)
{
	const struct matrix_group *item = matrix_group(answer->matrix, group);
	auto_buf struct buf	   label = buf_make(MATRIX_LABEL_MAX);

	matrix_add_label(item, &label);
	table_cell(table, buf_str(&label));
	table_cell(table, item->count == 1 ? item->members[0]->id : str_of(""));
}

static void add_cell(const struct matrix_answer *answer, size_t src, size_t dst,
		     struct cell_parts *parts, struct table *table)
{
	struct packet_sets		       *sets = reach_sets(answer->reach);
	struct cell				cell = matrix_cell(answer->matrix, src, dst);
	auto_matrix_pieces struct matrix_pieces pieces = { 0 };

	if (cell.set == PACKET_SET_DENY)
		return;
	matrix_parts(answer->matrix, src, dst, parts);
	matrix_pieces_of(sets, &cell, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		const struct matrix_piece *item = &pieces.items[i];
		struct matrix_piece_pairs  pairs = matrix_piece_pairs(sets, item, parts);
		auto_buf struct buf	   words = buf_make(WORDS_MAX);

		packet_piece_words(&item->piece, &words);
		add_group(answer, src, table);
		add_group(answer, dst, table);
		table_cell(table, buf_str(&words));
		table_cell(table, str_of(verdict_text(item->piece.verdict)));
		table_cell(table, str_of(answer->judge ? matrix_piece_policy(item) : ""));
		table_cell(table, str_of(item->is_partial ? "some" : "all"));
		table_cell_u64(table, pairs.open);
		table_cell_u64(table, pairs.undecided);
		table_cell_u64(table, cell.pairs);
	}
}

void matrix_print_csv(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "from", false },	     { "from_id", false }, { "to", false },
		{ "to_id", false },	     { "ports", false },   { "verdict", false },
		{ "policy", false },	     { "share", false },   { "open_pairs", true },
		{ "undecided_pairs", true }, { "pairs", true },	   { 0 },
	};
	const struct matrix_answer	 *answer = answer_ptr;
	auto_table struct table		 *table = table_new(columns);
	size_t				  count = matrix_group_count(answer->matrix);
	auto_cell_parts struct cell_parts parts = { 0 };

	for (size_t i = 0; i < count * count; i++)
		add_cell(answer, i / count, i % count, &parts, table);
	table_print_csv(table, !answer->no_header, out);
}
