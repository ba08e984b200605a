/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/line_at.h"

#include <sys/stat.h>

#include "lib/base/mem.h"
#include "lib/flow/stream.h"

enum { PIECE = 1 << 16 };

/* Adds what of the piece is in the line that is `left` newlines away.  True: it ended here. */
static bool take(struct str piece, uint64_t *left, struct buf *out)
{
	while (*left && piece.len) {
		size_t end = str_find(piece, '\n');

		*left -= end < piece.len;
		piece = str_skip(piece, end + 1);
	}
	buf_add_str(out, str_head(piece, str_find(piece, '\n')));
	return *left == 0 && str_find(piece, '\n') < piece.len;
}

bool line_at(const char *path, uint64_t number, uint64_t *budget, struct buf *out)
{
	auto_free char		  *piece = mem_resize(NULL, PIECE, 1);
	struct err		   err;
	struct stat		   info;
	auto_stream struct stream *stream = NULL;
	uint64_t		   left = number - 1;

	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
		return false;
	stream = stream_open(path, &err);
	while (stream && *budget >= PIECE && !out->overflow) {
		ssize_t got = stream_read(stream, piece, PIECE, &err);

		if (got <= 0)
			return got == 0 && left == 0 && out->len;
		*budget -= (uint64_t)got;
		if (take((struct str){ piece, (size_t)got }, &left, out))
			return true;
	}
	return false;
}
