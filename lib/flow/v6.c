/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/v6.h"

#include <string.h>

enum { BAD = 0xf0, GROUP_MAX = 4, IPV6_BYTES = 16 };

/* One more than a digit's value, so that what is not here is told by 0. */
static const uint8_t digits[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* How many of the eight bytes of a word, and of what is left, are before the first ':'. */
static size_t group_len(uint64_t word, size_t left)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t       zeros = word ^ ones * ':';
	uint64_t       found = (zeros - ones) & ~zeros & ones << 7; /* the lowest is right */
	size_t	       len = found ? (size_t)__builtin_ctzll(found) / 8 : 8;

	return len < left ? len : left;
}

/* 1 to 4 digits in the low bytes of a word, the first lowest.  False: not all are digits. */
static bool read_group(uint64_t word, size_t len, uint8_t *out)
{
	/* Before the first of them, zeros. */
	uint64_t padded = (word << 8 * (GROUP_MAX - len) & UINT32_MAX) |
			  ((uint64_t)UINT32_MAX >> 8 * len & 0x30303030);
	unsigned a = digits[padded & 0xff] - 1U, b = digits[padded >> 8 & 0xff] - 1U;
	unsigned c = digits[padded >> 16 & 0xff] - 1U, d = digits[padded >> 24] - 1U;

	out[0] = (uint8_t)(a << 4 | b);
	out[1] = (uint8_t)(c << 4 | d);
	return ((a | b | c | d) & BAD) == 0;
}

/* What stands behind `::` goes to the end, with zeros between. */
static void spread(uint8_t bytes[static IPV6_BYTES], size_t zeros_at, size_t count)
{
	size_t behind = count - zeros_at;

	memmove(bytes + IPV6_BYTES - behind, bytes + zeros_at, behind);
	memset(bytes + zeros_at, 0, IPV6_BYTES - count);
}

bool v6_read(const char *text, size_t len, struct ip *out)
{
	struct ip ip = { .family = IP_V6 };
	bool	  has_zeros = len >= 2 && text[0] == ':' && text[1] == ':';
	size_t	  at = has_zeros ? 2 : 0, zeros_at = 0, count = 0;

	while (at < len) {
		uint64_t word;
		size_t	 group;

		memcpy(&word, text + at, sizeof(word));
		group = group_len(word, len - at);
		if (group == 0 || group > GROUP_MAX || count == IPV6_BYTES ||
		    !read_group(word, group, ip.bytes + count))
			return false;
		count += 2;
		at += group;
		if (at == len)
			break;
		if (++at == len)
			return false;
		if (text[at] != ':')
			continue;
		if (has_zeros)
			return false;
		has_zeros = true;
		zeros_at = count;
		at++;
	}
	if (has_zeros == (count == IPV6_BYTES))
		return false;
	if (has_zeros)
		spread(ip.bytes, zeros_at, count);
	*out = ip;
	return true;
}
