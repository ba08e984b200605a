/* SPDX-License-Identifier: Apache-2.0 */
/* `weir who -o csv`, `weir reach -o csv`: a line for each party, stretch of packets and rule. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/table.h"
#include "simulator/explain.h"
#include "simulator/report/peers_pieces.h"
#include "simulator/report/peers_words.h"

enum { TEXT_MAX = 4096, BLOCKS_TEXT_MAX = 1 << 24 };

static void add_policy_cells(struct table *table, const struct peers_answer *answer,
			     const struct intent_answer *intent)
{
	bool has_policy = answer->peers->query.judge != NULL;

	table_cell(table, str_of(has_policy ? intent_verdict_text(intent->verdict) : ""));
	if (intent->statement)
		table_cell_u64(table, intent->statement->line);
	else
		table_cell(table, str_of(""));
}

static void add_decider_cells(struct table *table, const struct peers_answer *answer,
			      const struct decider *decider)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (decider->rule)
		rule_text_sg_in(answer->world, decider->rule, &text);
	else if (decider->doubt)
		explain_doubt(answer->world, decider->doubt, &text);
	table_cell(table, str_of(verdict_text(decider->verdict)));
	table_cell(table, decider->rule ? decider->rule->id : str_of(""));
	table_cell(table, decider->rule && decider->sg_idx != WORLD_NONE
				  ? answer->world->sgs[decider->sg_idx].object.id
				  : str_of(""));
	table_cell(table, buf_str(&text));
}

/* Empty where the protocol has no such thing. */
static void add_range_cells(struct table *table, struct port_range range, bool is_there)
{
	if (is_there) {
		table_cell_u64(table, range.min);
		table_cell_u64(table, range.max);
	} else {
		table_cell(table, str_of(""));
		table_cell(table, str_of(""));
	}
}

static void add_piece_cells(struct table *table, const struct packet_piece *piece)
{
	bool is_icmp = proto_is_icmp(piece->protocol);
	char name[PROTO_TEXT_SIZE];

	proto_print(piece->protocol, name);
	if (piece->protocol == PROTO_ANY) {
		auto_buf struct buf words = buf_make(TEXT_MAX);

		packet_piece_words(piece, &words);
		table_cell(table, buf_str(&words));
	} else {
		table_cell(table, str_of(name));
	}
	add_range_cells(table, is_icmp ? piece->types : piece->ports,
			is_icmp || proto_has_ports(piece->protocol));
	add_range_cells(table, piece->codes, is_icmp);
}

/* All blocks of a fact, with blanks between them; nothing when it is of another verdict. */
static void add_blocks_cell(struct table *table, const struct peers_answer *answer,
			    const struct peer_fact *fact, enum verdict verdict)
{
	auto_buf struct buf list = buf_make(BLOCKS_TEXT_MAX);
	struct addresses    lists[PEERS_ADDRESSES];
	size_t		    count = 0;
	char		    cidr[CIDR_TEXT_SIZE];

	if (fact->decider.verdict == verdict)
		count = peers_fact_addresses(answer, fact, lists);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lists[i].count; j++) {
			cidr_print(lists[i].cidrs[j], cidr);
			buf_printf(&list, "%s%s", list.len ? " " : "", cidr);
		}
		addresses_done(&lists[i]);
	}
	table_cell_whole(table, buf_str(&list));
}

static void add_piece(struct table *table, const struct peers_answer *answer,
		      const struct peer_row *row, const struct peers_piece *piece)
{
	table_cell(table, row->party->label);
	table_cell(table, row->party->id);
	table_cell_u64(table, row->ends);
	table_cell_u64(table, row->undecided);
	table_cell_u64(table, row->of);
	table_cell_u64(table, row->query_ends);
	add_blocks_cell(table, answer, piece->fact, VERDICT_ALLOW);
	add_blocks_cell(table, answer, piece->fact, VERDICT_UNKNOWN);
	add_piece_cells(table, &piece->piece);
	add_decider_cells(table, answer, &piece->fact->decider);
	add_policy_cells(table, answer, &piece->fact->intent);
}

void peers_print_csv(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "party", false },	{ "id", false },
		{ "ends", false },	{ "undecided", false },
		{ "of", false },	{ "query_ends", false },
		{ "addresses", false }, { "addresses_undecided", false },
		{ "protocol", false },	{ "from", false },
		{ "to", false },	{ "code", false },
		{ "code_to", false },	{ "verdict", false },
		{ "rule", false },	{ "group", false },
		{ "text", false },	{ "policy", false },
		{ "line", false },	{ NULL, false },
	};
	const struct peers_answer *answer = answer_ptr;
	auto_table struct table	  *table = table_new(columns);

	for (size_t i = 0; i < answer->peers->row_count && i < answer->limit; i++) {
		const struct peer_row	     *row = &answer->peers->rows[i];
		size_t			      count;
		auto_free struct peers_piece *pieces = peers_pieces(answer, row, &count);

		for (size_t j = 0; j < count; j++)
			add_piece(table, answer, row, &pieces[j]);
	}
	table_print_csv(table, answer->header, out);
}
