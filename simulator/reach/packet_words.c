/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/packet_words.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { PROTOCOLS = 256, CODE_MAX = 255 };

/* Reserved by IANA: what a set says of it, it says of all protocols that no rule names. */
enum { PROTOCOL_UNNAMED = 255 };

static void add(struct packet_pieces *pieces, struct packet_piece piece)
{
	pieces->items = mem_grow(pieces->items, pieces->count, &pieces->capacity,
				 sizeof(*pieces->items));
	pieces->items[pieces->count++] = piece;
}

/* A stretch of ICMP keys as whole types where it can be, else as codes of one type. */
static void add_icmp(struct packet_pieces *pieces, struct packet_piece piece, uint32_t first,
		     uint32_t last)
{
	while (first <= last) {
		uint32_t code = first & CODE_MAX, end = first | CODE_MAX;

		if (code == 0 && end <= last)
			end = ((last + 1) & ~(uint32_t)CODE_MAX) - 1;
		else if (end > last)
			end = last;
		piece.key = (uint32_t)piece.protocol << 16 | first;
		piece.types.min = (uint16_t)(first >> 8);
		piece.types.max = (uint16_t)(end >> 8);
		piece.codes.min = (uint16_t)code;
		piece.codes.max = (uint16_t)(end & CODE_MAX);
		add(pieces, piece);
		first = end + 1;
	}
}

/* The stretch first to last, of one protocol, without its high bits. */
static void add_stretch(struct packet_pieces *pieces, int protocol, uint32_t first, uint32_t last,
			enum verdict verdict)
{
	struct packet_piece piece = { .protocol = (int16_t)protocol,
				      .key = (uint32_t)protocol << 16 | first,
				      .verdict = verdict };

	if (verdict == VERDICT_DENY)
		return;
	if (proto_is_icmp(piece.protocol)) {
		add_icmp(pieces, piece, first, last);
		return;
	}
	piece.ports.min = (uint16_t)first;
	piece.ports.max = (uint16_t)last;
	add(pieces, piece);
}

static void add_protocol(struct packet_pieces *pieces, const struct packet_cut *cuts, size_t count,
			 int protocol)
{
	uint32_t base = (uint32_t)protocol << 16, last = base + PACKET_KEYS - 1;

	for (size_t i = 0; i < count; i++) {
		uint32_t end = i + 1 < count ? cuts[i + 1].key - 1 : PACKET_KEY_END - 1;
		uint32_t from = cuts[i].key > base ? cuts[i].key : base;

		if (cuts[i].key > last || end < base)
			continue;
		add_stretch(pieces, protocol, from - base, (end < last ? end : last) - base,
			    cuts[i].verdict);
	}
}

/* The verdict of a whole protocol; VERDICT_COUNT: it has more than one. */
static enum verdict verdict_of(const struct packet_cut *cuts, size_t count, int protocol)
{
	uint32_t     base = (uint32_t)protocol << 16, last = base + PACKET_KEYS - 1;
	enum verdict verdict = VERDICT_COUNT;

	for (size_t i = 0; i < count && cuts[i].key <= last; i++) {
		if (cuts[i].key <= base)
			verdict = cuts[i].verdict;
		else
			return VERDICT_COUNT;
	}
	return verdict;
}

/* Those of which people speak come first. */
static int protocol_at(int place)
{
	static const int first[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6 };
	int		 protocol;

	if (place < (int)ARRAY_LEN(first))
		return first[place];
	protocol = place - (int)ARRAY_LEN(first);
	return proto_has_ports((int16_t)protocol) || proto_is_icmp((int16_t)protocol) ? -1
										      : protocol;
}

void packet_pieces_of(const struct packet_sets *sets, uint32_t set, struct packet_pieces *out)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);
	enum verdict		 rest = verdict_of(cuts, count, PROTOCOL_UNNAMED);

	*out = (struct packet_pieces){ 0 };
	for (int place = 0; place < PROTOCOLS + 4; place++) {
		int protocol = protocol_at(place);

		if (protocol >= 0 && verdict_of(cuts, count, protocol) != rest)
			add_protocol(out, cuts, count, protocol);
	}
	if (rest != VERDICT_DENY)
		add(out, (struct packet_piece){ .protocol = PROTO_ANY,
						.is_rest = count > 1,
						.key = (uint32_t)PROTOCOL_UNNAMED << 16,
						.verdict = rest });
}

void packet_pieces_done(struct packet_pieces *pieces)
{
	free(pieces->items);
	*pieces = (struct packet_pieces){ 0 };
}

static void add_range(struct port_range range, struct buf *out)
{
	if (range.min == range.max)
		buf_printf(out, "%u", range.min);
	else
		buf_printf(out, "%u-%u", range.min, range.max);
}

static void add_name(const struct packet_piece *piece, struct buf *out)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(piece->protocol, name);
	buf_printf(out, name[0] >= '0' && name[0] <= '9' ? "proto/%s" : "%s", name);
}

/* What follows the protocol's name; nothing when it is all of it. */
static void add_part(const struct packet_piece *piece, const char *before, struct buf *out)
{
	if (proto_has_ports(piece->protocol)) {
		buf_add_text(out, before);
		if (piece->ports.min == 0 && piece->ports.max == UINT16_MAX)
			buf_add_text(out, "all");
		else
			add_range(piece->ports, out);
	} else if (proto_is_icmp(piece->protocol)) {
		bool all_codes = piece->codes.min == 0 && piece->codes.max == CODE_MAX;

		if (all_codes && piece->types.min == 0 && piece->types.max == CODE_MAX)
			return;
		buf_add_text(out, before);
		add_range(piece->types, out);
		if (!all_codes) {
			buf_add_char(out, '/');
			add_range(piece->codes, out);
		}
	}
}

void packet_piece_words(const struct packet_piece *piece, struct buf *out)
{
	if (piece->protocol == PROTO_ANY) {
		buf_add_text(out, piece->is_rest ? "all other protocols" : "all");
		return;
	}
	add_name(piece, out);
	add_part(piece, "/", out);
}

void packet_words(const struct packet_sets *sets, uint32_t set, enum verdict verdict,
		  struct buf *out)
{
	auto_packet_pieces struct packet_pieces pieces;
	int16_t					protocol = PROTO_ANY;
	bool					any = false;

	packet_pieces_of(sets, set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		const struct packet_piece *piece = &pieces.items[i];

		if (piece->verdict != verdict)
			continue;
		if (any && piece->protocol == protocol && protocol != PROTO_ANY) {
			add_part(piece, ",", out);
			continue;
		}
		if (any)
			buf_add_char(out, ' ');
		packet_piece_words(piece, out);
		protocol = piece->protocol;
		any = true;
	}
}
