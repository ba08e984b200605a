/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/flow/stream_layer.h"

/* What was looked at to tell the kind comes first; the rest goes past the buffer. */
static size_t read_plain(struct layer *layer, char *out, size_t size)
{
	size_t got = layer->in_end - layer->in_start;

	if (got == 0)
		return layer_read(layer->below, out, size);
	if (got > size)
		got = size;
	memcpy(out, layer->in + layer->in_start, got);
	layer->in_start += got;
	return got;
}

const struct layer_ops layer_plain = { .name = "text", .read = read_plain };
