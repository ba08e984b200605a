/* SPDX-License-Identifier: Apache-2.0 */
/* The families beside interfaces and rules: gateways, peering, transit gateways, endpoints, load balancers. */
#include "tests/unit/unit.h"

#include <sys/stat.h>

#include "tests/unit/estate.h"

TEST(what_is_dead_is_left_out_and_counted)
{
	static const char *const cases[] = {
		"{'InternetGateways': [{'InternetGatewayId': 'x-1', 'Attachments': []}]}",
		"{'InternetGateways': [{'InternetGatewayId': 'x-1', 'Attachments': [{'VpcId': "
		"'vpc-1', 'State': 'detached'}]}]}",
		"{'EgressOnlyInternetGateways': [{'EgressOnlyInternetGatewayId': 'x-1', "
		"'Attachments': [{'VpcId': 'vpc-1', 'State': 'detaching'}]}]}",
		"{'VpnGateways': [{'VpnGatewayId': 'x-1', 'State': 'deleted', 'VpcAttachments': "
		"[{'VpcId': 'vpc-1', 'State': 'attached'}]}]}",
		"{'NatGateways': [{'NatGatewayId': 'x-1', 'State': 'failed'}]}",
		"{'VpcPeeringConnections': [{'VpcPeeringConnectionId': 'x-1', 'Status': {'Code': "
		"'rejected'}}]}",
		"{'TransitGateways': [{'TransitGatewayId': 'x-1', 'State': 'deleted'}]}",
		"{'TransitGatewayAttachments': [{'TransitGatewayAttachmentId': 'x-1', 'State': "
		"'deleted'}]}",
		"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'x-1', 'State': "
		"'deleting'}]}",
		"{'VpnConnections': [{'VpnConnectionId': 'x-1', 'State': 'deleted'}]}",
		"{'CustomerGateways': [{'CustomerGatewayId': 'x-1', 'State': 'deleted'}]}",
		"{'VpcEndpoints': [{'VpcEndpointId': 'x-1', 'State': 'Rejected'}]}",
		"{'LoadBalancers': [{'LoadBalancerArn': 'x-1', 'State': {'Code': 'failed'}}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *world = estate_open(cases[i]);
		enum world_kind		 kind;
		uint32_t		 idx;

		CHECK(!world_find(world, str_of("x-1"), &kind, &idx));
		CHECK(world->family_count == 1 && world->families[0].dead == 1 &&
		      world->families[0].modelled);
	}
}

TEST(a_gateway_knows_the_vpcs_that_it_is_attached_to)
{
	auto_world struct world *world = estate_open(
		"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': "
		"'vpc-1', 'State': 'available'}]}]} {'VpnGateways': [{'VpnGatewayId': 'vgw-1', "
		"'VpcAttachments': [{'VpcId': 'vpc-1', 'State': 'attached'}, {'VpcId': 'vpc-2', "
		"'State': 'detached'}]}]} {'CarrierGateways': [{'CarrierGatewayId': 'cagw-1', "
		"'VpcId': 'vpc-1', 'State': 'available'}]}");

	CHECK_STR(world->igws[0].vpc_ids[0], "vpc-1");
	CHECK(world->vgws[0].vpc_count == 1);
	CHECK_STR(world->cagws[0].vpc_ids[0], "vpc-1");
	CHECK(estate_notes(world, "igw-1 refers to vpc-1, which is not in the snapshot"));
}

TEST(three_documents_complete_one_attachment)
{
	auto_world struct world *world = estate_open(
		"{'TransitGatewayVpcAttachments': [{'TransitGatewayAttachmentId': 'tgw-attach-1', "
		"'TransitGatewayId': 'tgw-1', 'VpcId': 'vpc-1', 'SubnetIds': ['subnet-a'], "
		"'Options': {'ApplianceModeSupport': 'enable'}}]} {'TransitGatewayAttachments': "
		"[{'TransitGatewayAttachmentId': 'tgw-attach-1', 'ResourceType': 'vpc', "
		"'ResourceId': 'vpc-1', 'ResourceOwnerId': '111122223333', 'Association': "
		"{'TransitGatewayRouteTableId': 'tgw-rtb-1', 'State': 'associated'}}]} "
		"{'TransitGatewayPeeringAttachments': [{'TransitGatewayAttachmentId': "
		"'tgw-attach-2', 'RequesterTgwInfo': {'TransitGatewayId': 'tgw-1'}, "
		"'AccepterTgwInfo': {'TransitGatewayId': 'tgw-2', 'Region': 'us-east-1', 'OwnerId':"
		" '444455556666'}}]}");
	const struct tgw_attachment *vpc = &world->tgw_attachments[0];
	const struct tgw_attachment *peer = &world->tgw_attachments[1];

	CHECK_STR(vpc->tgw_id, "tgw-1");
	CHECK_STR(vpc->rtb_id, "tgw-rtb-1");
	CHECK_STR(vpc->resource_owner, "111122223333");
	CHECK(vpc->subnet_count == 1 && vpc->appliance_mode && vpc->sg_referencing);
	CHECK_STR(peer->resource_type, "peering");
	CHECK_STR(peer->peer_tgw_id, "tgw-2");
	CHECK_STR(peer->peer_region, "us-east-1");
}

TEST(rows_belong_to_the_member_beside_them)
{
	auto_world struct world *world = estate_open(
		"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1'}, "
		"{'TransitGatewayRouteTableId': 'tgw-rtb-2'}, {'TransitGatewayRouteTableId': "
		"'tgw-rtb-3'}]} {'Routes': [{'DestinationCidrBlock': '10.1.0.0/16', 'Type': "
		"'static', 'State': 'blackhole'}], 'TransitGatewayRouteTableId': 'tgw-rtb-1'} "
		"{'TransitGatewayRouteTableId': 'tgw-rtb-2', 'Routes': []} {'Associations': "
		"[{'TransitGatewayAttachmentId': 'tgw-attach-1', 'State': 'associated'}, "
		"{'TransitGatewayAttachmentId': 'tgw-attach-2', 'State': 'disassociated'}], "
		"'TransitGatewayRouteTableId': 'tgw-rtb-1'}");
	const struct tgw_rtb *tables = world->tgw_rtbs;

	CHECK(tables[0].has_routes && tables[0].route_count == 1);
	CHECK(tables[0].routes[0].is_static && tables[0].routes[0].is_blackhole);
	CHECK(tables[0].association_count == 1);
	CHECK(tables[1].has_routes && tables[1].route_count == 0);
	CHECK(!tables[2].has_routes);
}

TEST(entries_of_a_prefix_list_may_come_over_several_documents)
{
	auto_world struct world *world = estate_open(
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Cidrs': ['192.0.2.0/24', "
		"'198.51.100.0/24', '203.0.113.0/24']}]} {'PrefixListId': 'pl-1', 'Entries': "
		"[{'Cidr': '10.1.0.0/16'}, {'Cidr': '10.2.0.0/16'}]} {'PrefixListId': 'pl-1', "
		"'Entries': [{'Cidr': '10.3.0.0/16'}]}");

	CHECK(world->prefix_lists[0].has_entries && world->prefix_lists[0].entry_count == 3);
	CHECK(world->prefix_lists[0].entries[2].base.bytes[1] == 3);
}

TEST(rows_without_an_owner_are_left_out_and_noted)
{
	auto_world struct world *world = estate_open(
		"{'Vpcs': []} {'Entries': [{'Cidr': '10.1.0.0/16'}]}");

	CHECK(estate_notes(world, "rows that do not say whose they are"));
}

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

TEST(account_region_and_table_may_stand_in_the_path)
{
	char		folder[] = "/tmp/test_families.XXXXXX", path[128];
	struct err_list errors;
	struct world   *world;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/111122223333", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/111122223333/eu-west-1", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/111122223333/eu-west-1/tgw-rtb-0a1b.json", folder);
	write_file(path, "{\"Routes\": [{\"DestinationCidrBlock\": \"10.1.0.0/16\"}]}\n"
			 "{\"TransitGatewayRouteTables\": [{\"TransitGatewayRouteTableId\": "
			 "\"tgw-rtb-0a1b\"}]}");
	world = world_open(folder, &errors);
	assert_non_null(world);
	CHECK(world->tgw_rtbs[0].route_count == 1);
	CHECK_STR(world->tgw_rtbs[0].object.owner, "111122223333");
	CHECK_STR(world->tgw_rtbs[0].object.region, "eu-west-1");
	world_free(world);
	unlink(path);
	snprintf(path, sizeof(path), "%s/111122223333/eu-west-1", folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/111122223333", folder);
	rmdir(path);
	rmdir(folder);
}

TEST(account_and_region_come_from_arns_and_zones_first)
{
	auto_world struct world *world = estate_open(
		"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': "
		"'10.0.1.0/24', 'SubnetArn': "
		"'arn:aws:ec2:us-east-1:444455556666:subnet/subnet-a'}, {'SubnetId': 'subnet-b', "
		"'VpcId': 'vpc-1', 'CidrBlock': '10.0.2.0/24', 'AvailabilityZone': "
		"'us-gov-west-1b', 'OwnerId': '111122223333'}, {'SubnetId': 'subnet-c', 'VpcId': "
		"'vpc-1', 'CidrBlock': '10.0.3.0/24', 'AvailabilityZone': 'us-west-2-lax-1a'}]}");

	CHECK_STR(world->subnets[0].object.owner, "444455556666");
	CHECK_STR(world->subnets[0].object.region, "us-east-1");
	CHECK_STR(world->subnets[1].object.owner, "111122223333");
	CHECK_STR(world->subnets[1].object.region, "us-gov-west-1");
	CHECK_STR(world->subnets[2].object.region, "");
}

TEST(a_listener_names_the_groups_that_it_forwards_to)
{
	auto_world struct world *world = estate_open(
		"{'Listeners': [{'ListenerArn': 'l-1', 'LoadBalancerArn': 'lb-1', 'Port': 443, "
		"'Protocol': 'TLS', 'DefaultActions': [{'Type': 'forward', 'TargetGroupArn': "
		"'tg-1', 'ForwardConfig': {'TargetGroups': [{'TargetGroupArn': 'tg-1'}, "
		"{'TargetGroupArn': 'tg-2'}]}}]}]} {'TargetGroups': [{'TargetGroupArn': 'tg-1', "
		"'Port': 8443}]} {'TargetGroupArn': 'tg-1', 'TargetHealthDescriptions': "
		"[{'Target': {'Id': 'i-1', 'Port': 8443}, 'TargetHealth': {'State': "
		"'healthy'}}]}");

	CHECK(world->listeners[0].target_group_count == 2 && world->listeners[0].port == 443);
	CHECK(world->target_groups[0].has_targets);
	CHECK_STR(world->target_groups[0].targets[0].health, "healthy");
	CHECK(estate_notes(world, "l-1 refers to tg-2"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_dead_is_left_out_and_counted),
		cmocka_unit_test(a_gateway_knows_the_vpcs_that_it_is_attached_to),
		cmocka_unit_test(three_documents_complete_one_attachment),
		cmocka_unit_test(rows_belong_to_the_member_beside_them),
		cmocka_unit_test(entries_of_a_prefix_list_may_come_over_several_documents),
		cmocka_unit_test(rows_without_an_owner_are_left_out_and_noted),
		cmocka_unit_test(account_region_and_table_may_stand_in_the_path),
		cmocka_unit_test(account_and_region_come_from_arns_and_zones_first),
		cmocka_unit_test(a_listener_names_the_groups_that_it_forwards_to),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
