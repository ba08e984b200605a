/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/net/lpm.h"

enum { ROUNDS = 60, BLOCKS = 300, LOOKUPS = 2000 };

static struct cidr cidr(const char *text)
{
	struct cidr out;
	struct err  err;

	if (cidr_parse(str_of(text), &out, &err) < 0)
		fail_msg("%s", err.text);
	return out;
}

TEST(lpm_finds_the_most_specific_block)
{
	static const char *blocks[] = { "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.0.1.10/32",
					"0.0.0.0/0" };
	struct lpm	   lpm = { 0 };
	struct cidr	   matched;
	uint32_t	   value;

	CHECK(!lpm_find(&lpm, ip_v4(10, 0, 0, 1), &value, NULL));
	for (uint32_t i = 0; i < ARRAY_LEN(blocks); i++)
		CHECK(lpm_put(&lpm, cidr(blocks[i]), i));
	CHECK(lpm_find(&lpm, ip_v4(10, 0, 1, 10), &value, &matched) && value == 3);
	CHECK(cidr_eq(matched, cidr("10.0.1.10/32")));
	CHECK(lpm_find(&lpm, ip_v4(10, 0, 1, 11), &value, NULL) && value == 2);
	CHECK(lpm_find(&lpm, ip_v4(10, 0, 2, 1), &value, NULL) && value == 1);
	CHECK(lpm_find(&lpm, ip_v4(10, 9, 2, 1), &value, NULL) && value == 0);
	CHECK(lpm_find(&lpm, ip_v4(11, 9, 2, 1), &value, NULL) && value == 4);
	lpm_done(&lpm);
}

TEST(lpm_keeps_the_families_apart)
{
	struct lpm lpm = { 0 };
	uint32_t   value = 7;

	CHECK(lpm_put(&lpm, cidr("::/0"), 1));
	CHECK(!lpm_find(&lpm, ip_v4(10, 0, 0, 1), &value, NULL) && value == 7);
	CHECK(lpm_put(&lpm, cidr("0.0.0.0/0"), 2));
	CHECK(lpm_find(&lpm, cidr("2001:db8::/128").base, &value, NULL) && value == 1);
	CHECK(lpm_find(&lpm, ip_v4(10, 0, 0, 1), &value, NULL) && value == 2);
	CHECK(!lpm_find(&lpm, (struct ip){ 0 }, &value, NULL));
	lpm_done(&lpm);
}

TEST(lpm_get_wants_exactly_the_block)
{
	struct lpm lpm = { 0 };
	uint32_t   value = 7;

	lpm_put(&lpm, cidr("10.0.0.0/24"), 1);
	lpm_put(&lpm, cidr("10.0.1.0/24"), 2);
	CHECK(!lpm_get(&lpm, cidr("10.0.0.0/23"), &value) && value == 7); /* only a fork */
	CHECK(!lpm_get(&lpm, cidr("10.0.0.0/25"), &value));
	CHECK(lpm_get(&lpm, cidr("10.0.1.0/24"), &value) && value == 2);
	CHECK(!lpm_put(&lpm, cidr("10.0.1.0/24"), 3));
	CHECK(lpm_get(&lpm, cidr("10.0.1.0/24"), &value) && value == 3);
	CHECK(lpm_put(&lpm, cidr("10.0.0.0/23"), 4));
	lpm_done(&lpm);
}

/* Few distinct bits, so that blocks nest and addresses hit. */
static struct ip random_ip(enum ip_family family)
{
	uint8_t bytes[16] = { 0 };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(rand() & 1 ? rand() & 0xff : rand() & 1);
	return ip_from_bytes(family, bytes);
}

static bool scan(const struct cidr *blocks, struct ip ip, uint32_t *value)
{
	int best = -1;

	for (uint32_t i = 0; i < BLOCKS; i++) {
		if (cidr_has(blocks[i], ip) && blocks[i].prefix_len >= best) {
			best = blocks[i].prefix_len;
			*value =
				i; /* a later one of the same length is the same block: it replaced */
		}
	}
	return best >= 0;
}

TEST(lpm_agrees_with_a_linear_scan)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct lpm  lpm = { 0 };
		struct cidr blocks[BLOCKS];

		for (uint32_t i = 0; i < BLOCKS; i++) {
			struct ip ip = random_ip(rand() & 1 ? IP_V4 : IP_V6);

			blocks[i].prefix_len = (uint8_t)((unsigned)rand() % (ip_bits(ip) + 1));
			blocks[i].base = ip_mask(ip, blocks[i].prefix_len);
			lpm_put(&lpm, blocks[i], i);
		}
		for (int i = 0; i < LOOKUPS; i++) {
			struct ip   ip = random_ip(rand() & 1 ? IP_V4 : IP_V6);
			uint32_t    expected = 0, value = 0;
			struct cidr matched;
			bool	    is_in = scan(blocks, ip, &expected);

			CHECK(lpm_find(&lpm, ip, &value, &matched) == is_in);
			CHECK(!is_in || (value == expected && cidr_eq(matched, blocks[value])));
		}
		lpm_done(&lpm);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lpm_finds_the_most_specific_block),
		cmocka_unit_test(lpm_keeps_the_families_apart),
		cmocka_unit_test(lpm_get_wants_exactly_the_block),
		cmocka_unit_test(lpm_agrees_with_a_linear_scan),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
