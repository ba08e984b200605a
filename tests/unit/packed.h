/* SPDX-License-Identifier: Apache-2.0 */
/* Packed bytes for the tests of streams: gzip members by zlib, zstd frames by libzstd. */
#pragma once

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/buf.h"
#include "tests/unit/unit.h"

enum { PACKED_MAX = 1 << 26 };

/* Appends one gzip member; header may be NULL. */
static inline void pack_gzip_with(struct buf *out, struct str text, gz_header *header)
{
	z_stream zlib = { 0 };
	size_t	 room = text.len + text.len / 100 + 1000;
	char	*bytes = malloc(room);

	CHECK(bytes && deflateInit2(&zlib, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	if (header)
		CHECK(deflateSetHeader(&zlib, header) == Z_OK);
	zlib.next_in = (uint8_t *)(uintptr_t)text.ptr;
	zlib.avail_in = (unsigned)text.len;
	zlib.next_out = (uint8_t *)bytes;
	zlib.avail_out = (unsigned)room;
	CHECK(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
	buf_add(out, bytes, zlib.total_out);
	deflateEnd(&zlib);
	free(bytes);
}

static inline void pack_gzip(struct buf *out, struct str text)
{
	pack_gzip_with(out, text, NULL);
}

/* Appends one zstd frame with a checksum, as zstd(1) writes it. */
static inline void pack_zstd(struct buf *out, struct str text)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t	   room = ZSTD_compressBound(text.len), len;
	char	  *bytes = malloc(room);

	CHECK(bytes && zstd);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	len = ZSTD_compress2(zstd, bytes, room, text.ptr, text.len);
	CHECK(!ZSTD_isError(len));
	buf_add(out, bytes, len);
	ZSTD_freeCCtx(zstd);
	free(bytes);
}
