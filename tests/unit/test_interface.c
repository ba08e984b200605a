/* SPDX-License-Identifier: Apache-2.0 */
/* Groups and ACL of an interface together: where the ACL has a say, and who remembers connections. */
#include "tests/unit/unit.h"

#include "policies/rules/interface.h"
#include "tests/unit/estate.h"

#define CLOSED_SGS                                                                                 \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [], 'IpPermissionsEgress': "     \
	"[]}, {'GroupId': 'sg-2', 'IpPermissions': [], 'IpPermissionsEgress': []}, {'GroupId': "   \
	"'sg-3', 'IpPermissions': [], 'IpPermissionsEgress': []}]}"
#define HTTPS_IN                                                                                   \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissionsEgress': [], 'IpPermissions': "     \
	"[{'IpProtocol': 'tcp', "                                                                  \
	"'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}"
#define CLOSED_NACL                                                                                \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"

static struct interface_decision decide(const char *estate, bool egress, struct packet packet,
					bool as_reply)
{
	auto_world struct world	 *world = estate_open(estate);
	struct interface_decision decision = interface_decide(world, estate_eni(world, "eni-1"),
							      egress, &packet, as_reply);

	/* The world goes; what a test looks at is only the verdicts. */
	decision.sg.sg_rule = decision.overall.sg_rule = NULL;
	decision.nacl.nacl_rule = decision.overall.nacl_rule = NULL;
	return decision;
}

static struct packet from_b(int port)
{
	return estate_tcp("10.0.2.10", "10.0.1.10", port);
}

TEST(both_layers_must_allow_and_a_deny_is_named_by_its_layer)
{
	static const struct {
		const char  *estate;
		enum verdict expected;
		enum layer   layer;
	} cases[] = {
		{ ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_OPEN_NACL, VERDICT_ALLOW,
		  LAYER_SG },
		{ ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS CLOSED_NACL, VERDICT_DENY, LAYER_NACL },
		{ ESTATE_NET ESTATE_ENIS CLOSED_SGS ESTATE_OPEN_NACL, VERDICT_DENY, LAYER_SG },
		{ ESTATE_NET ESTATE_ENIS CLOSED_SGS CLOSED_NACL, VERDICT_DENY, LAYER_SG },
		{ ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL, VERDICT_UNKNOWN, LAYER_SG },
		{ ESTATE_NET ESTATE_ENIS CLOSED_NACL, VERDICT_DENY, LAYER_NACL },
		{ ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS, VERDICT_UNKNOWN, LAYER_NACL },
		{ ESTATE_NET ESTATE_ENIS CLOSED_SGS, VERDICT_DENY, LAYER_SG },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (int egress = 0; egress < 2; egress++) {
			struct packet		  packet = from_b(443), out = packet_reply(&packet);
			struct interface_decision decision = decide(cases[i].estate, egress,
								    egress ? out : packet, false);

			CHECK_VERDICT(decision.overall.verdict, cases[i].expected,
				      cases[i].estate + sizeof(ESTATE_NET ESTATE_ENIS) - 1);
			CHECK(decision.nacl_crossed);
			CHECK(cases[i].expected == VERDICT_ALLOW ||
			      decision.overall.layer == cases[i].layer);
		}
}

TEST(hosts_of_one_subnet_talk_past_the_acl)
{
	static const char *const peers[] = { "10.0.1.20", "10.0.1.77" }; /* known, and not */

	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		for (int egress = 0; egress < 2; egress++) {
			struct packet packet = egress ? estate_tcp("10.0.1.10", peers[i], 443)
						      : estate_tcp(peers[i], "10.0.1.10", 443);
			struct interface_decision decision = decide(
				ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS CLOSED_NACL, egress, packet,
				false);

			CHECK(!decision.nacl_crossed);
			CHECK(decision.overall.verdict == VERDICT_ALLOW);
		}
}

TEST(one_subnet_exempts_from_the_acl_only_never_from_the_groups)
{
	struct packet packet = estate_tcp("10.0.1.20", "10.0.1.10", 443);

	CHECK(decide(ESTATE_NET ESTATE_ENIS CLOSED_SGS CLOSED_NACL, false, packet, false)
		      .overall.verdict == VERDICT_DENY);
}

TEST(the_ipv6_block_of_a_subnet_is_the_same_subnet)
{
	auto_world struct world *world = estate_open(ESTATE_SHOP);

	CHECK(!interface_crosses_edge(world, 0, estate_ip("2001:db8:0:1::99")));
	CHECK(interface_crosses_edge(world, 0, estate_ip("2001:db8:0:2::10")));
	CHECK(interface_crosses_edge(world, 0, estate_ip("10.0.2.10")));
	CHECK(interface_crosses_edge(world, 0, estate_ip("203.0.113.9")));
}

TEST(an_interface_whose_subnet_is_not_known_is_taken_to_cross_its_edge)
{
	auto_world struct world *world = estate_open(
		"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]}"
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "
		"'SubnetId': 'subnet-none', 'PrivateIpAddress': '10.0.1.10', 'Groups': "
		"[{'GroupId': 'sg-1'}]}]}" ESTATE_OPEN_SGS);
	struct packet		  packet = from_b(443);
	struct interface_decision decision = interface_decide(world, 0, false, &packet, false);

	CHECK(decision.nacl_crossed && decision.nacl.verdict == VERDICT_UNKNOWN);
	CHECK(decision.overall.verdict == VERDICT_UNKNOWN);
}

TEST(replies_pass_the_groups_by_state_in_either_direction)
{
	static const char in_only[] = ESTATE_NET ESTATE_ENIS HTTPS_IN ESTATE_OPEN_NACL;
	struct packet request = from_b(443), reply = packet_reply(&request);
	struct packet other = from_b(22), other_reply = packet_reply(&other);

	CHECK(decide(in_only, false, request, false).overall.verdict == VERDICT_ALLOW);
	CHECK(decide(in_only, true, reply, true).overall.verdict == VERDICT_ALLOW);
	CHECK(decide(in_only, true, reply, false).overall.verdict == VERDICT_DENY);
	CHECK(decide(in_only, true, other_reply, true).overall.verdict == VERDICT_DENY);
}

TEST(replies_of_connections_that_the_interface_opened_come_in_by_state)
{
	static const char out_only[] = ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [], "
		"'IpPermissionsEgress': [{'IpProtocol': "
		"'tcp', 'FromPort': 5432, 'ToPort': 5432, 'IpRanges': [{'CidrIp': "
		"'10.0.0.0/8'}]}]}]}";
	struct packet request = estate_tcp("10.0.1.10", "10.0.2.10", 5432);
	struct packet reply = packet_reply(&request);

	CHECK(decide(out_only, true, request, false).overall.verdict == VERDICT_ALLOW);
	CHECK(decide(out_only, false, reply, true).overall.verdict == VERDICT_ALLOW);
	CHECK(decide(out_only, false, reply, false).overall.verdict == VERDICT_DENY);
}

TEST(an_acl_remembers_nothing_so_a_reply_needs_a_rule_of_its_own)
{
	static const char in_only[] = ESTATE_NET ESTATE_ENIS HTTPS_IN
		"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
		"'Entries': [{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', "
		"'Protocol': '6', 'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 443, 'To': "
		"443}}]}]}";
	struct packet		  request = from_b(443), reply = packet_reply(&request);
	struct interface_decision back = decide(in_only, true, reply, true);

	CHECK(decide(in_only, false, request, false).overall.verdict == VERDICT_ALLOW);
	CHECK(back.sg.verdict == VERDICT_ALLOW && back.nacl.verdict == VERDICT_DENY);
	CHECK(back.overall.layer == LAYER_NACL);
}

TEST(an_echo_reply_answers_the_request_that_the_group_admits)
{
	static const char echo_in[] = ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissionsEgress': [], "
		"'IpPermissions': [{'IpProtocol': 'icmp', "
		"'FromPort': 8, 'ToPort': -1, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}";
	struct packet request = estate_packet(PROTO_ICMP, "10.0.2.10", "10.0.1.10", 8, 0);
	struct packet unknown = estate_packet(PROTO_ICMP, "10.0.1.10", "10.0.2.10", -1, -1);

	CHECK(decide(echo_in, false, request, false).overall.verdict == VERDICT_ALLOW);
	CHECK(decide(echo_in, true, unknown, true).overall.verdict == VERDICT_UNKNOWN);
	CHECK(decide(echo_in, true, unknown, false).overall.verdict == VERDICT_DENY);
}

TEST(an_explicit_association_is_the_subnets_acl_not_the_default_one)
{
	static const char estate[] = ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_OPEN_NACL
		"{'NetworkAcls': [{'NetworkAclId': 'acl-a', 'VpcId': 'vpc-1', 'IsDefault': false, "
		"'Associations': [{'SubnetId': 'subnet-a'}], 'Entries': []}]}";

	CHECK(decide(estate, false, from_b(443), false).overall.verdict == VERDICT_DENY);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_layers_must_allow_and_a_deny_is_named_by_its_layer),
		cmocka_unit_test(hosts_of_one_subnet_talk_past_the_acl),
		cmocka_unit_test(one_subnet_exempts_from_the_acl_only_never_from_the_groups),
		cmocka_unit_test(the_ipv6_block_of_a_subnet_is_the_same_subnet),
		cmocka_unit_test(an_interface_whose_subnet_is_not_known_is_taken_to_cross_its_edge),
		cmocka_unit_test(replies_pass_the_groups_by_state_in_either_direction),
		cmocka_unit_test(replies_of_connections_that_the_interface_opened_come_in_by_state),
		cmocka_unit_test(an_acl_remembers_nothing_so_a_reply_needs_a_rule_of_its_own),
		cmocka_unit_test(an_echo_reply_answers_the_request_that_the_group_admits),
		cmocka_unit_test(an_explicit_association_is_the_subnets_acl_not_the_default_one),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
