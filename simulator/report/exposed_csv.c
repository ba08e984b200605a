/* SPDX-License-Identifier: Apache-2.0 */
/* `weir exposed -o csv`: a line for each interface, row and protocol; of a load balancer one for all nodes. */
#include "lib/base/table.h"
#include "simulator/explain.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/exposed_words.h"

enum { TEXT_MAX = 4096, LIST_MAX = 1 << 28 };

struct csv {
	const struct exposed_answer *answer;
	struct table		    *table;
	uint64_t		     left; /* lines that the limit still lets through */
};

/* What the lines of one row and protocol share. */
enum { PROTO, PORTS, FROM, VIA, REASON, RISK, SHARED_COUNT };

static bool is_first_of_protocol(const struct packet_pieces *pieces, size_t i)
{
	return i == 0 || pieces->items[i - 1].protocol != pieces->items[i].protocol;
}

/* "tcp/22,443" in two columns; where there are no ports it is all of the protocol. */
static void add_ports(const struct exposed_answer *answer, const struct exposure_row *row,
		      const struct packet_piece *piece, struct buf *cells)
{
	static const struct port_range all = { .min = 0, .max = UINT16_MAX };
	struct packet_sets	      *sets = reach_sets(answer->exposure->reach);
	auto_buf struct buf	       words = buf_make(LIST_MAX);
	struct str		       rest;
	uint32_t		       own;

	if (piece->protocol == PROTO_ANY ||
	    (!proto_has_ports(piece->protocol) && !proto_is_icmp(piece->protocol))) {
		packet_piece_words(piece, &cells[PROTO]);
		buf_add_text(&cells[PORTS], "all");
		return;
	}
	own = packet_sets_both(sets, row->set,
			       packet_sets_header(sets, piece->protocol, all, -1, -1));
	packet_words(sets, own, VERDICT_ALLOW, &words);
	rest = buf_str(&words);
	buf_add_str(&cells[PROTO], str_cut(&rest, '/'));
	buf_add_str(&cells[PORTS], rest.len ? rest : str_of("all"));
}

static void add_from(const struct addresses *addresses, struct buf *out)
{
	char text[EXPLAIN_ADDRESS_SIZE];

	for (size_t i = 0; i < addresses->count; i++) {
		cidr_print(addresses->cidrs[i], text);
		buf_printf(out, "%s%s", i ? " " : "", text);
	}
}

static void add_line(struct csv *csv, struct str id, struct str name, const char *public_ip,
		     const struct buf *cells)
{
	if (csv->left == 0)
		return;
	csv->left--;
	table_cell(csv->table, id);
	table_cell(csv->table, name);
	table_cell(csv->table, str_of(public_ip));
	for (size_t i = 0; i < SHARED_COUNT; i++)
		table_cell_whole(csv->table, buf_str(&cells[i]));
}

static void add_interfaces(struct csv *csv, const struct exposure_row *row, const struct buf *cells)
{
	const struct world *world = csv->answer->world;
	char		    text[EXPLAIN_ADDRESS_SIZE];

	for (size_t i = 0; i < row->part_count; i++)
		for (size_t j = 0; j < row->parts[i].count && csv->left; j++) {
			const struct end *end = exposure_end(csv->answer->exposure, &row->parts[i],
							     j);
			struct end	  outside = exposed_outside(csv->answer, end);

			explain_address(&outside, text);
			add_line(csv, world->enis[end->eni_idx].object.id,
				 world_eni_label(world, end->eni_idx),
				 outside.ip.family ? text : "", cells);
		}
}

/* The lines of the protocol that a piece is of. */
static void add_protocol(struct csv *csv, const struct exposure_row *row,
			 const struct packet_piece *piece)
{
	const struct exposed_answer *answer = csv->answer;
	struct buf		     cells[SHARED_COUNT];
	auto_buf struct buf	     id = buf_make(TEXT_MAX);

	for (size_t i = 0; i < SHARED_COUNT; i++)
		cells[i] = buf_make(i == FROM || i == PORTS ? LIST_MAX : TEXT_MAX);
	add_ports(answer, row, piece, cells);
	add_from(&answer->exposure->sources[row->sources], &cells[FROM]);
	exposed_add_via(answer, row, &cells[VIA]);
	exposed_add_reason(answer, row, &cells[REASON]);
	exposed_add_risk(answer, row, &cells[RISK]);
	if (row->lb_idx == WORLD_NONE) {
		add_interfaces(csv, row, cells);
	} else {
		buf_add_text(&id, "lb:");
		buf_add_str(&id, row->first_name);
		add_line(csv, buf_str(&id), row->first_name, "", cells);
	}
	for (size_t i = 0; i < SHARED_COUNT; i++)
		buf_done(&cells[i]);
}

static void add_row(struct csv *csv, const struct exposure_row *row)
{
	auto_packet_pieces struct packet_pieces pieces = { 0 };

	packet_pieces_of(reach_sets(csv->answer->exposure->reach), row->set, &pieces);
	for (size_t i = 0; i < pieces.count && csv->left; i++)
		if (is_first_of_protocol(&pieces, i))
			add_protocol(csv, row, &pieces.items[i]);
}

void exposed_print_csv(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "id", false },    { "name", false }, { "public", false }, { "proto", false },
		{ "ports", false }, { "from", false }, { "via", false },    { "reason", false },
		{ "risk", false },  { NULL, false },
	};
	const struct exposed_answer *answer = answer_ptr;
	auto_table struct table	    *table = table_new(columns);
	struct csv		     csv = { answer, table, answer->limit };

	for (size_t i = 0; i < answer->exposure->count; i++)
		add_row(&csv, &answer->exposure->rows[i]);
	table_print_csv(table, answer->header, out);
}

uint64_t exposed_csv_lines(const struct exposed_answer *answer)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < answer->exposure->count; i++) {
		const struct exposure_row	       *row = &answer->exposure->rows[i];
		auto_packet_pieces struct packet_pieces pieces = { 0 };

		packet_pieces_of(reach_sets(answer->exposure->reach), row->set, &pieces);
		for (size_t j = 0; j < pieces.count; j++)
			if (is_first_of_protocol(&pieces, j))
				lines += row->lb_idx == WORLD_NONE ? row->end_count : 1;
	}
	return lines;
}
