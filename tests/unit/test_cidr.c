/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/net/cidr.h"

static struct cidr cidr(const char *text)
{
	struct cidr out;
	struct err  err;

	if (cidr_parse(str_of(text), &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

TEST(cidr_parse_and_print_are_inverse)
{
	static const char *texts[] = { "0.0.0.0/0", "10.0.0.0/8",    "10.0.1.10/32", "10.0.0.2/31",
				       "::/0",	    "2001:db8::/32", "::1/128" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		char out[CIDR_TEXT_SIZE];

		cidr_print(cidr(texts[i]), out);
		CHECK_TEXT(out, texts[i]);
	}
}

TEST(cidr_print_short_names_a_host_by_its_address)
{
	static const char *const cases[][2] = { { "10.0.1.10/32", "10.0.1.10" },
						{ "10.0.0.0/8", "10.0.0.0/8" },
						{ "::1/128", "::1" },
						{ "::/0", "::/0" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[CIDR_TEXT_SIZE];

		cidr_print_short(cidr(cases[i][0]), out);
		CHECK_TEXT(out, cases[i][1]);
	}
}

TEST(cidr_parse_rejects_and_leaves_output_alone)
{
	static const char *bad[] = { "",
				     "/",
				     "10.0.0.0",
				     "10.0.0.0/",
				     "10.0.0.0/33",
				     "10.0.0.0/-1",
				     "10.0.0.0/+8",
				     "10.0.0.0/8 ",
				     "10.0.0.0/8/8",
				     "10.0.0.1/8",
				     "::/129",
				     "::1/64",
				     "/8",
				     "10.0.0/24",
				     "2001:db8::/4294967328" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cidr out = { .prefix_len = 77 };
		struct err  err = { 0 };

		if (cidr_parse(str_of(bad[i]), &out, &err) != -1)
			fail_msg("'%s' is accepted", bad[i]);
		CHECK(out.prefix_len == 77);
		CHECK(err.kind == ERR_INPUT && err.text[0]);
	}
}

TEST(cidr_parse_masked_clears_what_cidr_parse_refuses)
{
	struct cidr out;
	struct err  err;

	CHECK(cidr_parse_masked(str_of("100.68.0.18/18"), &out, &err) == 0);
	CHECK(cidr_eq(out, cidr("100.68.0.0/18")));
	out.prefix_len = 77;
	CHECK(cidr_parse_masked(str_of("100.68.0.18/99"), &out, &err) == -1 &&
	      out.prefix_len == 77);
}

TEST(cidr_with_host_bits_is_told_the_block_it_meant)
{
	struct cidr out;
	struct err  err;

	CHECK(cidr_parse(str_of("10.1.2.3/8"), &out, &err) == -1);
	CHECK(strstr(err.text, "10.0.0.0/8") != NULL);
}

TEST(cidr_has_and_covers_never_cross_families)
{
	CHECK(cidr_has(cidr("10.0.0.0/8"), ip_v4(10, 255, 255, 255)));
	CHECK(!cidr_has(cidr("10.0.0.0/8"), ip_v4(11, 0, 0, 0)));
	CHECK(cidr_has(cidr("0.0.0.0/0"), ip_v4(255, 0, 0, 1)));
	CHECK(!cidr_has(cidr("::/0"), ip_v4(10, 0, 0, 1)));
	CHECK(!cidr_has(cidr("0.0.0.0/0"), cidr("::1/128").base));
	CHECK(!cidr_has(cidr("0.0.0.0/0"), (struct ip){ 0 }));
	CHECK(cidr_covers(cidr("10.0.0.0/8"), cidr("10.0.1.0/24")));
	CHECK(cidr_covers(cidr("10.0.0.0/8"), cidr("10.0.0.0/8")));
	CHECK(!cidr_covers(cidr("10.0.1.0/24"), cidr("10.0.0.0/8")));
	CHECK(!cidr_covers(cidr("0.0.0.0/0"), cidr("::/0")));
}

TEST(cidr_of_ip_is_the_ip_alone)
{
	CHECK(cidr_eq(cidr_of_ip(ip_v4(10, 0, 0, 1)), cidr("10.0.0.1/32")));
	CHECK(cidr_eq(cidr_of_ip(cidr("::1/128").base), cidr("::1/128")));
	CHECK(!cidr_eq(cidr("10.0.0.0/8"), cidr("10.0.0.0/9")));
}

TEST(cidr_has_looks_at_the_bits_of_the_prefix_and_no_others)
{
	static const char *const bases[] = { "170.85.204.51",
					     "a5c3:f00f:1234:5678:9abc:def0:3c3c:5aa5" };

	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		struct ip  base;
		struct err err;

		CHECK(ip_parse(str_of(bases[i]), &base, &err) == 0);
		for (unsigned len = 0; len <= ip_bits(base); len++) {
			struct cidr block = { .base = ip_mask(base, len),
					      .prefix_len = (uint8_t)len };

			CHECK(cidr_has(block, base));
			for (unsigned bit = 0; bit < ip_bits(base); bit++) {
				struct ip other = base;

				other.bytes[bit / 8] ^= (uint8_t)(128U >> bit % 8);
				CHECK(cidr_has(block, other) == (bit >= len));
			}
		}
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cidr_parse_and_print_are_inverse),
		cmocka_unit_test(cidr_print_short_names_a_host_by_its_address),
		cmocka_unit_test(cidr_parse_rejects_and_leaves_output_alone),
		cmocka_unit_test(cidr_parse_masked_clears_what_cidr_parse_refuses),
		cmocka_unit_test(cidr_with_host_bits_is_told_the_block_it_meant),
		cmocka_unit_test(cidr_has_and_covers_never_cross_families),
		cmocka_unit_test(cidr_has_looks_at_the_bits_of_the_prefix_and_no_others),
		cmocka_unit_test(cidr_of_ip_is_the_ip_alone),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
