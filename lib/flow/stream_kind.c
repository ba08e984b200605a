/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "lib/flow/stream_layer.h"

/* Packed so many times; gzip of JSON in gzip is three. */
enum { LAYERS_MAX = 4 };

/* What first bytes say. */
struct layer_kind {
	const struct layer_ops *ops;	 /* NULL: known, and not read */
	const char	       *refusal; /* then what to do instead */
	size_t			skip;	 /* not 0: pass over so many bytes and look again */
};

/* What each begins with.  `mask` has the bits of the first one that count. */
static const struct row {
	const char	 *magic;
	uint8_t		  len, mask;
	struct layer_kind says;
} kinds[] = {
	{ "\x1f\x8b", 2, 0xff, { .ops = &layer_gzip } },
	{ "\x28\xb5\x2f\xfd", 4, 0xff, { .ops = &layer_zstd } },
	{ "\x50\x2a\x4d\x18", 4, 0xf0, { .ops = &layer_zstd } }, /* a frame that is to be skipped */
	{ "PAR1",
	  4,
	  0xff,
	  { .refusal = "is Parquet, which is not read: have the flow log delivered as plain text, "
		       "or convert "
		       "it, as in `duckdb -c \"COPY (FROM 'FILE') TO '/dev/stdout' (DELIMITER ' ', "
		       "NULLSTR '-', "
		       "HEADER)\" | sed '1s/_/-/g' | weir … -`" } },
	{ "BZh",
	  3,
	  0xff,
	  { .refusal = "is packed with bzip2, which is not read: `bzcat FILE | weir … -`" } },
	{ "\xfd\x37zXZ",
	  5,
	  0xff,
	  { .refusal = "is packed with xz, which is not read: `xzcat FILE | weir … -`" } },
	{ "\x04\x22\x4d\x18",
	  4,
	  0xff,
	  { .refusal = "is packed with lz4, which is not read: `lz4cat FILE | weir … -`" } },
	{ "PK\x03\x04",
	  4,
	  0xff,
	  { .refusal = "is a zip archive, which is not read: `unzip -p FILE | weir … -`" } },
	{ "\xff\xfe",
	  2,
	  0xff,
	  { .refusal = "is UTF-16 text, which is not read: `iconv -f UTF-16 -t UTF-8 FILE | weir … "
		       "-`" } },
	{ "\xef\xbb\xbf", 3, 0xff, { .skip = 3 } }, /* the mark of UTF-8 that Windows writes */
};

static const struct layer_kind plain = { .ops = &layer_plain }, events = { .ops = &layer_events };

/* Whether the head is the magic, or all of the head its beginning. */
static bool begins(struct str head, const struct row *row)
{
	size_t len = head.len < row->len ? head.len : row->len;

	if (len == 0)
		return true;
	return ((head.ptr[0] ^ row->magic[0]) & row->mask) == 0 &&
	       memcmp(head.ptr + 1, row->magic + 1, len - 1) == 0;
}

static size_t skip_blanks(struct str head, size_t at)
{
	while (at < head.len && head.ptr[at] && strchr(" \t\r\n", head.ptr[at]))
		at++;
	return at;
}

/* JSON is '{' or '[' and what may follow one: no line of a flow log begins so. */
static const struct layer_kind *json_or_plain(struct str head)
{
	size_t at = skip_blanks(head, 0);

	if (at < head.len) {
		if (head.ptr[at] != '{' && head.ptr[at] != '[')
			return &plain;
		at = skip_blanks(head, at + 1);
	}
	if (at == head.len)
		return NULL;
	return head.ptr[at] && strchr("\"{}[]", head.ptr[at]) ? &events : &plain;
}

/* NULL: it takes more bytes to say; where there are none, it is plain. */
static const struct layer_kind *kind_of(struct str head)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (begins(head, &kinds[i]))
			return head.len < kinds[i].len ? NULL : &kinds[i].says;
	return json_or_plain(head);
}

/* What comes next. */
static struct layer_kind tell(struct layer *layer)
{
	const struct layer_kind *kind = NULL;
	size_t			 had;
	struct str		 head = { 0 };

	do {
		had = head.len;
		head = layer_look(layer, had + 1);
		kind = kind_of(head);
	} while (!kind && head.len > had && head.len < LAYER_INPUT);
	return kind ? *kind : plain;
}

struct layer *layer_pile(struct layer *bottom)
{
	struct layer	 *top = bottom;
	struct layer_kind kind;
	int		  count = 0;

	do {
		top = layer_new(top);
		kind = tell(top);
		while (kind.skip) {
			top->in_start += kind.skip;
			kind = tell(top);
		}
		if (kind.refusal)
			err_set(&top->failure, ERR_INPUT, "%s", kind.refusal);
		else if (kind.ops != &layer_plain && ++count > LAYERS_MAX)
			err_set(&top->failure, ERR_INPUT, "is packed more than %d times",
				LAYERS_MAX);
		else
			layer_start(top, kind.ops);
	} while (!top->failure.kind && kind.ops != &layer_plain && kind.ops != &layer_events);
	return top;
}
