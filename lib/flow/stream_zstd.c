/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/base/mem.h"
#include "lib/flow/stream_layer.h"

/*
 * The largest window that is unpacked, and so the memory a frame can ask for: 128 MiB, what zstd(1) takes
 * unasked and all its levels stay below.
 */
enum { WINDOW_LOG_MAX = 27 };

/* The longest header of a frame, ZSTD_FRAMEHEADERSIZE_MAX of the library's unstable part. */
enum { HEADER_MAX = 18 };

struct zstd {
	ZSTD_DCtx *context;
	bool	   in_frame;
	char	   header[HEADER_MAX]; /* what the frame begins with, as far as it has come */
	size_t	   header_len;
	uint64_t   frame_bytes; /* text of the frame so far */
};

static void *open_zstd(void)
{
	struct zstd *zstd = mem_alloc(sizeof(*zstd));

	zstd->context = ZSTD_createDCtx();
	if (!zstd->context)
		mem_exhausted();
	ZSTD_DCtx_setParameter(zstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return zstd;
}

static void close_zstd(void *state)
{
	struct zstd *zstd = state;

	ZSTD_freeDCtx(zstd->context);
	free(zstd);
}

static void fail(struct layer *layer, size_t given, size_t code)
{
	const struct zstd *zstd = layer->state;
	ZSTD_ErrorCode	   error = ZSTD_getErrorCode(code);

	if (error == ZSTD_error_memory_allocation)
		mem_exhausted();
	else if (error == ZSTD_error_frameParameter_windowTooLarge)
		layer_fail(layer, given, "wants more than 128 MiB of memory", NULL);
	else if (error == ZSTD_error_prefix_unknown && !zstd->in_frame)
		layer_fail(layer, given, "is followed by something else", NULL);
	else
		layer_fail(layer, given, "is damaged", ZSTD_getErrorName(code));
}

/*
 * The length that the header says.  The library checks it too, but not where the last block is empty and the
 * frame comes in pieces.
 */
static bool has_length(const struct zstd *zstd)
{
	unsigned long long said = ZSTD_getFrameContentSize(zstd->header, zstd->header_len);

	return said == ZSTD_CONTENTSIZE_UNKNOWN || said == zstd->frame_bytes;
}

/* Remembers of a frame what has been taken of it.  At its end, whether it was whole. */
static bool follow_frame(struct zstd *zstd, struct str taken, size_t text_len, bool ends)
{
	struct str header = str_head(taken, HEADER_MAX - zstd->header_len);
	bool	   is_whole;

	memcpy(zstd->header + zstd->header_len, header.ptr, header.len);
	zstd->header_len += header.len;
	zstd->frame_bytes += text_len;
	zstd->in_frame = !ends;
	if (!ends)
		return true;
	is_whole = has_length(zstd);
	zstd->header_len = 0;
	zstd->frame_bytes = 0;
	return is_whole;
}

/* Without input too: the library may hold output back that found no room.  Whether there is more. */
static bool step(struct layer *layer, ZSTD_outBuffer *out)
{
	struct zstd  *zstd = layer->state;
	struct str    rest = layer_look(layer, zstd->in_frame ? 0 : 1);
	ZSTD_inBuffer in = { .src = rest.ptr, .size = rest.len };
	size_t	      before = out->pos, code;

	if (rest.len == 0 && !zstd->in_frame)
		return false;
	code = ZSTD_decompressStream(zstd->context, out, &in);
	layer->in_start += in.pos;
	if (ZSTD_isError(code)) {
		fail(layer, out->pos, code);
		return false;
	}
	if (!follow_frame(zstd, str_head(rest, in.pos), out->pos - before, code == 0))
		layer_fail(layer, out->pos, "is damaged", "its length is wrong");
	if (out->pos > before || in.pos > 0 || code == 0)
		return true;
	if (rest.len)
		layer_fail(layer, out->pos, "is damaged", "nothing follows from it");
	else if (layer_look(layer, 1).len == 0)
		layer_cut_off(layer, out->pos);
	return true;
}

/* All that the buffer holds; waits for more only when nothing came of it. */
static size_t read_zstd(struct layer *layer, char *out, size_t size)
{
	ZSTD_outBuffer given = { .dst = out, .size = size };

	while (given.pos < size && !layer->failure.kind) {
		if (given.pos && layer_look(layer, 0).len == 0)
			break;
		if (!step(layer, &given))
			break;
	}
	return given.pos;
}

const struct layer_ops layer_zstd = {
	.name = "zstd data",
	.open = open_zstd,
	.read = read_zstd,
	.close = close_zstd,
};
