/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/by.h"

#include <assert.h>
#include <string.h>

enum { V4_BITS = 32, V6_BITS = 128, WORD_BITS = 64, WINDOW_MAX_S = 1 << 30, TEXT_BITS = 32 };

static bool is_address(const struct by_item *item)
{
	return subject_type(item->subject) == FIELD_TYPE_IP;
}

static bool is_time(const struct by_item *item)
{
	return item->subject.kind == SUBJECT_FIELD &&
	       (item->subject.field == FIELD_START || item->subject.field == FIELD_END);
}

static int parse_prefixes(struct by_item *item, struct str text, struct err *err)
{
	struct str rest = text, first = str_cut(&rest, '/');
	uint64_t   v4 = 0, v6 = V6_BITS;

	if (str_u64(first, V4_BITS, &v4) < 0 ||
	    (first.len < text.len && str_u64(rest, V6_BITS, &v6) < 0))
		return err_set(err, ERR_USAGE,
			       "'%s/%.*s': expected a length from 0 to 32 for IPv4, and behind "
			       "another '/' one from 0 to 128 for IPv6, as %s/24/64",
			       subject_name(item->subject), STR_ARG(text),
			       subject_name(item->subject));
	item->prefix_v4 = (uint8_t)v4;
	item->prefix_v6 = (uint8_t)v6;
	return 0;
}

static int parse_window(struct by_item *item, struct str text, struct err *err)
{
	uint64_t seconds;

	if (str_u64(text, WINDOW_MAX_S, &seconds) < 0 || seconds == 0)
		return err_set(err, ERR_USAGE,
			       "'%s/%.*s': expected seconds, as %s/3600 for groups of an hour",
			       subject_name(item->subject), STR_ARG(text),
			       subject_name(item->subject));
	item->window_s = (uint32_t)seconds;
	return 0;
}

static int parse_item(struct str text, struct by_item *out, struct err *err)
{
	struct by_item item = { .prefix_v4 = V4_BITS, .prefix_v6 = V6_BITS };
	struct str     rest = str_trim(text), name = str_cut(&rest, '/');
	bool	       has_rest = name.len < str_trim(text).len;
	int	       result = 0;

	if (name.len == 0)
		return err_set(err, ERR_USAGE,
			       "a field is missing, expected a list as srcaddr,dstaddr,dstport");
	if (!subject_find(name, &item.subject))
		return subject_unknown(name, err);
	if (has_rest && is_address(&item))
		result = parse_prefixes(&item, rest, err);
	else if (has_rest && is_time(&item))
		result = parse_window(&item, rest, err);
	else if (has_rest)
		result = err_set(err, ERR_USAGE,
				 "'%.*s': only addresses and times can be cut with '/'",
				 STR_ARG(text));
	if (result < 0)
		return -1;
	*out = item;
	return 0;
}

static void add_piece(struct by_layout *layout, uint8_t item, enum by_part part, unsigned bits)
{
	unsigned offset = 0;

	if (layout->piece_count) {
		const struct by_piece *last = &layout->pieces[layout->piece_count - 1];

		offset = last->offset + last->bits;
	}
	assert(layout->piece_count < BY_PIECES_MAX && offset + bits <= BY_WORDS_MAX * WORD_BITS);
	layout->pieces[layout->piece_count++] = (struct by_piece){
		.item = item, .bits = (uint8_t)bits, .part = part, .offset = (uint16_t)offset
	};
	layout->word_count = (uint8_t)((offset + bits + WORD_BITS - 1) / WORD_BITS);
}

static void lay_out_number(struct by_layout *layout, uint8_t idx, uint64_t max)
{
	unsigned bits = WORD_BITS - (unsigned)__builtin_clzll(max);

	if (bits < WORD_BITS) {
		add_piece(layout, idx, BY_PART_NUMBER, bits + 1);
		return;
	}
	add_piece(layout, idx, BY_PART_HAS, 1);
	add_piece(layout, idx, BY_PART_WHOLE, WORD_BITS);
}

static void lay_out_item(struct by *by, uint8_t idx, enum by_width width)
{
	struct by_layout *layout = &by->layouts[width];
	struct subject	  subject = by->items[idx].subject;

	switch (subject_type(subject)) {
	case FIELD_TYPE_IP:
		if (width == BY_NARROW) {
			add_piece(layout, idx, BY_PART_V4, V4_BITS);
			break;
		}
		add_piece(layout, idx, BY_PART_FAMILY, 2);
		add_piece(layout, idx, BY_PART_HIGH, WORD_BITS);
		add_piece(layout, idx, BY_PART_LOW, WORD_BITS);
		break;
	case FIELD_TYPE_TEXT:
		add_piece(layout, idx, BY_PART_TEXT, TEXT_BITS);
		break;
	case FIELD_TYPE_U64:
		lay_out_number(layout, idx, field_info(subject.field)->max);
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		add_piece(layout, idx, BY_PART_WORD, 2);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
}

static int add_item(struct by *by, struct str text, struct err *err)
{
	struct by_item *item = &by->items[by->item_count];

	if (by->item_count == BY_ITEMS_MAX)
		return err_set(err, ERR_USAGE, "more than %d fields", BY_ITEMS_MAX);
	if (parse_item(text, item, err) < 0)
		return -1;
	for (uint8_t i = 0; i < by->item_count; i++)
		if (subject_eq(by->items[i].subject, item->subject))
			return err_set(err, ERR_USAGE, "%s is there twice",
				       subject_name(item->subject));
	by->item_count++;
	return 0;
}

int by_parse(struct str text, struct by *out, struct err *err)
{
	struct by by = { 0 };
	bool	  is_last;

	do {
		size_t len = str_find(text, ',');

		is_last = len == text.len;
		if (add_item(&by, str_head(text, len), err) < 0)
			return -1;
		text = str_skip(text, len + 1);
	} while (!is_last);
	for (uint8_t i = 0; i < by.item_count; i++) {
		lay_out_item(&by, i, BY_NARROW);
		lay_out_item(&by, i, BY_WIDE);
	}
	*out = by;
	return 0;
}

void by_item_print(const struct by_item *item, struct buf *out)
{
	buf_add_text(out, subject_name(item->subject));
	if (is_address(item) && (item->prefix_v4 != V4_BITS || item->prefix_v6 != V6_BITS))
		buf_printf(out, "/%u", item->prefix_v4);
	if (is_address(item) && item->prefix_v6 != V6_BITS)
		buf_printf(out, "/%u", item->prefix_v6);
	if (item->window_s)
		buf_printf(out, "/%u", item->window_s);
}

uint64_t by_fields(const struct by *by)
{
	uint64_t fields = 0;

	for (uint8_t i = 0; i < by->item_count; i++)
		fields |= subject_fields(by->items[i].subject);
	return fields;
}

static bool asks(const struct by *by, enum subject_kind kind)
{
	for (uint8_t i = 0; i < by->item_count; i++)
		if (by->items[i].subject.kind == kind)
			return true;
	return false;
}

bool by_names(const struct by *by)
{
	return asks(by, SUBJECT_NAME);
}

bool by_tiers(const struct by *by)
{
	return asks(by, SUBJECT_TIER);
}

bool by_has_text(const struct by *by)
{
	for (uint8_t i = 0; i < by->item_count; i++)
		if (subject_type(by->items[i].subject) == FIELD_TYPE_TEXT)
			return true;
	return false;
}

uint16_t by_key_bits(const struct by *by, enum by_width width)
{
	const struct by_layout *layout = &by->layouts[width];
	const struct by_piece  *last = &layout->pieces[layout->piece_count - 1];

	return (uint16_t)(last->offset + last->bits);
}

static uint64_t low_bits(unsigned bits)
{
	return bits == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
}

static uint64_t piece_get(const struct by_piece *piece, const uint64_t *key)
{
	unsigned word = piece->offset / WORD_BITS, room = WORD_BITS - piece->offset % WORD_BITS;
	unsigned rest;

	if (piece->bits <= room)
		return key[word] >> (room - piece->bits) & low_bits(piece->bits);
	rest = piece->bits - room;
	return (key[word] & low_bits(room)) << rest | key[word + 1] >> (WORD_BITS - rest);
}

static void put_big_endian(uint64_t value, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static void add_part(const struct by_item *item, const struct by_piece *piece, uint64_t value,
		     struct by_value *out)
{
	struct ip *base = &out->cidr.base;

	switch (piece->part) {
	case BY_PART_V4:
		base->family = IP_V4;
		put_big_endian(value, base->bytes, 4);
		break;
	case BY_PART_FAMILY:
		base->family = value == 0 ? IP_NONE : value == 1 ? IP_V4 : IP_V6;
		break;
	case BY_PART_HIGH:
		put_big_endian(value, base->bytes, 8);
		break;
	case BY_PART_LOW:
		put_big_endian(value, base->bytes + 8, 8);
		break;
	case BY_PART_TEXT:
		out->has = value != 0;
		out->number = value;
		break;
	case BY_PART_WORD:
		out->has = value != 0;
		out->number = value ? value - 1 : 0;
		break;
	case BY_PART_NUMBER:
		out->has = value >> (piece->bits - 1);
		out->number = value & low_bits(piece->bits - 1U);
		break;
	case BY_PART_HAS:
		out->has = value;
		break;
	case BY_PART_WHOLE:
		out->number = value;
		break;
	case BY_PART_COUNT:
		break;
	}
	if (is_address(item)) {
		out->has = base->family != IP_NONE;
		out->cidr.prefix_len = base->family == IP_V6   ? item->prefix_v6
				       : base->family == IP_V4 ? item->prefix_v4
							       : 0;
	}
}

struct by_value by_value_of(const struct by *by, enum by_width width, const uint64_t *key,
			    uint8_t item)
{
	const struct by_layout *layout = &by->layouts[width];
	struct by_value		value = { 0 };

	for (uint8_t i = 0; i < layout->piece_count; i++)
		if (layout->pieces[i].item == item)
			add_part(&by->items[item], &layout->pieces[i],
				 piece_get(&layout->pieces[i], key), &value);
	return value;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Keys of one width are in the order of their bits, texts apart. */
static int compare_pieces(const struct by_layout *layout, const struct lexicon *lexicon,
			  const uint64_t *a, const uint64_t *b)
{
	int order = 0;

	for (uint8_t i = 0; i < layout->piece_count && order == 0; i++) {
		const struct by_piece *piece = &layout->pieces[i];
		uint64_t	       x = piece_get(piece, a), y = piece_get(piece, b);

		if (piece->part == BY_PART_TEXT && x != y)
			order = compare_numbers(lexicon_rank(lexicon, (uint32_t)x),
						lexicon_rank(lexicon, (uint32_t)y));
		else
			order = compare_numbers(x, y);
	}
	return order;
}

static int compare_values(const struct by_value *a, const struct by_value *b)
{
	int order = ip_cmp(a->cidr.base, b->cidr.base);

	if (order == 0)
		order = compare_numbers(a->has, b->has);
	return order ? order : compare_numbers(a->number, b->number);
}

int by_compare(const struct by *by, const struct lexicon *lexicon, struct by_key a, struct by_key b)
{
	int order = 0;

	if (a.width == b.width)
		return compare_pieces(&by->layouts[a.width], lexicon, a.words, b.words);
	for (uint8_t i = 0; i < by->item_count && order == 0; i++) {
		struct by_value x = by_value_of(by, a.width, a.words, i);
		struct by_value y = by_value_of(by, b.width, b.words, i);

		if (subject_type(by->items[i].subject) == FIELD_TYPE_TEXT) {
			x.number = lexicon_rank(lexicon, (uint32_t)x.number);
			y.number = lexicon_rank(lexicon, (uint32_t)y.number);
		}
		order = compare_values(&x, &y);
	}
	return order;
}
