/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/net/proto.h"

TEST(proto_parse_knows_names_numbers_and_any)
{
	static const struct {
		const char *text;
		int16_t	    expected;
	} cases[] = {
		{ "tcp", 6 },	      { "TCP", 6 },	{ "6", 6 },	{ "udp", 17 },
		{ "icmp", 1 },	      { "icmpv6", 58 }, { "58", 58 },	{ "-1", PROTO_ANY },
		{ "all", PROTO_ANY }, { "0", 0 },	{ "255", 255 }, { "gre", 47 },
		{ "sctp", 132 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int16_t	   out = 77;
		struct err err;

		CHECK(proto_parse(str_of(cases[i].text), &out, &err) == 0 &&
		      out == cases[i].expected);
	}
}

TEST(proto_parse_rejects_and_leaves_output_alone)
{
	static const char *bad[] = { "", "256", "-2", "tcp ", " 6", "tc", "tcpp", "1.0", "+6" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int16_t	   out = 77;
		struct err err = { 0 };

		CHECK(proto_parse(str_of(bad[i]), &out, &err) == -1 && out == 77 && err.text[0]);
	}
}

TEST(proto_print_parses_back_for_every_number)
{
	for (int16_t number = -1; number <= 255; number++) {
		char	   text[PROTO_TEXT_SIZE];
		int16_t	   back;
		struct err err;

		proto_print(number, text);
		CHECK(proto_parse(str_of(text), &back, &err) == 0 && back == number);
	}
}

TEST(proto_ports_belong_to_tcp_and_udp_only)
{
	for (int16_t number = -1; number <= 255; number++) {
		CHECK(proto_has_ports(number) == (number == 6 || number == 17));
		CHECK(proto_is_icmp(number) == (number == 1 || number == 58));
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(proto_parse_knows_names_numbers_and_any),
		cmocka_unit_test(proto_parse_rejects_and_leaves_output_alone),
		cmocka_unit_test(proto_print_parses_back_for_every_number),
		cmocka_unit_test(proto_ports_belong_to_tcp_and_udp_only),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
