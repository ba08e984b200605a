/* SPDX-License-Identifier: Apache-2.0 */
/* A bottom layer for streams that gives its bytes in pieces. */
#pragma once

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/flow/stream_layer.h"

struct drip {
	struct str bytes;
	size_t	   piece; /* at most so many at a time */
};

static inline size_t drip_read(struct layer *layer, char *out, size_t size)
{
	struct drip *drip = layer->state;
	struct str   piece = str_head(drip->bytes, drip->piece < size ? drip->piece : size);

	memcpy(out, piece.ptr, piece.len);
	drip->bytes = str_skip(drip->bytes, piece.len);
	return piece.len;
}

static inline struct layer *drip_layer(struct drip *drip)
{
	static const struct layer_ops layer_drip = { .name = "drip", .read = drip_read };
	struct layer		     *layer = layer_new(NULL);

	layer_start(layer, &layer_drip);
	layer->state = drip;
	return layer;
}

/*
 * Appends the text of the topmost layer, read in pieces of out_size, until there are max bytes.  Frees the
 * layers and returns the failure at the end, of kind ERR_NONE when there was none.
 */
static inline struct err drip_text(struct layer *top, size_t out_size, size_t max, struct buf *text)
{
	auto_free char *room = mem_alloc(out_size);
	struct err	failure;
	size_t		got;

	do {
		got = layer_read(top, room, out_size);
		buf_add(text, room, got);
	} while (got && text->len < max);
	failure = top->failure;
	layer_free(top);
	return failure;
}
