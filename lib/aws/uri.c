/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/uri.h"

static bool is_unreserved(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c == '~';
}

void uri_encode(struct buf *out, struct str text, bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (is_unreserved(c) || (keep_slash && c == '/'))
			buf_add_char(out, (char)c);
		else
			buf_add(out, (char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
	}
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void uri_decode(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool escape = text.ptr[i] == '%' && text.len - i > 2;
		int  high = escape ? digit_of(text.ptr[i + 1]) : -1;
		int  low = escape ? digit_of(text.ptr[i + 2]) : -1;

		if (high < 0 || low < 0) {
			buf_add_char(out, text.ptr[i]);
			continue;
		}
		buf_add_char(out, (char)(high << 4 | low));
		i += 2;
	}
}

/* Cuts the last segment off what begins at `start`. */
static void drop_segment(struct buf *out, size_t start)
{
	size_t len = out->len;

	while (len > start && out->data[len - 1] != '/')
		len--;
	if (len > start)
		len--;
	if (len < out->len)
		out->data[len] = '\0';
	out->len = len;
}

void uri_normalize(struct buf *out, struct str path)
{
	size_t start = out->len;
	bool   ends_in_slash = path.len && path.ptr[path.len - 1] == '/';

	while (path.len) {
		struct str segment = str_cut(&path, '/');

		if (str_is(segment, "..")) {
			drop_segment(out, start);
		} else if (segment.len && !str_is(segment, ".")) {
			buf_add_char(out, '/');
			buf_add_str(out, segment);
		}
	}
	if (out->len == start || ends_in_slash)
		buf_add_char(out, '/');
}
