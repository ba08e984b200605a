/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/by_keys.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { WORD_BITS = 64, STORES_MAX = 2 * BY_PIECES_MAX };

/* Where a piece, or the half of one that crosses into the next word, goes. */
struct store {
	struct by_piece piece;
	uint8_t		word, drop, shift;
	bool		is_first; /* of its word: sets what the others add to */
};

struct plan {
	struct store stores[STORES_MAX];
	uint8_t	     count, word_count;
};

/* The bytes of an address that an item keeps, as they lie in memory. */
struct masks {
	uint64_t v4[2], v6[2];
};

struct room {
	uint64_t words[BY_KEYS_ROWS * BY_WORDS_MAX];
	uint16_t rows[BY_KEYS_ROWS];
};

struct by_keys {
	const struct by	      *by;
	struct lexicon_reader *reader; /* NULL: no text */
	struct namer	      *namer;
	const struct columns  *columns;
	struct plan	       plans[BY_WIDTH_COUNT];
	struct room	       rooms[BY_WIDTH_COUNT];
	struct masks	       masks[BY_ITEMS_MAX];
	struct str	      *texts[BY_ITEMS_MAX];   /* of names and tiers, by row */
	uint32_t	      *numbers[BY_ITEMS_MAX]; /* of texts, by row */
};

static void set_mask(enum ip_family family, uint8_t prefix_len, uint64_t out[2])
{
	struct ip mask = { .family = family };

	memset(mask.bytes, 0xff, sizeof(mask.bytes));
	mask = ip_mask(mask, prefix_len);
	memcpy(out, mask.bytes, sizeof(mask.bytes));
}

static void add_store(struct plan *plan, struct store store)
{
	store.is_first = plan->count == 0 || plan->stores[plan->count - 1].word != store.word;
	plan->stores[plan->count++] = store;
}

static void plan_keys(const struct by_layout *layout, struct plan *plan)
{
	plan->word_count = layout->word_count;
	for (uint8_t i = 0; i < layout->piece_count; i++) {
		struct by_piece piece = layout->pieces[i];
		uint8_t		word = (uint8_t)(piece.offset / WORD_BITS);
		uint8_t		room = (uint8_t)(WORD_BITS - piece.offset % WORD_BITS);
		struct store	store = { .piece = piece, .word = word };

		if (piece.bits <= room) {
			store.shift = room - piece.bits;
			add_store(plan, store);
			continue;
		}
		store.drop = piece.bits - room;
		add_store(plan, store);
		store.shift = WORD_BITS - store.drop;
		store.drop = 0;
		store.word++;
		add_store(plan, store);
	}
}

static bool is_text(const struct by *by, uint8_t item)
{
	return subject_type(by->items[item].subject) == FIELD_TYPE_TEXT;
}

struct by_keys *by_keys_new(const struct by *by, struct lexicon *lexicon, struct namer *namer)
{
	struct by_keys *keys = mem_alloc(sizeof(*keys));

	keys->by = by;
	keys->namer = namer;
	if (by_has_text(by))
		keys->reader = lexicon_reader_new(lexicon);
	for (int width = 0; width < BY_WIDTH_COUNT; width++)
		plan_keys(&by->layouts[width], &keys->plans[width]);
	for (uint8_t i = 0; i < by->item_count; i++) {
		set_mask(IP_V4, by->items[i].prefix_v4, keys->masks[i].v4);
		set_mask(IP_V6, by->items[i].prefix_v6, keys->masks[i].v6);
		if (by->items[i].subject.kind != SUBJECT_FIELD)
			keys->texts[i] = mem_alloc(COLUMNS_ROWS_MAX * sizeof(*keys->texts[i]));
		if (is_text(by, i))
			keys->numbers[i] = mem_alloc(COLUMNS_ROWS_MAX * sizeof(*keys->numbers[i]));
	}
	return keys;
}

void by_keys_free(struct by_keys *keys)
{
	if (!keys)
		return;
	lexicon_reader_free(keys->reader);
	for (size_t i = 0; i < BY_ITEMS_MAX; i++) {
		free(keys->texts[i]);
		free(keys->numbers[i]);
	}
	free(keys);
}

void by_keys_take(struct by_keys *keys, const struct columns *columns)
{
	keys->columns = columns;
	for (uint8_t i = 0; i < keys->by->item_count; i++)
		if (keys->texts[i])
			namer_fill(keys->namer, keys->by->items[i].subject, columns,
				   keys->texts[i]);
}

/* The numbers of one item's texts; full gets what found no room. */
static void number_texts(struct by_keys *keys, uint8_t item, const uint16_t *rows, uint32_t count,
			 uint8_t *full)
{
	struct subject	  subject = keys->by->items[item].subject;
	const struct str *texts = keys->texts[item];
	uint32_t	 *numbers = keys->numbers[item];
	bool		  is_field = subject.kind == SUBJECT_FIELD;

	if (is_field)
		texts = keys->columns->at[subject.field].text;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = rows[i];
		bool	 has = is_field ? keys->columns->has[row] >> subject.field & 1
					: texts[row].len > 0;

		numbers[row] = has ? lexicon_number(keys->reader, texts[row]) : LEXICON_NONE;
		full[i] |= has && numbers[row] == LEXICON_NONE;
	}
}

/* What is not IPv4 of an item's addresses: nonzero there. */
static void tell_wide(const struct by_keys *keys, const uint16_t *rows, uint32_t count,
		      uint8_t *wide)
{
	memset(wide, 0, count);
	for (uint8_t item = 0; item < keys->by->item_count; item++) {
		struct subject	 subject = keys->by->items[item].subject;
		const struct ip *at = keys->columns->at[subject.field].ip;

		if (subject_type(subject) != FIELD_TYPE_IP)
			continue;
		for (uint32_t i = 0; i < count; i++)
			wide[i] |= at[rows[i]].family ^ IP_V4;
	}
}

static bool is_zero(const uint8_t *bytes, uint32_t count)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < count; i++)
		any |= bytes[i];
	return any == 0;
}

/* What a loop over rows needs: where values come from and where they go.  By value, so that it stays in registers. */
struct filling {
	const struct by_piece *piece;
	uint64_t	      *keys; /* the word of the first key */
	const uint16_t	      *rows;
	size_t		       word_count;
	uint32_t	       count;
	uint8_t		       drop, shift;
	bool		       is_first; /* of its word */
};

static inline __attribute__((always_inline)) void put(struct filling filling, uint32_t i,
						      uint64_t value)
{
	uint64_t *key = filling.keys + i * filling.word_count;

	value = value >> filling.drop << filling.shift;
	*key = filling.is_first ? value : *key | value;
}

static void fill_v4(struct filling filling, const struct ip *at, const struct masks *masks)
{
	uint32_t mask;

	memcpy(&mask, masks->v4, sizeof(mask));
	for (uint32_t i = 0; i < filling.count; i++) {
		uint32_t word;

		memcpy(&word, at[filling.rows[i]].bytes, sizeof(word));
		put(filling, i, be32toh(word & mask));
	}
}

/* The first half of the addresses, or the second. */
static void fill_halves(struct filling filling, const struct ip *at, const struct masks *masks)
{
	size_t half = filling.piece->part == BY_PART_LOW;

	for (uint32_t i = 0; i < filling.count; i++) {
		const struct ip *ip = &at[filling.rows[i]];
		uint64_t	 word;

		memcpy(&word, ip->bytes + 8 * half, sizeof(word));
		word &= ip->family == IP_V4 ? masks->v4[half] : masks->v6[half];
		put(filling, i, be64toh(word));
	}
}

static void fill_families(struct filling filling, const struct ip *at)
{
	for (uint32_t i = 0; i < filling.count; i++) {
		uint8_t family = at[filling.rows[i]].family;

		put(filling, i, (family == IP_V4) + 2 * (family == IP_V6));
	}
}

static void fill_has(struct filling filling, const uint64_t *has, enum field field)
{
	for (uint32_t i = 0; i < filling.count; i++)
		put(filling, i, has[filling.rows[i]] >> field & 1);
}

/* Numbers, below the bit that says that they are there. */
static void fill_numbers(struct filling filling, const struct columns *columns, enum field field)
{
	const uint64_t *at = columns->at[field].u64;
	unsigned	top = filling.piece->bits - 1U;

	for (uint32_t i = 0; i < filling.count; i++) {
		uint32_t row = filling.rows[i];

		put(filling, i, (columns->has[row] >> field & 1) << top | at[row]);
	}
}

static void fill_windows(struct filling filling, const struct columns *columns, enum field field,
			 uint32_t window_s)
{
	const uint64_t *at = columns->at[field].u64;
	unsigned	top = filling.piece->bits - 1U;

	for (uint32_t i = 0; i < filling.count; i++) {
		uint32_t row = filling.rows[i];

		put(filling, i,
		    (columns->has[row] >> field & 1) << top | at[row] / window_s * window_s);
	}
}

static void fill_words(struct filling filling, const struct columns *columns, enum field field)
{
	const uint8_t *at = columns->at[field].word;

	for (uint32_t i = 0; i < filling.count; i++) {
		uint32_t row = filling.rows[i];

		put(filling, i, (columns->has[row] >> field & 1) * (at[row] + UINT64_C(1)));
	}
}

static void fill_whole(struct filling filling, const uint64_t *at)
{
	for (uint32_t i = 0; i < filling.count; i++)
		put(filling, i, at[filling.rows[i]]);
}

static void fill_texts(struct filling filling, const uint32_t *numbers)
{
	for (uint32_t i = 0; i < filling.count; i++)
		put(filling, i, numbers[filling.rows[i]]);
}

static void fill(const struct by_keys *keys, struct filling filling)
{
	const struct by_piece *piece = filling.piece;
	const struct by_item  *item = &keys->by->items[piece->item];
	const struct masks    *masks = &keys->masks[piece->item];
	enum field	       field = item->subject.field;
	union column	       at = keys->columns->at[field];

	switch (piece->part) {
	case BY_PART_V4:
		fill_v4(filling, at.ip, masks);
		break;
	case BY_PART_FAMILY:
		fill_families(filling, at.ip);
		break;
	case BY_PART_HIGH:
	case BY_PART_LOW:
		fill_halves(filling, at.ip, masks);
		break;
	case BY_PART_TEXT:
		fill_texts(filling, keys->numbers[piece->item]);
		break;
	case BY_PART_WORD:
		fill_words(filling, keys->columns, field);
		break;
	case BY_PART_NUMBER:
		if (item->window_s)
			fill_windows(filling, keys->columns, field, item->window_s);
		else
			fill_numbers(filling, keys->columns, field);
		break;
	case BY_PART_HAS:
		fill_has(filling, keys->columns->has, field);
		break;
	case BY_PART_WHOLE:
		fill_whole(filling, at.u64);
		break;
	case BY_PART_COUNT:
		break;
	}
}

static void fill_all(struct by_keys *keys, enum by_width width, struct by_batch *batch)
{
	const struct plan *plan = &keys->plans[width];
	uint64_t	  *words = keys->rooms[width].words;

	batch->words = words;
	for (uint8_t i = 0; batch->count && i < plan->count; i++) {
		const struct store *store = &plan->stores[i];

		fill(keys, (struct filling){ .piece = &store->piece,
					     .keys = words + store->word,
					     .rows = batch->rows,
					     .word_count = plan->word_count,
					     .count = batch->count,
					     .drop = store->drop,
					     .shift = store->shift,
					     .is_first = store->is_first });
	}
}

/* Deals rows out to the two widths; returns how many got none. */
static uint32_t deal(struct by_keys *keys, const struct by_batch *from, const uint8_t *is_wide,
		     const uint8_t *is_full, struct by_batch batches[static BY_WIDTH_COUNT])
{
	uint16_t *narrow = keys->rooms[BY_NARROW].rows, *wide = keys->rooms[BY_WIDE].rows;
	uint32_t  narrow_count = 0, wide_count = 0;

	for (uint32_t i = 0; i < from->count; i++) {
		narrow[narrow_count] = wide[wide_count] = from->rows[i];
		narrow_count += !is_wide[i] && !is_full[i];
		wide_count += is_wide[i] && !is_full[i];
	}
	batches[BY_NARROW] = (struct by_batch){ .rows = narrow, .count = narrow_count };
	batches[BY_WIDE] = (struct by_batch){ .rows = wide, .count = wide_count };
	return from->count - narrow_count - wide_count;
}

uint32_t by_keys_make(struct by_keys *keys, const uint16_t *rows, uint32_t count,
		      struct by_batch batches[static BY_WIDTH_COUNT])
{
	struct by_batch given = { .rows = rows, .count = count };
	uint8_t		is_wide[BY_KEYS_ROWS];
	uint8_t		is_full[BY_KEYS_ROWS] = { 0 };
	uint32_t	left_out = 0;

	assert(count <= BY_KEYS_ROWS);
	tell_wide(keys, rows, count, is_wide);
	for (uint8_t item = 0; item < keys->by->item_count; item++)
		if (keys->numbers[item])
			number_texts(keys, item, rows, count, is_full);
	if (!is_zero(is_wide, count) || !is_zero(is_full, count)) {
		left_out = deal(keys, &given, is_wide, is_full, batches);
	} else {
		batches[BY_NARROW] = given;
		batches[BY_WIDE] = (struct by_batch){ .rows = rows };
	}
	fill_all(keys, BY_NARROW, &batches[BY_NARROW]);
	fill_all(keys, BY_WIDE, &batches[BY_WIDE]);
	return left_out;
}
