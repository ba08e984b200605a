/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing buffer with a maximum given at init.  What does not fit is left out whole and `overflow` is
 * set, so a caller may write many pieces and ask once.  The bytes always end in NUL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/str.h"

struct buf {
	char  *data; /* NUL-terminated; "" before the first write */
	size_t len, capacity, max;
	bool   overflow;
};

/* `auto_buf struct buf text = buf_make(MAX);` is safe to leave by any return. */
struct buf buf_make(size_t max);
void	   buf_done(struct buf *buf);
void	   buf_clear(struct buf *buf);

void	   buf_add(struct buf *buf, const void *bytes, size_t len);
void	   buf_add_str(struct buf *buf, struct str text);
void	   buf_add_text(struct buf *buf, const char *text);
void	   buf_add_char(struct buf *buf, char c);
void	   buf_add_u64(struct buf *buf, unsigned long long value);
void	   buf_add_grouped(struct buf *buf, unsigned long long value); /* 1,204,551 */
void	   buf_add_size(struct buf *buf, unsigned long long bytes);    /* 1.9 TiB */
void	   buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
struct str buf_str(const struct buf *buf);

/*
 * Text from outside, made harmless for a terminal: control characters, bidirectional marks and bytes that
 * are not UTF-8 appear as \xNN or \u{NNNN}.
 */
void buf_add_visible(struct buf *buf, struct str text);

/* A JSON document, the same one, with such characters as \uNNNN; it is UTF-8.  At most six bytes for one. */
void buf_add_json(struct buf *buf, struct str json);

#define auto_buf __attribute__((cleanup(buf_done)))
