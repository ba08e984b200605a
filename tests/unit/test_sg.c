/* SPDX-License-Identifier: Apache-2.0 */
/* aws-semantics.md 2.1 to 2.4, a statement a test: what the groups of eni-1 (10.0.1.10, sg-1) say. */
#include "tests/unit/unit.h"

#include "policies/rules/sg.h"
#include "tests/unit/estate.h"

#define ESTATE ESTATE_NET ESTATE_ENIS
#define OTHERS                                                                                     \
	"{'SecurityGroups': [{'GroupId': 'sg-2', 'GroupName': 'two'}, {'GroupId': 'sg-3', "        \
	"'GroupName': 'three'}]}"
#define FROM_ALL "'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]"
#define FROM_V4	 "'IpRanges': [{'CidrIp': '0.0.0.0/0'}]"

/* The estate with sg-1 made of these permissions. */
static struct world *world_of(const char *ingress, const char *egress, const char *more)
{
	char text[16384];
	int  len = snprintf(text, sizeof(text),
			    "%s{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'one', "
			     "'VpcId': 'vpc-1', 'IpPermissions': [%s], 'IpPermissionsEgress': "
			     "[%s]}]}%s",
			    ESTATE OTHERS, ingress, egress, more);

	if (len < 0 || (size_t)len >= sizeof(text))
		abort();
	return estate_open(text);
}

/* What enters eni-1 when sg-1 has this one permission. */
static enum verdict enters(const char *permission, struct packet packet)
{
	auto_world struct world *world = world_of(permission, "", "");

	return sg_decide(world, estate_eni(world, "eni-1"), false, &packet).verdict;
}

static enum verdict leaves(const char *permission, struct packet packet)
{
	auto_world struct world *world = world_of("", permission, "");

	return sg_decide(world, estate_eni(world, "eni-1"), true, &packet).verdict;
}

static struct packet to_1(const char *src, int port)
{
	return estate_tcp(src, strchr(src, ':') ? "2001:db8:0:1::10" : "10.0.1.10", port);
}

TEST(rules_of_all_groups_are_pooled_whatever_their_order)
{
	static const char *const orders[] = { "[{'GroupId': 'sg-x'}, {'GroupId': 'sg-y'}]",
					      "[{'GroupId': 'sg-y'}, {'GroupId': 'sg-x'}]" };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		char	      text[4096];
		struct world *world;
		struct packet to_22 = to_1("10.0.2.10", 22), to_80 = to_1("10.0.2.10", 80);
		struct packet to_81 = to_1("10.0.2.10", 81);

		snprintf(text, sizeof(text),
			 ESTATE_NET
			 "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': "
			 "'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', "
			 "'Groups': %s}]}"
			 "{'SecurityGroups': [{'GroupId': 'sg-x', 'IpPermissions': "
			 "[{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, " FROM_V4 "}]}, "
			 "{'GroupId': 'sg-y', 'IpPermissions': [{'IpProtocol': 'tcp', "
			 "'FromPort': 80, 'ToPort': 80, " FROM_V4 "}]}]}",
			 orders[i]);
		world = estate_open(text);
		CHECK(sg_decide(world, 0, false, &to_22).verdict == VERDICT_ALLOW);
		CHECK(sg_decide(world, 0, false, &to_80).verdict == VERDICT_ALLOW);
		CHECK(sg_decide(world, 0, false, &to_81).verdict == VERDICT_DENY);
		world_free(world);
	}
}

TEST(a_new_group_lets_nothing_in_and_a_group_without_outbound_rules_nothing_out)
{
	auto_world struct world *world = world_of("", "", "");
	struct packet		 packet = to_1("10.0.2.10", 22);
	struct decision		 in = sg_decide(world, estate_eni(world, "eni-1"), false, &packet);
	struct decision		 out = sg_decide(world, estate_eni(world, "eni-1"), true, &packet);

	CHECK(in.verdict == VERDICT_DENY && in.reason == REASON_SG_HAS_NO_RULES);
	CHECK(out.verdict == VERDICT_DENY && out.reason == REASON_SG_HAS_NO_RULES);
	CHECK(in.layer == LAYER_SG && !in.sg_rule);
	CHECK(in.object_idx == estate_idx(world, WORLD_SG, "sg-1"));
}

TEST(the_default_group_admits_its_own_members_and_nobody_else)
{
	static const char own[] = "{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': 'sg-1', "
				  "'UserId': '111122223333'}]}";

	CHECK_VERDICT(enters(own, to_1("10.0.1.10", 22)), VERDICT_ALLOW, "itself");
	CHECK_VERDICT(enters(own, to_1("10.0.2.10", 22)), VERDICT_DENY, "another group");
	CHECK_VERDICT(enters(own, to_1("203.0.113.9", 22)), VERDICT_DENY, "the internet");
}

TEST(ingress_rules_do_not_speak_of_what_leaves_nor_egress_rules_of_what_enters)
{
	static const char	 any[] = "{'IpProtocol': '-1', " FROM_ALL "}";
	auto_world struct world *in = world_of(any, "", ""), *out = world_of("", any, "");
	struct packet		 packet = to_1("10.0.2.10", 22);
	struct packet		 reverse = packet_reply(&packet);

	CHECK(sg_decide(in, estate_eni(in, "eni-1"), false, &packet).verdict == VERDICT_ALLOW);
	CHECK(sg_decide(in, estate_eni(in, "eni-1"), true, &reverse).verdict == VERDICT_DENY);
	CHECK(sg_decide(out, estate_eni(out, "eni-1"), false, &packet).verdict == VERDICT_DENY);
	CHECK(sg_decide(out, estate_eni(out, "eni-1"), true, &reverse).verdict == VERDICT_ALLOW);
}

TEST(one_permission_is_crossed_with_every_source_it_lists)
{
	static const char many[] =
		"{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': "
		"'192.0.2.0/24'}, {'CidrIp': '203.0.113.0/24'}], 'Ipv6Ranges': [{'CidrIpv6': "
		"'2001:db8:f::/48'}], 'UserIdGroupPairs': [{'GroupId': 'sg-2'}]}";
	auto_world struct world *world = world_of(many, "", "");

	CHECK(world->sgs[estate_idx(world, WORLD_SG, "sg-1")].rule_count == 4);
	CHECK_VERDICT(enters(many, to_1("192.0.2.1", 22)), VERDICT_ALLOW, "first range");
	CHECK_VERDICT(enters(many, to_1("203.0.113.1", 22)), VERDICT_ALLOW, "second range");
	CHECK_VERDICT(enters(many, to_1("2001:db8:f::1", 22)), VERDICT_ALLOW, "IPv6 range");
	CHECK_VERDICT(enters(many, to_1("10.0.2.10", 22)), VERDICT_ALLOW, "group");
	CHECK_VERDICT(enters(many, to_1("10.0.1.20", 22)), VERDICT_DENY, "nobody of these");
	CHECK_VERDICT(enters(many, to_1("192.0.2.1", 23)), VERDICT_DENY, "another port");
}

TEST(a_permission_with_all_lists_empty_matches_nothing)
{
	CHECK_VERDICT(enters("{'IpProtocol': '-1', 'IpRanges': [], 'Ipv6Ranges': [], "
			     "'PrefixListIds': [], 'UserIdGroupPairs': []}",
			     to_1("10.0.2.10", 22)),
		      VERDICT_DENY, "empty lists");
}

TEST(protocol_minus_one_covers_everything_with_ports_absent_or_minus_one_or_given)
{
	static const char *const permissions[] = {
		"{'IpProtocol': '-1', " FROM_ALL "}",
		"{'IpProtocol': '-1', 'FromPort': -1, 'ToPort': -1, " FROM_ALL "}",
		"{'IpProtocol': '-1', 'FromPort': 80, 'ToPort': 80, " FROM_ALL "}",
	};
	static const int protocols[] = { PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_ESP, PROTO_SCTP };

	for (size_t i = 0; i < ARRAY_LEN(permissions); i++)
		for (size_t j = 0; j < ARRAY_LEN(protocols); j++)
			CHECK_VERDICT(
				enters(permissions[i], estate_packet(protocols[j], "10.0.2.10",
								     "10.0.1.10", 22, 0)),
				VERDICT_ALLOW, permissions[i]);
}

TEST(tcp_and_udp_compare_the_destination_port_in_both_directions)
{
	static const char https[] =
		"{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 445, " FROM_ALL "}";
	struct packet from_443 = to_1("10.0.2.10", 40000);

	from_443.src_port = 443;
	CHECK_VERDICT(enters(https, to_1("10.0.2.10", 442)), VERDICT_DENY, "below");
	CHECK_VERDICT(enters(https, to_1("10.0.2.10", 443)), VERDICT_ALLOW, "first");
	CHECK_VERDICT(enters(https, to_1("10.0.2.10", 445)), VERDICT_ALLOW, "last");
	CHECK_VERDICT(enters(https, to_1("10.0.2.10", 446)), VERDICT_DENY, "above");
	CHECK_VERDICT(enters(https, from_443), VERDICT_DENY, "source port");
	CHECK_VERDICT(leaves(https, estate_tcp("10.0.1.10", "10.0.2.10", 443)), VERDICT_ALLOW,
		      "egress, destination port");
	CHECK_VERDICT(enters(https, estate_packet(PROTO_UDP, "10.0.2.10", "10.0.1.10", 443, 0)),
		      VERDICT_DENY, "udp");
}

TEST(names_and_numbers_of_protocols_are_equal)
{
	static const struct {
		const char *name;
		int	    protocol;
	} cases[] = { { "tcp", PROTO_TCP },  { "6", PROTO_TCP },     { "udp", PROTO_UDP },
		      { "17", PROTO_UDP },   { "icmp", PROTO_ICMP }, { "1", PROTO_ICMP },
		      { "50", PROTO_ESP },   { "132", PROTO_SCTP },  { "icmpv6", PROTO_ICMPV6 },
		      { "58", PROTO_ICMPV6 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char permission[256];
		bool v6 = cases[i].protocol == PROTO_ICMPV6;

		snprintf(permission, sizeof(permission),
			 "{'IpProtocol': '%s', 'FromPort': %d, 'ToPort': %d, " FROM_ALL "}",
			 cases[i].name, proto_has_ports((int16_t)cases[i].protocol) ? 0 : -1,
			 proto_has_ports((int16_t)cases[i].protocol) ? 65535 : -1);
		CHECK_VERDICT(enters(permission,
				     estate_packet(cases[i].protocol,
						   v6 ? "2001:db8:0:2::10" : "10.0.2.10",
						   v6 ? "2001:db8:0:1::10" : "10.0.1.10", 8, 0)),
			      VERDICT_ALLOW, cases[i].name);
	}
}

TEST(icmp_has_its_type_in_from_port_and_its_code_in_to_port)
{
	static const struct {
		int	     from, to, type, code;
		enum verdict expected;
	} cases[] = {
		{ -1, -1, 8, 0, VERDICT_ALLOW }, { 8, -1, 8, 0, VERDICT_ALLOW },
		{ 8, -1, 0, 0, VERDICT_DENY },	 { 3, 4, 3, 4, VERDICT_ALLOW },
		{ 3, 4, 3, 3, VERDICT_DENY },	 { 8, 0, 8, 0, VERDICT_ALLOW },
	};
	char permission[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(permission, sizeof(permission),
			 "{'IpProtocol': 'icmp', 'FromPort': %d, 'ToPort': %d, " FROM_V4 "}",
			 cases[i].from, cases[i].to);
		CHECK_VERDICT(enters(permission, estate_packet(PROTO_ICMP, "10.0.2.10", "10.0.1.10",
							       cases[i].type, cases[i].code)),
			      cases[i].expected, permission);
	}
}

TEST(icmpv6_may_leave_its_ports_out_and_then_covers_all_types)
{
	CHECK_VERDICT(
		enters("{'IpProtocol': 'icmpv6', " FROM_ALL "}",
		       estate_packet(PROTO_ICMPV6, "2001:db8:0:2::10", "2001:db8:0:1::10", 128, 0)),
		VERDICT_ALLOW, "no ports");
	CHECK_VERDICT(
		enters("{'IpProtocol': 'icmpv6', 'FromPort': 129, 'ToPort': 0, " FROM_ALL "}",
		       estate_packet(PROTO_ICMPV6, "2001:db8:0:2::10", "2001:db8:0:1::10", 128, 0)),
		VERDICT_DENY, "another type");
}

TEST(an_icmp_type_that_is_not_known_is_unknown_unless_any_type_may_pass)
{
	struct packet packet = estate_packet(PROTO_ICMP, "10.0.2.10", "10.0.1.10", -1, -1);

	CHECK_VERDICT(
		enters("{'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, " FROM_V4 "}", packet),
		VERDICT_UNKNOWN, "echo only");
	CHECK_VERDICT(
		enters("{'IpProtocol': 'icmp', 'FromPort': -1, 'ToPort': -1, " FROM_V4 "}", packet),
		VERDICT_ALLOW, "all icmp");
	CHECK_VERDICT(
		enters("{'IpProtocol': 'tcp', 'FromPort': 8, 'ToPort': 8, " FROM_V4 "}", packet),
		VERDICT_DENY, "no icmp rule");
}

TEST(ports_given_for_other_protocols_are_ignored)
{
	CHECK_VERDICT(enters("{'IpProtocol': '132', 'FromPort': 80, 'ToPort': 80, " FROM_V4 "}",
			     estate_packet(PROTO_SCTP, "10.0.2.10", "10.0.1.10", 0, 0)),
		      VERDICT_ALLOW, "sctp");
	CHECK_VERDICT(enters("{'IpProtocol': '47', 'FromPort': 80, 'ToPort': 80, " FROM_V4 "}",
			     estate_packet(PROTO_GRE, "10.0.2.10", "10.0.1.10", 0, 0)),
		      VERDICT_ALLOW, "gre");
}

TEST(address_families_never_cross)
{
	static const char v4[] = "{'IpProtocol': '-1', " FROM_V4 "}";
	static const char v6[] = "{'IpProtocol': '-1', 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}";

	CHECK_VERDICT(enters(v4, to_1("10.0.2.10", 22)), VERDICT_ALLOW, "4 by 4");
	CHECK_VERDICT(enters(v4, to_1("2001:db8:0:2::10", 22)), VERDICT_DENY, "6 by 4");
	CHECK_VERDICT(enters(v6, to_1("10.0.2.10", 22)), VERDICT_DENY, "4 by 6");
	CHECK_VERDICT(enters(v6, to_1("2001:db8:0:2::10", 22)), VERDICT_ALLOW, "6 by 6");
}

TEST(icmp_is_ipv4s_and_icmpv6_is_ipv6s_even_by_reference)
{
	static const char icmp[] = "{'IpProtocol': 'icmp', 'FromPort': -1, 'ToPort': -1, "
				   "'UserIdGroupPairs': [{'GroupId': 'sg-2'}]}";
	static const char icmpv6[] = "{'IpProtocol': 'icmpv6', 'UserIdGroupPairs': [{'GroupId': "
				     "'sg-2'}]}";

	CHECK_VERDICT(enters(icmp, estate_packet(PROTO_ICMP, "10.0.2.10", "10.0.1.10", 8, 0)),
		      VERDICT_ALLOW, "icmp");
	CHECK_VERDICT(enters(icmpv6, estate_packet(PROTO_ICMPV6, "2001:db8:0:2::10",
						   "2001:db8:0:1::10", 128, 0)),
		      VERDICT_ALLOW, "icmpv6");
	CHECK_VERDICT(enters(icmp, estate_packet(PROTO_ICMP, "2001:db8:0:2::10", "2001:db8:0:1::10",
						 8, 0)),
		      VERDICT_DENY, "icmp over IPv6");
	CHECK_VERDICT(enters(icmpv6, estate_packet(PROTO_ICMPV6, "10.0.2.10", "10.0.1.10", 128, 0)),
		      VERDICT_DENY, "icmpv6 over IPv4");
}

TEST(hand_written_cidrs_are_masked_as_the_api_does)
{
	static const char odd[] = "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '192.0.2.77/24'}]}";

	CHECK_VERDICT(enters(odd, to_1("192.0.2.1", 22)), VERDICT_ALLOW, "inside");
	CHECK_VERDICT(enters(odd, to_1("192.0.3.1", 22)), VERDICT_DENY, "outside");
}

TEST(the_deciding_rule_is_the_first_that_matches_and_is_named)
{
	auto_world struct world *world = world_of(
		"{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': "
		"'10.0.0.0/8', 'Description': 'first'}]}, "
		"{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0', 'Description': "
		"'second'}]}",
		"", "");
	struct packet	to_22 = to_1("10.0.2.10", 22), to_80 = to_1("10.0.2.10", 80);
	struct decision one = sg_decide(world, estate_eni(world, "eni-1"), false, &to_22);
	struct decision two = sg_decide(world, estate_eni(world, "eni-1"), false, &to_80);

	CHECK_STR(one.sg_rule->description, "first");
	CHECK_STR(two.sg_rule->description, "second");
	CHECK(one.reason == REASON_NONE && one.layer == LAYER_SG);
	CHECK(one.object_idx == estate_idx(world, WORLD_SG, "sg-1"));
}

TEST(no_match_among_rules_says_so)
{
	auto_world struct world *world = world_of("{'IpProtocol': 'tcp', 'FromPort': 22, "
						  "'ToPort': 22, " FROM_V4 "}",
						  "", "");
	struct packet		 packet = to_1("10.0.2.10", 80);
	struct decision decision = sg_decide(world, estate_eni(world, "eni-1"), false, &packet);

	CHECK(decision.verdict == VERDICT_DENY);
	CHECK(decision.reason == REASON_ENI_SG_RULES_MISMATCH);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_all_groups_are_pooled_whatever_their_order),
		cmocka_unit_test(
			a_new_group_lets_nothing_in_and_a_group_without_outbound_rules_nothing_out),
		cmocka_unit_test(the_default_group_admits_its_own_members_and_nobody_else),
		cmocka_unit_test(
			ingress_rules_do_not_speak_of_what_leaves_nor_egress_rules_of_what_enters),
		cmocka_unit_test(one_permission_is_crossed_with_every_source_it_lists),
		cmocka_unit_test(a_permission_with_all_lists_empty_matches_nothing),
		cmocka_unit_test(
			protocol_minus_one_covers_everything_with_ports_absent_or_minus_one_or_given),
		cmocka_unit_test(tcp_and_udp_compare_the_destination_port_in_both_directions),
		cmocka_unit_test(names_and_numbers_of_protocols_are_equal),
		cmocka_unit_test(icmp_has_its_type_in_from_port_and_its_code_in_to_port),
		cmocka_unit_test(icmpv6_may_leave_its_ports_out_and_then_covers_all_types),
		cmocka_unit_test(
			an_icmp_type_that_is_not_known_is_unknown_unless_any_type_may_pass),
		cmocka_unit_test(ports_given_for_other_protocols_are_ignored),
		cmocka_unit_test(address_families_never_cross),
		cmocka_unit_test(icmp_is_ipv4s_and_icmpv6_is_ipv6s_even_by_reference),
		cmocka_unit_test(hand_written_cidrs_are_masked_as_the_api_does),
		cmocka_unit_test(the_deciding_rule_is_the_first_that_matches_and_is_named),
		cmocka_unit_test(no_match_among_rules_says_so),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
