/* SPDX-License-Identifier: Apache-2.0 */
/* Public addresses that are not the internet's: behind a VPN, in a VPC that is not in the snapshot. */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define NET                                                                                        \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.1.0.0/16'}]} {'Subnets': [{'SubnetId': "    \
	"'s1', 'VpcId': 'vpc-1', 'CidrBlock': '10.1.1.0/24'}]} {'NetworkInterfaces': "             \
	"[{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': 's1', "                    \
	"'PrivateIpAddress': '10.1.1.10', 'Groups': [{'GroupId': 'sg-1'}]}, "                      \
	"{'NetworkInterfaceId': 'eni-2', 'VpcId': 'vpc-1', 'SubnetId': 's1', "                     \
	"'PrivateIpAddress': '10.1.1.20', 'Association': {'PublicIp': '198.51.100.20'}, "          \
	"'Groups': [{'GroupId': 'sg-1'}]}]} {'SecurityGroups': [{'GroupId': 'sg-1', "              \
	"'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': "     \
	"[{'CidrIp': '0.0.0.0/0'}]}], 'IpPermissionsEgress': []}]} {'NetworkAcls': "               \
	"[{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, 'Associations': [], "     \
	"'Entries': [{'RuleNumber': 1, 'Egress': false, 'RuleAction': 'allow', 'Protocol': "       \
	"'-1', 'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 1, 'Egress': true, 'RuleAction': "        \
	"'allow', 'Protocol': '-1', 'CidrBlock': '0.0.0.0/0'}]}]} {'InternetGateways': "           \
	"[{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': 'vpc-1', 'State': "             \
	"'available'}]}]} {'VpnGateways': [{'VpnGatewayId': 'vgw-1', 'State': 'available', "       \
	"'VpcAttachments': [{'VpcId': 'vpc-1', 'State': 'attached'}]}]} "                          \
	"{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'pcx-1', 'Status': {'Code': "       \
	"'active'}, 'RequesterVpcInfo': {'VpcId': 'vpc-1', 'CidrBlock': '10.1.0.0/16'}, "          \
	"'AccepterVpcInfo': {'VpcId': 'vpc-9', 'CidrBlock': '44.9.0.0/16'}}]}"
#define ROUTE(to, target) ", {'DestinationCidrBlock': '" to "', " target ", 'State': 'active'"
#define LEARNT		  ", 'Origin': 'EnableVgwRoutePropagation'}"
#define ESTATE(routes)                                                                             \
	NET "{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', 'Associations': "        \
	    "[{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.1.0.0/16', 'GatewayId': "   \
	    "'local', 'State': 'active'}" routes "]}]}"
#define VGW "'GatewayId': 'vgw-1'"
#define PCX "'VpcPeeringConnectionId': 'pcx-1'"

TEST(a_public_address_that_a_route_names_behind_a_vpn_comes_in_by_it)
{
	static const struct path_case cases[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_ALLOW,
		  "on-premises vgw< nacl< sg<", "sg> nacl> route vgw> on-premises" },
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 22, VERDICT_DENY,
		  "on-premises vgw< nacl< sg<!ENI_SG_RULES_MISMATCH", NULL },
		/* No route speaks of it. */
		{ "131.8.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS nacl< sg<", NULL },
		/* An internet gateway brings it to whoever has a public address. */
		{ "131.9.0.5", "10.1.1.20", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("131.9.0.0/16", VGW) LEARNT), cases, ARRAY_LEN(cases));
}

TEST(what_only_a_default_route_sends_there_may_come_in_by_it)
{
	static const struct path_case cases[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "on-premises?UNSUPPORTED_COMPONENT nacl< sg<", NULL },
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 22, VERDICT_DENY,
		  "on-premises?UNSUPPORTED_COMPONENT nacl< sg<!ENI_SG_RULES_MISMATCH", NULL },
		{ "192.168.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_ALLOW,
		  "on-premises vgw< nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("0.0.0.0/0", VGW) LEARNT), cases, ARRAY_LEN(cases));
}

TEST(a_public_address_of_a_peer_that_is_not_in_the_snapshot_is_not_kept_out)
{
	static const struct path_case cases[] = {
		{ "44.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "on-premises?UNSUPPORTED_COMPONENT nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("44.9.0.0/16", PCX) "}"), cases, ARRAY_LEN(cases));
}

/* In a subnet of their own, whose routes go on as they say. */
#define APPLIANCES(out)                                                                            \
	"{'Subnets': [{'SubnetId': 's2', 'VpcId': 'vpc-1', 'CidrBlock': '10.1.2.0/24'}]} "         \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'s2', 'PrivateIpAddress': '10.1.2.9', 'SourceDestCheck': false, 'Groups': [{'GroupId': "  \
	"'sg-1'}]}]} "                                                                             \
	"{'VpcEndpoints': [{'VpcEndpointId': 'vpce-1', 'VpcId': 'vpc-1', 'VpcEndpointType': "      \
	"'GatewayLoadBalancer', 'SubnetIds': ['s2']}]} {'RouteTables': [{'RouteTableId': 'rtb-2'," \
	" 'VpcId': 'vpc-1', 'Associations': [{'SubnetId': 's2'}], 'Routes': "                      \
	"[{'DestinationCidrBlock': '10.1.0.0/16', 'GatewayId': 'local', 'State': 'active'}" out    \
	"]}]}"
#define IGW "'GatewayId': 'igw-1'"

TEST(a_network_that_a_route_names_behind_an_appliance_is_not_kept_out)
{
	static const struct path_case unknown[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "on-premises?UNSUPPORTED_COMPONENT nacl< sg<", NULL },
	};
	static const struct path_case denied[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("131.9.0.0/16", "'NetworkInterfaceId': 'eni-9'") "}")
			       APPLIANCES(ROUTE("0.0.0.0/0", IGW) "}"),
		       unknown, ARRAY_LEN(unknown));
	path_check_all(ESTATE(ROUTE("0.0.0.0/0", "'GatewayId': 'vpce-1'") "}")
			       APPLIANCES(ROUTE("131.9.0.0/16", VGW) LEARNT),
		       unknown, ARRAY_LEN(unknown));
	path_check_all(ESTATE(ROUTE("0.0.0.0/0", "'NetworkInterfaceId': 'eni-9'") "}")
			       APPLIANCES(ROUTE("0.0.0.0/0", IGW) "}"),
		       denied, ARRAY_LEN(denied));
	path_check_all(ESTATE(ROUTE("0.0.0.0/0", "'GatewayId': 'vpce-1'") "}")
			       APPLIANCES(ROUTE("0.0.0.0/0", IGW) "}"),
		       denied, ARRAY_LEN(denied));
}

#define LISTED(list, target)                                                                       \
	", {'DestinationPrefixListId': '" list "', " target ", 'State': 'active'}"

TEST(a_list_that_is_not_in_the_snapshot_may_name_a_network_but_not_an_aws_services)
{
	static const struct path_case unknown[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "on-premises?UNSUPPORTED_COMPONENT nacl< sg<", NULL },
	};
	static const struct path_case denied[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("0.0.0.0/0", IGW) "}" LISTED("pl-1", VGW)), unknown,
		       ARRAY_LEN(unknown));
	path_check_all(ESTATE(LISTED("pl-1", VGW)), unknown, ARRAY_LEN(unknown));
	path_check_all(ESTATE(LISTED("pl-1", "'GatewayId': 'vpce-7'")), denied, ARRAY_LEN(denied));
}

TEST(a_default_route_to_the_internet_makes_nobody_a_network_of_ours)
{
	static const struct path_case cases[] = {
		{ "131.9.0.5", "10.1.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS nacl< sg<", NULL },
	};

	path_check_all(ESTATE(ROUTE("0.0.0.0/0", IGW) "}"), cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_public_address_that_a_route_names_behind_a_vpn_comes_in_by_it),
		cmocka_unit_test(what_only_a_default_route_sends_there_may_come_in_by_it),
		cmocka_unit_test(
			a_public_address_of_a_peer_that_is_not_in_the_snapshot_is_not_kept_out),
		cmocka_unit_test(a_network_that_a_route_names_behind_an_appliance_is_not_kept_out),
		cmocka_unit_test(
			a_list_that_is_not_in_the_snapshot_may_name_a_network_but_not_an_aws_services),
		cmocka_unit_test(a_default_route_to_the_internet_makes_nobody_a_network_of_ours),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
