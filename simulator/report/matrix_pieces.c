/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix_pieces.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { PIECES_SHORT = 4, WORDS_MAX = 1 << 16 };

/* Where a cell has each of the properties, as sets that allow or deny. */
struct aspects {
	uint32_t open, undecided;
	uint32_t unintended; /* of either */
	uint32_t silent;     /* likewise; nothing of what is unintended */
	uint32_t shared;     /* all pairs have what `open` or `undecided` says */
	uint32_t unknown;    /* of what is open: others are undecided */
};

static struct aspects aspects_of(struct packet_sets *sets, const struct cell *cell)
{
	struct aspects aspects = {
		.open = packet_sets_where(sets, cell->set, VERDICT_ALLOW),
		.undecided = packet_sets_where(sets, cell->set, VERDICT_UNKNOWN),
		.unintended = packet_sets_where(sets, cell->unintended, VERDICT_ALLOW),
	};
	uint32_t doubtful = packet_sets_where(sets, cell->unintended, VERDICT_UNKNOWN);
	uint32_t unspoken = packet_sets_where(sets, cell->silent, VERDICT_UNKNOWN);
	uint32_t closed = packet_sets_where(sets, cell->common, VERDICT_DENY);

	aspects.unknown = packet_sets_both(sets, aspects.open, cell->unknown);
	aspects.unintended = packet_sets_either(
		sets, aspects.unintended, packet_sets_both(sets, aspects.undecided, doubtful));
	aspects.silent = packet_sets_either(sets,
					    packet_sets_where(sets, cell->silent, VERDICT_ALLOW),
					    packet_sets_both(sets, aspects.undecided, unspoken));
	aspects.silent = packet_sets_both(sets, aspects.silent,
					  packet_sets_not(sets, aspects.unintended));
	aspects.shared = packet_sets_either(
		sets, packet_sets_where(sets, cell->common, VERDICT_ALLOW),
		packet_sets_both(sets, aspects.undecided, packet_sets_not(sets, closed)));
	return aspects;
}

static void add(struct matrix_pieces *out, struct packet_sets *sets, uint32_t set,
		struct matrix_piece mark)
{
	auto_packet_pieces struct packet_pieces pieces = { 0 };

	packet_pieces_of(sets, set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
		mark.piece = pieces.items[i];
		mark.piece.verdict = mark.is_undecided ? VERDICT_UNKNOWN : VERDICT_ALLOW;
		out->items[out->count++] = mark;
	}
}

static int place_of(const struct packet_piece *piece)
{
	switch (piece->protocol) {
	case PROTO_TCP:
		return -4;
	case PROTO_UDP:
		return -3;
	case PROTO_ICMP:
		return -2;
	case PROTO_ICMPV6:
		return -1;
	case PROTO_ANY:
		return INT16_MAX;
	default:
		return piece->protocol;
	}
}

static int compare_pieces(const void *a, const void *b)
{
	const struct packet_piece *x = &((const struct matrix_piece *)a)->piece;
	const struct packet_piece *y = &((const struct matrix_piece *)b)->piece;
	int			   order = place_of(x) - place_of(y);

	return order ? order : (x->key > y->key) - (x->key < y->key);
}

/* Which of the properties part pieces. */
enum { BY_INTENT = 1, BY_SHARE = 2 };

/* What of a set is, or is not, in another. */
static uint32_t part_of(struct packet_sets *sets, uint32_t set, uint32_t other, bool is_in)
{
	return packet_sets_both(sets, set, is_in ? other : packet_sets_not(sets, other));
}

static void find_pieces(struct packet_sets *sets, const struct aspects *aspects, int by,
			struct matrix_pieces *out)
{
	*out = (struct matrix_pieces){ 0 };
	for (int i = 0; i < 32; i++) {
		struct matrix_piece mark = { .is_undecided = i & 1,
					     .is_unintended = i & 2,
					     .is_partial = i & 4,
					     .has_undecided = i & 8,
					     .is_silent = i & 16 };
		uint32_t	    set = mark.is_undecided ? aspects->undecided : aspects->open;

		if (((mark.is_unintended || mark.is_silent) && !(by & BY_INTENT)) ||
		    (mark.is_unintended && mark.is_silent) ||
		    ((mark.is_partial || mark.has_undecided) && !(by & BY_SHARE)))
			continue;
		if (by & BY_SHARE) {
			set = part_of(sets, set, aspects->shared, !mark.is_partial);
			set = part_of(sets, set, aspects->unknown, mark.has_undecided);
		}
		if (by & BY_INTENT) {
			set = part_of(sets, set, aspects->unintended, mark.is_unintended);
			set = part_of(sets, set, aspects->silent, mark.is_silent);
		}
		add(out, sets, set, mark);
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_pieces);
}

/* The packets of a piece. */
static uint32_t set_of(struct packet_sets *sets, const struct packet_piece *piece)
{
	uint32_t base = (uint32_t)piece->protocol << 16, set = PACKET_SET_ALLOW;

	if (piece->protocol != PROTO_ANY) {
		uint32_t last = base | piece->ports.max;

		if (proto_is_icmp(piece->protocol))
			last = base | (uint32_t)piece->types.max << 8 | piece->codes.max;
		else if (!proto_has_ports(piece->protocol))
			last = base | UINT16_MAX;
		return packet_sets_range(sets, piece->key, last, VERDICT_ALLOW);
	}
	for (uint32_t protocol = 0; protocol < PACKET_KEY_END / PACKET_KEYS; protocol++)
		if (packet_piece_excepts(piece, (int)protocol))
			set = packet_sets_both(
				sets, set,
				packet_sets_not(sets, packet_sets_range(sets, protocol << 16,
									protocol << 16 | UINT16_MAX,
									VERDICT_ALLOW)));
	return set;
}

/* Fewer pieces: each has the marks of any part of it. */
static void find_few(struct packet_sets *sets, const struct aspects *aspects, int by,
		     struct matrix_pieces *out)
{
	uint32_t partial = packet_sets_not(sets, aspects->shared);

	find_pieces(sets, aspects, by, out);
	for (size_t i = 0; i < out->count; i++) {
		uint32_t set = set_of(sets, &out->items[i].piece);

		if (packet_sets_both(sets, set, partial) != PACKET_SET_DENY)
			out->items[i].is_partial = true;
		if (packet_sets_both(sets, set, aspects->unintended) != PACKET_SET_DENY)
			out->items[i].is_unintended = true;
		else if (packet_sets_both(sets, set, aspects->silent) != PACKET_SET_DENY)
			out->items[i].is_silent = true;
		if (packet_sets_both(sets, set, aspects->unknown) != PACKET_SET_DENY)
			out->items[i].has_undecided = true;
	}
}

void matrix_pieces_of(struct packet_sets *sets, const struct cell *cell, struct matrix_pieces *out)
{
	struct aspects aspects = aspects_of(sets, cell);

	find_pieces(sets, &aspects, BY_INTENT | BY_SHARE, out);
}

const char *matrix_piece_policy(const struct matrix_piece *piece)
{
	return piece->is_unintended ? "unintended" : piece->is_silent ? "silent" : "intended";
}

void matrix_pieces_done(struct matrix_pieces *pieces)
{
	free(pieces->items);
	*pieces = (struct matrix_pieces){ 0 };
}

struct matrix_piece_pairs matrix_piece_pairs(const struct packet_sets  *sets,
					     const struct matrix_piece *piece,
					     const struct cell_parts   *parts)
{
	struct matrix_piece_pairs pairs = { 0 };
	uint32_t		  key = piece->piece.key;

	for (size_t i = 0; i < parts->count; i++) {
		const struct cell_part *part = &parts->items[i];

		if (packet_sets_at(sets, part->set, key) == VERDICT_ALLOW)
			pairs.open += part->pairs;
		if (packet_sets_at(sets, part->unknown, key) == VERDICT_ALLOW)
			pairs.undecided += part->pairs;
	}
	return pairs;
}

/* Without "tcp/" before ports, and without the protocol where the piece before has it. */
static void add_short(const struct packet_piece *piece, int16_t before, struct buf *out)
{
	auto_buf struct buf words = buf_make(WORDS_MAX);
	bool		    is_whole = piece->ports.min == 0 && piece->ports.max == UINT16_MAX;
	bool		    is_bare = piece->protocol == PROTO_TCP && !is_whole;
	struct str	    text;
	size_t		    slash;

	packet_piece_words(piece, &words);
	text = buf_str(&words);
	slash = str_find(text, '/');
	if (slash < text.len && (is_bare || (piece->protocol == before && before != PROTO_ANY)))
		text = str_skip(text, slash + 1);
	buf_add_str(out, text);
}

static void add_pieces(const struct matrix_pieces *pieces, struct buf *out)
{
	int16_t before = PROTO_ANY;

	for (size_t i = 0; i < pieces->count; i++) {
		const struct matrix_piece *item = &pieces->items[i];

		if (i)
			buf_add_char(out, item->piece.protocol == before && before != PROTO_ANY
						  ? ','
						  : ' ');
		add_short(&item->piece, before, out);
		buf_add_text(out, item->is_undecided ? "?" : "");
		buf_add_text(out, item->is_unintended ? "!" : item->is_silent ? "°" : "");
		buf_add_text(out, item->is_partial ? "~" : "");
		buf_add_text(out, item->has_undecided ? "?" : "");
		before = item->piece.protocol;
	}
}

/* Where pieces are many, those that differ only in who has them are told as one, then those in what is wanted. */
void matrix_words(struct packet_sets *sets, const struct cell *cell, struct buf *out)
{
	struct aspects aspects = aspects_of(sets, cell);
	uint32_t       any = packet_sets_either(sets, aspects.open, aspects.undecided);
	uint32_t wanted = packet_sets_both(sets, any, packet_sets_not(sets, aspects.unintended));
	auto_matrix_pieces struct matrix_pieces pieces = { 0 };

	find_pieces(sets, &aspects, BY_INTENT | BY_SHARE, &pieces);
	if (pieces.count > PIECES_SHORT) {
		matrix_pieces_done(&pieces);
		find_few(sets, &aspects, BY_INTENT, &pieces);
	}
	if (pieces.count <= PIECES_SHORT || wanted == any || wanted == PACKET_SET_DENY) {
		add_pieces(&pieces, out);
		return;
	}
	matrix_pieces_done(&pieces);
	find_few(sets, &aspects, 0, &pieces);
	add_pieces(&pieces, out);
	buf_add_text(out, " but ");
	matrix_pieces_done(&pieces);
	add(&pieces, sets, packet_sets_both(sets, wanted, aspects.silent),
	    (struct matrix_piece){ .is_silent = true });
	add(&pieces, sets, packet_sets_both(sets, wanted, packet_sets_not(sets, aspects.silent)),
	    (struct matrix_piece){ 0 });
	qsort(pieces.items, pieces.count, sizeof(*pieces.items), compare_pieces);
	add_pieces(&pieces, out);
}
