/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What records are grouped by: `srcaddr/24,dstaddr,dstport`, `src-tier,dst-tier`, `start/3600,action`.
 *
 *	list = item { "," item }
 *	item = FIELD | ADDRESS "/" LENGTH [ "/" LENGTH ] | TIME "/" SECONDS
 *
 * The first length is of IPv4 blocks, the second of IPv6 ones; without it IPv6 addresses stay whole.
 *
 * The values of a row are packed into a key of a few words, first item first, most significant bit first, so that
 * keys compare, word by word as numbers, as their values do.  There are two widths: rows whose addresses are
 * all IPv4 take 32 bits an address; the others, and those that lack one, take a wide key.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/net/cidr.h"
#include "simulator/flows/lexicon.h"
#include "simulator/flows/subject.h"

enum { BY_ITEMS_MAX = 12, BY_WORDS_MAX = 32, BY_PIECES_MAX = 4 * BY_ITEMS_MAX };

enum by_width { BY_NARROW, BY_WIDE, BY_WIDTH_COUNT };

struct by_item {
	struct subject subject;
	uint8_t	       prefix_v4, prefix_v6; /* of addresses; 32 and 128: the whole address */
	uint32_t       window_s;	     /* of times; 0: to the second */
};

/* What a piece of a key holds of its item. */
enum by_part {
	BY_PART_V4,	/* the four bytes of an IPv4 address */
	BY_PART_FAMILY, /* 0 none, 1 IPv4, 2 IPv6 */
	BY_PART_HIGH,	/* the first eight bytes of an address, IPv4 in the first four */
	BY_PART_LOW,	/* the others */
	BY_PART_TEXT,	/* a text's number; 0: no value */
	BY_PART_WORD,	/* 1 + a word's enum; 0: no value */
	BY_PART_NUMBER, /* a number below a bit that says whether there is a value */
	BY_PART_HAS,	/* that bit alone, */
	BY_PART_WHOLE,	/* and a number of 64 bits; 0 without a value */
	BY_PART_COUNT
};

/* At most 64 bits that begin offset bits into the key; they may run on into the next word. */
struct by_piece {
	uint8_t	     item, bits;
	enum by_part part;
	uint16_t     offset;
};

struct by_layout {
	struct by_piece pieces[BY_PIECES_MAX];
	uint8_t		piece_count, word_count;
};

struct by {
	struct by_item	 items[BY_ITEMS_MAX];
	uint8_t		 item_count;
	struct by_layout layouts[BY_WIDTH_COUNT];
};

int  by_parse(struct str text, struct by *out, struct err *err) MUST_USE;
void by_item_print(const struct by_item *item, struct buf *out); /* parses back equal */

uint64_t by_fields(const struct by *by); /* that must be read, a bit each */
bool	 by_names(const struct by *by);	 /* whether it asks what only a snapshot tells */
bool	 by_tiers(const struct by *by);	 /* … what only a policy tells */
bool	 by_has_text(const struct by *by);

/* How many bits of a key are used, from the first on. */
uint16_t by_key_bits(const struct by *by, enum by_width width);

/* The value of an item in a key; what it is tells the item's subject. */
struct by_value {
	bool	    has;
	uint64_t    number; /* also a text's, and a word's enum */
	struct cidr cidr;
};

struct by_value by_value_of(const struct by *by, enum by_width width, const uint64_t *key,
			    uint8_t item);

struct by_key {
	enum by_width	width;
	const uint64_t *words;
};

/*
 * Item by item: no value first, IPv4 before IPv6, texts by their rank in a settled lexicon (NULL when there is no
 * text).
 */
int by_compare(const struct by *by, const struct lexicon *lexicon, struct by_key a,
	       struct by_key b);
