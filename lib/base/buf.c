/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* What data points to before the first write; never written. */
static char empty[1];

struct buf buf_make(size_t max)
{
	return (struct buf){ .data = empty, .max = max };
}

void buf_done(struct buf *buf)
{
	if (buf->capacity)
		free(buf->data);
	*buf = buf_make(buf->max);
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->overflow = false;
	if (buf->capacity)
		buf->data[0] = '\0';
}

/* Room for len more bytes and the NUL, or false with overflow set. */
static bool buf_reserve(struct buf *buf, size_t len)
{
	size_t capacity = buf->capacity ? buf->capacity : 256;

	if (buf->overflow || len > buf->max - buf->len) {
		buf->overflow = true;
		return false;
	}
	if (buf->len + len < buf->capacity)
		return true;
	while (capacity <= buf->len + len)
		capacity *= 2;
	if (capacity - 1 > buf->max)
		capacity = buf->max + 1;
	buf->data = mem_resize(buf->capacity ? buf->data : NULL, capacity, 1);
	buf->capacity = capacity;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct str text)
{
	buf_add(buf, text.ptr, text.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_add_u64(struct buf *buf, unsigned long long value)
{
	char   digits[STR_U64_SIZE];
	size_t len = str_print_u64(value, digits);

	buf_add(buf, digits, len);
}

void buf_add_grouped(struct buf *buf, unsigned long long value)
{
	char   digits[STR_U64_SIZE];
	size_t len = str_print_u64(value, digits);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(buf, ',');
		buf_add_char(buf, digits[i]);
	}
}

void buf_add_size(struct buf *buf, unsigned long long bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double			 value = (double)bytes;
	size_t			 unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		buf_printf(buf, "%llu B", bytes);
	else
		buf_printf(buf, "%.1f %s", value, units[unit]);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int	len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len > 0 && buf_reserve(buf, (size_t)len)) {
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){ .ptr = buf->data, .len = buf->len };
}

/* Decodes a sequence that str_is_utf8 has accepted. */
static uint32_t utf8_decode(const unsigned char *p, size_t len)
{
	uint32_t c = len == 1 ? p[0] : p[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

/* C0, DEL, C1, line and paragraph separators, and what reorders text (Trojan Source, CVE-2021-42574). */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || c == 0x61c ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* Cuts the first character off *text; a byte that is not UTF-8 is one by itself, and *is_valid false. */
static struct str cut_character(struct str *text, uint32_t *c, bool *is_valid)
{
	unsigned char first = (unsigned char)text->ptr[0];
	size_t	      len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	struct str    character;

	*is_valid = len <= text->len && str_is_utf8(str_head(*text, len));
	*c = *is_valid ? utf8_decode((const unsigned char *)text->ptr, len) : first;
	character = str_head(*text, *is_valid ? len : 1);
	*text = str_skip(*text, character.len);
	return character;
}

/* The first character of *text, which moves on. */
static void add_visible_character(struct buf *buf, struct str *text)
{
	uint32_t   c;
	bool	   is_valid;
	struct str character = cut_character(text, &c, &is_valid);

	if (!is_valid || (c < 0x80 && is_harmful(c)))
		buf_printf(buf, "\\x%02x", c);
	else if (is_harmful(c))
		buf_printf(buf, "\\u{%04x}", c);
	else
		buf_add_str(buf, character);
}

/* Printable ASCII at the start of text, as far as there is room: added in one go, and nearly all there is. */
static size_t plain_len(const struct buf *buf, struct str text)
{
	size_t room = buf->max - buf->len, len = 0;

	while (len < text.len && len < room && text.ptr[len] >= 0x20 && text.ptr[len] < 0x7f)
		len++;
	return len;
}

void buf_add_visible(struct buf *buf, struct str text)
{
	for (;;) {
		size_t plain = plain_len(buf, text);

		buf_add(buf, text.ptr, plain);
		text = str_skip(text, plain);
		if (text.len == 0)
			return;
		add_visible_character(buf, &text);
	}
}

void buf_add_json(struct buf *buf, struct str json)
{
	while (json.len) {
		size_t	   plain = plain_len(buf, json);
		uint32_t   c;
		bool	   is_valid;
		struct str character;

		buf_add(buf, json.ptr, plain);
		json = str_skip(json, plain);
		if (json.len == 0)
			return;
		character = cut_character(&json, &c, &is_valid);
		if (c == '\r') /* between values: inside a text it is no JSON */
			buf_add_char(buf, ' ');
		else if (is_harmful(c) && c != '\n' && c != '\t')
			buf_printf(buf, "\\u%04x", c);
		else
			buf_add_str(buf, character);
	}
}
