/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of a stream of any bytes: in whatever pieces they come and go, the text is the same, or it fails
 * both ways and one text begins the other.  What has gzip's first bytes is sound exactly when zlib finds it
 * sound, and then is the same text.  The first byte of the input says what the pieces are.
 */
#include <zlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/drip.h"

enum { TEXT_MAX = 1 << 20, WHOLE = 1 << 16 };

/* Up to TEXT_MAX bytes of text.  ops is what to unpack with, NULL: what the bytes say. */
static bool unpack(struct drip drip, size_t out_size, const struct layer_ops *ops, struct buf *text)
{
	struct layer *bottom = drip_layer(&drip), *top;
	struct err    failure;

	if (ops) {
		top = layer_new(bottom);
		layer_start(top, ops);
	} else {
		top = layer_pile(bottom);
	}
	failure = drip_text(top, out_size, TEXT_MAX, text);
	PROPERTY(!failure.kind || (failure.kind == ERR_INPUT && failure.text[0]));
	return !failure.kind;
}

/* Two readings of the same bytes, which agreed or not on whether they are sound. */
static void check_same(const struct buf *a, const struct buf *b, bool agreed, bool is_sound)
{
	PROPERTY(memcmp(a->data, b->data, a->len < b->len ? a->len : b->len) == 0);
	if (a->len >= TEXT_MAX || b->len >= TEXT_MAX) /* neither was read to its end */
		return;
	PROPERTY(agreed);
	PROPERTY(!is_sound || a->len == b->len);
}

/* zlib's answer to members one after another, with zeros behind the last. */
static bool zlib_unpacks(struct str packed, struct buf *text)
{
	z_stream zlib = { .next_in = (uint8_t *)(uintptr_t)packed.ptr,
			  .avail_in = (unsigned)packed.len };
	char	 room[4096];
	int	 code;

	PROPERTY(inflateInit2(&zlib, 31) == Z_OK);
	do {
		zlib.next_out = (uint8_t *)room;
		zlib.avail_out = sizeof(room);
		code = inflate(&zlib, Z_NO_FLUSH);
		buf_add(text, room, sizeof(room) - zlib.avail_out);
		if (code == Z_STREAM_END && zlib.avail_in >= 2 && zlib.next_in[0] == 0x1f &&
		    zlib.next_in[1] == 0x8b)
			code = inflateReset(&zlib);
	} while (code == Z_OK && text->len < TEXT_MAX);
	while (code == Z_STREAM_END && zlib.avail_in && *zlib.next_in == 0) {
		zlib.next_in++;
		zlib.avail_in--;
	}
	inflateEnd(&zlib);
	return code == Z_OK || (code == Z_STREAM_END && zlib.avail_in == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct buf whole = buf_make(TEXT_MAX * 2), pieces = buf_make(TEXT_MAX * 2);
	auto_buf struct buf gzip = buf_make(TEXT_MAX * 2), zlib = buf_make(TEXT_MAX * 2);
	struct drip	    all, some;
	size_t		    out_size;
	bool		    is_sound;

	if (size == 0)
		return 0;
	all = (struct drip){ { (const char *)data + 1, size - 1 }, WHOLE };
	some = (struct drip){ all.bytes, 1 + data[0] % 16 };
	out_size = 1 + data[0] / 16 * 7;
	is_sound = unpack(all, WHOLE, NULL, &whole);
	check_same(&whole, &pieces, unpack(some, out_size, NULL, &pieces) == is_sound, is_sound);
	if (!str_starts(all.bytes, "\x1f\x8b"))
		return 0;
	is_sound = unpack(all, WHOLE, &layer_gzip, &gzip);
	check_same(&gzip, &zlib, zlib_unpacks(all.bytes, &zlib) == is_sound, is_sound);
	return 0;
}
