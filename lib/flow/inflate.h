/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One gzip member, a piece at a time: header, data, and the checksum and length behind it, which are checked.
 * Two libraries can do it.  They agree on every sound member; which one is used depends on the processor.
 */
#pragma once

#include <stddef.h>

enum inflate_result {
	INFLATE_ON,	/* took all input or filled all room */
	INFLATE_END,	/* the member is whole; what is left of the input comes after it */
	INFLATE_DAMAGED /* io->why says how; what came before the damage has been given */
};

/* Both slices shrink from the front.  None may be larger than INFLATE_PIECE_MAX. */
struct inflate_io {
	const char *in; /* borrowed, as is out */
	size_t	    in_len;
	char	   *out;
	size_t	    out_len;
	const char *why; /* a constant */
};

enum { INFLATE_PIECE_MAX = 1 << 30 };

struct inflate_ops {
	const char *name;
	void *(*open)(void);
	void (*restart)(void *state); /* another member begins */
	enum inflate_result (*run)(void *state, struct inflate_io *io);
	void (*close)(void *state);
};

extern const struct inflate_ops inflate_zlib;

/*
 * ISA-L takes a third of zlib's time.  Only on x86-64: the assembly of its releases before 2.32 takes some
 * sound members for damaged ones on arm64 (github.com/intel/isa-l/issues/316), and Debian 12 has 2.30.
 */
#if defined(__x86_64__)
extern const struct inflate_ops inflate_isal;
#define INFLATE_FASTEST inflate_isal
#else
#define INFLATE_FASTEST inflate_zlib
#endif
