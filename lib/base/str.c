/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/str.h"

#include <string.h>

struct str str_of(const char *text)
{
	return (struct str){ .ptr = text ? text : "", .len = text ? strlen(text) : 0 };
}

bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *text)
{
	return str_eq(a, str_of(text));
}

bool str_starts(struct str a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}

int str_cmp(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int    order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int compare_numbers(struct str a, struct str b)
{
	while (a.len > 1 && a.ptr[0] == '0')
		a = str_skip(a, 1);
	while (b.len > 1 && b.ptr[0] == '0')
		b = str_skip(b, 1);
	return a.len != b.len ? (a.len > b.len) - (a.len < b.len) : str_cmp(a, b);
}

int str_cmp_natural(struct str a, struct str b)
{
	size_t i = 0, j = 0;

	while (i < a.len && j < b.len) {
		size_t a_end = i, b_end = j;
		int    order;

		while (a_end < a.len && is_digit(a.ptr[a_end]))
			a_end++;
		while (b_end < b.len && is_digit(b.ptr[b_end]))
			b_end++;
		if (a_end == i || b_end == j) {
			order = (unsigned char)a.ptr[i++] - (unsigned char)b.ptr[j++];
		} else {
			order = compare_numbers(str_skip(str_head(a, a_end), i),
						str_skip(str_head(b, b_end), j));
			i = a_end;
			j = b_end;
		}
		if (order)
			return order;
	}
	if ((i < a.len) != (j < b.len))
		return i < a.len ? 1 : -1;
	return str_cmp(a, b);
}

struct str str_skip(struct str a, size_t count)
{
	if (count > a.len)
		count = a.len;
	return (struct str){ .ptr = a.ptr ? a.ptr + count : a.ptr, .len = a.len - count };
}

struct str str_head(struct str a, size_t count)
{
	return (struct str){ .ptr = a.ptr, .len = count < a.len ? count : a.len };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str a)
{
	while (a.len && is_space(a.ptr[0]))
		a = str_skip(a, 1);
	while (a.len && is_space(a.ptr[a.len - 1]))
		a.len--;
	return a;
}

size_t str_find(struct str a, char c)
{
	const char *at = a.len ? memchr(a.ptr, c, a.len) : NULL;

	return at ? (size_t)(at - a.ptr) : a.len;
}

struct str str_cut(struct str *rest, char c)
{
	size_t	   at = str_find(*rest, c);
	struct str piece = str_head(*rest, at);

	*rest = str_skip(*rest, at + 1);
	return piece;
}

struct str str_word(struct str *rest)
{
	struct str word;
	size_t	   len = 0;

	while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
		*rest = str_skip(*rest, 1);
	while (len < rest->len && rest->ptr[len] != ' ' && rest->ptr[len] != '\t')
		len++;
	word = str_head(*rest, len);
	*rest = str_skip(*rest, len);
	return word;
}

int str_u64(struct str a, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (a.len == 0)
		return -1;
	for (size_t i = 0; i < a.len; i++) {
		unsigned digit = (unsigned char)a.ptr[i] - '0';

		if (digit > 9)
			return -1;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value) || value > max)
			return -1;
	}
	*out = value;
	return 0;
}

size_t str_print_u64(uint64_t value, char out[static STR_U64_SIZE])
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char		  digits[STR_U64_SIZE];
	size_t		  at = sizeof(digits), len;

	for (; value >= 100; value /= 100) {
		at -= 2;
		memcpy(digits + at, pairs + value % 100 * 2, 2);
	}
	at -= 2;
	memcpy(digits + at, pairs + value * 2, 2);
	at += value < 10;
	len = sizeof(digits) - at;
	memcpy(out, digits + at, len);
	return len;
}

/* Going back only to the last star is enough: an earlier star could match nothing that it cannot. */
bool str_glob(struct str pattern, struct str text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.len &&
			   (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

/* Length of the UTF-8 sequence at the start of a, or 0 when it is none (RFC 3629: no surrogates, no overlong). */
static size_t utf8_len(struct str a)
{
	const unsigned char *p = (const unsigned char *)a.ptr;
	size_t		     len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || a.len < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool str_is_utf8(struct str a)
{
	while (a.len) {
		size_t len = utf8_len(a);

		if (len == 0)
			return false;
		a = str_skip(a, len);
	}
	return true;
}

enum { DISTANCE_MAX_LEN = 64, DISTANCE_FAR = 99 };

unsigned str_distance(struct str a, struct str b)
{
	unsigned rows[3][DISTANCE_MAX_LEN + 1];

	if (a.len > DISTANCE_MAX_LEN || b.len > DISTANCE_MAX_LEN)
		return DISTANCE_FAR;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned       *now = rows[i % 3];
		const unsigned *above = rows[(i + 2) % 3], *swap = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			unsigned best = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1] && swap[j - 2] + 1 < best)
				best = swap[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[a.len % 3][b.len];
}
