/* SPDX-License-Identifier: Apache-2.0 */
/* aws-semantics.md 2.4: references to a group whose members are in another VPC. */
#include "tests/unit/unit.h"

#include "policies/rules/sg.h"
#include "tests/unit/estate.h"

/* eni-1 in vpc-1 carries sg-1, which admits sg-9 and may call it; eni-9 in vpc-9 carries sg-9. */
#define TWO_VPCS                                                                                   \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}, {'VpcId': 'vpc-9', "            \
	"'CidrBlock': '10.9.0.0/16'}]} {'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', "    \
	"'VpcId': 'vpc-1', 'PrivateIpAddress': '10.0.0.5', 'Groups': [{'GroupId': 'sg-1'}]}, "     \
	"{'NetworkInterfaceId': 'eni-9', 'VpcId': 'vpc-9', 'PrivateIpAddress': '10.9.0.5', "       \
	"'Groups': [{'GroupId': 'sg-9'}]}]}"
#define GROUPS(status)                                                                             \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'VpcId': 'vpc-1', 'IpPermissions': "              \
	"[{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': 'sg-9'" status "}]}], "            \
	"'IpPermissionsEgress': [{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': "           \
	"'sg-9'" status "}]}]}, {'GroupId': 'sg-9', 'VpcId': 'vpc-9'}]}"
#define PEERING(status, region)                                                                    \
	"{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'pcx-1', 'Status': {'Code': "       \
	"'" status "'}, 'RequesterVpcInfo': {'VpcId': 'vpc-9', 'Region': 'eu-west-1'}, "           \
	"'AccepterVpcInfo': {'VpcId': 'vpc-1', 'Region': '" region "'}}]}"
#define NO_PEERING "{'VpcPeeringConnections': []}"
#define NO_TGW	   "{'TransitGateways': []} {'TransitGatewayVpcAttachments': []}"
#define TGW(on, attachment_on)                                                                     \
	"{'TransitGateways': [{'TransitGatewayId': 'tgw-1', 'Options': "                           \
	"{'SecurityGroupReferencingSupport': '" on "'}}]} {'TransitGatewayVpcAttachments': "       \
	"[{'TransitGatewayAttachmentId': 'tgw-attach-1', 'TransitGatewayId': 'tgw-1', 'VpcId': "   \
	"'vpc-1'}, {'TransitGatewayAttachmentId': 'tgw-attach-9', 'TransitGatewayId': 'tgw-1', "   \
	"'VpcId': 'vpc-9', 'Options': {'SecurityGroupReferencingSupport': '" attachment_on "'}}]}"

static enum verdict decide(const char *estate, bool egress)
{
	auto_world struct world *world = estate_open(estate);
	struct packet		 packet = egress ? estate_tcp("10.0.0.5", "10.9.0.5", 443)
						 : estate_tcp("10.9.0.5", "10.0.0.5", 443);

	return sg_decide(world, estate_eni(world, "eni-1"), egress, &packet).verdict;
}

TEST(a_reference_to_another_vpc_needs_something_that_joins_the_two)
{
	static const struct {
		const char  *estate, *about;
		enum verdict ingress, egress;
	} cases[] = {
		{ TWO_VPCS GROUPS("") NO_PEERING NO_TGW, "nothing joins them", VERDICT_DENY,
		  VERDICT_DENY },
		{ TWO_VPCS GROUPS("") NO_TGW PEERING("active", "eu-west-1"), "active peering",
		  VERDICT_ALLOW, VERDICT_ALLOW },
		{ TWO_VPCS GROUPS("") NO_TGW PEERING("pending-acceptance", "eu-west-1"),
		  "peering that nobody has accepted", VERDICT_DENY, VERDICT_DENY },
		{ TWO_VPCS GROUPS("") NO_TGW PEERING("deleted", "eu-west-1"), "deleted peering",
		  VERDICT_DENY, VERDICT_DENY },
		{ TWO_VPCS GROUPS("") NO_TGW PEERING("active", "us-east-1"),
		  "peering across Regions", VERDICT_DENY, VERDICT_DENY },
		{ TWO_VPCS GROUPS(", 'PeeringStatus': 'active'"), "the rule says it is peered",
		  VERDICT_ALLOW, VERDICT_ALLOW },
		{ TWO_VPCS GROUPS(", 'PeeringStatus': 'deleted'") PEERING("active", "eu-west-1"),
		  "a stale rule", VERDICT_DENY, VERDICT_DENY },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_VERDICT(decide(cases[i].estate, false), cases[i].ingress, cases[i].about);
		CHECK_VERDICT(decide(cases[i].estate, true), cases[i].egress, cases[i].about);
	}
}

TEST(through_a_transit_gateway_only_what_enters_is_known_by_its_group)
{
	static const struct {
		const char  *estate, *about;
		enum verdict ingress;
	} cases[] = {
		{ TWO_VPCS GROUPS("") NO_PEERING TGW("enable", "enable"), "enabled",
		  VERDICT_ALLOW },
		{ TWO_VPCS GROUPS("") NO_PEERING TGW("disable", "enable"), "off at the gateway",
		  VERDICT_DENY },
		{ TWO_VPCS GROUPS("") NO_PEERING TGW("enable", "disable"), "off at an attachment",
		  VERDICT_DENY },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_VERDICT(decide(cases[i].estate, false), cases[i].ingress, cases[i].about);
		CHECK_VERDICT(decide(cases[i].estate, true), VERDICT_DENY, "egress");
	}
}

TEST(what_joins_the_vpcs_but_is_not_in_the_snapshot_is_unknown)
{
	CHECK_VERDICT(decide(TWO_VPCS GROUPS(""), false), VERDICT_UNKNOWN, "ingress");
	CHECK_VERDICT(decide(TWO_VPCS GROUPS(""), true), VERDICT_UNKNOWN, "egress");
	CHECK_VERDICT(decide(TWO_VPCS GROUPS("") NO_PEERING, false), VERDICT_UNKNOWN,
		      "no word of transit gateways");
}

TEST(a_public_address_may_be_a_members_where_a_vpc_has_public_blocks)
{
	static const char with_blocks[] = TWO_VPCS GROUPS(
		"") "{'Vpcs': [{'VpcId': 'vpc-7', 'CidrBlock': '44.7.0.0/16'}]} "
		    "{'VpcPeeringConnections': [{'VpcPeeringConnectionId': "
		    "'pcx-1', 'Status': {'Code': 'active'}, 'RequesterVpcInfo': "
		    "{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}, "
		    "'AccepterVpcInfo': {'VpcId': 'vpc-8', 'CidrBlock': "
		    "'44.8.0.0/16'}}]}";
	static const struct {
		const char  *peer;
		enum verdict verdict;
	} cases[] = {
		{ "44.7.0.5", VERDICT_UNKNOWN }, /* a VPC's of the snapshot, nobody's there */
		{ "44.8.0.5", VERDICT_UNKNOWN }, /* a peer's that is not in it */
		{ "44.9.0.5", VERDICT_DENY },
	};
	auto_world struct world *world = estate_open(with_blocks);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packet packet = estate_tcp(cases[i].peer, "10.0.0.5", 443);

		CHECK_VERDICT(sg_decide(world, estate_eni(world, "eni-1"), false, &packet).verdict,
			      cases[i].verdict, cases[i].peer);
	}
}

TEST(a_reference_met_by_an_ipv6_address_says_that_it_is_assumed)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'VpcId': 'vpc-1', 'IpPermissions': "
		"[{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': 'sg-2'}]}]}, {'GroupId': "
		"'sg-2'}, {'GroupId': 'sg-3'}]}");
	struct packet v6 = estate_tcp("2001:db8:0:2::10", "2001:db8:0:1::10", 443);
	struct packet prefix = estate_tcp("10.0.2.17", "10.0.1.10", 443);
	struct packet plain = estate_tcp("10.0.2.11", "10.0.1.10", 443);
	uint32_t      eni = estate_eni(world, "eni-1");

	CHECK(sg_decide(world, eni, false, &v6).note != NULL);
	CHECK(sg_decide(world, eni, false, &prefix).note != NULL);
	CHECK(sg_decide(world, eni, false, &plain).note == NULL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_to_another_vpc_needs_something_that_joins_the_two),
		cmocka_unit_test(through_a_transit_gateway_only_what_enters_is_known_by_its_group),
		cmocka_unit_test(what_joins_the_vpcs_but_is_not_in_the_snapshot_is_unknown),
		cmocka_unit_test(a_public_address_may_be_a_members_where_a_vpc_has_public_blocks),
		cmocka_unit_test(a_reference_met_by_an_ipv6_address_says_that_it_is_assumed),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
