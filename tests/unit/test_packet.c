/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/rules/packet.h"
#include "tests/unit/estate.h"

static enum match match(struct packet packet, int16_t protocol, int from, int to)
{
	struct port_range ports = { .min = 0, .max = 65535 };

	if (proto_has_ports(protocol))
		ports = (struct port_range){ .min = (uint16_t)from, .max = (uint16_t)to };
	return packet_match(&packet, protocol, ports, (int16_t)from, (int16_t)to);
}

TEST(tcp_and_udp_rules_look_at_the_destination_port_and_its_ends_belong_to_the_range)
{
	static const struct {
		int	   protocol, port, from, to;
		enum match expected;
	} cases[] = {
		{ PROTO_TCP, 442, 443, 445, MATCH_NO },	   { PROTO_TCP, 443, 443, 445, MATCH_YES },
		{ PROTO_TCP, 445, 443, 445, MATCH_YES },   { PROTO_TCP, 446, 443, 445, MATCH_NO },
		{ PROTO_UDP, 53, 53, 53, MATCH_YES },	   { PROTO_UDP, 0, 0, 65535, MATCH_YES },
		{ PROTO_TCP, 65535, 0, 65535, MATCH_YES }, { PROTO_TCP, 0, 1, 65535, MATCH_NO },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packet packet = estate_packet(cases[i].protocol, "10.0.1.1", "10.0.1.2",
						     cases[i].port, 0);

		CHECK(match(packet, (int16_t)cases[i].protocol, cases[i].from, cases[i].to) ==
		      cases[i].expected);
	}
}

TEST(source_ports_are_never_matched)
{
	struct packet packet = estate_tcp("10.0.1.1", "10.0.1.2", 22);

	packet.src_port = 443;
	CHECK(match(packet, PROTO_TCP, 443, 443) == MATCH_NO);
	CHECK(match(packet, PROTO_TCP, 22, 22) == MATCH_YES);
}

TEST(a_rule_of_one_protocol_never_covers_another_and_minus_one_covers_all)
{
	static const int protocols[] = { 0,	    PROTO_ICMP, PROTO_TCP,  PROTO_UDP,
					 PROTO_GRE, PROTO_ESP,	PROTO_SCTP, 255 };

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		struct packet packet = estate_packet(protocols[i], "10.0.1.1", "10.0.1.2", 8, 0);

		CHECK(match(packet, PROTO_ANY, 1, 2) == MATCH_YES);
		for (size_t j = 0; j < ARRAY_LEN(protocols); j++)
			if (i != j)
				CHECK(match(packet, (int16_t)protocols[j], 0, 65535) == MATCH_NO);
	}
}

TEST(other_protocols_have_no_ports_to_match)
{
	struct packet packet = estate_packet(PROTO_SCTP, "10.0.1.1", "10.0.1.2", 0, 0);

	packet.dst_port = 9;
	CHECK(packet_match(&packet, PROTO_SCTP, (struct port_range){ 80, 80 }, -1, -1) ==
	      MATCH_YES);
}

TEST(icmp_rules_look_at_type_and_code_and_what_is_not_known_may_match)
{
	static const struct {
		int	   type, code, rule_type, rule_code;
		enum match expected;
	} cases[] = {
		{ 8, 0, -1, -1, MATCH_YES },	{ 8, 0, 8, -1, MATCH_YES },
		{ 8, 0, 8, 0, MATCH_YES },	{ 8, 1, 8, 0, MATCH_NO },
		{ 0, 0, 8, -1, MATCH_NO },	{ 3, 4, 3, 4, MATCH_YES },
		{ 3, 3, 3, 4, MATCH_NO },	{ -1, -1, -1, -1, MATCH_YES },
		{ -1, -1, 8, -1, MATCH_MAYBE }, { -1, -1, 8, 0, MATCH_MAYBE },
		{ 8, -1, 8, 0, MATCH_MAYBE },	{ 0, -1, 8, 0, MATCH_NO },
	};
	static const int protocols[] = { PROTO_ICMP, PROTO_ICMPV6 };

	for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
		int	      protocol = protocols[i % 2];
		struct packet packet = estate_packet(protocol, "10.0.1.1", "10.0.1.2",
						     cases[i / 2].type, cases[i / 2].code);

		CHECK(match(packet, (int16_t)protocol, cases[i / 2].rule_type,
			    cases[i / 2].rule_code) == cases[i / 2].expected);
	}
}

TEST(a_reply_has_addresses_and_ports_swapped)
{
	struct packet packet = estate_tcp("10.0.1.1", "10.0.2.2", 443);
	struct packet reply = packet_reply(&packet), again = packet_reply(&reply);

	CHECK(ip_eq(reply.src, packet.dst) && ip_eq(reply.dst, packet.src));
	CHECK(reply.src_port == 443 && reply.dst_port == 40000);
	CHECK(reply.protocol == PROTO_TCP && reply.icmp_type == -1);
	CHECK(ip_eq(again.src, packet.src) && again.dst_port == 443);
}

TEST(only_an_echo_has_an_answer_of_a_known_type)
{
	static const struct {
		int protocol, type, code, reply_type, reply_code;
	} cases[] = {
		{ PROTO_ICMP, 8, 0, 0, 0 },	{ PROTO_ICMPV6, 128, 0, 129, 0 },
		{ PROTO_ICMP, 3, 4, -1, -1 },	{ PROTO_ICMP, -1, -1, -1, -1 },
		{ PROTO_ICMPV6, 8, 0, -1, -1 }, { PROTO_ICMP, 128, 0, -1, -1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packet packet = estate_packet(cases[i].protocol, "10.0.1.1", "10.0.1.2",
						     cases[i].type, cases[i].code);
		struct packet reply = packet_reply(&packet);

		CHECK(reply.icmp_type == cases[i].reply_type);
		CHECK(reply.icmp_code == cases[i].reply_code);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			tcp_and_udp_rules_look_at_the_destination_port_and_its_ends_belong_to_the_range),
		cmocka_unit_test(source_ports_are_never_matched),
		cmocka_unit_test(
			a_rule_of_one_protocol_never_covers_another_and_minus_one_covers_all),
		cmocka_unit_test(other_protocols_have_no_ports_to_match),
		cmocka_unit_test(icmp_rules_look_at_type_and_code_and_what_is_not_known_may_match),
		cmocka_unit_test(a_reply_has_addresses_and_ports_swapped),
		cmocka_unit_test(only_an_echo_has_an_answer_of_a_known_type),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
