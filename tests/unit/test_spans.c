/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/match/spans.h"

static struct cidr cidr_of(const char *text)
{
	struct cidr cidr;
	struct err  err;

	if (cidr_parse(str_of(text), &cidr, &err) < 0)
		fail_msg("%s", err.text);
	return cidr;
}

static struct point point(const char *text)
{
	return point_of(cidr_of(text).base);
}

/* The item of the innermost block; 0 outside. */
static uint32_t innermost(void *context, unsigned depth, const struct peer_block *blocks,
			  size_t count)
{
	(void)context;
	(void)count;
	return depth ? blocks[0].item : 0;
}

static struct spans sweep(const char *const *blocks, size_t count, enum span_family family)
{
	struct blocks lists[SPAN_FAMILY_COUNT] = { 0 };
	struct spans  spans;

	for (size_t i = 0; i < count; i++)
		blocks_add(lists, cidr_of(blocks[i]), (uint32_t)i + 1);
	spans = spans_sweep(&lists[family], innermost, NULL);
	for (int i = 0; i < SPAN_FAMILY_COUNT; i++)
		blocks_done(&lists[i]);
	return spans;
}

TEST(an_address_has_the_value_of_the_innermost_block_around_it)
{
	static const char *const blocks[] = { "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32",
					      "255.255.255.255/32", "0.0.0.0/32" };
	static const struct {
		const char *address;
		uint32_t    value;
	} cases[] = {
		{ "0.0.0.0/32", 5 },	     { "0.0.0.1/32", 0 },	  { "9.255.255.255/32", 0 },
		{ "10.0.0.0/32", 1 },	     { "10.0.255.255/32", 1 },	  { "10.1.0.0/32", 2 },
		{ "10.1.2.2/32", 2 },	     { "10.1.2.3/32", 3 },	  { "10.1.2.4/32", 2 },
		{ "10.2.0.0/32", 1 },	     { "10.255.255.255/32", 1 },  { "11.0.0.0/32", 0 },
		{ "255.255.255.254/32", 0 }, { "255.255.255.255/32", 4 },
	};
	struct spans spans = sweep(blocks, ARRAY_LEN(blocks), SPAN_V4);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (spans_at(&spans, point(cases[i].address)) != cases[i].value)
			fail_msg("%s", cases[i].address);
	spans_done(&spans);
}

TEST(ipv6_blocks_end_where_their_prefix_says_on_either_side_of_64_bits)
{
	static const char *const blocks[] = { "2001:db8::/32", "2001:db8:0:1::/64",
					      "2001:db8:0:1::8/125", "ffff::/16" };
	static const struct {
		const char *address;
		uint32_t    value;
	} cases[] = {
		{ "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff/128", 0 },
		{ "2001:db8::/128", 1 },
		{ "2001:db8:0:1::7/128", 2 },
		{ "2001:db8:0:1::8/128", 3 },
		{ "2001:db8:0:1::f/128", 3 },
		{ "2001:db8:0:1::10/128", 2 },
		{ "2001:db8:0:2::/128", 1 },
		{ "2001:db9::/128", 0 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", 4 },
	};
	struct spans spans = sweep(blocks, ARRAY_LEN(blocks), SPAN_V6);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (spans_at(&spans, point(cases[i].address)) != cases[i].value)
			fail_msg("%s", cases[i].address);
	spans_done(&spans);
}

TEST(neighbours_with_the_same_value_are_one_span)
{
	struct spans spans = { 0 };

	spans_put(&spans, point("0.0.0.0/32"), 1);
	spans_put(&spans, point("10.0.0.0/32"), 1);
	CHECK(spans.count == 1);
	spans_put(&spans, point("11.0.0.0/32"), 2);
	spans_put(&spans, point("11.0.0.0/32"), 1); /* the last word on a place counts */
	CHECK(spans.count == 1);
	spans_done(&spans);
}

static uint32_t both(void *context, const uint32_t *values)
{
	(void)context;
	return values[0] * 10 + values[1];
}

TEST(zipped_functions_change_where_any_of_them_does)
{
	static const char *const tens[] = { "10.0.0.0/8" }, *const sixteens[] = { "10.1.0.0/16" };
	struct spans	    a = sweep(tens, 1, SPAN_V4), b = sweep(sixteens, 1, SPAN_V4);
	const struct spans *parts[] = { &a, &b };
	struct spans	    zipped = spans_zip(parts, 2, both, NULL);

	CHECK(zipped.count == 5);
	CHECK(spans_at(&zipped, point("9.0.0.0/32")) == 0);
	CHECK(spans_at(&zipped, point("10.0.0.0/32")) == 10);
	CHECK(spans_at(&zipped, point("10.1.255.255/32")) == 11);
	CHECK(spans_at(&zipped, point("10.2.0.0/32")) == 10);
	CHECK(spans_at(&zipped, point("11.0.0.0/32")) == 0);
	spans_done(&zipped);
	spans_done(&a);
	spans_done(&b);
}

TEST(a_point_is_the_address_again)
{
	static const char *const texts[] = { "10.1.2.3/32", "2001:db8::1:2/128" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct ip ip = cidr_of(texts[i]).base;

		CHECK(ip_eq(point_ip(point_of(ip), span_family(ip)), ip));
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_has_the_value_of_the_innermost_block_around_it),
		cmocka_unit_test(ipv6_blocks_end_where_their_prefix_says_on_either_side_of_64_bits),
		cmocka_unit_test(neighbours_with_the_same_value_are_one_span),
		cmocka_unit_test(zipped_functions_change_where_any_of_them_does),
		cmocka_unit_test(a_point_is_the_address_again),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
