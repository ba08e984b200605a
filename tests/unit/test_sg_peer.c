/* SPDX-License-Identifier: Apache-2.0 */
/* aws-semantics.md 2.4: sources and destinations that are not CIDRs, and what of them is not known. */
#include "tests/unit/unit.h"

#include "policies/rules/sg.h"
#include "tests/unit/estate.h"

#define SG(rules)                                                                                  \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'VpcId': 'vpc-1', 'IpPermissions': [" rules       \
	"]}, {'GroupId': 'sg-2', 'VpcId': 'vpc-1'}, {'GroupId': 'sg-3', 'VpcId': 'vpc-1'}]}"
#define REFERENCE(rest) "{'IpProtocol': '-1', 'UserIdGroupPairs': [{" rest "}]}"
#define FROM_2		ESTATE_NET ESTATE_ENIS SG(REFERENCE("'GroupId': 'sg-2', 'VpcId': 'vpc-1'"))

static struct decision decide(const struct world *world, const char *src)
{
	struct packet packet = estate_tcp(src, strchr(src, ':') ? "2001:db8:0:1::10" : "10.0.1.10",
					  443);

	return sg_decide(world, estate_eni(world, "eni-1"), false, &packet);
}

static enum verdict enters(const char *estate, const char *src)
{
	auto_world struct world *world = estate_open(estate);

	return decide(world, src).verdict;
}

TEST(a_reference_stands_for_the_members_of_the_group)
{
	CHECK_VERDICT(enters(FROM_2, "10.0.2.10"), VERDICT_ALLOW, "member");
	CHECK_VERDICT(enters(FROM_2, "10.0.1.20"), VERDICT_DENY, "an interface of another group");
	CHECK_VERDICT(enters(FROM_2, "203.0.113.9"), VERDICT_DENY, "a public address");
}

TEST(whether_an_address_without_an_interface_in_the_snapshot_is_a_members_is_not_known)
{
	CHECK_VERDICT(enters(FROM_2, "10.0.2.200"), VERDICT_UNKNOWN, "of the same VPC");
	CHECK_VERDICT(enters(FROM_2, "192.168.0.9"), VERDICT_UNKNOWN, "of no VPC");
}

TEST(without_the_vpcs_document_interfaces_of_a_vpc_find_one_another)
{
	CHECK_VERDICT(enters(ESTATE_ENIS SG(REFERENCE("'GroupId': 'sg-2', 'VpcId': 'vpc-1'")),
			     "10.0.2.10"),
		      VERDICT_ALLOW, "member");
	CHECK_VERDICT(enters(ESTATE_ENIS SG(REFERENCE("'GroupId': 'sg-2', 'VpcId': 'vpc-1'")),
			     "10.0.1.20"),
		      VERDICT_DENY, "an interface of another group");
}

TEST(a_group_whose_document_leaves_out_its_rules_is_no_group_without_rules)
{
	CHECK_VERDICT(enters(ESTATE_NET ESTATE_ENIS "{'SecurityGroups': [{'GroupId': 'sg-1'}]}",
			     "10.0.2.10"),
		      VERDICT_UNKNOWN, "left out");
	CHECK_VERDICT(enters(ESTATE_NET ESTATE_ENIS
			     "{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': []}]}",
			     "10.0.2.10"),
		      VERDICT_DENY, "empty");
}

TEST(a_reference_is_no_inclusion_of_the_groups_rules)
{
	CHECK_VERDICT(enters(ESTATE_NET ESTATE_ENIS
			     "{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': "
			     "[" REFERENCE("'GroupId': 'sg-2'") "]}, {'GroupId': 'sg-2', "
								"'IpPermissions': [{'IpProtocol': "
								"'-1', 'IpRanges': [{'CidrIp': "
								"'203.0.113.0/24'}]}]}]}",
			     "203.0.113.9"),
		      VERDICT_DENY, "a rule of the referenced group");
}

TEST(secondary_addresses_of_members_count)
{
	CHECK_VERDICT(enters(FROM_2, "10.0.2.11"), VERDICT_ALLOW, "secondary");
}

TEST(ipv6_addresses_and_delegated_prefixes_of_members_count)
{
	CHECK_VERDICT(enters(FROM_2, "2001:db8:0:2::10"), VERDICT_ALLOW, "IPv6");
	CHECK_VERDICT(enters(FROM_2, "10.0.2.17"), VERDICT_ALLOW, "inside the prefix");
	CHECK_VERDICT(enters(FROM_2, "10.0.2.32"), VERDICT_UNKNOWN, "behind the prefix");
}

TEST(the_public_address_of_a_member_does_not_match)
{
	CHECK_VERDICT(enters(FROM_2, "198.51.100.2"), VERDICT_DENY, "its Elastic IP");
}

TEST(an_egress_rule_by_reference_looks_at_the_destination)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissionsEgress': "
		"[" REFERENCE("'GroupId': 'sg-2'") "]}, {'GroupId': 'sg-2'}]}");
	struct packet to_2 = estate_tcp("10.0.1.10", "10.0.2.10", 1);
	struct packet to_3 = estate_tcp("10.0.1.10", "10.0.1.20", 1);

	CHECK(sg_decide(world, 0, true, &to_2).verdict == VERDICT_ALLOW);
	CHECK(sg_decide(world, 0, true, &to_3).verdict == VERDICT_DENY);
}

TEST(a_reference_whose_peering_is_gone_is_stale_and_matches_nothing)
{
	static const struct {
		const char  *status;
		enum verdict expected;
	} cases[] = { { "active", VERDICT_ALLOW },
		      { "deleted", VERDICT_DENY },
		      { "rejected", VERDICT_DENY },
		      { "pending-acceptance", VERDICT_DENY } };
	char text[8192];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof(text),
			 ESTATE_NET ESTATE_ENIS SG(
				 REFERENCE("'GroupId': 'sg-2', 'VpcPeeringConnectionId': 'pcx-1', "
					   "'PeeringStatus': '%s'")),
			 cases[i].status);
		CHECK_VERDICT(enters(text, "10.0.2.10"), cases[i].expected, cases[i].status);
	}
}

TEST(a_reference_to_a_group_that_is_gone_does_not_match_an_interface_that_is_known)
{
	static const char estate[] = ESTATE_NET ESTATE_ENIS SG(REFERENCE("'GroupId': 'sg-gone'"));

	CHECK_VERDICT(enters(estate, "10.0.2.10"), VERDICT_DENY, "an interface without it");
}

TEST(a_group_of_another_account_is_not_known_where_the_address_is_not)
{
	auto_world struct world *world = estate_open(ESTATE_NET ESTATE_ENIS SG(
		REFERENCE("'GroupId': 'sg-far', 'UserId': '999900001111', "
			  "'VpcPeeringConnectionId': 'pcx-1', 'PeeringStatus': 'active'")));
	struct decision far = decide(world, "172.16.0.9"), near = decide(world, "10.0.2.10");

	CHECK(far.verdict == VERDICT_UNKNOWN && far.reason == REASON_UNKNOWN_PEERED_SGS);
	CHECK(far.sg_rule && far.note);
	CHECK(near.verdict == VERDICT_DENY);
}

TEST(a_member_of_the_group_in_another_vpc_matches)
{
	static const char estate[] = ESTATE_NET ESTATE_ENIS
		"{'Vpcs': [{'VpcId': 'vpc-2', 'CidrBlock': '10.1.0.0/16'}]}"
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-far', 'VpcId': 'vpc-2', "
		"'PrivateIpAddress': '10.1.0.9', 'Groups': [{'GroupId': 'sg-far'}]}]}" SG(REFERENCE(
			"'GroupId': 'sg-far', 'VpcId': 'vpc-2', 'PeeringStatus': 'active'"));

	CHECK_VERDICT(enters(estate, "10.1.0.9"), VERDICT_ALLOW, "member over the peering");
	CHECK_VERDICT(enters(estate, "10.0.2.10"), VERDICT_DENY, "no member");
}

TEST(an_address_that_two_foreign_vpcs_have_is_nobodys_for_sure)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS
		"{'Vpcs': [{'VpcId': 'vpc-2', 'CidrBlock': '10.1.0.0/16'}, {'VpcId': 'vpc-3', "
		"'CidrBlock': '10.1.0.0/16'}]}"
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-f', 'VpcId': 'vpc-2', "
		"'PrivateIpAddress': '10.1.0.9', 'Groups': [{'GroupId': 'sg-far'}]}, "
		"{'NetworkInterfaceId': 'eni-g', 'VpcId': 'vpc-3', 'PrivateIpAddress': "
		"'10.1.0.9', 'Groups': [{'GroupId': 'sg-other'}]}]}" SG(
			REFERENCE("'GroupId': 'sg-far', 'PeeringStatus': 'active'")));

	CHECK(decide(world, "10.1.0.9").verdict == VERDICT_UNKNOWN);
}

TEST(without_any_interfaces_in_the_snapshot_membership_is_not_known)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET
		"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', "
		"'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': "
		"'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', "
		"'Groups': [{'GroupId': 'sg-1'}]}]}]}]}" SG(REFERENCE("'GroupId': 'sg-2'")));

	CHECK(decide(world, "10.0.2.10").verdict == VERDICT_UNKNOWN);
}

TEST(a_prefix_list_matches_by_its_entries_and_is_no_miss_when_they_are_not_known)
{
	static const char list[] = ESTATE_NET ESTATE_ENIS
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': "
		"'192.0.2.0/24'}]}]}" SG(
			"{'IpProtocol': '-1', 'PrefixListIds': [{'PrefixListId': 'pl-1'}]}");
	static const char missing[] = ESTATE_NET ESTATE_ENIS SG(
		"{'IpProtocol': '-1', 'PrefixListIds': [{'PrefixListId': 'pl-none'}]}");
	static const char beside[] = ESTATE_NET ESTATE_ENIS SG(
		"{'IpProtocol': '-1', 'PrefixListIds': [{'PrefixListId': 'pl-none'}], "
		"'IpRanges': [{'CidrIp': '192.0.2.0/24'}]}");

	CHECK_VERDICT(enters(list, "192.0.2.9"), VERDICT_ALLOW, "entry");
	CHECK_VERDICT(enters(list, "192.0.3.9"), VERDICT_DENY, "no entry");
	CHECK_VERDICT(enters(missing, "192.0.2.9"), VERDICT_UNKNOWN, "no list");
	CHECK_VERDICT(enters(beside, "192.0.2.9"), VERDICT_ALLOW, "another source decides");
	CHECK_VERDICT(enters(beside, "192.0.3.9"), VERDICT_UNKNOWN, "only the list could");
}

TEST(a_group_of_the_interface_that_is_not_in_the_snapshot_may_allow_anything)
{
	auto_world struct world *world = estate_open(ESTATE_NET ESTATE_ENIS);
	struct decision		 decision = decide(world, "10.0.2.10");

	CHECK(decision.verdict == VERDICT_UNKNOWN && decision.layer == LAYER_SG);
	CHECK(decision.reason == REASON_UNKNOWN_RESOURCE);
}

TEST(one_known_group_that_allows_is_enough_beside_a_missing_one)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "
		"'PrivateIpAddress': '10.0.1.10', 'Groups': [{'GroupId': 'sg-none'}, {'GroupId': "
		"'sg-1'}]}]}" SG(
			"{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': "
			"[{'CidrIp': '192.0.2.0/24'}]}"));

	CHECK(decide(world, "192.0.2.9").verdict == VERDICT_ALLOW);
	CHECK(decide(world, "192.0.3.9").verdict == VERDICT_UNKNOWN);
}

TEST(a_disputed_rule_makes_unknown_what_it_alone_would_allow)
{
	auto_world struct world *world = estate_open(ESTATE_NET ESTATE_ENIS SG(
		"{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': "
		"[{'CidrIp': '192.0.2.0/24'}]}") "{'SecurityGroupRules': [{'SecurityGroupRuleId': "
						 "'sgr-1', 'GroupId': 'sg-1', "
						 "'IsEgress': false, 'IpProtocol': 'tcp', "
						 "'FromPort': 443, 'ToPort': 443, "
						 "'CidrIpv4': '192.0.0.0/16'}]}");

	CHECK(decide(world, "192.0.2.9").verdict == VERDICT_ALLOW);
	CHECK(decide(world, "192.0.3.9").verdict == VERDICT_UNKNOWN);
	CHECK_STR(decide(world, "192.0.3.9").sg_rule->id, "sgr-1");
	CHECK(decide(world, "193.0.3.9").verdict == VERDICT_DENY);
}

TEST(an_interface_without_groups_is_open_only_where_aws_has_such_interfaces)
{
	static const struct {
		const char  *rest;
		enum verdict expected;
	} cases[] = {
		{ "'InterfaceType': 'nat_gateway'", VERDICT_ALLOW },
		{ "'InterfaceType': 'network_load_balancer'", VERDICT_ALLOW },
		{ "'RequesterManaged': true", VERDICT_UNKNOWN },
		{ "'InterfaceType': 'vpc_endpoint'", VERDICT_UNKNOWN },
		{ "'InterfaceType': 'interface'", VERDICT_UNKNOWN },
		{ "'Description': ''", VERDICT_UNKNOWN },
	};
	char text[4096];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(text, sizeof(text),
			 ESTATE_NET "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', "
				    "'VpcId': 'vpc-1', 'PrivateIpAddress': '10.0.1.10', "
				    "'Groups': [], %s}]}",
			 cases[i].rest);
		CHECK_VERDICT(enters(text, "10.0.2.10"), cases[i].expected, cases[i].rest);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_stands_for_the_members_of_the_group),
		cmocka_unit_test(
			whether_an_address_without_an_interface_in_the_snapshot_is_a_members_is_not_known),
		cmocka_unit_test(without_the_vpcs_document_interfaces_of_a_vpc_find_one_another),
		cmocka_unit_test(
			a_group_whose_document_leaves_out_its_rules_is_no_group_without_rules),
		cmocka_unit_test(a_reference_is_no_inclusion_of_the_groups_rules),
		cmocka_unit_test(secondary_addresses_of_members_count),
		cmocka_unit_test(ipv6_addresses_and_delegated_prefixes_of_members_count),
		cmocka_unit_test(the_public_address_of_a_member_does_not_match),
		cmocka_unit_test(an_egress_rule_by_reference_looks_at_the_destination),
		cmocka_unit_test(a_reference_whose_peering_is_gone_is_stale_and_matches_nothing),
		cmocka_unit_test(
			a_reference_to_a_group_that_is_gone_does_not_match_an_interface_that_is_known),
		cmocka_unit_test(a_group_of_another_account_is_not_known_where_the_address_is_not),
		cmocka_unit_test(a_member_of_the_group_in_another_vpc_matches),
		cmocka_unit_test(an_address_that_two_foreign_vpcs_have_is_nobodys_for_sure),
		cmocka_unit_test(without_any_interfaces_in_the_snapshot_membership_is_not_known),
		cmocka_unit_test(
			a_prefix_list_matches_by_its_entries_and_is_no_miss_when_they_are_not_known),
		cmocka_unit_test(
			a_group_of_the_interface_that_is_not_in_the_snapshot_may_allow_anything),
		cmocka_unit_test(one_known_group_that_allows_is_enough_beside_a_missing_one),
		cmocka_unit_test(a_disputed_rule_makes_unknown_what_it_alone_would_allow),
		cmocka_unit_test(
			an_interface_without_groups_is_open_only_where_aws_has_such_interfaces),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
