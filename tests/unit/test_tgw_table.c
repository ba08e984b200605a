/* SPDX-License-Identifier: Apache-2.0 */
/* Which route of a transit gateway's table a packet takes, and which table that is (aws-semantics.md 4.3). */
#include "tests/unit/unit.h"

#include "simulator/tgw_table.h"
#include "tests/unit/estate.h"

#define ROUTE(to, type, attachment)                                                                \
	"{'DestinationCidrBlock': '" to "', 'Type': '" type                                        \
	"', 'State': 'active', 'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': "      \
	"'" attachment "'}]}"
#define LIST(id, attachment)                                                                       \
	"{'PrefixListId': '" id "', 'Type': 'static', 'State': 'active', "                         \
	"'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': '" attachment "'}]}"
#define HOLE(to) "{'DestinationCidrBlock': '" to "', 'Type': 'static', 'State': 'blackhole'}"

/* The attachment that the table's routes send the destination to; "" when there is none. */
static void check(const char *routes, const char *dst, const char *attachment, enum reason reason)
{
	char		  text[4096];
	struct world	 *world;
	struct tgw_answer answer;

	snprintf(text, sizeof(text),
		 "{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]} {'PrefixLists': "
		 "[{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': '10.1.0.0/16'}]}]} "
		 "{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1', "
		 "'TransitGatewayId': 'tgw-1'}]} {'TransitGatewayRouteTableId': 'tgw-rtb-1', "
		 "'Routes': [%s]}",
		 routes);
	world = estate_open(text);
	answer = tgw_route_find(world, 0, estate_ip(dst));
	CHECK(answer.decision.reason == reason);
	if (reason == REASON_NONE)
		CHECK_STR(answer.route->attachment_ids[0], attachment);
	world_free(world);
}

TEST(the_longest_prefix_wins_then_static_then_prefix_list_then_propagated)
{
	check(ROUTE("10.0.0.0/8", "static", "a") ", " ROUTE("10.1.0.0/16", "propagated", "b"),
	      "10.1.2.3", "b", REASON_NONE);
	check(ROUTE("10.1.0.0/16", "propagated", "a") ", " ROUTE("10.1.0.0/16", "static", "b"),
	      "10.1.2.3", "b", REASON_NONE);
	check(ROUTE("10.1.0.0/16", "propagated", "a") ", " LIST("pl-1", "b"), "10.1.2.3", "b",
	      REASON_NONE);
	check(LIST("pl-1", "b") ", " ROUTE("10.1.0.0/16", "static", "a"), "10.1.2.3", "a",
	      REASON_NONE);
}

TEST(a_blackhole_drops_and_does_not_fall_through)
{
	check(ROUTE("10.0.0.0/8", "static", "a") ", " HOLE("10.1.0.0/16"), "10.1.2.3", "",
	      REASON_TGW_RTB_BAD_STATE_ROUTE);
	check(ROUTE("10.0.0.0/8", "static", "a") ", " HOLE("10.1.0.0/16"), "10.2.2.3", "a",
	      REASON_NONE);
}

TEST(without_a_route_there_is_no_way_and_without_a_list_none_that_is_known)
{
	check(ROUTE("10.1.0.0/16", "static", "a"), "10.2.2.3", "",
	      REASON_TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT);
	check(ROUTE("10.0.0.0/8", "static", "a") ", " LIST("pl-none", "b"), "10.2.2.3", "",
	      REASON_TGW_RTB_ROUTES_ARE_UNKNOWN);
}

TEST(a_table_whose_routes_are_not_in_the_snapshot_is_unknown)
{
	auto_world struct world *world = estate_open(
		"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1', "
		"'TransitGatewayId': 'tgw-1'}]}");

	CHECK(tgw_route_find(world, 0, estate_ip("10.0.0.1")).decision.verdict == VERDICT_UNKNOWN);
}

#define PEERED(tgw, other, rtb)                                                                    \
	"{'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'peer', "                   \
	"'TransitGatewayId': '" tgw "', 'ResourceType': 'peering', 'ResourceId': '" other          \
	"', 'Association': {'State': 'associated', 'TransitGatewayRouteTableId': '" rtb "'}}]}"
#define GATEWAYS                                                                                   \
	"{'TransitGateways': [{'TransitGatewayId': 'tgw-1'}, {'TransitGatewayId': 'tgw-2'}]} "     \
	"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1', "              \
	"'TransitGatewayId': 'tgw-1'}, {'TransitGatewayRouteTableId': 'tgw-rtb-2', "               \
	"'TransitGatewayId': 'tgw-2'}]}"

TEST(a_peering_attachment_has_a_gateway_and_a_table_at_either_end_in_whatever_order)
{
	static const char *const estates[] = {
		GATEWAYS PEERED("tgw-1", "tgw-2", "tgw-rtb-1")
			PEERED("tgw-2", "tgw-1", "tgw-rtb-2"),
		GATEWAYS PEERED("tgw-2", "tgw-1", "tgw-rtb-2")
			PEERED("tgw-1", "tgw-2", "tgw-rtb-1"),
		GATEWAYS PEERED("tgw-1", "tgw-2", "tgw-rtb-1") PEERED(
			"tgw-2", "tgw-1", "tgw-rtb-2") "{'TransitGatewayPeeringAttachments': "
						       "[{'TransitGatewayAttachmentId': 'peer', "
						       "'RequesterTgwInfo': {'TransitGatewayId': "
						       "'tgw-1'}, 'AccepterTgwInfo': "
						       "{'TransitGatewayId': 'tgw-2'}}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(estates); i++) {
		auto_world struct world *world = estate_open(estates[i]);

		CHECK(tgw_peer(world, 0, 0) == 1 && tgw_peer(world, 1, 0) == 0);
		CHECK(tgw_table_of(world, 0, 0) == 0 && tgw_table_of(world, 1, 0) == 1);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_longest_prefix_wins_then_static_then_prefix_list_then_propagated),
		cmocka_unit_test(a_blackhole_drops_and_does_not_fall_through),
		cmocka_unit_test(
			without_a_route_there_is_no_way_and_without_a_list_none_that_is_known),
		cmocka_unit_test(a_table_whose_routes_are_not_in_the_snapshot_is_unknown),
		cmocka_unit_test(
			a_peering_attachment_has_a_gateway_and_a_table_at_either_end_in_whatever_order),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
