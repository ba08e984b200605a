/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/rules/exempt.h"
#include "policies/rules/interface.h"
#include "tests/unit/estate.h"

/* A closed estate, so that only what is exempt passes; the VPC has a second block, subnet-c is IPv6 only. */
#define CLOSED                                                                                     \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', 'CidrBlockAssociationSet': "     \
	"[{'CidrBlock': '10.0.0.0/16'}, {'CidrBlock': '10.9.0.0/16'}]}]}"                          \
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24'}, "    \
	"{'SubnetId': 'subnet-c', 'VpcId': 'vpc-1', 'Ipv6CidrBlockAssociationSet': "               \
	"[{'Ipv6CidrBlock': '2001:db8:0:3::/64'}]}]}"                                              \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [], 'IpPermissionsEgress': "     \
	"[]}]}"                                                                                    \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"                                                                         \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Groups': [{'GroupId': 'sg-1'}]}, "          \
	"{'NetworkInterfaceId': 'eni-6', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-c', "               \
	"'Ipv6Addresses': [{'Ipv6Address': '2001:db8:0:3::10'}], 'Groups': [{'GroupId': "          \
	"'sg-1'}]}]}"

static const struct {
	const char *peer;
	bool	    exempt;
} peers[] = {
	{ "169.254.169.253", true }, { "fd00:ec2::253", true }, /* Amazon DNS */
	{ "10.0.0.2", true },					/* the same, VPC base + 2 */
	{ "169.254.169.254", true }, { "fd00:ec2::254", true }, /* instance metadata */
	{ "169.254.170.2", true },				/* task metadata */
	{ "169.254.169.250", true },				/* Windows activation */
	{ "169.254.169.123", true }, { "fd00:ec2::123", true }, /* Time Sync */
	{ "10.0.1.1", true },					/* the router, subnet base + 1 */
	{ "10.0.1.2", false },	     { "10.0.1.0", false },	 { "10.0.0.1", false },
	{ "10.0.2.1", false },	     { "8.8.8.8", false },	 { "169.254.169.252", false },
	{ "169.254.1.1", false },    { "fd00:ec2::252", false },
};

TEST(reserved_destinations_are_exempt_whatever_the_rules)
{
	auto_world struct world *world = estate_open(CLOSED);

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		bool	      v6 = strchr(peers[i].peer, ':') != NULL;
		struct packet out = estate_packet(PROTO_UDP, v6 ? "2001:db8:0:1::10" : "10.0.1.10",
						  peers[i].peer, 53, 0);
		const char   *what = exempt_from_rules(world, 0, out.dst, &out);

		if ((what != NULL) != peers[i].exempt)
			fail_msg("%s: %s", peers[i].peer, what ? what : "not exempt");
	}
}

TEST(both_directions_of_exempt_traffic_pass_groups_and_acls_that_let_nothing_through)
{
	auto_world struct world *world = estate_open(CLOSED);

	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		struct packet		  out, in;
		struct interface_decision there, back;

		if (strchr(peers[i].peer, ':'))
			continue;
		out = estate_packet(PROTO_UDP, "10.0.1.10", peers[i].peer, 53, 0);
		in = packet_reply(&out);
		there = interface_decide(world, 0, true, &out, false);
		back = interface_decide(world, 0, false, &in, false);
		CHECK((there.overall.verdict == VERDICT_ALLOW) == peers[i].exempt);
		CHECK((back.overall.verdict == VERDICT_ALLOW) == peers[i].exempt);
		CHECK(!peers[i].exempt || (there.overall.note && !there.nacl_crossed));
	}
}

TEST(only_the_primary_block_of_a_vpc_has_the_resolver)
{
	auto_world struct world *world = estate_open(CLOSED);
	struct packet		 packet = estate_packet(PROTO_UDP, "10.0.1.10", "10.9.0.2", 53, 0);

	CHECK(!exempt_from_rules(world, 0, packet.dst, &packet));
}

TEST(dhcp_is_exempt_by_its_ports_in_both_families)
{
	static const struct {
		int  protocol, src_port, dst_port;
		bool exempt;
	} cases[] = {
		{ PROTO_UDP, 68, 67, true },   { PROTO_UDP, 67, 68, true },
		{ PROTO_UDP, 546, 547, true }, { PROTO_UDP, 547, 546, true },
		{ PROTO_UDP, 68, 68, false },  { PROTO_UDP, 40000, 67, false },
		{ PROTO_UDP, 67, 546, false }, { PROTO_TCP, 68, 67, false },
	};
	auto_world struct world *world = estate_open(CLOSED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct packet packet = estate_packet(cases[i].protocol, "10.0.1.10", "10.0.5.5",
						     cases[i].dst_port, 0);

		packet.src_port = (uint16_t)cases[i].src_port;
		CHECK((exempt_from_rules(world, 0, packet.dst, &packet) != NULL) ==
		      cases[i].exempt);
	}
}

TEST(an_interface_whose_subnet_is_not_known_has_only_the_fixed_exemptions)
{
	auto_world struct world *world = estate_open(CLOSED);
	struct packet		 packet = estate_tcp("10.0.1.10", "10.0.1.1", 80);

	CHECK(!exempt_from_rules(world, WORLD_NONE, packet.dst, &packet));
	packet.dst = estate_ip("169.254.169.254");
	CHECK(exempt_from_rules(world, WORLD_NONE, packet.dst, &packet));
}

TEST(a_subnet_of_ipv6_alone_has_no_reserved_ipv4_router)
{
	auto_world struct world *world = estate_open(CLOSED);
	struct packet		 packet = estate_tcp("2001:db8:0:3::10", "2001:db8:0:3::1", 80);

	CHECK(!exempt_from_rules(world, estate_idx(world, WORLD_SUBNET, "subnet-c"), packet.dst,
				 &packet));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reserved_destinations_are_exempt_whatever_the_rules),
		cmocka_unit_test(
			both_directions_of_exempt_traffic_pass_groups_and_acls_that_let_nothing_through),
		cmocka_unit_test(only_the_primary_block_of_a_vpc_has_the_resolver),
		cmocka_unit_test(dhcp_is_exempt_by_its_ports_in_both_families),
		cmocka_unit_test(
			an_interface_whose_subnet_is_not_known_has_only_the_fixed_exemptions),
		cmocka_unit_test(a_subnet_of_ipv6_alone_has_no_reserved_ipv4_router),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
