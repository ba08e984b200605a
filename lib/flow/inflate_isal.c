/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/inflate.h"

#if defined(__x86_64__)

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

#include "lib/base/mem.h"

static void restart(void *state)
{
	struct inflate_state *inflate = state;

	isal_inflate_reset(inflate);
	inflate->crc_flag = ISAL_GZIP;
}

static void *open_state(void)
{
	struct inflate_state *inflate = mem_alloc(sizeof(*inflate));

	isal_inflate_init(inflate);
	restart(inflate);
	return inflate;
}

static const char *why(int code)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return "its checksum or length is wrong";
	case ISAL_INVALID_WRAPPER:
		return "no gzip header";
	case ISAL_UNSUPPORTED_METHOD:
		return "packed by no known method";
	default:
		return "no valid code";
	}
}

static enum inflate_result run(void *state, struct inflate_io *io)
{
	struct inflate_state *inflate = state;
	int		      code;

	assert(io->in_len <= INFLATE_PIECE_MAX && io->out_len <= INFLATE_PIECE_MAX);
	inflate->next_in = (uint8_t *)(uintptr_t)io->in; /* it only reads there */
	inflate->avail_in = (uint32_t)io->in_len;
	inflate->next_out = (uint8_t *)io->out;
	inflate->avail_out = (uint32_t)io->out_len;
	code = isal_inflate(inflate);
	io->in += io->in_len - inflate->avail_in;
	io->in_len = inflate->avail_in;
	io->out += io->out_len - inflate->avail_out;
	io->out_len = inflate->avail_out;
	if (code == ISAL_DECOMP_OK || code == ISAL_END_INPUT)
		return inflate->block_state == ISAL_BLOCK_FINISH ? INFLATE_END : INFLATE_ON;
	io->why = why(code);
	return INFLATE_DAMAGED;
}

const struct inflate_ops inflate_isal = {
	.name = "ISA-L",
	.open = open_state,
	.restart = restart,
	.run = run,
	.close = free,
};

#endif
