/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces that are not an end: what a route sends to them, and services of the host itself. */
#include "tests/unit/unit.h"

#include "tests/unit/paths.h"

/* subnet-b's way to subnet-a leads over the interface eni-9 in subnet-c. */
#define APPLIANCE(check, route)                                                                    \
	ESTATE_SHOP                                                                                \
	"{'Subnets': [{'SubnetId': 'subnet-c', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.3.0/24'}]}"    \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': '-1', "          \
	"'UserIdGroupPairs': [{'GroupId': 'sg-2'}]}], 'IpPermissionsEgress': []}]}"                \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'subnet-c', 'PrivateIpAddress': '10.0.3.9', 'SourceDestCheck': " check ", 'Groups': "     \
	"[{'GroupId': 'sg-3'}]}]} {'RouteTables': [{'RouteTableId': 'rtb-b', 'VpcId': 'vpc-1', "   \
	"'Associations': [{'SubnetId': 'subnet-b'}], 'Routes': [{'DestinationCidrBlock': "         \
	"'10.0.0.0/16', 'GatewayId': 'local', 'State': 'active'}, {'DestinationCidrBlock': "       \
	"'" route "', 'NetworkInterfaceId': 'eni-9', 'InstanceId': 'i-9', 'State': "               \
	"'active'}]}]}"

TEST(a_route_to_an_interface_that_checks_addresses_leads_nowhere)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "10.0.1.20", PROTO_TCP, 443, VERDICT_DENY,
		  "sg> nacl> route nacl< interface<!ENI_SOURCE_DEST_CHECK_RESTRICTION sg< nacl< "
		  "sg<",
		  NULL },
	};

	path_check_all(APPLIANCE("true", "10.0.1.0/24"), cases, ARRAY_LEN(cases));
}

TEST(an_appliance_is_assumed_to_forward_what_it_is_sent)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "10.0.1.20", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nacl< sg< interface sg> nacl> route nacl< sg<",
		  "sg> nacl> route nacl< sg<" },
	};

	path_check_all(APPLIANCE("false", "10.0.1.0/24"), cases, ARRAY_LEN(cases));
}

TEST(past_an_appliance_references_do_not_see_the_sender_and_no_refusal_is_certain)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "10.0.1.10", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nacl< sg< interface sg> nacl> route nacl< "
		  "sg<?SG_REFERENCES_NOT_PRESERVED",
		  NULL },
	};
	static const struct path_case direct[] = {
		{ "10.0.2.10", "10.0.1.10", PROTO_TCP, 443, VERDICT_ALLOW,
		  "sg> nacl> route nacl< sg<", NULL },
	};

	path_check_all(APPLIANCE("false", "10.0.1.0/24"), cases, ARRAY_LEN(cases));
	path_check_all(APPLIANCE("false", "10.9.0.0/24"), direct, ARRAY_LEN(direct));
}

TEST(neighbours_cannot_be_forced_through_an_appliance)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "10.0.1.20", PROTO_TCP, 443, VERDICT_DENY, "sg>!SG_HAS_NO_RULES sg<",
		  "sg> sg<" },
	};

	path_check_all(APPLIANCE("true", "10.0.1.0/24"), cases, ARRAY_LEN(cases));
}

TEST(an_appliance_with_several_interfaces_may_send_on_by_any_of_them)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "10.0.1.20", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nacl< sg< interface?UNSUPPORTED_COMPONENT", "" },
	};

	path_check_all(
		APPLIANCE("false",
			  "10.0.1.0/24") "{'Reservations': [{'Instances': "
					 "[{'InstanceId': 'i-9', 'State': {'Name': 'running'}, "
					 "'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9'}, "
					 "{'NetworkInterfaceId': 'eni-8'}]}]}]}",
		cases, ARRAY_LEN(cases));
}

TEST(an_appliance_that_is_stopped_forwards_nothing_for_now)
{
	static const struct path_case cases[] = {
		{ "10.0.2.10", "10.0.1.20", PROTO_TCP, 443, VERDICT_UNKNOWN,
		  "sg> nacl> route nacl< sg< interface?BAD_STATE sg> nacl> route nacl< sg<", NULL },
	};

	path_check_all(
		APPLIANCE("false",
			  "10.0.1.0/24") "{'Reservations': [{'Instances': "
					 "[{'InstanceId': 'i-9', 'State': {'Name': 'stopped'}, "
					 "'NetworkInterfaces': [{'NetworkInterfaceId': "
					 "'eni-9'}]}]}]}",
		cases, ARRAY_LEN(cases));
}

TEST(routes_that_lead_in_a_circle_are_a_dead_end)
{
	auto_world struct world *world = estate_open(APPLIANCE(
		"false",
		"10.0.1.0/24") "{'RouteTables': [{'RouteTableId': 'rtb-b', 'VpcId': 'vpc-1', "
			       "'Associations': "
			       "[{'SubnetId': 'subnet-b'}, {'SubnetId': 'subnet-c'}], 'Routes': "
			       "[{'DestinationCidrBlock': '10.0.1.0/24', 'NetworkInterfaceId': "
			       "'eni-3', "
			       "'State': 'active'}]}, {'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', "
			       "'Associations': [{'Main': true}], 'Routes': "
			       "[{'DestinationCidrBlock': "
			       "'10.0.2.0/24', 'NetworkInterfaceId': 'eni-9', 'State': "
			       "'active'}]}]}"
			       "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-3', 'VpcId': "
			       "'vpc-1', "
			       "'SubnetId': 'subnet-b', 'PrivateIpAddress': '10.0.2.20', "
			       "'SourceDestCheck': "
			       "false, 'Groups': [{'GroupId': 'sg-3'}]}]}");
	struct path		 path;

	path_ask(world,
		 &(struct path_case){ .src = "10.0.2.10",
				      .dst = "10.0.1.10",
				      .protocol = PROTO_TCP,
				      .port = 443 },
		 &path);
	CHECK(path.verdict != VERDICT_ALLOW && path.forward.count <= HOPS_MAX);
	CHECK(path.forward.hops[path.forward.count - 1].decision.reason ==
	      REASON_NO_POSSIBLE_DESTINATION);
}

TEST(services_of_the_host_itself_are_reached_without_leaving_it)
{
	static const struct path_case cases[] = {
		{ "10.0.1.10", "169.254.169.254", PROTO_TCP, 80, VERDICT_ALLOW, "sg>", "" },
		{ "10.0.1.10", "10.0.0.2", PROTO_UDP, 53, VERDICT_ALLOW, "sg>", "" },
		{ "10.0.1.10", "169.254.169.9", PROTO_TCP, 80, VERDICT_DENY,
		  "sg> nacl> route!NO_ROUTE_TO_DESTINATION", "" },
	};

	path_check_all(ESTATE_SHOP, cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_to_an_interface_that_checks_addresses_leads_nowhere),
		cmocka_unit_test(an_appliance_is_assumed_to_forward_what_it_is_sent),
		cmocka_unit_test(
			past_an_appliance_references_do_not_see_the_sender_and_no_refusal_is_certain),
		cmocka_unit_test(neighbours_cannot_be_forced_through_an_appliance),
		cmocka_unit_test(an_appliance_with_several_interfaces_may_send_on_by_any_of_them),
		cmocka_unit_test(an_appliance_that_is_stopped_forwards_nothing_for_now),
		cmocka_unit_test(routes_that_lead_in_a_circle_are_a_dead_end),
		cmocka_unit_test(services_of_the_host_itself_are_reached_without_leaving_it),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
