/* SPDX-License-Identifier: Apache-2.0 */
/* Through an internet gateway and back (aws-semantics.md 4.3 and 4.4). */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

#define IGW                                                                                        \
	"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': 'vpc-1', " \
	"'State': 'available'}]}]}"
#define TABLE(more)                                                                                \
	"{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', 'Associations': "            \
	"[{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "                    \
	"'GatewayId': 'local', 'State': 'active'}, {'DestinationIpv6CidrBlock': "                  \
	"'2001:db8::/56', 'GatewayId': 'local', 'State': 'active'}" more "]}]}"
#define OUT                                                                                        \
	", {'DestinationCidrBlock': '0.0.0.0/0', 'GatewayId': 'igw-1', 'State': 'active'}, "       \
	"{'DestinationIpv6CidrBlock': '::/0', 'GatewayId': 'igw-1', 'State': 'active'}"
#define PUBLIC                                                                                     \
	ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_OPEN_NACL TABLE(OUT)                         \
	IGW

TEST(out_a_public_address_takes_the_private_ones_place_and_back_again)
{
	auto_world struct world *world = estate_open(PUBLIC);
	struct path		 path;

	path_ask(world,
		 &(struct path_case){ .src = "10.0.2.10",
				      .dst = "203.0.113.9",
				      .protocol = PROTO_TCP,
				      .port = 443 },
		 &path);
	path_check_leg(&path.forward, "sg> nacl> route igw>", "out");
	path_check_leg(&path.back, "igw< nacl< sg<", "back");
	CHECK(ip_eq(path.forward.hops[3].new_src, estate_ip("198.51.100.2")));
	CHECK(ip_eq(path.back.hops[0].new_dst, estate_ip("10.0.2.10")));
	CHECK(path.verdict == VERDICT_ALLOW);
}

TEST(what_a_gateway_refuses_to_send_or_to_take)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "203.0.113.9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", NULL },
		{ "10.0.2.11", "203.0.113.9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", NULL },
		{ "10.0.2.10", "172.16.0.1", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", "" },
		{ "10.0.2.10", "100.64.0.1", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", NULL },
		{ "203.0.113.9", "10.0.1.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS nacl< sg<", NULL },
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
	};

	path_check_all(PUBLIC, cases, ARRAY_LEN(cases));
}

TEST(over_ipv6_addresses_are_not_translated)
{
	static const struct path_case cases[] = {
		{ "2001:db8:0:1::10", "2a00::9", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route igw>", "igw< nacl< sg<" },
		{ "2a00::9", "2001:db8:0:1::10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
	};

	path_check_all(PUBLIC, cases, ARRAY_LEN(cases));
}

TEST(an_address_of_the_snapshot_is_reached_through_the_internet_by_its_public_address)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "198.51.100.2", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route igw> internet igw< nacl< sg<", NULL },
	};

	path_check_all(PUBLIC, cases, ARRAY_LEN(cases));
}

TEST(a_question_from_a_public_address_of_the_snapshot_is_answered_to_that_address)
{
	static const struct path_case cases[] = {
		{ "198.51.100.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
		{ "198.51.100.3", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
	};

	path_check_all(PUBLIC "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-4', 'VpcId': "
			      "'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.40', "
			      "'Association': {'PublicIp': '198.51.100.3'}, 'Groups': []}]} "
			      "{'NatGateways': [{'NatGatewayId': 'nat-1', 'VpcId': 'vpc-1', "
			      "'SubnetId': 'subnet-a', 'State': 'available', "
			      "'NatGatewayAddresses': [{'PrivateIp': '10.0.1.90', 'PublicIp': "
			      "'198.51.100.9'}]}]}",
		       cases, ARRAY_LEN(cases));
}

TEST(a_public_address_that_two_interfaces_claim_leads_to_either)
{
	static const struct path_case cases[] = {
		{ "203.0.113.9", "10.0.1.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route igw>" },
	};

	/* It went from one to the other while the documents were fetched. */
	path_check_all(PUBLIC "{'Addresses': [{'AllocationId': 'eipalloc-1', 'PublicIp': "
			      "'198.51.100.2', 'NetworkInterfaceId': 'eni-1', "
			      "'PrivateIpAddress': '10.0.1.10'}]}",
		       cases, ARRAY_LEN(cases));
}

TEST(a_public_address_needs_a_route_back_for_a_connection_not_for_a_datagram)
{
	static const struct path_case cases[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_DENY, "igw< nacl< sg<",
		  "sg> nacl> route!NO_ROUTE_TO_DESTINATION" },
		{ "203.0.113.9", "10.0.2.10", PROTO_UDP, 53, VERDICT_ALLOW, "igw< nacl< sg<",
		  "sg> nacl> route!NO_ROUTE_TO_DESTINATION" },
	};

	path_check_all(ESTATE_SHOP IGW, cases, ARRAY_LEN(cases));
}

TEST(without_a_gateway_the_internet_does_not_get_in_if_it_is_known_that_there_is_none)
{
	static const struct path_case unknown[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_UDP, 443, VERDICT_UNKNOWN,
		  "internet-gateway?UNSUPPORTED_COMPONENT nacl< sg<", NULL },
		/* However a connection's packet gets in, its reply has no route out. */
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_DENY,
		  "internet-gateway?UNSUPPORTED_COMPONENT nacl< sg<",
		  "sg> nacl> route!NO_ROUTE_TO_DESTINATION" },
	};
	static const struct path_case none[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!NO_PATH nacl< sg<", NULL },
	};

	path_check_all(ESTATE_SHOP, unknown, ARRAY_LEN(unknown));
	path_check_all(ESTATE_SHOP "{'InternetGateways': []}", none, ARRAY_LEN(none));
}

#define EDGE(routes)                                                                               \
	"{'RouteTables': [{'RouteTableId': 'rtb-edge', 'VpcId': 'vpc-1', 'Associations': "         \
	"[{'GatewayId': 'igw-1'}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "            \
	"'GatewayId': 'local', 'State': 'active'}" routes "]}]}"

TEST(what_enters_by_a_gateway_with_a_table_of_its_own_follows_that_table)
{
	static const struct path_case local[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_ALLOW, "igw< route nacl< sg<",
		  NULL },
	};
	static const struct path_case appliance[] = {
		{ "203.0.113.9", "10.0.2.10", PROTO_TCP, 443, VERDICT_DENY,
		  "igw<!INGRESS_RTB_NO_PUBLIC_IP route nacl< "
		  "interface<!ENI_SOURCE_DEST_CHECK_RESTRICTION sg< nacl< sg<",
		  NULL },
	};

	path_check_all(PUBLIC EDGE(""), local, ARRAY_LEN(local));
	path_check_all(
		PUBLIC EDGE(", {'DestinationCidrBlock': '10.0.2.0/24', 'NetworkInterfaceId': "
			    "'eni-3', 'State': 'active'}"),
		appliance, ARRAY_LEN(appliance));
}

TEST(an_interface_may_deny_all_traffic_of_gateways)
{
	static const struct path_case cases[] = {
		{ "2001:db8:0:1::10", "2a00::9", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route igw>!IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", NULL },
	};

	path_check_all(PUBLIC "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': "
			      "'vpc-1', 'SubnetId': 'subnet-a', 'Ipv6Addresses': [{'Ipv6Address': "
			      "'2001:db8:0:1::10'}], 'DenyAllIgwTraffic': true, 'Groups': "
			      "[{'GroupId': 'sg-1'}]}]}",
		       cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_a_public_address_takes_the_private_ones_place_and_back_again),
		cmocka_unit_test(what_a_gateway_refuses_to_send_or_to_take),
		cmocka_unit_test(over_ipv6_addresses_are_not_translated),
		cmocka_unit_test(
			an_address_of_the_snapshot_is_reached_through_the_internet_by_its_public_address),
		cmocka_unit_test(
			a_question_from_a_public_address_of_the_snapshot_is_answered_to_that_address),
		cmocka_unit_test(a_public_address_that_two_interfaces_claim_leads_to_either),
		cmocka_unit_test(
			a_public_address_needs_a_route_back_for_a_connection_not_for_a_datagram),
		cmocka_unit_test(
			without_a_gateway_the_internet_does_not_get_in_if_it_is_known_that_there_is_none),
		cmocka_unit_test(
			what_enters_by_a_gateway_with_a_table_of_its_own_follows_that_table),
		cmocka_unit_test(an_interface_may_deny_all_traffic_of_gateways),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
