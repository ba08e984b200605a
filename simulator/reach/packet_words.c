/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/packet_words.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { PROTOCOLS = 256, CODE_MAX = 255 };

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

/* The verdict of each protocol; VERDICT_COUNT: it has more than one. */
static void find_verdicts(const struct packet_cut *cuts, size_t count,
			  enum verdict out[static PROTOCOLS])
{
	for (size_t i = 0; i < count; i++) {
		uint32_t end = i + 1 < count ? cuts[i + 1].key : PACKET_KEY_END;

		for (uint32_t at = cuts[i].key; at < end;
		     at = (at / PACKET_KEYS + 1) * PACKET_KEYS) {
			bool is_whole = at % PACKET_KEYS == 0 && end - at >= PACKET_KEYS;

			out[at / PACKET_KEYS] = is_whole ? cuts[i].verdict : VERDICT_COUNT;
		}
	}
}

/* What most protocols are as a whole: rules name few of them. */
static enum verdict find_rest(const enum verdict verdicts[static PROTOCOLS])
{
	size_t	     counts[VERDICT_COUNT + 1] = { 0 };
	enum verdict best = VERDICT_DENY;

	for (int protocol = 0; protocol < PROTOCOLS; protocol++)
		counts[verdicts[protocol]]++;
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++)
		if (counts[verdict] > counts[best])
			best = (enum verdict)verdict;
	return best;
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

/* All protocols that are as the most are. */
static void add_rest(struct packet_pieces *out, const enum verdict verdicts[static PROTOCOLS],
		     enum verdict rest)
{
	struct packet_piece piece = { .protocol = PROTO_ANY, .verdict = rest };
	bool		    found = false;

	for (uint32_t protocol = 0; protocol < PROTOCOLS; protocol++) {
		if (verdicts[protocol] != rest) {
			piece.except[protocol / 64] |= UINT64_C(1) << protocol % 64;
			piece.is_rest = true;
		} else if (!found) {
			piece.key = protocol << 16;
			found = true;
		}
	}
	if (found && rest != VERDICT_DENY)
		add(out, piece);
}

void packet_pieces_of(const struct packet_sets *sets, uint32_t set, struct packet_pieces *out)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);
	enum verdict		 verdicts[PROTOCOLS], rest;

	find_verdicts(cuts, count, verdicts);
	rest = find_rest(verdicts);
	*out = (struct packet_pieces){ 0 };
	for (int place = 0; place < PROTOCOLS + 4; place++) {
		int protocol = protocol_at(place);

		if (protocol >= 0 && verdicts[protocol] != rest)
			add_protocol(out, cuts, count, protocol);
	}
	add_rest(out, verdicts, rest);
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

static void add_name(int16_t protocol, struct buf *out)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(protocol, name);
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

static void add_all(const struct packet_piece *piece, struct buf *out)
{
	const char *before = " but ";

	buf_add_text(out, "all");
	for (int place = 0; place < PROTOCOLS + 4; place++) {
		int protocol = protocol_at(place);

		if (protocol < 0 || !packet_piece_excepts(piece, protocol))
			continue;
		buf_add_text(out, before);
		add_name((int16_t)protocol, out);
		before = ",";
	}
}

bool packet_piece_excepts(const struct packet_piece *piece, int protocol)
{
	return piece->except[protocol / 64] >> protocol % 64 & 1;
}

void packet_piece_words(const struct packet_piece *piece, struct buf *out)
{
	if (piece->protocol == PROTO_ANY) {
		add_all(piece, out);
		return;
	}
	add_name(piece->protocol, out);
	add_part(piece, "/", out);
}

void packet_words(const struct packet_sets *sets, uint32_t set, enum verdict verdict,
		  struct buf *out)
{
	auto_packet_pieces struct packet_pieces pieces = { 0 };
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
