/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/ip.h"

#include <string.h>

#include "lib/base/mark.h"
#include "lib/net/cidr.h"

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ip){ .family = IP_V4, .bytes = { a, b, c, d } };
}

struct ip ip_from_bytes(enum ip_family family, const void *bytes)
{
	struct ip ip = { .family = family };

	memcpy(ip.bytes, bytes, family == IP_V4 ? 4 : 16);
	return ip;
}

unsigned ip_bits(struct ip ip)
{
	return ip.family == IP_V4 ? 32 : ip.family == IP_V6 ? 128 : 0;
}

/* Dotted quad without leading zeros. */
static bool parse_v4(struct str text, uint8_t *bytes)
{
	unsigned value = 0, digits = 0, dots = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned char)text.ptr[i] - (unsigned)'0';

		if (digit <= 9) {
			if (digits && value == 0)
				return false;
			value = value * 10 + digit;
			digits++;
			if (value > 255)
				return false;
		} else if (text.ptr[i] == '.' && digits && dots < 3) {
			bytes[dots++] = (uint8_t)value;
			value = digits = 0;
		} else {
			return false;
		}
	}
	if (dots != 3 || digits == 0)
		return false;
	bytes[3] = (uint8_t)value;
	return true;
}

/* The value of a hexadecimal digit; 16 and more for anything else. */
static unsigned hex_value(char c)
{
	unsigned digit = (unsigned char)c - (unsigned)'0';
	unsigned letter = ((unsigned char)c | 0x20U) - (unsigned)'a';

	if (digit <= 9)
		return digit;
	return letter < 6 ? letter + 10 : 16;
}

/* One to four hexadecimal digits from *at on. */
static bool parse_group(struct str text, size_t *at, uint8_t *bytes)
{
	size_t	 begin = *at;
	unsigned value = 0;

	for (; *at < text.len && *at < begin + 4; (*at)++) {
		unsigned digit = hex_value(text.ptr[*at]);

		if (digit > 15)
			break;
		value = value << 4 | digit;
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return *at > begin;
}

/* Moves what stands behind `::` to the end and puts zeros between. */
static void spread(uint8_t bytes[static 16], size_t zeros_at, size_t len)
{
	size_t behind = len - zeros_at;

	memmove(bytes + 16 - behind, bytes + zeros_at, behind);
	memset(bytes + zeros_at, 0, 16 - len);
}

/* RFC 4291 section 2.2: groups, one `::` for at least one of them, a dotted quad for the last two. */
static bool parse_v6(struct str text, uint8_t out[static 16])
{
	uint8_t bytes[16] = { 0 };
	size_t	at = 0, len = 0, zeros_at = SIZE_MAX;

	if (str_starts(text, "::")) {
		zeros_at = 0;
		at = 2;
	}
	while (at < text.len) {
		size_t begin = at;

		if (len > 14 || !parse_group(text, &at, bytes + len))
			return false;
		if (at < text.len && text.ptr[at] == '.') {
			if (len > 12 || !parse_v4(str_skip(text, begin), bytes + len))
				return false;
			len += 4;
			break;
		}
		len += 2;
		if (at == text.len)
			break;
		if (text.ptr[at++] != ':' || at == text.len)
			return false;
		if (text.ptr[at] == ':') {
			if (zeros_at != SIZE_MAX)
				return false;
			zeros_at = len;
			at++;
		}
	}
	if (zeros_at != SIZE_MAX && len <= 14)
		spread(bytes, zeros_at, len);
	else if (zeros_at != SIZE_MAX || len != 16)
		return false;
	memcpy(out, bytes, sizeof(bytes));
	return true;
}

int ip_parse(struct str text, struct ip *out, struct err *err)
{
	struct ip ip = { .family = str_find(text, ':') < text.len ? IP_V6 : IP_V4 };

	if (ip.family == IP_V4 ? !parse_v4(text, ip.bytes) : !parse_v6(text, ip.bytes))
		return err_set(err, ERR_INPUT, "'%.*s' is not an IP address", STR_ARG(text));
	*out = ip;
	return 0;
}

static char *print_byte(uint8_t value, char *at)
{
	if (value >= 100)
		*at++ = (char)('0' + value / 100);
	if (value >= 10)
		*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

static char *print_v4(const uint8_t *bytes, char *at)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = print_byte(bytes[i], at);
	}
	return at;
}

static char *print_group(unsigned value, char *at)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0; shift -= 4)
		if (shift == 0 || value >> shift)
			*at++ = digits[value >> shift & 15];
	return at;
}

/* The first of the longest runs of zero groups; *len is 0 when none is of two or more. */
static int find_zeros(const unsigned groups[static 8], int *len)
{
	int best = 8;

	*len = 0;
	for (int i = 0, run = 0; i < 8; i++) {
		run = groups[i] ? 0 : run + 1;
		if (run > 1 && run > *len) {
			best = i + 1 - run;
			*len = run;
		}
	}
	return best;
}

/* With the last four bytes as IPv4 where RFC 4291 has it so, as inet_ntop does. */
static char *print_v6(const uint8_t *bytes, char *at)
{
	unsigned groups[8];
	int	 zeros, len, end = 8;

	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)bytes[i * 2] << 8 | bytes[i * 2 + 1];
	zeros = find_zeros(groups, &len);
	if (zeros == 0 && (len == 6 || (len == 5 && groups[5] == 0xffff)))
		end = 6;
	for (int i = 0; i < end; i++) {
		if (i == zeros) {
			*at++ = ':';
			i += len - 1;
			if (i == 7)
				*at++ = ':';
			continue;
		}
		if (i)
			*at++ = ':';
		at = print_group(groups[i], at);
	}
	if (end == 8)
		return at;
	*at++ = ':';
	return print_v4(bytes + 12, at);
}

size_t ip_print(struct ip ip, char out[static IP_TEXT_SIZE])
{
	char *end = out;

	if (ip.family == IP_V4)
		end = print_v4(ip.bytes, out);
	else if (ip.family == IP_V6)
		end = print_v6(ip.bytes, out);
	else
		*end++ = '-';
	*end = '\0';
	return (size_t)(end - out);
}

bool ip_eq(struct ip a, struct ip b)
{
	return a.family == b.family && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

int ip_cmp(struct ip a, struct ip b)
{
	if (a.family != b.family)
		return a.family < b.family ? -1 : 1;
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

bool ip_bit(struct ip ip, unsigned index)
{
	return ip.bytes[index / 8] >> (7 - index % 8) & 1;
}

struct ip ip_mask(struct ip ip, unsigned prefix_len)
{
	for (unsigned i = 0; i < sizeof(ip.bytes); i++) {
		unsigned kept = prefix_len > i * 8 ? prefix_len - i * 8 : 0;

		if (kept < 8)
			ip.bytes[i] &= (uint8_t)(0xff00U >> kept);
	}
	return ip;
}

struct ip ip_add(struct ip ip, uint32_t offset)
{
	uint64_t carry = offset;

	for (unsigned i = ip_bits(ip) / 8; i-- > 0 && carry;) {
		carry += ip.bytes[i];
		ip.bytes[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return ip;
}

static const struct cidr private_blocks[] = {
	{ { IP_V4, { 10 } }, 8 },	  { { IP_V4, { 172, 16 } }, 12 },
	{ { IP_V4, { 192, 168 } }, 16 },  { { IP_V4, { 100, 64 } }, 10 },
	{ { IP_V4, { 127 } }, 8 },	  { { IP_V4, { 169, 254 } }, 16 },
	{ { IP_V6, { 0xfc } }, 7 },	  { { IP_V6, { 0xfe, 0x80 } }, 10 },
	{ { IP_V6, { [15] = 1 } }, 128 },
};

size_t ip_private_blocks(const struct cidr **blocks)
{
	*blocks = private_blocks;
	return ARRAY_LEN(private_blocks);
}

bool ip_is_private(struct ip ip)
{
	for (size_t i = 0; i < ARRAY_LEN(private_blocks); i++)
		if (cidr_has(private_blocks[i], ip))
			return true;
	return false;
}

static const uint8_t nat64_prefix[12] = { 0x00, 0x64, 0xff, 0x9b };

struct ip ip_nat64_of(struct ip v4)
{
	struct ip ip = { .family = IP_V6 };

	memcpy(ip.bytes, nat64_prefix, sizeof(nat64_prefix));
	memcpy(ip.bytes + sizeof(nat64_prefix), v4.bytes, 4);
	return ip;
}

struct ip ip_nat64_inside(struct ip ip)
{
	struct ip v4 = { 0 };

	if (ip.family != IP_V6 || memcmp(ip.bytes, nat64_prefix, sizeof(nat64_prefix)) != 0)
		return v4;
	v4.family = IP_V4;
	memcpy(v4.bytes, ip.bytes + sizeof(nat64_prefix), 4);
	return v4;
}
