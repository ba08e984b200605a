/* SPDX-License-Identifier: Apache-2.0 */
/* NAT gateways where the golden estates do not go: several addresses, regional ones, over peering. */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define SG(id, cidr)                                                                               \
	"{'SecurityGroups': [{'GroupId': '" id "', 'IpPermissions': [{'IpProtocol': '-1', "        \
	"'IpRanges': [{'CidrIp': '" cidr "'}]}], 'IpPermissionsEgress': [{'IpProtocol': '-1', "    \
	"'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}"
#define LOCAL(cidr)    "{'DestinationCidrBlock': '" cidr "', 'GatewayId': 'local', 'State': 'active'}"
#define TO(cidr, what) "{'DestinationCidrBlock': '" cidr "', " what ", 'State': 'active'}"
#define RTB(id, vpc, association, routes)                                                          \
	"{'RouteTables': [{'RouteTableId': '" id "', 'VpcId': '" vpc "', 'Associations': "         \
	"[" association "], 'Routes': [" routes "]}]}"
#define NACL(vpc)                                                                                  \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-" vpc "', 'VpcId': '" vpc "', 'IsDefault': true, " \
	"'Entries': [{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'allow', 'Protocol': '-1', " \
	"'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 1, 'Egress': true, 'RuleAction': 'allow', "     \
	"'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}]}"

/* vpc-1: a host 10.0.1.10 in subnet-a; vpc-2, peered: a host 10.2.1.10 that admits `from`. */
#define PEERED(from, back)                                                                         \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}, {'VpcId': 'vpc-2', "            \
	"'CidrBlock': '10.2.0.0/16'}]} {'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', "   \
	"'CidrBlock': '10.0.1.0/24'}, {'SubnetId': 'subnet-n', 'VpcId': 'vpc-1', 'CidrBlock': "    \
	"'10.0.9.0/24'}, {'SubnetId': 'subnet-2', 'VpcId': 'vpc-2', 'CidrBlock': "                 \
	"'10.2.1.0/24'}]} {'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': "        \
	"'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Groups': "             \
	"[{'GroupId': 'sg-1'}]}, {'NetworkInterfaceId': 'eni-2', 'VpcId': 'vpc-2', 'SubnetId': "   \
	"'subnet-2', 'PrivateIpAddress': '10.2.1.10', 'Groups': [{'GroupId': 'sg-2'}]}]}" SG(      \
		"sg-1", "0.0.0.0/0") SG("sg-2", from) NACL("vpc-1") NACL("vpc-2")                  \
		RTB("rtb-a", "vpc-1", "{'SubnetId': 'subnet-a'}",                                  \
		    LOCAL("10.0.0.0/16") ", " TO("10.2.0.0/16", "'NatGatewayId': 'nat-1'"))        \
			RTB("rtb-n", "vpc-1", "{'SubnetId': 'subnet-n'}",                          \
			    LOCAL("10.0.0.0/16") ", " TO("10.2.0.0/16",                            \
							 "'VpcPeeringConnectionId': 'pcx-1'"))     \
				RTB("rtb-2", "vpc-2", "{'Main': true}",                            \
				    LOCAL("10.2.0.0/16")                                           \
					    back) "{'VpcPeeringConnections': "                     \
						  "[{'VpcPeeringConnectionId': 'pcx-1', "          \
						  "'Status': {'Code': "                            \
						  "'active'}, 'RequesterVpcInfo': {'VpcId': "      \
						  "'vpc-1', 'CidrBlock': '10.0.0.0/16'}, "         \
						  "'AccepterVpcInfo': {'VpcId': 'vpc-2', "         \
						  "'CidrBlock': '10.2.0.0/16'}}]}"
#define NAT(addresses)                                                                             \
	"{'NatGateways': [{'NatGatewayId': 'nat-1', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-n', "    \
	"'State': 'available', 'ConnectivityType': 'private', 'NatGatewayAddresses': "             \
	"[" addresses "]}]}"
#define ONE NAT("{'PrivateIp': '10.0.9.9'}")
#define TWO NAT("{'PrivateIp': '10.0.9.9'}, {'PrivateIp': '10.0.9.8'}")

TEST(a_private_gateway_leads_over_a_peering_connection_and_its_replies_need_no_route)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nacl< nat> nacl> route peering> nacl< sg<",
		  "sg> nacl> route peering> nacl< nat< nacl> route nacl< sg<" },
	};

	path_check_all(PEERED("10.0.9.9/32", "") ONE, cases, ARRAY_LEN(cases));
	path_check_all(PEERED("10.0.9.9/32",
			      ", " TO("10.0.0.0/16", "'VpcPeeringConnectionId': 'pcx-1'")) ONE,
		       cases, ARRAY_LEN(cases));
}

TEST(behind_a_gateway_the_receiver_sees_the_gateways_address)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route nacl< nat> nacl> route peering> nacl< "
		  "sg<!ENI_SG_RULES_MISMATCH",
		  NULL },
	};

	path_check_all(PEERED("10.0.1.10/32", "") ONE, cases, ARRAY_LEN(cases));
}

TEST(of_several_addresses_it_may_be_any_so_no_refusal_is_certain)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "10.2.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nacl< nat> nacl> route peering> nacl< "
		  "sg<?ENI_SG_RULES_MISMATCH",
		  NULL },
	};

	path_check_all(PEERED("10.0.9.8/32", "") TWO, cases, ARRAY_LEN(cases));
}

/* subnet-a's way out is a regional gateway, which is present in the zones that its addresses tell. */
#define REGIONAL(zone)                                                                             \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]} {'Subnets': [{'SubnetId': "    \
	"'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24', 'AvailabilityZone': "           \
	"'eu-west-1a'}]} {'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': "         \
	"'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Groups': "             \
	"[{'GroupId': 'sg-1'}]}]}" SG("sg-1", "0.0.0.0/0") NACL("vpc-1") RTB(                      \
		"rtb-a", "vpc-1", "{'Main': true}",                                                \
		LOCAL("10.0.0.0/16") ", " TO("0.0.0.0/0", "'NatGatewayId': 'nat-1'"))              \
		RTB("rtb-n", "vpc-1", "{'GatewayId': 'nat-1'}",                                    \
		    LOCAL("10.0.0.0/16") ", " TO(                                                  \
			    "0.0.0.0/0",                                                           \
			    "'GatewayId': 'igw-1'")) "{'InternetGateways': "                       \
						     "[{'InternetGatewayId': 'igw-1', "            \
						     "'Attachments': [{'VpcId': 'vpc-1', "         \
						     "'State': 'available'}]}]} {'NatGateways': "  \
						     "[{'NatGatewayId': 'nat-1', 'VpcId': "        \
						     "'vpc-1', "                                   \
						     "'RouteTableId': 'rtb-n', 'State': "          \
						     "'available', 'ConnectivityType': 'public', " \
						     "'NatGatewayAddresses': [{'PublicIp': "       \
						     "'198.51.100.9', 'AvailabilityZone': "        \
						     "'eu-west-1" zone "'}]}]}"

TEST(a_regional_gateway_has_a_table_and_no_subnet_and_serves_the_zones_it_is_in)
{
	static const struct path_case present[] = {
		{ "10.0.1.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nat> route igw>", "igw< nat< route nacl< sg<" },
	};
	static const struct path_case absent[] = {
		{ "10.0.1.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nat>?REGIONAL_NGW_ROUTE_AZ_RESTRICTION", "" },
	};

	path_check_all(REGIONAL("a"), present, ARRAY_LEN(present));
	path_check_all(REGIONAL("b"), absent, ARRAY_LEN(absent));
}

TEST(an_echo_is_translated_and_its_answer_finds_back)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "203.0.113.9", PROTO_ICMP, 8, VERDICT_ALLOW,
		  "sg> nacl> route nat> route igw>", "igw< nat< route nacl< sg<" },
		{ "10.0.1.10", "203.0.113.9", PROTO_SCTP, 0, VERDICT_DENY,
		  "sg> nacl> route nat>!PROTOCOL_RESTRICTION route igw>", NULL },
	};

	path_check_all(REGIONAL("a"), cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_private_gateway_leads_over_a_peering_connection_and_its_replies_need_no_route),
		cmocka_unit_test(behind_a_gateway_the_receiver_sees_the_gateways_address),
		cmocka_unit_test(of_several_addresses_it_may_be_any_so_no_refusal_is_certain),
		cmocka_unit_test(
			a_regional_gateway_has_a_table_and_no_subnet_and_serves_the_zones_it_is_in),
		cmocka_unit_test(an_echo_is_translated_and_its_answer_finds_back),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
