/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses are one to the engine, and which are not. */
#include "tests/unit/unit.h"

#include "simulator/flows/address_floor.h"
#include "tests/unit/estate.h"

/* Seen from own ("" for an interface that the snapshot lacks), are a and b one? */
struct pair {
	const char *own, *a, *b;
	bool	    are_one;
};

static void check_pairs(const char *estate, const struct pair *pairs, size_t count)
{
	auto_world struct world *world = estate_open(estate);
	struct address_floor	*floor = address_floor_new(world, NULL);

	for (size_t i = 0; i < count; i++) {
		uint32_t  own = world_index(world, WORLD_ENI, str_of(pairs[i].own));
		bool	  alone;
		struct ip a = address_floor_of(floor, estate_ip(pairs[i].a), own, &alone);
		struct ip b = address_floor_of(floor, estate_ip(pairs[i].b), own, &alone);

		if (ip_eq(a, b) != pairs[i].are_one)
			fail_msg("%s and %s are %s", pairs[i].a, pairs[i].b,
				 pairs[i].are_one ? "two" : "one");
	}
	address_floor_free(floor);
}

#define CHECK_PAIRS(estate, pairs) check_pairs((estate), (pairs), ARRAY_LEN(pairs))

#define VPC(cidr_v6)                                                                               \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', "                                \
	"'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': '" cidr_v6 "'}]}]}"                     \
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24'}]}"
#define ENI(id, vpc, group, v4, v6)                                                                \
	"{'NetworkInterfaceId': '" id "', " vpc "'SubnetId': 'subnet-a', 'PrivateIpAddress': '" v4 \
	"', 'Ipv6Addresses': [{'Ipv6Address': '" v6 "'}], 'Groups': [" group "]}"
#define IN_VPC "'VpcId': 'vpc-1', "
#define SG     "{'GroupId': 'sg-1'}"

TEST(hosts_of_the_internet_are_one_and_those_of_private_blocks_are_one_a_block)
{
	static const struct pair pairs[] = {
		{ "eni-1", "8.8.8.8", "9.255.255.255", true },
		{ "eni-1", "2a00:1450::1", "2a00:1450:ffff::1", true },
		{ "eni-1", "8.8.8.8", "10.9.0.1", false },
		{ "eni-1", "10.9.0.1", "10.9.255.255", true },
		{ "eni-1", "10.9.255.255", "10.10.0.0", false },
		{ "eni-1", "172.31.255.255", "172.32.0.0", false },
		{ "eni-1", "fd12:3456:789a::1", "fd12:3456:789a:ffff::1", true },
		{ "eni-1", "fd12:3456:789a::1", "fd12:3456:789b::1", false },
		{ "eni-1", "169.254.169.254", "169.254.169.252", false },
	};

	CHECK_PAIRS(ESTATE_NET ESTATE_ENIS, pairs);
}

TEST(a_fleet_is_one_but_for_the_interface_that_looks)
{
	static const struct pair pairs[] = {
		{ "", "10.0.1.10", "10.0.1.20", true },
		{ "eni-4", "10.0.1.10", "10.0.1.20", true },
		{ "eni-1", "10.0.1.10", "10.0.1.20", false },
		{ "eni-2", "10.0.1.10", "10.0.1.20", false },
		{ "eni-2", "10.0.1.10", "10.0.1.30", true },
		{ "", "10.0.1.10", "10.0.1.40", false },
		{ "", "10.0.1.10", "10.0.1.11", false },
	};

	CHECK_PAIRS(
		VPC("2001:db8::/56") "{'NetworkInterfaces': [" ENI("eni-1", IN_VPC, SG, "10.0.1.10", "2001:db8::10") ", " ENI(
			"eni-2", IN_VPC, SG, "10.0.1.20",
			"2001:db8::20") ", " ENI("eni-3", IN_VPC, SG, "10.0.1.30",
						 "2001:db8::30") ", " ENI("eni-4", IN_VPC,
									  "{'GroupId': 'sg-2'}",
									  "10.0.1.40",
									  "2001:db8::40") "]}",
		pairs);
}

TEST(interfaces_without_groups_are_each_its_own)
{
	static const struct pair pairs[] = { { "", "10.0.1.10", "10.0.1.20", false } };

	CHECK_PAIRS(VPC("2001:db8::/56") "{'NetworkInterfaces': [" ENI(
			    "eni-1", IN_VPC, "", "10.0.1.10",
			    "2001:db8::10") ", " ENI("eni-2", IN_VPC, "", "10.0.1.20",
						     "2001:db8::20") "]}",
		    pairs);
}

/* A reference asks in which VPC its member says it is. */
TEST(an_interface_that_does_not_name_its_vpc_is_apart_from_those_that_do)
{
	static const struct pair pairs[] = { { "", "10.0.1.10", "10.0.1.20", false } };

	CHECK_PAIRS(
		VPC("2001:db8::/56") "{'NetworkInterfaces': [" ENI(
			"eni-1", IN_VPC, SG, "10.0.1.10",
			"2001:db8::10") ", " ENI("eni-2", "", SG, "10.0.1.20", "2001:db8::20") "]}",
		pairs);
}

TEST(sites_that_reports_name_stay_apart_within_a_vpc_larger_than_one)
{
	static const struct pair pairs[] = {
		{ "", "2001:db8:1::1", "2001:db8:1:ffff::1", true },
		{ "", "2001:db8:1::1", "2001:db8:2::1", false },
		{ "", "2001:db8:f::1", "2001:db8:10::1", false },
		{ "", "2001:db8:10::1", "2001:db8:11::1", true },
	};

	CHECK_PAIRS(VPC("2001:db8::/44"), pairs);
}

TEST(addresses_of_a_fleet_are_apart_by_site)
{
	static const struct pair pairs[] = {
		{ "", "fd12:3456:1::10", "fd12:3456:1::20", true },
		{ "", "fd12:3456:1::10", "fd12:3456:2::30", false },
	};

	CHECK_PAIRS(VPC("2001:db8::/56") "{'NetworkInterfaces': [" ENI(
			    "eni-1", IN_VPC, SG, "10.0.1.10",
			    "fd12:3456:1::10") ", " ENI("eni-2", IN_VPC, SG, "10.0.1.20",
							"fd12:3456:1::20") ", " ENI("eni-3", IN_VPC,
										    SG, "10.0.1.30",
										    "fd12:3456:2::"
										    "30") "]}",
		    pairs);
}

TEST(blocks_of_rules_begin_and_end_kinds)
{
	static const struct pair pairs[] = {
		{ "eni-1", "198.51.100.0", "198.51.100.255", true },
		{ "eni-1", "198.51.100.0", "198.51.99.255", false },
		{ "eni-1", "198.51.100.255", "198.51.101.0", false },
		{ "eni-1", "198.51.99.255", "198.51.101.0", false },
	};

	CHECK_PAIRS(ESTATE_NET ESTATE_ENIS
		    "{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': "
		    "'-1', 'IpRanges': [{'CidrIp': '198.51.100.0/24'}]}]}]}",
		    pairs);
}

TEST(an_address_is_alone_where_its_kind_has_no_other)
{
	static const struct {
		const char *ip;
		bool	    is_alone;
	} cases[] = { { "169.254.169.254", true },
		      { "10.0.1.10", true },
		      { "8.8.8.8", false },
		      { "10.0.2.17", false } };
	auto_world struct world *world = estate_open(ESTATE_NET ESTATE_ENIS);
	struct address_floor	*floor = address_floor_new(world, NULL);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool alone;

		address_floor_of(floor, estate_ip(cases[i].ip), estate_eni(world, "eni-1"), &alone);
		if (alone != cases[i].is_alone)
			fail_msg("%s", cases[i].ip);
	}
	address_floor_free(floor);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			hosts_of_the_internet_are_one_and_those_of_private_blocks_are_one_a_block),
		cmocka_unit_test(a_fleet_is_one_but_for_the_interface_that_looks),
		cmocka_unit_test(interfaces_without_groups_are_each_its_own),
		cmocka_unit_test(
			an_interface_that_does_not_name_its_vpc_is_apart_from_those_that_do),
		cmocka_unit_test(sites_that_reports_name_stay_apart_within_a_vpc_larger_than_one),
		cmocka_unit_test(addresses_of_a_fleet_are_apart_by_site),
		cmocka_unit_test(blocks_of_rules_begin_and_end_kinds),
		cmocka_unit_test(an_address_is_alone_where_its_kind_has_no_other),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
