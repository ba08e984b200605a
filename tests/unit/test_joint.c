/* SPDX-License-Identifier: Apache-2.0 */
/* Which end of one world is which of another, and what is asked of both. */
#include "simulator/reach/joint.h"

#include "simulator/reach/addresses.h"
#include "simulator/reach/eni_match.h"
#include "tests/unit/estate.h"

#define ENI(id, subnet, ip, more)                                                                  \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': '" id                                       \
	"', 'VpcId': 'vpc-1', 'SubnetId': '" subnet "', 'PrivateIpAddress': '" ip                  \
	"', 'InterfaceType': 'interface', 'Groups': [{'GroupId': 'sg-1'}]" more "}]}"
#define NAME(name)   ", 'TagSet': [{'Key': 'Name', 'Value': '" name "'}]"
#define OF(instance) ", 'Attachment': {'InstanceId': '" instance "'}"
#define SECOND(ip)   ", 'PrivateIpAddresses': [{'PrivateIpAddress': '" ip "'}]"
#define NET	     ESTATE_NET ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB

/* The interface of A that eni-b of B is. */
TEST(interface_is_the_same_by_id_by_instance_or_by_name)
{
	static const struct {
		const char *a, *b, *expected;
	} cases[] = {
		{ ENI("eni-b", "subnet-a", "10.0.1.10", ""),
		  ENI("eni-b", "subnet-b", "10.0.2.10", ""), "eni-b" },
		{ ENI("eni-a", "subnet-a", "10.0.1.10", OF("i-1")),
		  ENI("eni-b", "subnet-a", "10.0.1.11", OF("i-1")), "eni-a" },
		{ ENI("eni-a", "subnet-a", "10.0.1.10", NAME("web")),
		  ENI("eni-b", "subnet-b", "10.0.2.11", NAME("web")), "eni-a" },
		{ ENI("eni-a", "subnet-a", "10.0.1.10", NAME("web")),
		  ENI("eni-b", "subnet-a", "10.0.1.10", NAME("app")), NULL },
		/* The id before the name. */
		{ ENI("eni-a", "subnet-a", "10.0.1.10", NAME("web"))
			  ENI("eni-b", "subnet-a", "10.0.1.11", NAME("app")),
		  ENI("eni-b", "subnet-a", "10.0.1.10", NAME("web")), "eni-b" },
		/* Of two with one name that in the same subnet. */
		{ ENI("eni-a", "subnet-b", "10.0.2.10", NAME("web"))
			  ENI("eni-c", "subnet-a", "10.0.1.11", NAME("web")),
		  ENI("eni-b", "subnet-a", "10.0.1.12", NAME("web")), "eni-c" },
		/* Nothing to be known by. */
		{ ENI("eni-a", "subnet-a", "10.0.1.10", ""),
		  ENI("eni-b", "subnet-a", "10.0.1.10", ""), NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *a = estate_open(cases[i].a), *b = estate_open(cases[i].b);
		struct eni_match	 match;
		uint32_t		 other;

		eni_match_init(&match, a, b);
		other = match.others[estate_eni(b, "eni-b")];
		CHECK((other == WORLD_NONE) == !cases[i].expected);
		if (cases[i].expected)
			CHECK_STR(a->enis[other].object.id, cases[i].expected);
		eni_match_done(&match);
	}
}

TEST(address_is_the_same_by_itself_else_by_its_family)
{
	struct ip     ips[] = { ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 2), ip_v4(10, 0, 0, 3) };
	struct slice  before[] = { { .first = ips[0] },
				   { .first = ips[1] },
				   { .first = estate_ip("2001:db8::1") } };
	struct slice  after[] = { { .first = ips[1] }, { .first = ips[2] }, { .first = ips[2] } };
	struct slices a = { .items = before, .count = 3 };
	struct slices b = { .items = after, .count = 3 };
	uint32_t     *others = slices_match(&a, &b);

	CHECK(others[0] == 1);
	CHECK(others[1] == 0);
	CHECK(others[2] == WORLD_NONE);
	free(others);
}

/* Two worlds together, for as long as a test needs them. */
struct bed {
	struct world	   *worlds[2];
	struct packet_sets *sets;
	struct reach	   *reaches[2];
	struct joint	   *joint;
};

static struct bed bed_open(const char *a, const char *b)
{
	struct bed	     bed = { .worlds = { estate_open(a), estate_open(b) } };
	struct reach_options options = { .client_ports = path_default_client_ports() };

	options.sets = bed.sets = packet_sets_new();
	for (size_t side = 0; side < 2; side++)
		bed.reaches[side] = reach_new(bed.worlds[side], &options);
	bed.joint = joint_new(bed.reaches[0], bed.reaches[1]);
	return bed;
}

static void bed_close(struct bed *bed)
{
	joint_free(bed->joint);
	for (size_t side = 0; side < 2; side++) {
		reach_free(bed->reaches[side]);
		world_free(bed->worlds[side]);
	}
	packet_sets_free(bed->sets);
}

/* The joint kind of an address, in the world of a side. */
static uint32_t kind_of(const struct bed *bed, size_t side, const char *text)
{
	struct ip ip = estate_ip(text);

	for (size_t i = 0; i < bed->joint->end_count; i++)
		if (ip_eq(bed->joint->ends[i].ends[side].ip, ip))
			return bed->joint->end_kinds[i];
	fail_msg("there is no %s", text);
	return WORLD_NONE;
}

#define TWO NET ENI("eni-1", "subnet-a", "10.0.1.10", "") ENI("eni-2", "subnet-a", "10.0.1.11", "")

TEST(ends_are_of_one_joint_kind_when_they_are_of_one_in_either_world)
{
	struct bed bed = bed_open(TWO, TWO);

	CHECK(kind_of(&bed, 0, "10.0.1.10") == kind_of(&bed, 0, "10.0.1.11"));
	bed_close(&bed);
	bed = bed_open(TWO, TWO ENI("eni-2", "subnet-b", "10.0.2.11", ""));
	CHECK(kind_of(&bed, 0, "10.0.1.10") != kind_of(&bed, 0, "10.0.1.11"));
	CHECK(kind_of(&bed, 0, "10.0.1.11") == kind_of(&bed, 1, "10.0.2.11"));
	bed_close(&bed);
}

#define POD_NODE                                                                                   \
	NET ENI("eni-1", "subnet-a", "10.0.1.10",                                                  \
		", 'Ipv4Prefixes': [{'Ipv4Prefix': '10.0.1.16/28'}]")
#define NAMES(cidr)                                                                                \
	"{'SecurityGroups': [{'GroupId': 'sg-9', 'GroupName': 'other', 'VpcId': 'vpc-1', "         \
	"'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '" cidr "'}]}], "          \
	"'IpPermissionsEgress': []}]}"

TEST(a_prefix_that_one_world_divides_is_divided_in_both)
{
	struct bed bed = bed_open(POD_NODE NAMES("10.0.1.28/30"), POD_NODE NAMES("10.0.1.24/29"));
	static const char *const firsts[] = { "10.0.1.10", "10.0.1.16", "10.0.1.24", "10.0.1.28" };

	CHECK(bed.joint->end_count == ARRAY_LEN(firsts));
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
		for (size_t side = 0; side < 2; side++)
			CHECK(ip_eq(bed.joint->ends[i].ends[side].ip, estate_ip(firsts[i])));
	bed_close(&bed);
}

TEST(what_only_one_world_has_reaches_nothing_in_the_other)
{
	struct bed bed = bed_open(NET ENI("eni-1", "subnet-a", "10.0.1.10", ""), TWO);
	uint32_t   one = kind_of(&bed, 1, "10.0.1.10"), two = kind_of(&bed, 1, "10.0.1.11");

	CHECK(bed.joint->items[two].kinds[0] == WORLD_NONE);
	CHECK(joint_pairs(bed.joint, one, two) == 1);
	CHECK(joint_pairs(bed.joint, two, two) == 0);
	CHECK(joint_between(bed.joint, 0, one, two) == PACKET_SET_DENY);
	CHECK(joint_between(bed.joint, 1, one, two) == PACKET_SET_ALLOW);
	bed_close(&bed);
}

TEST(pairs_are_of_different_interfaces)
{
	struct bed bed = bed_open(TWO ENI("eni-1", "subnet-a", "10.0.1.10", SECOND("10.0.1.12")),
				  TWO ENI("eni-1", "subnet-a", "10.0.1.10", SECOND("10.0.1.12")));
	uint32_t   kind = kind_of(&bed, 0, "10.0.1.10");

	CHECK(bed.joint->items[kind].count == 3);
	CHECK(joint_pairs(bed.joint, kind, kind) == 4);
	bed_close(&bed);
}

TEST(question_is_about_the_same_two_ends_in_both_worlds)
{
	struct bed	bed = bed_open(TWO, TWO);
	uint32_t	kind = kind_of(&bed, 0, "10.0.1.10");
	struct question a = joint_question(bed.joint, 0, kind, kind, 0);
	struct question b = joint_question(bed.joint, 1, kind, kind, 0);

	CHECK(!ip_eq(a.src.ip, a.dst.ip));
	CHECK(ip_eq(a.src.ip, b.src.ip) && ip_eq(a.dst.ip, b.dst.ip));
	CHECK(ip_eq(a.packet.src, a.src.ip) && ip_eq(a.packet.dst, a.dst.ip));
	bed_close(&bed);
}

/* A block that only B names cuts the foreign addresses of both. */
TEST(foreign_addresses_are_cut_where_either_world_cuts_them)
{
	static const char rule[] = TWO
		"{'SecurityGroups': [{'GroupId': 'sg-9', 'GroupName': 'x', 'VpcId': 'vpc-1', "
		"'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': "
		"'203.0.113.0/24'}]}], 'IpPermissionsEgress': []}]}";
	struct bed bed = bed_open(TWO, rule);
	uint32_t   narrow = WORLD_NONE;

	for (size_t i = 0; i < bed.joint->foreign.stretch_count; i++)
		if (ip_eq(bed.joint->foreign.stretches[i].first, estate_ip("203.0.113.0")))
			narrow = bed.joint->foreign.stretches[i].kind;
	CHECK(narrow != WORLD_NONE);
	CHECK(bed.joint->items[narrow].scope == KIND_INTERNET);
	CHECK(bed.joint->items[narrow].kinds[0] != WORLD_NONE);
	{
		auto_addresses struct addresses addresses = addresses_of(&bed.joint->foreign,
									 &narrow, 1);
		auto_buf struct buf		text = buf_make(256);

		addresses_words(&addresses, 4, &text);
		CHECK_TEXT(text.data, "203.0.113.0/24");
	}
	bed_close(&bed);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interface_is_the_same_by_id_by_instance_or_by_name),
		cmocka_unit_test(address_is_the_same_by_itself_else_by_its_family),
		cmocka_unit_test(ends_are_of_one_joint_kind_when_they_are_of_one_in_either_world),
		cmocka_unit_test(a_prefix_that_one_world_divides_is_divided_in_both),
		cmocka_unit_test(what_only_one_world_has_reaches_nothing_in_the_other),
		cmocka_unit_test(pairs_are_of_different_interfaces),
		cmocka_unit_test(question_is_about_the_same_two_ends_in_both_worlds),
		cmocka_unit_test(foreign_addresses_are_cut_where_either_world_cuts_them),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
