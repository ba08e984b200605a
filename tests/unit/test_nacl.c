/* SPDX-License-Identifier: Apache-2.0 */
/* aws-semantics.md 3, a statement a test: what acl-1 says of a packet. */
#include "tests/unit/unit.h"

#include "policies/rules/nacl.h"
#include "tests/unit/estate.h"

#define RULE(number, action, rest)                                                                 \
	"{'RuleNumber': " number ", 'Egress': false, 'RuleAction': '" action "', " rest "}"
#define OUT_RULE(number, action, rest)                                                             \
	"{'RuleNumber': " number ", 'Egress': true, 'RuleAction': '" action "', " rest "}"
#define ALL_V4 "'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'"
#define ALL_V6 "'Protocol': '-1', 'Ipv6CidrBlock': '::/0'"
#define DENIES                                                                                     \
	RULE("32767", "deny", ALL_V4)                                                              \
	", " RULE("32768", "deny", ALL_V6) ", " OUT_RULE("32767", "deny", ALL_V4) ", " OUT_RULE(   \
		"32768", "deny", ALL_V6)

static struct world *world_of(const char *entries)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'Entries': [%s]}]}",
		 entries);
	return estate_open(text);
}

static enum verdict enters(const char *entries, struct packet packet)
{
	auto_world struct world *world = world_of(entries);

	return nacl_decide(world, 0, false, &packet).verdict;
}

static enum verdict leaves(const char *entries, struct packet packet)
{
	auto_world struct world *world = world_of(entries);

	return nacl_decide(world, 0, true, &packet).verdict;
}

static struct packet tcp_to(int port)
{
	return estate_tcp("192.0.2.1", "10.0.1.10", port);
}

static struct packet icmp(int type, int code)
{
	return estate_packet(PROTO_ICMP, "192.0.2.1", "10.0.1.10", type, code);
}

TEST(rules_count_by_ascending_number_whatever_the_order_of_the_file)
{
	static const char *const orders[] = {
		RULE("90", "deny",
		     "'Protocol': '6', 'CidrBlock': '192.0.2.0/24', 'PortRange': "
		     "{'From': 22, 'To': 22}") ", " RULE("100", "allow", ALL_V4),
		RULE("100", "allow", ALL_V4) ", " RULE(
			"90", "deny",
			"'Protocol': '6', 'CidrBlock': '192.0.2.0/24', 'PortRange': {'From': 22, "
			"'To': 22}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		CHECK_VERDICT(enters(orders[i], tcp_to(22)), VERDICT_DENY, orders[i]);
		CHECK_VERDICT(enters(orders[i], tcp_to(23)), VERDICT_ALLOW, orders[i]);
	}
}

TEST(the_first_match_wins_and_later_rules_are_skipped)
{
	auto_world struct world *world = world_of(
		RULE("100", "allow", ALL_V4) ", " RULE("110", "deny", ALL_V4));
	struct packet	packet = tcp_to(22);
	struct decision decision = nacl_decide(world, 0, false, &packet);

	CHECK(decision.verdict == VERDICT_ALLOW && decision.layer == LAYER_NACL);
	CHECK(decision.nacl_rule->number == 100 && decision.object_idx == 0);
}

TEST(the_printed_denies_32767_and_32768_are_the_last_rules)
{
	auto_world struct world *world = world_of(DENIES ", " RULE("100", "allow", ALL_V4));
	struct packet		 v4 = tcp_to(22), v6 = estate_tcp("2001:db8::1", "2001:db8::2", 22);

	CHECK(nacl_decide(world, 0, false, &v4).nacl_rule->number == 100);
	CHECK(nacl_decide(world, 0, true, &v4).nacl_rule->number == 32767);
	CHECK(nacl_decide(world, 0, false, &v6).nacl_rule->number == 32768);
	CHECK(nacl_decide(world, 0, false, &v6).verdict == VERDICT_DENY);
}

TEST(implicit_denies_that_are_not_printed_deny_all_the_same)
{
	auto_world struct world *world = world_of("");
	struct packet		 packet = tcp_to(22);
	struct decision		 decision = nacl_decide(world, 0, false, &packet);

	CHECK(decision.verdict == VERDICT_DENY && !decision.nacl_rule);
	CHECK(decision.reason == REASON_SUBNET_ACL_RESTRICTION);
}

TEST(a_new_acl_blocks_everything_both_ways)
{
	CHECK_VERDICT(enters(DENIES, tcp_to(22)), VERDICT_DENY, "in");
	CHECK_VERDICT(leaves(DENIES, tcp_to(22)), VERDICT_DENY, "out");
}

TEST(ingress_and_egress_are_lists_of_their_own)
{
	static const char in_only[] = RULE("100", "allow", ALL_V4);

	CHECK_VERDICT(enters(in_only, tcp_to(22)), VERDICT_ALLOW, "in");
	CHECK_VERDICT(leaves(in_only, tcp_to(22)), VERDICT_DENY, "out");
}

TEST(an_ingress_cidr_is_the_source_and_an_egress_cidr_the_destination)
{
	static const char net[] =
		RULE("100", "allow", "'Protocol': '-1', 'CidrBlock': '192.0.2.0/24'") ", " OUT_RULE(
			"100", "allow", "'Protocol': '-1', 'CidrBlock': '192.0.2.0/24'");
	struct packet to_net = estate_tcp("10.0.1.10", "192.0.2.1", 80);

	CHECK_VERDICT(enters(net, tcp_to(22)), VERDICT_ALLOW, "from it");
	CHECK_VERDICT(leaves(net, tcp_to(22)), VERDICT_DENY, "from it, leaving");
	CHECK_VERDICT(leaves(net, to_net), VERDICT_ALLOW, "to it");
	CHECK_VERDICT(enters(net, to_net), VERDICT_DENY, "to it, entering");
}

TEST(families_are_evaluated_independently)
{
	struct packet v6 = estate_tcp("2001:db8::1", "2001:db8::2", 22);

	CHECK_VERDICT(enters(RULE("1", "deny", ALL_V4) ", " RULE("2", "allow", ALL_V6), v6),
		      VERDICT_ALLOW, "an IPv4 deny before it");
	CHECK_VERDICT(enters(RULE("1", "allow", ALL_V4), v6), VERDICT_DENY, "only IPv4 allowed");
	CHECK_VERDICT(enters(RULE("1", "allow", ALL_V6), tcp_to(22)), VERDICT_DENY,
		      "only IPv6 allowed");
}

TEST(protocols_are_numbers_in_strings)
{
	static const char udp[] = RULE("100", "allow",
				       "'Protocol': '17', 'CidrBlock': '0.0.0.0/0', 'PortRange': "
				       "{'From': 53, 'To': 53}");

	CHECK_VERDICT(enters(udp, estate_packet(PROTO_UDP, "192.0.2.1", "10.0.1.10", 53, 0)),
		      VERDICT_ALLOW, "udp/53");
	CHECK_VERDICT(enters(udp, tcp_to(53)), VERDICT_DENY, "tcp/53");
}

TEST(port_ranges_match_the_destination_port_in_both_directions)
{
	static const char ephemeral[] = "'Protocol': '6', 'CidrBlock': '0.0.0.0/0', 'PortRange': "
					"{'From': 1024, 'To': 65535}";
	char		  text[512];

	snprintf(text, sizeof(text), "%s%s}, %s%s}",
		 "{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', ", ephemeral,
		 "{'RuleNumber': 100, 'Egress': true, 'RuleAction': 'allow', ", ephemeral);
	CHECK_VERDICT(enters(text, tcp_to(443)), VERDICT_DENY, "to a service port");
	CHECK_VERDICT(enters(text, tcp_to(1024)), VERDICT_ALLOW, "first port of the range");
	CHECK_VERDICT(leaves(text, tcp_to(65535)), VERDICT_ALLOW, "last port of the range");
	CHECK_VERDICT(leaves(text, tcp_to(1023)), VERDICT_DENY, "source port 40000 is no help");
}

TEST(icmp_goes_by_type_and_code_with_minus_one_for_any)
{
	static const char echo[] = RULE("100", "allow",
					"'Protocol': '1', 'CidrBlock': '0.0.0.0/0', "
					"'IcmpTypeCode': {'Type': 8, 'Code': -1}");
	static const char mtu[] = RULE("100", "allow",
				       "'Protocol': '1', 'CidrBlock': '0.0.0.0/0', "
				       "'IcmpTypeCode': {'Type': 3, 'Code': 4}");
	static const char any[] = RULE("100", "allow",
				       "'Protocol': '1', 'CidrBlock': '0.0.0.0/0', "
				       "'IcmpTypeCode': {'Type': -1, 'Code': -1}");

	CHECK_VERDICT(enters(echo, icmp(8, 0)), VERDICT_ALLOW, "echo");
	CHECK_VERDICT(enters(echo, icmp(0, 0)), VERDICT_DENY, "echo reply");
	CHECK_VERDICT(enters(mtu, icmp(3, 4)), VERDICT_ALLOW, "fragmentation needed");
	CHECK_VERDICT(enters(mtu, icmp(3, 3)), VERDICT_DENY, "port unreachable");
	CHECK_VERDICT(enters(any, icmp(11, 0)), VERDICT_ALLOW, "any");
}

TEST(ports_of_an_icmp_rule_and_types_of_a_tcp_rule_are_not_looked_at)
{
	CHECK_VERDICT(enters(RULE("100", "allow",
				  "'Protocol': '1', 'CidrBlock': '0.0.0.0/0', 'PortRange': "
				  "{'From': 80, 'To': 80}"),
			     icmp(8, 0)),
		      VERDICT_ALLOW, "icmp with a port range");
	CHECK_VERDICT(enters(RULE("100", "allow",
				  "'Protocol': '6', 'CidrBlock': '0.0.0.0/0', 'IcmpTypeCode': "
				  "{'Type': 8, 'Code': 0}"),
			     tcp_to(22)),
		      VERDICT_ALLOW, "tcp with a type");
}

TEST(icmpv6_over_an_ipv6_cidr_goes_by_type_and_over_an_ipv4_cidr_by_none)
{
	struct packet echo6 = estate_packet(PROTO_ICMPV6, "2001:db8::1", "2001:db8::2", 128, 0);
	struct packet other6 = estate_packet(PROTO_ICMPV6, "2001:db8::1", "2001:db8::2", 129, 0);
	struct packet over4 = estate_packet(PROTO_ICMPV6, "192.0.2.1", "10.0.1.10", 129, 0);
	static const char six[] = RULE("100", "allow",
				       "'Protocol': '58', 'Ipv6CidrBlock': '::/0', "
				       "'IcmpTypeCode': {'Type': 128, 'Code': 0}");
	static const char four[] = RULE("100", "allow",
					"'Protocol': '58', 'CidrBlock': '0.0.0.0/0', "
					"'IcmpTypeCode': {'Type': 128, 'Code': 0}");

	CHECK_VERDICT(enters(six, echo6), VERDICT_ALLOW, "its type");
	CHECK_VERDICT(enters(six, other6), VERDICT_DENY, "another type");
	CHECK_VERDICT(enters(four, over4), VERDICT_ALLOW, "every type over IPv4");
	CHECK_VERDICT(enters(four, echo6), VERDICT_DENY, "the other family");
}

TEST(any_other_protocol_is_every_port_of_it)
{
	CHECK_VERDICT(enters(RULE("100", "allow",
				  "'Protocol': '132', 'CidrBlock': '0.0.0.0/0', 'PortRange': "
				  "{'From': 80, 'To': 80}"),
			     estate_packet(PROTO_SCTP, "192.0.2.1", "10.0.1.10", 0, 0)),
		      VERDICT_ALLOW, "sctp");
}

TEST(cidrs_are_masked_as_the_api_does)
{
	static const char odd[] = RULE("100", "allow",
				       "'Protocol': '-1', 'CidrBlock': '192.0.2.77/24'");

	CHECK_VERDICT(enters(odd, tcp_to(22)), VERDICT_ALLOW, "host bits set");
}

TEST(an_icmp_type_that_is_not_known_is_unknown_where_it_would_decide)
{
#define ECHO(action, number)                                                                       \
	RULE(number, action,                                                                       \
	     "'Protocol': '1', 'CidrBlock': '0.0.0.0/0', 'IcmpTypeCode': {'Type': 8, 'Code': -1}")
	CHECK_VERDICT(enters(ECHO("allow", "90"), icmp(-1, -1)), VERDICT_UNKNOWN, "allow or deny");
	CHECK_VERDICT(enters(ECHO("allow", "90") ", " RULE("100", "allow", ALL_V4), icmp(-1, -1)),
		      VERDICT_ALLOW, "allowed in either reading");
	CHECK_VERDICT(enters(ECHO("deny", "90"), icmp(-1, -1)), VERDICT_DENY,
		      "denied in either reading");
	CHECK_VERDICT(enters(ECHO("deny", "90") ", " RULE("100", "allow", ALL_V4), icmp(-1, -1)),
		      VERDICT_UNKNOWN, "deny or allow");
	CHECK_VERDICT(enters(RULE("80", "deny", ALL_V4) ", " ECHO("allow", "90"), icmp(-1, -1)),
		      VERDICT_DENY, "decided before");
	CHECK_VERDICT(enters(ECHO("deny", "90") ", " RULE("100", "allow", ALL_V4), tcp_to(22)),
		      VERDICT_ALLOW, "not ICMP");
#undef ECHO
}

TEST(an_acl_that_is_not_in_the_snapshot_is_unknown)
{
	auto_world struct world *world = world_of("");
	struct packet		 packet = tcp_to(22);
	struct decision		 decision = nacl_decide(world, WORLD_NONE, false, &packet);

	CHECK(decision.verdict == VERDICT_UNKNOWN && decision.layer == LAYER_NACL);
	CHECK(decision.reason == REASON_UNKNOWN_RESOURCE && decision.note);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_count_by_ascending_number_whatever_the_order_of_the_file),
		cmocka_unit_test(the_first_match_wins_and_later_rules_are_skipped),
		cmocka_unit_test(the_printed_denies_32767_and_32768_are_the_last_rules),
		cmocka_unit_test(implicit_denies_that_are_not_printed_deny_all_the_same),
		cmocka_unit_test(a_new_acl_blocks_everything_both_ways),
		cmocka_unit_test(ingress_and_egress_are_lists_of_their_own),
		cmocka_unit_test(an_ingress_cidr_is_the_source_and_an_egress_cidr_the_destination),
		cmocka_unit_test(families_are_evaluated_independently),
		cmocka_unit_test(protocols_are_numbers_in_strings),
		cmocka_unit_test(port_ranges_match_the_destination_port_in_both_directions),
		cmocka_unit_test(icmp_goes_by_type_and_code_with_minus_one_for_any),
		cmocka_unit_test(ports_of_an_icmp_rule_and_types_of_a_tcp_rule_are_not_looked_at),
		cmocka_unit_test(
			icmpv6_over_an_ipv6_cidr_goes_by_type_and_over_an_ipv4_cidr_by_none),
		cmocka_unit_test(any_other_protocol_is_every_port_of_it),
		cmocka_unit_test(cidrs_are_masked_as_the_api_does),
		cmocka_unit_test(an_icmp_type_that_is_not_known_is_unknown_where_it_would_decide),
		cmocka_unit_test(an_acl_that_is_not_in_the_snapshot_is_unknown),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
