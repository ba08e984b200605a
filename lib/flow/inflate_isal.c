/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/inflate.h"

#if defined(__x86_64__)

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"

enum { RESERVED_FLAGS = 0xe0, STATE_ALIGNMENT = 64 };

struct isal {
	struct inflate_state	inflate;
	struct isal_gzip_header header; /* as far as it has been read */
	bool			in_header;
};

static void restart(void *state)
{
	struct isal *isal = state;

	isal_inflate_reset(&isal->inflate);
	isal->inflate.crc_flag = ISAL_GZIP_NO_HDR_VER;
	isal_gzip_header_init(&isal->header);
	isal->in_header = true;
}

static void *open_state(void)
{
	/* Not zeroed: 85 KiB, most of it tables that a block fills before it uses them. */
	struct isal *isal = mem_aligned(sizeof(*isal), STATE_ALIGNMENT);

	isal_inflate_init(&isal->inflate);
	restart(isal);
	return isal;
}

static const char *why(int code)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return "its checksum or length is wrong";
	case ISAL_INVALID_WRAPPER:
		return "no gzip header that is known";
	case ISAL_UNSUPPORTED_METHOD:
		return "packed by no known method";
	default:
		return "no valid code";
	}
}

/*
 * The header is not left to isal_inflate: of one that comes in two pieces it forgets which fields follow.
 */
static int inflate_some(struct isal *isal)
{
	if (isal->in_header) {
		int code = isal_read_gzip_header(&isal->inflate, &isal->header);

		if (code != ISAL_DECOMP_OK)
			return code;
		isal->in_header = false;
		/* RFC 1952, 2.3.1.2: a field that is not known changes what follows. */
		if (isal->header.flags & RESERVED_FLAGS)
			return ISAL_INVALID_WRAPPER;
	}
	return isal_inflate(&isal->inflate);
}

static enum inflate_result run(void *state, struct inflate_io *io)
{
	struct isal	     *isal = state;
	struct inflate_state *inflate = &isal->inflate;
	int		      code;

	assert(io->in_len <= INFLATE_PIECE_MAX && io->out_len <= INFLATE_PIECE_MAX);
	inflate->next_in = (uint8_t *)(uintptr_t)io->in; /* it only reads there */
	inflate->avail_in = (uint32_t)io->in_len;
	inflate->next_out = (uint8_t *)io->out;
	inflate->avail_out = (uint32_t)io->out_len;
	code = inflate_some(isal);
	if (inflate->avail_in >
	    io->in_len) /* of damaged data it says that it took a byte too many */
		inflate->avail_in = 0;
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
