/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "lib/base/mem.h"
#include "lib/flow/inflate.h"

/* For inflateInit2: the largest window, and gzip around it. */
enum { WINDOW_BITS = 15 + 16 };

static void *allocate(void *context, unsigned count, unsigned size)
{
	(void)context;
	return mem_alloc((size_t)count * size);
}

static void release(void *context, void *memory)
{
	(void)context;
	free(memory);
}

static void *open_state(void)
{
	z_stream *zlib = mem_alloc(sizeof(*zlib));
	int	  code;

	zlib->zalloc = allocate;
	zlib->zfree = release;
	code = inflateInit2(zlib, WINDOW_BITS);
	assert(code == Z_OK);
	return zlib;
}

static void restart(void *state)
{
	int code = inflateReset(state);

	assert(code == Z_OK);
}

static enum inflate_result run(void *state, struct inflate_io *io)
{
	z_stream *zlib = state;
	int	  code;

	assert(io->in_len <= INFLATE_PIECE_MAX && io->out_len <= INFLATE_PIECE_MAX);
	zlib->next_in = (uint8_t *)(uintptr_t)io->in; /* it only reads there */
	zlib->avail_in = (unsigned)io->in_len;
	zlib->next_out = (uint8_t *)io->out;
	zlib->avail_out = (unsigned)io->out_len;
	code = inflate(zlib, Z_NO_FLUSH);
	io->in += io->in_len - zlib->avail_in;
	io->in_len = zlib->avail_in;
	io->out += io->out_len - zlib->avail_out;
	io->out_len = zlib->avail_out;
	if (code == Z_OK || code == Z_BUF_ERROR) /* the latter: neither input nor room */
		return INFLATE_ON;
	if (code == Z_STREAM_END)
		return INFLATE_END;
	io->why = zlib->msg ? zlib->msg : "no valid code";
	return INFLATE_DAMAGED;
}

static void close_state(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct inflate_ops inflate_zlib = {
	.name = "zlib",
	.open = open_state,
	.restart = restart,
	.run = run,
	.close = close_state,
};
