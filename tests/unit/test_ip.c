/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>

#include "lib/net/ip.h"

static struct ip ip(const char *text)
{
	struct ip  out;
	struct err err;

	if (ip_parse(str_of(text), &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

TEST(ip_parse_and_print_are_inverse_in_rfc_5952_form)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "10.0.1.10", "10.0.1.10" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "::ffff:10.0.0.1", "::ffff:10.0.0.1" },
		{ "2001:db8:1234:a100:8d6e:3477:df66:f105",
		  "2001:db8:1234:a100:8d6e:3477:df66:f105" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[IP_TEXT_SIZE];

		ip_print(ip(cases[i].text), out);
		CHECK_TEXT(out, cases[i].printed);
		CHECK(ip_eq(ip(out), ip(cases[i].text)));
	}
}

TEST(ip_parse_rejects_and_leaves_output_alone)
{
	static const char *bad[] = {
		"",	     "10.0.0",	     "10.0.0.256", "10.0.0.1.2",    "010.0.0.1",
		"10.0.0.01", "0x0a.0.0.1",   " 10.0.0.1",  "10.0.0.1 ",	    "10.0.0.1/8",
		"1",	     "-1.0.0.0",     ":",	   ":::",	    "1::2::3",
		"12345::",   "fe80::1%eth0", "::10.0.0",   "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"[::1]",     "web-1"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct ip  out = { .family = 77 };
		struct err err = { 0 };

		if (ip_parse(str_of(bad[i]), &out, &err) != -1)
			fail_msg("'%s' is accepted", bad[i]);
		CHECK(out.family == 77);
		CHECK(err.kind == ERR_INPUT && err.text[0]);
	}
	CHECK(ip_parse(STR_LITERAL("10.0.0.1\0"), &(struct ip){ 0 }, &(struct err){ 0 }) == -1);
}

TEST(ip_families_never_compare_equal)
{
	CHECK(!ip_eq(ip("::ffff:10.0.0.1"), ip("10.0.0.1")));
	CHECK(!ip_eq(ip("0.0.0.0"), ip("::")));
	CHECK(!ip_eq(ip("0.0.0.0"), (struct ip){ 0 }));
	CHECK(ip_cmp(ip("255.255.255.255"), ip("::")) < 0);
}

TEST(ip_cmp_orders_by_value)
{
	CHECK(ip_cmp(ip("9.255.255.255"), ip("10.0.0.0")) < 0);
	CHECK(ip_cmp(ip("200.0.0.0"), ip("100.0.0.0")) > 0);
	CHECK(ip_cmp(ip("::2"), ip("::1")) > 0);
	CHECK(ip_cmp(ip("::1"), ip("::1")) == 0);
}

TEST(ip_mask_clears_the_bits_behind_the_prefix)
{
	static const struct {
		const char *ip;
		unsigned    prefix_len;
		const char *expected;
	} cases[] = {
		{ "10.255.255.255", 9, "10.128.0.0" },
		{ "10.1.2.3", 0, "0.0.0.0" },
		{ "10.1.2.3", 32, "10.1.2.3" },
		{ "10.1.2.3", 31, "10.1.2.2" },
		{ "ffff::ffff", 127, "ffff::fffe" },
		{ "ffff::ffff", 1, "8000::" },
		{ "ffff::ffff", 0, "::" },
		{ "ffff::ffff", 128, "ffff::ffff" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(ip_eq(ip_mask(ip(cases[i].ip), cases[i].prefix_len), ip(cases[i].expected)));
}

TEST(ip_add_carries_and_wraps_inside_its_family)
{
	CHECK(ip_eq(ip_add(ip("10.0.0.255"), 1), ip("10.0.1.0")));
	CHECK(ip_eq(ip_add(ip("255.255.255.255"), 2), ip("0.0.0.1")));
	CHECK(ip_eq(ip_add(ip("::ffff:ffff"), 1), ip("::1:0:0")));
	CHECK(ip_eq(ip_add(ip("10.0.0.0"), UINT32_MAX), ip("9.255.255.255")));
}

TEST(ip_bits_and_bytes_read_as_written)
{
	static const uint8_t bytes[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

	CHECK(ip_eq(ip_from_bytes(IP_V6, bytes), ip("2001:db8::1")));
	CHECK(ip_eq(ip_from_bytes(IP_V4, bytes), ip("32.1.13.184")));
	CHECK(ip_eq(ip_v4(10, 0, 1, 10), ip("10.0.1.10")));
	CHECK(ip_bit(ip("128.0.0.1"), 0) && !ip_bit(ip("128.0.0.1"), 1) &&
	      ip_bit(ip("128.0.0.1"), 31));
	CHECK(ip_bits(ip("1.1.1.1")) == 32 && ip_bits(ip("::")) == 128 &&
	      ip_bits((struct ip){ 0 }) == 0);
}

TEST(ip_print_agrees_with_inet_ntop)
{
	uint32_t random = 20261128;

	for (size_t i = 0; i < 200000; i++) {
		enum ip_family family = i % 4 ? IP_V6 : IP_V4;
		uint8_t	       bytes[16] = { 0 };
		char	       expected[INET6_ADDRSTRLEN], out[IP_TEXT_SIZE];

		/* Few bits set: zeros in a row are what the short forms are about. */
		for (size_t j = 0; j < sizeof(bytes); j++) {
			random = random * 1664525 + 1013904223;
			if (random >> 30 == 0)
				bytes[j] = (uint8_t)(random >> (random >> 28 & 3 ? 16 : 20));
		}
		if (i % 7 == 1)
			memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		inet_ntop(family == IP_V4 ? AF_INET : AF_INET6, bytes, expected, sizeof(expected));
		CHECK(ip_print(ip_from_bytes(family, bytes), out) == strlen(expected));
		CHECK_TEXT(out, expected);
	}
}

TEST(ip_print_of_none_is_a_dash)
{
	char out[IP_TEXT_SIZE];

	ip_print((struct ip){ 0 }, out);
	CHECK_TEXT(out, "-");
}

TEST(ip_is_private_where_the_internet_cannot_route)
{
	static const char *inside[] = { "10.255.0.1",	 "172.31.255.255", "192.168.0.1",
					"100.64.0.1",	 "127.0.0.1",	   "169.254.169.254",
					"fd00:ec2::253", "fe80::1",	   "::1" };
	static const char *outside[] = { "11.0.0.1",	  "172.32.0.0",	 "100.128.0.0",
					 "198.51.100.10", "2001:db8::1", "::2",
					 "192.169.0.1" };

	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		CHECK(ip_is_private(ip(inside[i])));
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		CHECK(!ip_is_private(ip(outside[i])));
}

TEST(ip_nat64_of_an_ipv4_address_has_it_inside)
{
	static const char *others[] = { "64:ff9b::1:0:0", "64:ff9b:1::", "2001:db8::1", "1.2.3.4" };

	CHECK(ip_eq(ip_nat64_of(ip("203.0.113.9")), ip("64:ff9b::cb00:7109")));
	CHECK(ip_eq(ip_nat64_inside(ip("64:ff9b::cb00:7109")), ip("203.0.113.9")));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		CHECK(ip_nat64_inside(ip(others[i])).family == IP_NONE);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_parse_and_print_are_inverse_in_rfc_5952_form),
		cmocka_unit_test(ip_parse_rejects_and_leaves_output_alone),
		cmocka_unit_test(ip_families_never_compare_equal),
		cmocka_unit_test(ip_cmp_orders_by_value),
		cmocka_unit_test(ip_mask_clears_the_bits_behind_the_prefix),
		cmocka_unit_test(ip_add_carries_and_wraps_inside_its_family),
		cmocka_unit_test(ip_bits_and_bytes_read_as_written),
		cmocka_unit_test(ip_print_agrees_with_inet_ntop),
		cmocka_unit_test(ip_print_of_none_is_a_dash),
		cmocka_unit_test(ip_nat64_of_an_ipv4_address_has_it_inside),
		cmocka_unit_test(ip_is_private_where_the_internet_cannot_route),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
