/* SPDX-License-Identifier: Apache-2.0 */
/* aws-semantics.md 4.1 and 4.2: which route of a table a packet takes. */
#include "tests/unit/unit.h"

#include "simulator/route.h"
#include "tests/unit/estate.h"

#define ROUTE(to, target)      "{'DestinationCidrBlock': '" to "', " target ", 'State': 'active'}"
#define STATIC(to, target)     ROUTE(to, target ", 'Origin': 'CreateRoute'")
#define PROPAGATED(to, target) ROUTE(to, target ", 'Origin': 'EnableVgwRoutePropagation'")
#define LIST(id, target)                                                                           \
	"{'DestinationPrefixListId': '" id "', " target ", 'State': 'active', 'Origin': "          \
	"'CreateRoute'}"
#define LOCAL ROUTE("10.0.0.0/16", "'GatewayId': 'local'")
#define IGW   "'GatewayId': 'igw-1'"
#define VGW   "'GatewayId': 'vgw-1'"
#define NAT   "'NatGatewayId': 'nat-1'"
#define TGW   "'TransitGatewayId': 'tgw-1'"

struct expected {
	enum verdict verdict;
	const char  *target; /* NULL: no route */
	enum reason  reason;
};

static void check(const char *routes, const char *dst, struct expected expected)
{
	char		    text[8192];
	struct world	   *world;
	struct route_answer answer;

	snprintf(text, sizeof(text),
		 ESTATE_NET "{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': "
			    "'192.0.2.0/24'}, {'Cidr': '198.51.100.0/25'}]}, {'PrefixListId': "
			    "'pl-2', 'Entries': [{'Cidr': '192.0.0.0/16'}]}, {'PrefixListId': "
			    "'pl-head'}]}"
			    "{'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', "
			    "'Routes': [%s]}]}",
		 routes);
	world = estate_open(text);
	answer = route_find(world, 0, estate_ip(dst));
	CHECK_VERDICT(answer.decision.verdict, expected.verdict, routes);
	CHECK(answer.decision.reason == expected.reason);
	if (expected.target)
		CHECK_STR(answer.route->target, expected.target);
	else if (expected.verdict == VERDICT_DENY)
		CHECK(!answer.route);
	world_free(world);
}

#define TO(target)   ((struct expected){ VERDICT_ALLOW, (target), REASON_NONE })
#define NOWHERE	     ((struct expected){ VERDICT_DENY, NULL, REASON_NO_ROUTE_TO_DESTINATION })
#define LOST(target) ((struct expected){ VERDICT_DENY, (target), REASON_BAD_STATE_ROUTE })
#define NOT_KNOWN    ((struct expected){ VERDICT_UNKNOWN, NULL, REASON_UNKNOWN_RESOURCE })

TEST(the_longest_prefix_wins_whatever_the_order)
{
	static const char *const orders[] = {
		LOCAL ", " STATIC("0.0.0.0/0", IGW) ", " STATIC("192.0.2.0/24", TGW),
		STATIC("192.0.2.0/24", TGW) ", " STATIC("0.0.0.0/0", IGW) ", " LOCAL,
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		check(orders[i], "10.0.9.9", TO("local"));
		check(orders[i], "192.0.2.1", TO("tgw-1"));
		check(orders[i], "8.8.8.8", TO("igw-1"));
	}
}

TEST(without_a_route_there_is_no_way)
{
	check(LOCAL, "8.8.8.8", NOWHERE);
	check("", "10.0.0.1", NOWHERE);
}

TEST(families_have_routes_of_their_own)
{
	check(LOCAL ", " STATIC("0.0.0.0/0", IGW), "2001:db8::1", NOWHERE);
	check(LOCAL ", {'DestinationIpv6CidrBlock': '::/0', 'EgressOnlyInternetGatewayId': "
		    "'eigw-1', 'State': 'active'}",
	      "2001:db8::1", TO("eigw-1"));
}

TEST(of_equal_prefixes_static_comes_before_prefix_list_before_propagated)
{
	check(PROPAGATED("192.0.2.0/24", VGW) ", " STATIC("192.0.2.0/24", NAT), "192.0.2.1",
	      TO("nat-1"));
	check(LIST("pl-1", TGW) ", " STATIC("192.0.2.0/24", NAT), "192.0.2.1", TO("nat-1"));
	check(PROPAGATED("192.0.2.0/24", VGW) ", " LIST("pl-1", TGW), "192.0.2.1", TO("tgw-1"));
}

TEST(a_longer_propagated_route_beats_a_shorter_static_one)
{
	check(STATIC("0.0.0.0/0", NAT) ", " PROPAGATED("192.0.2.0/24", VGW), "192.0.2.1",
	      TO("vgw-1"));
}

TEST(a_prefix_list_takes_part_with_the_length_of_the_entry_that_matches)
{
	check(STATIC("198.51.0.0/16", NAT) ", " LIST("pl-1", TGW), "198.51.100.5", TO("tgw-1"));
	check(STATIC("198.51.100.0/26", NAT) ", " LIST("pl-1", TGW), "198.51.100.5", TO("nat-1"));
	check(STATIC("0.0.0.0/0", NAT) ", " LIST("pl-1", TGW), "198.51.100.200", TO("nat-1"));
}

TEST(a_propagated_route_never_beats_local_even_when_it_is_more_specific)
{
	check(LOCAL ", " PROPAGATED("10.0.2.0/24", VGW), "10.0.2.10", TO("local"));
	check(PROPAGATED("10.0.2.0/24", VGW) ", " LOCAL, "10.0.2.10", TO("local"));
}

TEST(a_static_route_more_specific_than_local_wins)
{
	check(LOCAL ", " STATIC("10.0.2.0/24", "'NetworkInterfaceId': 'eni-9'") ", " PROPAGATED(
		      "10.0.2.0/28", VGW),
	      "10.0.2.10", TO("eni-9"));
	check(LOCAL ", " STATIC("10.0.2.0/24", "'NetworkInterfaceId': 'eni-9'"), "10.0.2.10",
	      TO("eni-9"));
}

TEST(a_blackhole_matches_and_drops_and_does_not_fall_through)
{
	static const char hole[] = STATIC("0.0.0.0/0", IGW) ", {'DestinationCidrBlock': "
							    "'192.0.2.0/24', 'NatGatewayId': "
							    "'nat-gone', 'State': 'blackhole'}";

	check(hole, "192.0.2.1", LOST("nat-gone"));
	check(hole, "192.0.3.1", TO("igw-1"));
}

TEST(what_a_state_of_unknown_meaning_does_is_not_known)
{
	check("{'DestinationCidrBlock': '0.0.0.0/0', 'GatewayId': 'igw-1', 'State': 'filtered'}",
	      "8.8.8.8", (struct expected){ VERDICT_UNKNOWN, "igw-1", REASON_BAD_STATE_ROUTE });
}

TEST(a_hand_written_route_without_state_is_active)
{
	check("{'DestinationCidrBlock': '0.0.0.0/0', 'GatewayId': 'igw-1'}", "8.8.8.8",
	      TO("igw-1"));
}

TEST(a_list_that_is_not_known_makes_the_way_out_unknown_but_not_the_way_inside)
{
	static const char *const lists[] = { "pl-head", "pl-none" };

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char routes[1024];

		snprintf(routes, sizeof(routes),
			 LOCAL
			 ", " STATIC("0.0.0.0/0", IGW) ", " LIST("%s", "'GatewayId': 'vpce-1'"),
			 lists[i]);
		check(routes, "52.92.0.1", NOT_KNOWN);
		check(routes, "10.0.2.1", TO("local"));
	}
}

TEST(lists_that_overlap_are_undecided_only_where_their_routes_lead_elsewhere)
{
	check(LIST("pl-1", TGW) ", " LIST("pl-2", NAT), "192.0.2.1",
	      ((struct expected){ VERDICT_UNKNOWN, NULL, REASON_UNSUPPORTED_COMPONENT }));
	check(LIST("pl-1", TGW) ", " LIST("pl-2", NAT), "192.0.3.1", TO("nat-1"));
	check(LIST("pl-1", TGW) ", " LIST("pl-2", TGW), "192.0.2.1", TO("tgw-1"));
	check(LIST("pl-1", TGW) ", " LIST("pl-2", NAT) ", " STATIC("192.0.2.0/24", IGW),
	      "192.0.2.1", TO("igw-1"));
}

TEST(what_is_link_local_to_the_host_is_not_routed)
{
	check(STATIC("0.0.0.0/0", IGW), "169.254.169.9", NOWHERE);
	check(STATIC("0.0.0.0/0", IGW), "169.254.172.1", TO("igw-1"));
}

TEST(a_table_that_is_not_in_the_snapshot_is_unknown)
{
	auto_world struct world *world = estate_open(ESTATE_NET);
	struct route_answer	 answer = route_find(world, WORLD_NONE, estate_ip("10.0.1.1"));

	CHECK(answer.decision.verdict == VERDICT_UNKNOWN && !answer.route);
}

TEST(the_kind_of_a_target_is_told_by_its_member_and_id)
{
	static const struct {
		const char *member, *kind;
	} cases[] = {
		{ "'GatewayId': 'local'", "local" },
		{ "'GatewayId': 'igw-1'", "internet-gateway" },
		{ "'GatewayId': 'vgw-1'", "vpn-gateway" },
		{ "'GatewayId': 'vpce-1'", "vpc-endpoint" },
		{ "'NatGatewayId': 'nat-1'", "nat-gateway" },
		{ "'TransitGatewayId': 'tgw-1'", "transit-gateway" },
		{ "'VpcPeeringConnectionId': 'pcx-1'", "vpc-peering-connection" },
		{ "'EgressOnlyInternetGatewayId': 'eigw-1'", "egress-only-internet-gateway" },
		{ "'NetworkInterfaceId': 'eni-1', 'InstanceId': 'i-1'", "network-interface" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char	      text[512];
		struct world *world;

		snprintf(text, sizeof(text),
			 "{'RouteTables': [{'RouteTableId': 'rtb-1', 'Routes': "
			 "[{'DestinationCidrBlock': '0.0.0.0/0', %s}]}]}",
			 cases[i].member);
		world = estate_open(text);
		CHECK_TEXT(world->rtbs[0].routes[0].target_kind, cases[i].kind);
		world_free(world);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins_whatever_the_order),
		cmocka_unit_test(without_a_route_there_is_no_way),
		cmocka_unit_test(families_have_routes_of_their_own),
		cmocka_unit_test(
			of_equal_prefixes_static_comes_before_prefix_list_before_propagated),
		cmocka_unit_test(a_longer_propagated_route_beats_a_shorter_static_one),
		cmocka_unit_test(
			a_prefix_list_takes_part_with_the_length_of_the_entry_that_matches),
		cmocka_unit_test(
			a_propagated_route_never_beats_local_even_when_it_is_more_specific),
		cmocka_unit_test(a_static_route_more_specific_than_local_wins),
		cmocka_unit_test(a_blackhole_matches_and_drops_and_does_not_fall_through),
		cmocka_unit_test(what_a_state_of_unknown_meaning_does_is_not_known),
		cmocka_unit_test(a_hand_written_route_without_state_is_active),
		cmocka_unit_test(
			a_list_that_is_not_known_makes_the_way_out_unknown_but_not_the_way_inside),
		cmocka_unit_test(
			lists_that_overlap_are_undecided_only_where_their_routes_lead_elsewhere),
		cmocka_unit_test(what_is_link_local_to_the_host_is_not_routed),
		cmocka_unit_test(a_table_that_is_not_in_the_snapshot_is_unknown),
		cmocka_unit_test(the_kind_of_a_target_is_told_by_its_member_and_id),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
