/* SPDX-License-Identifier: Apache-2.0 */
/* Transit gateways where the golden estates do not go: what an attachment is, and what is not known of it. */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define SG                                                                                         \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': '-1', "          \
	"'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}], "          \
	"'IpPermissionsEgress': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], "     \
	"'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}]}]}"
#define NACL(id, vpc, subnets, action)                                                             \
	"{'NetworkAcls': [{'NetworkAclId': '" id "', 'VpcId': '" vpc "', 'IsDefault': false, "     \
	"'Associations': [" subnets "], 'Entries': [{'RuleNumber': 1, 'Egress': false, "           \
	"'RuleAction': '" action "', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}, "                \
	"{'RuleNumber': 1, 'Egress': true, 'RuleAction': '" action "', 'Protocol': '-1', "         \
	"'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 2, 'Egress': false, 'RuleAction': "             \
	"'" action "', 'Protocol': '-1', 'Ipv6CidrBlock': '::/0'}, {'RuleNumber': 2, "             \
	"'Egress': true, 'RuleAction': '" action "', 'Protocol': '-1', 'Ipv6CidrBlock': "          \
	"'::/0'}]}]}"
#define IN(subnet) "{'SubnetId': '" subnet "'}"

/* Two VPCs, each with a host's subnet and the attachment's; vpc-2 has attachment subnets in two zones. */
#define NETS                                                                                       \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.1.0.0/16', "                                \
	"'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': '2001:db8:1::/56'}]}, {'VpcId': "       \
	"'vpc-2', 'CidrBlock': '10.2.0.0/16', 'Ipv6CidrBlockAssociationSet': "                     \
	"[{'Ipv6CidrBlock': '2001:db8:2::/56'}]}]} {'Subnets': [{'SubnetId': 's1', 'VpcId': "      \
	"'vpc-1', 'CidrBlock': '10.1.1.0/24', 'AvailabilityZone': 'eu-west-1a', "                  \
	"'AvailabilityZoneId': 'euw1-az1', 'OwnerId': '1'}, {'SubnetId': 't1', 'VpcId': "          \
	"'vpc-1', 'CidrBlock': '10.1.9.0/24', 'AvailabilityZone': 'eu-west-1a', "                  \
	"'AvailabilityZoneId': 'euw1-az1', 'OwnerId': '1'}, {'SubnetId': 's2', 'VpcId': "          \
	"'vpc-2', 'CidrBlock': '10.2.1.0/24', 'AvailabilityZone': 'eu-west-1b', "                  \
	"'AvailabilityZoneId': 'euw1-az1', 'OwnerId': '2'}, {'SubnetId': 't2', 'VpcId': "          \
	"'vpc-2', 'CidrBlock': '10.2.8.0/24', 'AvailabilityZone': 'eu-west-1b', "                  \
	"'AvailabilityZoneId': 'euw1-az1', 'OwnerId': '2'}, {'SubnetId': 'u2', 'VpcId': "          \
	"'vpc-2', 'CidrBlock': '10.2.9.0/24', 'AvailabilityZone': 'eu-west-1a', "                  \
	"'AvailabilityZoneId': 'euw1-az2', 'OwnerId': '2'}]} {'NetworkInterfaces': "               \
	"[{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': 's1', "                    \
	"'PrivateIpAddress': '10.1.1.10', 'Ipv6Addresses': [{'Ipv6Address': "                      \
	"'2001:db8:1::10'}], 'Groups': [{'GroupId': 'sg-1'}]}, {'NetworkInterfaceId': 'eni-2', "   \
	"'VpcId': 'vpc-2', 'SubnetId': 's2', 'PrivateIpAddress': '10.2.1.10', 'Ipv6Addresses': "   \
	"[{'Ipv6Address': '2001:db8:2::10'}], 'Groups': [{'GroupId': 'sg-1'}]}]}" SG
#define TABLES                                                                                     \
	"{'RouteTables': [{'RouteTableId': 'r1', 'VpcId': 'vpc-1', 'Associations': [{'Main': "     \
	"true}], 'Routes': [{'DestinationCidrBlock': '10.1.0.0/16', 'GatewayId': 'local', "        \
	"'State': 'active'}, {'DestinationIpv6CidrBlock': '2001:db8:1::/56', 'GatewayId': "        \
	"'local', 'State': 'active'}, {'DestinationCidrBlock': '0.0.0.0/0', "                      \
	"'TransitGatewayId': 'tgw-1', 'State': 'active'}, {'DestinationIpv6CidrBlock': '::/0', "   \
	"'TransitGatewayId': 'tgw-1', 'State': 'active'}]}, {'RouteTableId': 'r2', 'VpcId': "      \
	"'vpc-2', 'Associations': [{'Main': true}], 'Routes': [{'DestinationCidrBlock': "          \
	"'10.2.0.0/16', 'GatewayId': 'local', 'State': 'active'}, {'DestinationIpv6CidrBlock': "   \
	"'2001:db8:2::/56', 'GatewayId': 'local', 'State': 'active'}, "                            \
	"{'DestinationCidrBlock': '0.0.0.0/0', 'TransitGatewayId': 'tgw-1', 'State': "             \
	"'active'}, {'DestinationIpv6CidrBlock': '::/0', 'TransitGatewayId': 'tgw-1', 'State': "   \
	"'active'}]}]}"
#define ACLS                                                                                       \
	NACL("a1", "vpc-1", IN("s1") ", " IN("t1"), "allow")                                       \
	NACL("a2", "vpc-2", IN("s2") ", " IN("t2"), "allow") NACL("b2", "vpc-2", IN("u2"), "deny")
#define GATEWAY                                                                                    \
	"{'TransitGateways': [{'TransitGatewayId': 'tgw-1'}]} {'TransitGatewayRouteTables': "      \
	"[{'TransitGatewayRouteTableId': 'tgw-rtb-1', 'TransitGatewayId': 'tgw-1'}]} "             \
	"{'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'att-1', "                  \
	"'TransitGatewayId': 'tgw-1', 'ResourceType': 'vpc', 'ResourceId': 'vpc-1', "              \
	"'Association': {'State': 'associated', 'TransitGatewayRouteTableId': 'tgw-rtb-1'}}, "     \
	"{'TransitGatewayAttachmentId': 'att-2', 'TransitGatewayId': 'tgw-1', 'ResourceType': "    \
	"'vpc', 'ResourceId': 'vpc-2', 'Association': {'State': 'associated', "                    \
	"'TransitGatewayRouteTableId': 'tgw-rtb-1'}}]} {'TransitGatewayRouteTableId': "            \
	"'tgw-rtb-1', 'Routes': [{'DestinationCidrBlock': '10.1.0.0/16', 'Type': 'static', "       \
	"'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'att-1'}]}, "                \
	"{'DestinationCidrBlock': '2001:db8:2::/56', 'Type': 'static', "                           \
	"'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'att-2'}]}, "                \
	"{'DestinationCidrBlock': '2001:db8:1::/56', 'Type': 'static', "                           \
	"'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'att-1'}]}, "                \
	"{'DestinationCidrBlock': '10.2.0.0/16', 'Type': 'static', "                               \
	"'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'att-2'}]}]}"
#define ATTACHED(options)                                                                          \
	"{'TransitGatewayVpcAttachments': [{'TransitGatewayAttachmentId': 'att-1', "               \
	"'TransitGatewayId': 'tgw-1', 'VpcId': 'vpc-1', 'SubnetIds': ['t1'], 'Options': "          \
	"{'Ipv6Support': 'enable'}}, {'TransitGatewayAttachmentId': 'att-2', "                     \
	"'TransitGatewayId': 'tgw-1', 'VpcId': 'vpc-2', 'SubnetIds': ['u2', 't2'], 'Options': "    \
	"{" options "}}]}"
#define ESTATE NETS TABLES ACLS GATEWAY

#define WHOLE "sg> nacl> route nacl< tgw> tgw route tgw< nacl> route nacl< sg<"

TEST(it_comes_out_in_the_senders_zone_whatever_the_accounts_call_it)
{
	static const struct path_case cases[] = {
		{ "10.1.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_ALLOW, WHOLE, WHOLE },
	};

	path_check_all(ESTATE ATTACHED(""), cases, ARRAY_LEN(cases));
}

TEST(in_appliance_mode_it_may_come_out_in_any_zone_so_no_refusal_is_certain)
{
	static const struct path_case cases[] = {
		{ "10.1.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nacl< tgw> tgw route tgw< nacl>?SUBNET_ACL_RESTRICTION route "
		  "nacl< sg<",
		  NULL },
	};

	path_check_all(ESTATE ATTACHED("'ApplianceModeSupport': 'enable'"), cases,
		       ARRAY_LEN(cases));
}

TEST(ipv6_has_to_be_on_at_both_attachments)
{
	static const struct path_case off[] = {
		{ "2001:db8:1::10", "2001:db8:2::10", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route nacl< tgw> tgw route tgw<!BAD_STATE_ATTACHMENT nacl> route "
		  "nacl< sg<",
		  NULL },
	};
	static const struct path_case on[] = {
		{ "2001:db8:1::10", "2001:db8:2::10", PROTO_TCP, 443, VERDICT_ALLOW, WHOLE, WHOLE },
	};

	path_check_all(ESTATE ATTACHED("'Ipv6Support': 'disable'"), off, ARRAY_LEN(off));
	path_check_all(ESTATE ATTACHED("'Ipv6Support': 'enable'"), on, ARRAY_LEN(on));
}

TEST(an_attachment_whose_subnets_are_not_in_the_snapshot_is_undecided)
{
	static const struct path_case cases[] = {
		{ "10.1.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route tgw>?UNKNOWN_RESOURCE tgw route tgw<?UNKNOWN_RESOURCE nacl< "
		  "sg<",
		  NULL },
	};

	path_check_all(ESTATE, cases, ARRAY_LEN(cases));
}

TEST(an_attachment_that_is_not_in_the_snapshot_is_undecided_and_one_that_is_not_there_refuses)
{
	static const struct path_case unknown[] = {
		{ "10.1.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route tgw>?UNKNOWN_RESOURCE nacl< sg<", NULL },
	};
	static const struct path_case none[] = {
		{ "10.1.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route tgw>!BAD_STATE_ATTACHMENT nacl< sg<", NULL },
	};

	path_check_all(NETS TABLES ACLS "{'TransitGateways': [{'TransitGatewayId': 'tgw-1'}]}",
		       unknown, ARRAY_LEN(unknown));
	path_check_all("{'Vpcs': []} " NETS TABLES ACLS
		       "{'TransitGateways': [{'TransitGatewayId': 'tgw-1'}]} "
		       "{'TransitGatewayVpcAttachments': []} {'Subnets': [{'SubnetId': 's2', "
		       "'VpcId': 'vpc-2', 'CidrBlock': '10.2.1.0/24', 'AvailabilityZone': "
		       "'eu-west-1b'}]}",
		       none, ARRAY_LEN(none));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_out_in_the_senders_zone_whatever_the_accounts_call_it),
		cmocka_unit_test(
			in_appliance_mode_it_may_come_out_in_any_zone_so_no_refusal_is_certain),
		cmocka_unit_test(ipv6_has_to_be_on_at_both_attachments),
		cmocka_unit_test(an_attachment_whose_subnets_are_not_in_the_snapshot_is_undecided),
		cmocka_unit_test(
			an_attachment_that_is_not_in_the_snapshot_is_undecided_and_one_that_is_not_there_refuses),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
