/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/stream_layer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { LAYER_ALIGNMENT = 64 };

struct layer *layer_new(struct layer *below)
{
	struct layer *layer = mem_alloc(sizeof(*layer));

	layer->below = below;
	layer->in = below ? mem_aligned(LAYER_INPUT, LAYER_ALIGNMENT) : NULL;
	return layer;
}

void layer_start(struct layer *layer, const struct layer_ops *ops)
{
	layer->ops = ops;
	layer->state = ops->open ? ops->open() : NULL;
}

void layer_free(struct layer *layer)
{
	while (layer) {
		struct layer *below = layer->below;

		if (layer->ops && layer->ops->close)
			layer->ops->close(layer->state);
		free(layer->in);
		free(layer);
		layer = below;
	}
}

size_t layer_read(struct layer *layer, char *out, size_t size)
{
	size_t got = layer->failure.kind ? 0 : layer->ops->read(layer, out, size);

	layer->given += got;
	if (got == 0 && !layer->failure.kind && layer->below)
		layer->failure = layer->below->failure;
	return got;
}

struct str layer_look(struct layer *layer, size_t count)
{
	assert(count <= LAYER_INPUT);
	if (layer->in_end - layer->in_start < count && layer->in_start) {
		memmove(layer->in, layer->in + layer->in_start, layer->in_end - layer->in_start);
		layer->in_end -= layer->in_start;
		layer->in_start = 0;
	}
	while (layer->in_end - layer->in_start < count) {
		size_t got = layer_read(layer->below, layer->in + layer->in_end,
					LAYER_INPUT - layer->in_end);

		if (got == 0)
			break;
		layer->in_end += got;
	}
	return (struct str){ .ptr = layer->in + layer->in_start,
			     .len = layer->in_end - layer->in_start };
}

void layer_fail(struct layer *layer, size_t given, const char *what, const char *why)
{
	err_set(&layer->failure, ERR_INPUT, "the %s %s after %llu bytes of text%s%s",
		layer->ops->name, what, (unsigned long long)(layer->given + given), why ? ": " : "",
		why ? why : "");
}

void layer_cut_off(struct layer *layer, size_t given)
{
	if (layer->below->failure.kind)
		layer->failure = layer->below->failure;
	else
		layer_fail(layer, given, "is cut off", NULL);
}
