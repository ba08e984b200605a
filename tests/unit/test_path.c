/* SPDX-License-Identifier: Apache-2.0 */
/* One packet and its reply, hop by hop, inside a VPC (aws-semantics.md 8). */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define NET ESTATE_NET ESTATE_ENIS
#define SG(id, ingress, egress)                                                                    \
	"{'SecurityGroups': [{'GroupId': '" id "', 'IpPermissions': [" ingress                     \
	"], 'IpPermissionsEgress': [" egress "]}]}"
#define ANY "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define CLOSED                                                                                     \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"
#define HOLE                                                                                       \
	"{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', 'Associations': [{'Main': "  \
	"true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', 'GatewayId': 'local', "        \
	"'State': 'blackhole'}]}]}"

static struct end end_of(const struct world *world, const char *ip)
{
	struct end end = { .ip = estate_ip(ip) };

	end.eni_idx = world_eni_in_vpc(world, 0, end.ip);
	return end;
}

static void walk(const struct world *world, const char *src, const char *dst, int port,
		 struct path *out)
{
	struct question question = { .src = end_of(world, src),
				     .dst = end_of(world, dst),
				     .packet = estate_tcp(src, dst, port),
				     .client_ports = path_default_client_ports() };

	path_walk(world, &question, out);
}

static void check_hops(const struct leg *leg, const char *expected)
{
	path_check_leg(leg, expected, "hops");
}

TEST(between_subnets_groups_acls_and_the_route_are_crossed_both_ways)
{
	auto_world struct world *world = estate_open(ESTATE_SHOP);
	struct path		 path;

	walk(world, "10.0.1.10", "10.0.2.10", 443, &path);
	check_hops(&path.forward, "sg> nacl> route nacl< sg<");
	check_hops(&path.back, "sg> nacl> route nacl< sg<");
	CHECK(path.verdict == VERDICT_ALLOW && path.back_needed);
	CHECK(path.forward.hops[0].eni_idx == estate_eni(world, "eni-1"));
	CHECK(path.forward.hops[4].eni_idx == estate_eni(world, "eni-2"));
	CHECK(path.back.hops[0].eni_idx == estate_eni(world, "eni-2"));
}

TEST(inside_one_subnet_there_are_only_groups)
{
	auto_world struct world *world = estate_open(NET ESTATE_OPEN_SGS CLOSED);
	struct path		 path;

	walk(world, "10.0.1.10", "10.0.1.20", 443, &path);
	check_hops(&path.forward, "sg> sg<");
	check_hops(&path.back, "sg> sg<");
	CHECK(path.verdict == VERDICT_ALLOW);
}

TEST(each_component_alone_can_stop_the_packet_and_is_the_one_that_denies)
{
	static const struct {
		const char *estate;
		size_t	    hop;
		enum reason reason;
	} cases[] = {
		{ NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB SG("sg-1", ANY, ""), 0,
		  REASON_SG_HAS_NO_RULES },
		{ NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB
		  "{'NetworkAcls': [{'NetworkAclId': 'acl-a', 'VpcId': 'vpc-1', 'Associations': "
		  "[{'SubnetId': 'subnet-a'}], 'Entries': []}]}",
		  1, REASON_SUBNET_ACL_RESTRICTION },
		{ NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL HOLE, 2, REASON_BAD_STATE_ROUTE },
		{ NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB
		  "{'NetworkAcls': [{'NetworkAclId': 'acl-b', 'VpcId': 'vpc-1', 'Associations': "
		  "[{'SubnetId': 'subnet-b'}], 'Entries': []}]}",
		  3, REASON_SUBNET_ACL_RESTRICTION },
		{ NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB SG("sg-2", "", ANY), 4,
		  REASON_SG_HAS_NO_RULES },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *world = estate_open(cases[i].estate);
		struct path		 path;

		walk(world, "10.0.1.10", "10.0.2.10", 443, &path);
		CHECK(path.verdict == VERDICT_DENY && path.forward.count == 5);
		for (size_t hop = 0; hop < 5; hop++)
			CHECK((path.forward.hops[hop].decision.verdict == VERDICT_DENY) ==
			      (hop == cases[i].hop));
		CHECK(path.forward.hops[cases[i].hop].decision.reason == cases[i].reason);
	}
}

TEST(the_walk_goes_on_past_the_first_blocker_so_that_all_are_found)
{
	auto_world struct world *world = estate_open(NET CLOSED HOLE SG("sg-1", "", "")
							     SG("sg-2", "", ""));
	struct path		 path;
	size_t			 blockers = 0;

	walk(world, "10.0.1.10", "10.0.2.10", 443, &path);
	for (size_t i = 0; i < path.forward.count; i++)
		blockers += path.forward.hops[i].decision.verdict == VERDICT_DENY;
	CHECK(path.forward.count == 5 && blockers == 5);
}

TEST(replies_pass_groups_by_state_but_need_acls_of_their_own)
{
	static const char one_way[] = NET ESTATE_RTB SG("sg-1", "", ANY)
		SG("sg-2", ANY,
		   "") "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': "
		       "true, "
		       "'Entries': [{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'allow', "
		       "'Protocol': "
		       "'6', 'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 443, 'To': 443}}, "
		       "{'RuleNumber': 1, 'Egress': true, 'RuleAction': 'allow', 'Protocol': '6', "
		       "'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 443, 'To': 443}}]}]}";
	auto_world struct world *shut = estate_open(one_way);
	auto_world struct world *open = estate_open(
		NET ESTATE_RTB ESTATE_OPEN_NACL SG("sg-1", "", ANY) SG("sg-2", ANY, ""));
	struct path path;

	walk(open, "10.0.1.10", "10.0.2.10", 443, &path);
	CHECK(path.verdict == VERDICT_ALLOW);
	walk(shut, "10.0.1.10", "10.0.2.10", 443, &path);
	CHECK(path.forward.verdict == VERDICT_ALLOW && path.back.verdict == VERDICT_DENY);
	CHECK(path.verdict == VERDICT_DENY && path.reply_port_count == 0);
}

TEST(udp_needs_no_reply_to_arrive)
{
	auto_world struct world *world = estate_open(
		NET ESTATE_RTB ESTATE_OPEN_SGS
		"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
		"'Entries': [{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'allow', 'Protocol': "
		"'17', 'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 53, 'To': 53}}, "
		"{'RuleNumber': 1, 'Egress': true, 'RuleAction': 'allow', 'Protocol': '17', "
		"'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 53, 'To': 53}}]}]}");
	struct question question = { .src = end_of(world, "10.0.1.10"),
				     .dst = end_of(world, "10.0.2.10"),
				     .packet = estate_packet(PROTO_UDP, "10.0.1.10", "10.0.2.10",
							     53, 0),
				     .client_ports = path_default_client_ports() };
	struct path	path;

	path_walk(world, &question, &path);
	CHECK(!path.back_needed && path.verdict == VERDICT_ALLOW);
	CHECK(path.back.verdict == VERDICT_DENY);
}

TEST(an_echo_needs_its_answer)
{
	static const char *const replies[] = { "0", "8" };

	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		char		text[8192];
		struct world   *world;
		struct path	path;
		struct question question = { .client_ports = path_default_client_ports() };

		snprintf(text, sizeof(text),
			 NET ESTATE_RTB ESTATE_OPEN_SGS
			 "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', "
			 "'IsDefault': true, 'Entries': [{'RuleNumber': 1, 'Egress': true, "
			 "'RuleAction': 'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}, "
			 "{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'allow', 'Protocol': "
			 "'1', 'CidrBlock': '10.0.1.0/24', 'IcmpTypeCode': {'Type': 8, 'Code': "
			 "-1}}, {'RuleNumber': 2, 'Egress': false, 'RuleAction': 'allow', "
			 "'Protocol': '1', 'CidrBlock': '10.0.2.0/24', 'IcmpTypeCode': {'Type': "
			 "%s, 'Code': -1}}]}]}",
			 replies[i]);
		world = estate_open(text);
		question.src = end_of(world, "10.0.1.10");
		question.dst = end_of(world, "10.0.2.10");
		question.packet = estate_packet(PROTO_ICMP, "10.0.1.10", "10.0.2.10", 8, 0);
		path_walk(world, &question, &path);
		CHECK_VERDICT(path.verdict, i == 0 ? VERDICT_ALLOW : VERDICT_DENY, replies[i]);
		world_free(world);
	}
}

TEST(an_address_that_nobody_has_is_undecided_unless_something_denies)
{
	auto_world struct world *open = estate_open(ESTATE_SHOP);
	auto_world struct world *shut = estate_open(
		NET ESTATE_OPEN_NACL ESTATE_RTB SG("sg-1", ANY, ""));
	struct path path;

	walk(open, "10.0.1.10", "10.0.2.200", 443, &path);
	CHECK(path.verdict == VERDICT_UNKNOWN);
	walk(open, "10.0.1.10", "10.0.1.200", 443, &path);
	CHECK(path.verdict == VERDICT_UNKNOWN);
	walk(open, "10.0.2.200", "10.0.1.10", 443, &path);
	CHECK(path.verdict == VERDICT_UNKNOWN);
	walk(shut, "10.0.1.10", "10.0.2.200", 443, &path);
	CHECK(path.verdict == VERDICT_DENY);
}

TEST(ipv6_is_walked_by_its_own_rules)
{
	auto_world struct world *world = estate_open(ESTATE_SHOP);
	auto_world struct world *v4_only = estate_open(
		NET ESTATE_OPEN_NACL ESTATE_RTB SG("sg-1", ANY, ANY) SG("sg-2", ANY, ANY));
	struct path path;

	walk(world, "2001:db8:0:1::10", "2001:db8:0:2::10", 443, &path);
	check_hops(&path.forward, "sg> nacl> route nacl< sg<");
	CHECK(path.verdict == VERDICT_ALLOW);
	walk(v4_only, "2001:db8:0:1::10", "2001:db8:0:2::10", 443, &path);
	CHECK(path.verdict == VERDICT_DENY);
}

TEST(secondary_addresses_are_walked_like_primary_ones)
{
	auto_world struct world *world = estate_open(ESTATE_SHOP);
	struct path		 path;

	walk(world, "10.0.1.10", "10.0.2.11", 443, &path);
	CHECK(path.verdict == VERDICT_ALLOW);
	CHECK(path.forward.hops[4].eni_idx == estate_eni(world, "eni-2"));
}

TEST(missing_acl_or_table_is_undecided)
{
	auto_world struct world *no_acl = estate_open(NET ESTATE_OPEN_SGS ESTATE_RTB);
	auto_world struct world *no_table = estate_open(NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL);
	struct path		 path;

	walk(no_acl, "10.0.1.10", "10.0.2.10", 443, &path);
	CHECK(path.verdict == VERDICT_UNKNOWN);
	walk(no_table, "10.0.1.10", "10.0.2.10", 443, &path);
	CHECK(path.verdict == VERDICT_UNKNOWN);
	walk(no_table, "10.0.1.10", "10.0.1.20", 443, &path);
	CHECK(path.verdict == VERDICT_ALLOW);
}

TEST(the_policy_is_asked_about_the_ends_and_without_one_is_silent)
{
	auto_world struct world	  *world = estate_open(ESTATE_SHOP);
	struct err_list		   errors;
	auto_intent struct intent *intent = intent_parse(
		str_of("tier web = eni-1\nallow internet -> web : tcp/443\n"), "p", &errors);
	auto_judge struct judge *judge = judge_new(intent, world);
	struct question		 question = { .src = { .eni_idx = WORLD_NONE },
					      .dst = end_of(world, "10.0.1.10"),
					      .packet = { .protocol = PROTO_TCP, .dst_port = 443 } };

	CHECK(path_intent(&question).verdict == INTENT_SILENT);
	question.judge = judge;
	CHECK(path_intent(&question).verdict == INTENT_ALLOWED);
	question.packet.dst_port = 22;
	CHECK(path_intent(&question).verdict == INTENT_UNLISTED);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_subnets_groups_acls_and_the_route_are_crossed_both_ways),
		cmocka_unit_test(inside_one_subnet_there_are_only_groups),
		cmocka_unit_test(
			each_component_alone_can_stop_the_packet_and_is_the_one_that_denies),
		cmocka_unit_test(the_walk_goes_on_past_the_first_blocker_so_that_all_are_found),
		cmocka_unit_test(replies_pass_groups_by_state_but_need_acls_of_their_own),
		cmocka_unit_test(udp_needs_no_reply_to_arrive),
		cmocka_unit_test(an_echo_needs_its_answer),
		cmocka_unit_test(an_address_that_nobody_has_is_undecided_unless_something_denies),
		cmocka_unit_test(ipv6_is_walked_by_its_own_rules),
		cmocka_unit_test(secondary_addresses_are_walked_like_primary_ones),
		cmocka_unit_test(missing_acl_or_table_is_undecided),
		cmocka_unit_test(the_policy_is_asked_about_the_ends_and_without_one_is_silent),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
