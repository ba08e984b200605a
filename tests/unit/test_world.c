/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/estate.h"

static const struct world_family *family(const struct world *world, const char *key)
{
	for (size_t i = 0; i < world->family_count; i++)
		if (str_is(world->families[i].key, key))
			return &world->families[i];
	fail_msg("no family %s", key);
	return NULL;
}

TEST(documents_with_one_key_are_merged_by_id_and_the_last_wins)
{
	auto_world struct world *world = estate_open(
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'old', 'IpPermissions': "
		"[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}, {'GroupId': "
		"'sg-2', 'GroupName': 'kept'}]}"
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'new'}]}");
	uint32_t idx = estate_idx(world, WORLD_SG, "sg-1");

	CHECK(world->counts[WORLD_SG] == 2);
	CHECK_STR(world->sgs[idx].object.name, "new");
	CHECK(world->sgs[idx].rule_count == 0);
	CHECK_STR(world->sgs[estate_idx(world, WORLD_SG, "sg-2")].object.name, "kept");
}

TEST(one_document_may_hold_several_families)
{
	auto_world struct world *world = estate_open(
		"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}], "
		"'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': "
		"'10.0.1.0/24'}]}");

	CHECK(world->subnets[0].vpc_idx == 0);
	CHECK(world_has_family(world, "Vpcs") && world_has_family(world, "Subnets"));
}

TEST(families_that_are_not_modelled_are_counted)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET "{'Weirs': [{'WeirId': 'w-1'}, {'WeirId': 'w-2'}]}");

	CHECK(family(world, "Weirs")->objects == 2 && !family(world, "Weirs")->modelled);
	CHECK(family(world, "Vpcs")->objects == 1 && family(world, "Vpcs")->modelled);
}

TEST(instances_that_are_gone_are_left_out_and_counted)
{
	static const char *const states[] = { "pending", "running",	  "stopping",
					      "stopped", "shutting-down", "terminated" };
	char			 text[2048] = "{'Reservations': [{'OwnerId': '1', 'Instances': [";

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s{'InstanceId': 'i-%zu', 'State': {'Name': '%s'}}", i ? ", " : "", i,
			 states[i]);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "]}]}");
	{
		auto_world struct world *world = estate_open(text);

		CHECK(world->counts[WORLD_INSTANCE] == 4);
		CHECK(family(world, "Reservations")->dead == 2);
		CHECK(world_index(world, WORLD_INSTANCE, str_of("i-5")) == WORLD_NONE);
		CHECK_STR(world->instances[0].object.owner, "1");
	}
}

TEST(blocks_that_are_no_longer_associated_are_left_out_and_counted)
{
	auto_world struct world *world = estate_open(
		"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', "
		"'CidrBlockAssociationSet': ["
		"{'CidrBlock': '10.0.0.0/16', 'CidrBlockState': {'State': 'associated'}}, "
		"{'CidrBlock': '10.1.0.0/16', 'CidrBlockState': {'State': 'disassociated'}}, "
		"{'CidrBlock': '10.2.0.0/16', 'CidrBlockState': {'State': 'failed'}}, "
		"{'CidrBlock': '10.3.0.0/16', 'CidrBlockState': {'State': 'associating'}}, "
		"{'CidrBlock': '10.4.0.0/16'}]}]}");

	CHECK(world->vpcs[0].cidr_count == 3 && family(world, "Vpcs")->dead == 2);
	CHECK(world_vpc_has(&world->vpcs[0], estate_ip("10.0.9.9")));
	CHECK(!world_vpc_has(&world->vpcs[0], estate_ip("10.1.0.1")));
	CHECK(world_vpc_has(&world->vpcs[0], estate_ip("10.3.0.1")));
	CHECK(world_vpc_has(&world->vpcs[0], estate_ip("10.4.0.1")));
}

TEST(an_interface_in_full_wins_over_the_one_printed_inside_an_instance_in_any_order)
{
#define FULL                                                                                       \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "                \
	"'PrivateIpAddress': '10.0.1.10', 'Groups': [{'GroupId': 'sg-full'}], 'Attachment': "      \
	"{'InstanceId': 'i-1'}}]}"
#define INNER                                                                                      \
	"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'NetworkInterfaces': "             \
	"[{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'PrivateIpAddress': '10.0.1.99', "     \
	"'Groups': [{'GroupId': 'sg-inner'}]}]}]}]}"
	static const char *const texts[] = { FULL INNER, INNER FULL };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_world struct world *world = estate_open(texts[i]);

		CHECK(world->counts[WORLD_ENI] == 1);
		CHECK_STR(world->enis[0].sg_ids[0], "sg-full");
		CHECK(ip_eq(world->enis[0].addresses[0].ip, estate_ip("10.0.1.10")));
		CHECK(world->enis[0].instance_idx == 0);
		CHECK(world->instances[0].eni_count == 1 && world->instances[0].eni_idxs[0] == 0);
	}
#undef FULL
#undef INNER
}

TEST(an_interface_known_only_from_its_instance_belongs_to_it)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'Tags': "
			   "[{'Key': 'Name', 'Value': 'web-1'}], 'NetworkInterfaces': "
			   "[{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': "
			   "'subnet-a', 'PrivateIpAddress': '10.0.1.10'}]}]}]}");

	CHECK_STR(world_eni_label(world, 0), "web-1");
	CHECK_STR(world->enis[0].instance_id, "i-1");
	CHECK(world_eni_in_vpc(world, 0, estate_ip("10.0.1.10")) == 0);
}

TEST(a_subnet_without_association_falls_to_the_default_acl_and_the_main_table)
{
	static const char *const orders[] = {
		ESTATE_NET ESTATE_OPEN_NACL ESTATE_RTB
		"{'NetworkAcls': [{'NetworkAclId': 'acl-b', 'VpcId': 'vpc-1', 'Associations': "
		"[{'SubnetId': 'subnet-b'}], 'Entries': []}]}"
		"{'RouteTables': [{'RouteTableId': 'rtb-b', 'VpcId': 'vpc-1', 'Associations': "
		"[{'Main': false, 'SubnetId': 'subnet-b'}], 'Routes': []}]}",
		"{'NetworkAcls': [{'NetworkAclId': 'acl-b', 'VpcId': 'vpc-1', 'Associations': "
		"[{'SubnetId': 'subnet-b'}], 'Entries': []}]}"
		"{'RouteTables': [{'RouteTableId': 'rtb-b', 'VpcId': 'vpc-1', 'Associations': "
		"[{'Main': false, 'SubnetId': 'subnet-b'}], 'Routes': []}]}" ESTATE_RTB
			ESTATE_OPEN_NACL ESTATE_NET,
	};

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		auto_world struct world *world = estate_open(orders[i]);
		const struct subnet	*a = &world->subnets[0], *b = &world->subnets[1];

		CHECK(a->nacl_idx == estate_idx(world, WORLD_NACL, "acl-1"));
		CHECK(a->rtb_idx == estate_idx(world, WORLD_RTB, "rtb-1"));
		CHECK(b->nacl_idx == estate_idx(world, WORLD_NACL, "acl-b"));
		CHECK(b->rtb_idx == estate_idx(world, WORLD_RTB, "rtb-b"));
	}
}

TEST(a_main_table_may_also_be_associated_with_a_subnet)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET "{'RouteTables': [{'RouteTableId': 'rtb-m', 'VpcId': 'vpc-1', "
			   "'Associations': [{'Main': true}, {'Main': false, 'SubnetId': "
			   "'subnet-b'}], 'Routes': []}]}");

	CHECK(world->subnets[0].rtb_idx == 0 && world->subnets[1].rtb_idx == 0);
	CHECK(world->rtbs[0].is_main && world->rtbs[0].subnet_count == 1);
}

TEST(without_default_acl_and_main_table_a_subnet_has_none)
{
	auto_world struct world *world = estate_open(ESTATE_NET);

	CHECK(world->subnets[0].nacl_idx == WORLD_NONE && world->subnets[0].rtb_idx == WORLD_NONE);
}

TEST(references_that_dangle_are_noted_and_no_error)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': '-1', "
		"'UserIdGroupPairs': [{'GroupId': 'sg-gone'}], 'PrefixListIds': [{'PrefixListId': "
		"'pl-gone'}]}]}]}"
		"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-gone', 'Associations': "
		"[{'SubnetId': 'subnet-gone'}], 'Entries': []}]}"
		"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'NetworkInterfaces': "
		"[]}]}]}");

	CHECK(estate_notes(world, "sg-1 refers to sg-gone"));
	CHECK(estate_notes(world, "sg-1 refers to pl-gone"));
	CHECK(estate_notes(world, "acl-1 refers to vpc-gone"));
	CHECK(estate_notes(world, "acl-1 refers to subnet-gone"));
	CHECK(estate_notes(world, "eni-2 refers to sg-2"));
	CHECK(!estate_notes(world, "eni-1 refers to sg-1"));
}

TEST(an_address_that_two_interfaces_claim_is_the_firsts_and_noted)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-9', 'VpcId': 'vpc-1', "
		"'PrivateIpAddress': '10.0.1.10', 'Groups': []}]}");

	CHECK(world_eni_in_vpc(world, 0, estate_ip("10.0.1.10")) == estate_eni(world, "eni-1"));
	CHECK(estate_notes(world, "10.0.1.10 belongs to both"));
}

TEST(an_elastic_ip_is_the_interfaces_that_it_names_though_that_does_not_show_it)
{
	auto_world struct world *world = estate_open(
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'PrivateIpAddress': "
		"'10.0.0.5', 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.0.5', "
		"'Association': {'PublicIp': '198.51.100.5'}}, {'PrivateIpAddress': "
		"'10.0.0.6'}]}]} {'Addresses': [{'AllocationId': 'eipalloc-6', 'PublicIp': "
		"'198.51.100.6', 'NetworkInterfaceId': 'eni-1', 'PrivateIpAddress': '10.0.0.6'}, "
		"{'AllocationId': 'eipalloc-7', 'PublicIp': '198.51.100.7', "
		"'NetworkInterfaceId': 'eni-1', 'PrivateIpAddress': '10.0.0.5'}]}");
	const struct eni *eni = &world->enis[estate_eni(world, "eni-1")];

	CHECK(ip_eq(eni->addresses[0].public_ip, estate_ip("198.51.100.5")));
	CHECK(ip_eq(eni->addresses[1].public_ip, estate_ip("198.51.100.6")));
}

TEST(an_address_of_a_carrier_is_none_of_the_internet)
{
	auto_world struct world *world = estate_open(
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'PrivateIpAddress': "
		"'10.0.0.5', 'Association': {'CarrierIp': '155.146.0.5'}}]} {'Addresses': "
		"[{'AllocationId': 'eipalloc-1', 'CarrierIp': '155.146.0.5', "
		"'NetworkInterfaceId': 'eni-1', 'PrivateIpAddress': '10.0.0.5'}]}");
	const struct eni *eni = &world->enis[estate_eni(world, "eni-1")];

	CHECK(eni->addresses[0].public_ip.family == IP_NONE);
	CHECK(world->note_count == 0);
}

TEST(a_table_of_which_aws_does_not_tell_all_routes_is_not_known)
{
	auto_world struct world *world = estate_open(
		"{'TransitGatewayRouteTables': [{'TransitGatewayRouteTableId': 'tgw-rtb-1'}]} "
		"{'TransitGatewayRouteTableId': 'tgw-rtb-1', 'Routes': [], "
		"'AdditionalRoutesAvailable': true}");

	CHECK(world->counts[WORLD_TGW_RTB] == 1 && !world->tgw_rtbs[0].has_routes);
}

TEST(an_address_is_looked_up_in_its_own_vpc_first_and_elsewhere_only_when_it_is_unique)
{
#define FAR(vpc, cidr, eni, ip)                                                                    \
	"{'Vpcs': [{'VpcId': '" vpc "', 'CidrBlock': '" cidr "'}]}"                                \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': '" eni "', 'VpcId': '" vpc                  \
	"', 'PrivateIpAddress': '" ip "', 'Groups': []}]}"
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS FAR("vpc-2", "10.0.0.0/16", "eni-twin", "10.0.1.10")
			FAR("vpc-3", "10.3.0.0/16", "eni-far", "10.3.0.1")
				FAR("vpc-4", "10.4.0.0/16", "eni-x", "10.4.0.1")
					FAR("vpc-5", "10.4.0.0/16", "eni-y", "10.4.0.1")
						FAR("vpc-6", "10.0.0.0/16", "eni-z", "10.0.9.9"));
	uint32_t one = estate_idx(world, WORLD_VPC, "vpc-1");
	uint32_t two = estate_idx(world, WORLD_VPC, "vpc-2");

	CHECK(world_eni_by_peer(world, one, estate_ip("10.0.1.10")) == estate_eni(world, "eni-1"));
	CHECK(world_eni_by_peer(world, two, estate_ip("10.0.1.10")) ==
	      estate_eni(world, "eni-twin"));
	CHECK(world_eni_by_peer(world, one, estate_ip("10.3.0.1")) == estate_eni(world, "eni-far"));
	CHECK(world_eni_by_peer(world, one, estate_ip("10.4.0.1")) == WORLD_NONE);
	CHECK(world_eni_by_peer(world, one, estate_ip("10.0.9.9")) == WORLD_NONE);
	CHECK(world_eni_by_peer(world, WORLD_NONE, estate_ip("10.3.0.1")) ==
	      estate_eni(world, "eni-far"));
#undef FAR
}

TEST(an_id_of_two_kinds_is_an_error)
{
	struct err_list errors;

	CHECK(!estate_try("{'SecurityGroups': [{'GroupId': 'x-1'}]}\n"
			  "{'PrefixLists': [{'PrefixListId': 'x-1'}]}",
			  &errors));
	CHECK(errors.count == 1 && errors.items[0].line == 2);
}

TEST(tags_give_names_and_a_group_has_a_name_of_its_own)
{
	auto_world struct world *world = estate_open(
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'shop-db', 'Tags': [{'Key': "
		"'Name', 'Value': 'databases'}]}]}"
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'TagSet': [{'Key': 'Name', "
		"'Value': 'nat'}, {'Key': 'Tier', 'Value': 'x'}], 'Groups': []}]}");

	CHECK_STR(world->sgs[0].object.name, "shop-db");
	CHECK_STR(world->enis[0].object.name, "nat");
	CHECK(world->enis[0].object.tag_count == 2);
	CHECK_STR(world_eni_label(world, 0), "nat");
}

TEST(an_empty_list_of_a_known_family_is_a_snapshot_all_the_same)
{
	struct err_list		 errors;
	auto_world struct world *world = estate_try("{'SecurityGroups': []}", &errors);

	if (!world)
		fail_msg("%s", errors.items[0].text);
	CHECK(world->counts[WORLD_SG] == 0 && world_has_family(world, "SecurityGroups"));
}

TEST(what_a_fetch_could_not_read_is_not_known_and_is_quoted)
{
	auto_world struct world *world = estate_open(
		"{'NatGateways': [{'NatGatewayId': 'nat-1', 'VpcId': 'vpc-1', 'SubnetId': "
		"'subnet-1'}]}"
		"{'schema': 'weir/fetch/1', 'time': '2026-10-02T08:00:00Z', 'calls': 28, "
		"'callers': [{}],"
		" 'denied': [{'account': '111122223333', 'region': 'eu-west-1', 'action':"
		" 'ec2:DescribeNatGateways', 'family': 'NatGateways', 'code': "
		"'UnauthorizedOperation'},"
		" {'family': 'Nonsense'}], 'not_offered': [{'family': 'CarrierGateways', 'code':"
		" 'InvalidAction'}], 'left_out': ['x']}"
		"{'VpnGateways': []}");

	CHECK(!world_has_family(world, "NatGateways"));
	CHECK(!world_has_family(world, "CarrierGateways"));
	CHECK(world_has_family(world, "VpnGateways"));
	CHECK(world->family_count == 3);
	CHECK(world->denial_count == 1);
	CHECK_STR(world->denials[0],
		  "eu-west-1 111122223333: ec2:DescribeNatGateways was denied when the "
		  "snapshot was fetched (UnauthorizedOperation)");
}

TEST(a_record_of_a_fetch_without_documents_is_no_snapshot)
{
	struct err_list errors;

	CHECK(estate_try("{'schema': 'weir/fetch/1', 'denied': [{'family': 'Vpcs'}]}", &errors) ==
	      NULL);
	CHECK(strstr(errors.items[0].text, "is no snapshot") != NULL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_with_one_key_are_merged_by_id_and_the_last_wins),
		cmocka_unit_test(one_document_may_hold_several_families),
		cmocka_unit_test(families_that_are_not_modelled_are_counted),
		cmocka_unit_test(instances_that_are_gone_are_left_out_and_counted),
		cmocka_unit_test(blocks_that_are_no_longer_associated_are_left_out_and_counted),
		cmocka_unit_test(
			an_interface_in_full_wins_over_the_one_printed_inside_an_instance_in_any_order),
		cmocka_unit_test(an_interface_known_only_from_its_instance_belongs_to_it),
		cmocka_unit_test(
			a_subnet_without_association_falls_to_the_default_acl_and_the_main_table),
		cmocka_unit_test(a_main_table_may_also_be_associated_with_a_subnet),
		cmocka_unit_test(without_default_acl_and_main_table_a_subnet_has_none),
		cmocka_unit_test(references_that_dangle_are_noted_and_no_error),
		cmocka_unit_test(an_address_that_two_interfaces_claim_is_the_firsts_and_noted),
		cmocka_unit_test(
			an_elastic_ip_is_the_interfaces_that_it_names_though_that_does_not_show_it),
		cmocka_unit_test(an_address_of_a_carrier_is_none_of_the_internet),
		cmocka_unit_test(a_table_of_which_aws_does_not_tell_all_routes_is_not_known),
		cmocka_unit_test(
			an_address_is_looked_up_in_its_own_vpc_first_and_elsewhere_only_when_it_is_unique),
		cmocka_unit_test(an_id_of_two_kinds_is_an_error),
		cmocka_unit_test(tags_give_names_and_a_group_has_a_name_of_its_own),
		cmocka_unit_test(an_empty_list_of_a_known_family_is_a_snapshot_all_the_same),
		cmocka_unit_test(what_a_fetch_could_not_read_is_not_known_and_is_quoted),
		cmocka_unit_test(a_record_of_a_fetch_without_documents_is_no_snapshot),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
