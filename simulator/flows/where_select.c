/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/where_select.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/flow/words.h"

/* From so many values on, halving the list beats going through it. */
enum { VALUES_IN_A_ROW = 8 };

/* So many rows are passed over at once where none is true. */
enum { STEP = sizeof(uint64_t) };

#define ALL_TRUE UINT64_C(0x0202020202020202)

struct where_room {
	const struct where *where;
	struct namer	   *namer;
	uint8_t		  **masks; /* [depth of right sides]: a byte a row, enum where_truth */
	struct str	   *texts; /* of a name or tier */
};

/* How many masks are in use at once: a right side needs one more than the left beside it. */
static uint32_t masks_of(const struct where *where, uint32_t idx)
{
	const struct where_node *node = &where->nodes[idx];
	uint32_t		 left, right;

	if (node->kind == WHERE_TEST)
		return 1;
	left = masks_of(where, node->left);
	if (node->kind == WHERE_NOT)
		return left;
	right = masks_of(where, node->right) + 1;
	return left > right ? left : right;
}

static uint32_t root_of(const struct where *where)
{
	return (uint32_t)where->node_count - 1;
}

struct where_room *where_room_new(const struct where *where, struct namer *namer)
{
	struct where_room *room = mem_alloc(sizeof(*room));
	uint32_t	   count = masks_of(where, root_of(where));

	room->where = where;
	room->namer = namer;
	room->masks = mem_alloc((count + 1) * sizeof(*room->masks));
	for (uint32_t i = 0; i < count; i++)
		room->masks[i] = mem_alloc(COLUMNS_ROWS_MAX);
	if (namer)
		room->texts = mem_alloc(COLUMNS_ROWS_MAX * sizeof(*room->texts));
	return room;
}

void where_room_free(struct where_room *room)
{
	if (!room)
		return;
	for (uint8_t **mask = room->masks; *mask; mask++)
		free(*mask);
	free(room->masks);
	free(room->texts);
	free(room);
}

/* Without a branch: there is no telling which rows have a value and which of them match. */
static uint8_t truth(bool has, bool in)
{
	return (uint8_t)(((uint8_t)in << 1 & -(int)has) | (uint8_t)!has);
}

/* The numbers that an operator and its value stand for; false: there is none. */
static bool range_of(enum where_op op, struct where_value value, struct where_value *out)
{
	*out = value;
	if (op == WHERE_LT || op == WHERE_LE)
		out->min = 0;
	if (op == WHERE_GT || op == WHERE_GE)
		out->max = UINT64_MAX;
	if ((op == WHERE_LT && value.min == 0) || (op == WHERE_GT && value.max == UINT64_MAX))
		return false;
	out->max -= op == WHERE_LT;
	out->min += op == WHERE_GT;
	return true;
}

static void add_range(const struct columns *columns, const struct where_test *test,
		      struct where_value range, uint8_t *in)
{
	const uint64_t *at = columns->at[test->subject.field].u64;

	for (uint32_t row = 0; row < columns->count; row++)
		in[row] |= (uint8_t)((at[row] >= range.min) & (at[row] <= range.max));
}

/* The last value that begins at or before v holds it, or none does: they are sorted and apart. */
static bool in_ranges(const struct where_value *values, uint32_t count, uint64_t v)
{
	uint32_t low = 0;

	while (count > 1) {
		uint32_t half = count / 2;

		low += values[low + half].min <= v ? half : 0;
		count -= half;
	}
	return v >= values[low].min && v <= values[low].max;
}

static void ask_number(const struct where_test *test, const struct where_value *values,
		       const struct columns *columns, uint8_t *in)
{
	const uint64_t *at = columns->at[test->subject.field].u64;

	if (test->count > VALUES_IN_A_ROW) {
		for (uint32_t row = 0; row < columns->count; row++)
			in[row] = in_ranges(values, test->count, at[row]);
		return;
	}
	for (uint32_t i = 0; i < test->count; i++) {
		struct where_value range;

		if (range_of(test->op, values[i], &range))
			add_range(columns, test, range, in);
	}
}

/* Both families at once: four bytes of IPv4 are followed by zeros, and so are its masks. */
static void add_block(const struct ip *at, uint32_t count, struct cidr cidr, uint8_t *in)
{
	struct ip ones = { .family = cidr.base.family }, mask;
	uint64_t  masks[2], bases[2];

	memset(ones.bytes, 0xff, ip_bits(cidr.base) / 8);
	mask = ip_mask(ones, cidr.prefix_len);
	memcpy(masks, mask.bytes, sizeof(masks));
	memcpy(bases, cidr.base.bytes, sizeof(bases));
	for (uint32_t row = 0; row < count; row++) {
		uint64_t words[2];

		memcpy(words, at[row].bytes, sizeof(words));
		words[0] = (words[0] ^ bases[0]) & masks[0];
		words[1] = (words[1] ^ bases[1]) & masks[1];
		in[row] |= (words[0] | words[1] | (uint64_t)(at[row].family ^ ones.family)) == 0;
	}
}

static void ask_address(const struct where_test *test, const struct where_value *values,
			const struct columns *columns, uint8_t *in)
{
	const struct ip *at = columns->at[test->subject.field].ip;
	uint32_t	 value;

	if (test->blocks.count) {
		for (uint32_t row = 0; row < columns->count; row++)
			in[row] = lpm_find(&test->blocks, at[row], &value, NULL);
		return;
	}
	for (uint32_t i = 0; i < test->count; i++)
		add_block(at, columns->count, values[i].cidr, in);
}

static bool in_texts(const struct where_value *values, uint32_t count, struct str text)
{
	uint32_t low = 0;

	while (count > 1) {
		uint32_t half = count / 2;

		low += str_cmp(values[low + half].text, text) <= 0 ? half : 0;
		count -= half;
	}
	return str_eq(values[low].text, text);
}

static void ask_text(const struct where_test *test, const struct where_value *values,
		     const struct str *at, uint32_t count, uint8_t *in)
{
	if (test->op == WHERE_LIKE)
		for (uint32_t row = 0; row < count; row++)
			in[row] = str_glob(values[0].text, at[row]);
	else if (test->count == 1)
		for (uint32_t row = 0; row < count; row++)
			in[row] = str_eq(values[0].text, at[row]);
	else
		for (uint32_t row = 0; row < count; row++)
			in[row] = in_texts(values, test->count, at[row]);
}

/* The commonest questions, one range and a set of words, are asked and answered in one go. */
static void ask_range(const struct columns *columns, const struct where_test *test,
		      struct where_value range, uint8_t *mask)
{
	enum field	field = test->subject.field;
	const uint64_t *at = columns->at[field].u64;
	bool		is_not = test->op == WHERE_NE;

	for (uint32_t row = 0; row < columns->count; row++)
		mask[row] = truth(columns->has[row] >> field & 1,
				  ((at[row] >= range.min) & (at[row] <= range.max)) ^ is_not);
}

static void ask_word(const struct columns *columns, const struct where_test *test,
		     const struct where_value *values, uint8_t *mask)
{
	enum field     field = test->subject.field;
	const uint8_t *at = columns->at[field].word;
	uint8_t	       truths[2 * WORDS_MAX]; /* [word], and where there is none */

	memset(truths, test->op == WHERE_NE ? WHERE_TRUE : WHERE_FALSE, WORDS_MAX);
	memset(truths + WORDS_MAX, WHERE_UNKNOWN, WORDS_MAX);
	for (uint32_t i = 0; i < test->count; i++)
		truths[values[i].min] = test->op == WHERE_NE ? WHERE_FALSE : WHERE_TRUE;
	for (uint32_t row = 0; row < columns->count; row++)
		mask[row] = truths[at[row] + (columns->has[row] >> field & 1 ? 0 : WORDS_MAX)];
}

/* Which rows have a value among those that are asked for; of rows without a value, anything. */
static void ask_values(const struct where_room *room, const struct where_test *test,
		       const struct columns *columns, uint8_t *in)
{
	const struct where_value *values = room->where->values + test->first;

	memset(in, 0, columns->count);
	if (test->subject.kind != SUBJECT_FIELD)
		ask_text(test, values, room->texts, columns->count, in);
	else if (subject_type(test->subject) == FIELD_TYPE_TEXT)
		ask_text(test, values, columns->at[test->subject.field].text, columns->count, in);
	else if (subject_type(test->subject) == FIELD_TYPE_IP)
		ask_address(test, values, columns, in);
	else
		ask_number(test, values, columns, in);
}

static bool has_value(const struct where_room *room, struct subject subject,
		      const struct columns *columns, uint32_t row)
{
	return subject.kind == SUBJECT_FIELD ? columns->has[row] >> subject.field & 1
					     : room->texts[row].len > 0;
}

static void ask(struct where_room *room, const struct where_test *test,
		const struct columns *columns, uint8_t *mask)
{
	const struct where_value *values = test->count ? &room->where->values[test->first] : NULL;
	enum field_type		  type = subject_type(test->subject);
	bool			  is_not = test->op == WHERE_NE;
	struct where_value	  range;

	if (test->subject.kind != SUBJECT_FIELD)
		namer_fill(room->namer, test->subject, columns, room->texts);
	if (test->is_absent) {
		for (uint32_t row = 0; row < columns->count; row++)
			mask[row] = has_value(room, test->subject, columns, row) == is_not
					    ? WHERE_TRUE
					    : WHERE_FALSE;
	} else if (type == FIELD_TYPE_U64 && test->count == 1 &&
		   range_of(test->op, values[0], &range)) {
		ask_range(columns, test, range, mask);
	} else if (type == FIELD_TYPE_U64 || type == FIELD_TYPE_IP || type == FIELD_TYPE_TEXT) {
		ask_values(room, test, columns, mask);
		for (uint32_t row = 0; row < columns->count; row++)
			mask[row] = truth(has_value(room, test->subject, columns, row),
					  mask[row] ^ is_not);
	} else {
		ask_word(columns, test, values, mask);
	}
}

static bool is_all(const uint8_t *mask, uint32_t count, enum where_truth truth)
{
	for (uint32_t row = 0; row < count; row++)
		if (mask[row] != truth)
			return false;
	return true;
}

/* Loops over whole masks, whatever the rows: a fixed number of steps needs no rest. */
static void evaluate(struct where_room *room, uint32_t idx, const struct columns *columns,
		     uint8_t **masks)
{
	const struct where_node *node = &room->where->nodes[idx];
	uint8_t			*mask = masks[0], *right = masks[1];
	bool			 is_and = node->kind == WHERE_AND;

	if (node->kind == WHERE_TEST) {
		ask(room, &room->where->tests[node->left], columns, mask);
		return;
	}
	evaluate(room, node->left, columns, masks);
	if (node->kind == WHERE_NOT) {
		for (size_t i = 0; i < COLUMNS_ROWS_MAX; i++)
			mask[i] = (uint8_t)(WHERE_TRUE - mask[i]);
		return;
	}
	if (is_all(mask, columns->count, is_and ? WHERE_FALSE : WHERE_TRUE))
		return;
	evaluate(room, node->right, columns, masks + 1);
	if (is_and)
		for (size_t i = 0; i < COLUMNS_ROWS_MAX; i++)
			mask[i] = mask[i] < right[i] ? mask[i] : right[i];
	else
		for (size_t i = 0; i < COLUMNS_ROWS_MAX; i++)
			mask[i] = mask[i] > right[i] ? mask[i] : right[i];
}

uint32_t where_select(struct where_room *room, const struct columns *columns,
		      uint16_t rows[static COLUMNS_ROWS_MAX])
{
	const uint8_t *mask = room->masks[0];
	uint32_t       count = 0;

	assert(columns->count <= COLUMNS_ROWS_MAX);
	evaluate(room, root_of(room->where), columns, room->masks);
	for (uint32_t row = 0; row < columns->count; row += STEP) {
		uint32_t end = row + STEP < columns->count ? row + STEP : columns->count;
		uint64_t truths;

		memcpy(&truths, mask + row, sizeof(truths));
		if ((truths & ALL_TRUE) == 0 && end - row == STEP)
			continue;
		for (uint32_t at = row; at < end; at++) {
			rows[count] = (uint16_t)at;
			count += mask[at] == WHERE_TRUE;
		}
	}
	return count;
}
