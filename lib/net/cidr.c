/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/net/cidr.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

static int parse(struct str text, struct cidr *out, struct err *err)
{
	struct str  length = text;
	struct str  address = str_cut(&length, '/');
	struct cidr cidr = { 0 };
	uint64_t    prefix_len;

	if (address.len == text.len)
		return err_set(err, ERR_INPUT,
			       "'%.*s' is not a CIDR: expected ADDRESS/LENGTH, like 10.0.0.0/16",
			       STR_ARG(text));
	if (ip_parse(address, &cidr.base, err) < 0)
		return -1;
	if (str_u64(length, ip_bits(cidr.base), &prefix_len) < 0)
		return err_set(err, ERR_INPUT,
			       "'%.*s' is not a CIDR: expected a prefix length from 0 to %u",
			       STR_ARG(text), ip_bits(cidr.base));
	cidr.prefix_len = (uint8_t)prefix_len;
	*out = cidr;
	return 0;
}

int cidr_parse(struct str text, struct cidr *out, struct err *err)
{
	struct cidr cidr;
	struct ip   base;
	char	    wanted[CIDR_TEXT_SIZE];

	if (parse(text, &cidr, err) < 0)
		return -1;
	base = ip_mask(cidr.base, cidr.prefix_len);
	if (!ip_eq(base, cidr.base)) {
		cidr.base = base;
		cidr_print(cidr, wanted);
		return err_set(err, ERR_INPUT, "'%.*s' has host bits set: did you mean %s?",
			       STR_ARG(text), wanted);
	}
	*out = cidr;
	return 0;
}

int cidr_parse_masked(struct str text, struct cidr *out, struct err *err)
{
	if (parse(text, out, err) < 0)
		return -1;
	out->base = ip_mask(out->base, out->prefix_len);
	return 0;
}

void cidr_print(struct cidr cidr, char out[static CIDR_TEXT_SIZE])
{
	char address[IP_TEXT_SIZE];

	ip_print(cidr.base, address);
	snprintf(out, CIDR_TEXT_SIZE, "%s/%u", address, cidr.prefix_len);
}

void cidr_print_short(struct cidr cidr, char out[static CIDR_TEXT_SIZE])
{
	if (cidr.prefix_len == ip_bits(cidr.base))
		ip_print(cidr.base, out);
	else
		cidr_print(cidr, out);
}

struct cidr cidr_of_ip(struct ip ip)
{
	return (struct cidr){ .base = ip, .prefix_len = (uint8_t)ip_bits(ip) };
}

struct ip cidr_last(struct cidr cidr)
{
	struct ip last = cidr.base;

	for (unsigned bit = cidr.prefix_len; bit < ip_bits(last); bit++)
		last.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return last;
}

/* Whether the first bits of two stretches of eight bytes are equal; 64 at most. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return bits == 0 || be64toh(x ^ y) >> (64 - bits) == 0;
}

bool cidr_has(struct cidr cidr, struct ip ip)
{
	unsigned bits = cidr.prefix_len;

	if (cidr.base.family != ip.family)
		return false;
	if (bits <= 64)
		return same_bits(ip.bytes, cidr.base.bytes, bits);
	return same_bits(ip.bytes, cidr.base.bytes, 64) &&
	       same_bits(ip.bytes + 8, cidr.base.bytes + 8, bits - 64);
}

bool cidr_covers(struct cidr outer, struct cidr inner)
{
	return outer.prefix_len <= inner.prefix_len && cidr_has(outer, inner.base);
}

bool cidr_eq(struct cidr a, struct cidr b)
{
	return a.prefix_len == b.prefix_len && ip_eq(a.base, b.base);
}
