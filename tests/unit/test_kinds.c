/* SPDX-License-Identifier: Apache-2.0 */
/* Which ends are of one kind. */
#include "tests/unit/unit.h"

#include "simulator/reach/kinds.h"
#include "tests/unit/estate.h"

#define ENI(id, subnet, ip, sg, more)                                                              \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': '" id                                       \
	"', 'VpcId': 'vpc-1', 'SubnetId': '" subnet "', 'PrivateIpAddress': '" ip                  \
	"', 'InterfaceType': 'interface', 'Groups': "                                              \
	"[{'GroupId': '" sg "'}]" more "}]}"
#define PUBLIC(ip, outside)                                                                        \
	", 'PrivateIpAddresses': [{'PrivateIpAddress': '" ip "', 'Primary': true, 'Association': " \
	"{'PublicIp': '" outside "'}}]"
#define NET   ESTATE_NET ESTATE_OPEN_NACL
#define FIRST ENI("eni-1", "subnet-a", "10.0.1.10", "sg-1", "")
/* A group that is on nobody, whose rule names a block. */
#define NAMES(cidr)                                                                                \
	"{'SecurityGroups': [{'GroupId': 'sg-9', 'GroupName': 'other', 'VpcId': 'vpc-1', "         \
	"'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '" cidr "'}]}], "          \
	"'IpPermissionsEgress': []}]}"

static struct end end_of(const struct world *world, const char *ip)
{
	return (struct end){ .eni_idx = world_eni_by_peer(world, WORLD_NONE, estate_ip(ip)),
			     .ip = estate_ip(ip) };
}

static uint32_t kind_of(const struct kinds *kinds, const char *ip)
{
	struct end end = end_of(kinds->world, ip);

	return kinds_find(kinds, &end);
}

TEST(interfaces_that_nothing_tells_apart_are_one_kind)
{
	static const struct {
		const char *estate;
		const char *other; /* the address that is held against 10.0.1.10 */
		bool	    same;
	} cases[] = {
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-1", ""), "10.0.1.11", true },
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-2", ""), "10.0.1.11", false },
		{ NET FIRST ENI("eni-2", "subnet-b", "10.0.2.11", "sg-1", ""), "10.0.2.11", false },
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-1",
				PUBLIC("10.0.1.11", "198.51.100.7")),
		  "10.0.1.11", false },
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-1",
				", 'SourceDestCheck': false"),
		  "10.0.1.11", false },
		/* A rule names one of them, whoever's it is; another names both. */
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-1", "") NAMES("10.0.1.11/32"),
		  "10.0.1.11", false },
		{ NET FIRST ENI("eni-2", "subnet-a", "10.0.1.11", "sg-1", "") NAMES("10.0.1.8/29"),
		  "10.0.1.11", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_world struct world *world = estate_open(cases[i].estate);
		struct kinds		*kinds = kinds_new(world, NULL);

		if ((kind_of(kinds, "10.0.1.10") == kind_of(kinds, cases[i].other)) !=
		    cases[i].same)
			fail_msg("case %zu", i);
		kinds_free(kinds);
	}
}

TEST(groups_in_another_order_are_the_same)
{
	auto_world struct world *world = estate_open(
		NET "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "
		    "'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'Groups': "
		    "[{'GroupId': 'sg-1'}, {'GroupId': 'sg-2'}]}, {'NetworkInterfaceId': 'eni-2', "
		    "'VpcId': 'vpc-1', 'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.11', "
		    "'Groups': [{'GroupId': 'sg-2'}, {'GroupId': 'sg-1'}]}]}" ESTATE_OPEN_SGS);
	struct kinds *kinds = kinds_new(world, NULL);

	CHECK(kind_of(kinds, "10.0.1.10") == kind_of(kinds, "10.0.1.11"));
	kinds_free(kinds);
}

TEST(foreign_addresses_are_of_the_internet_or_on_premises_or_nobodys)
{
	static const struct {
		const char *ip;
		int	    scope; /* -1: none */
	} cases[] = {
		{ "192.0.2.9", KIND_INTERNET },
		{ "2001:4860::8888", KIND_INTERNET },
		{ "10.9.0.1", KIND_ON_PREMISES },
		{ "100.64.0.1", KIND_ON_PREMISES },
		{ "fd12::1", KIND_ON_PREMISES },
		{ "10.0.3.1", -1 }, /* of the VPC */
		{ "127.0.0.1", -1 },
		{ "169.254.169.254", -1 },
		{ "224.0.0.1", -1 },
		{ "0.1.2.3", -1 },
		{ "fe80::1", -1 },
		{ "2001:db8:0:9::1", -1 },
	};
	auto_world struct world *world = estate_open(NET FIRST);
	struct kinds		*kinds = kinds_new(world, NULL);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct end end = { .eni_idx = WORLD_NONE, .ip = estate_ip(cases[i].ip) };
		uint32_t   kind = kinds_find(kinds, &end);
		int	   scope = kind == WORLD_NONE ? -1 : (int)kinds->items[kind].scope;

		if (scope != cases[i].scope)
			fail_msg("%s: %d", cases[i].ip, scope);
	}
	kinds_free(kinds);
}

TEST(a_block_that_begins_with_many_addresses_of_interfaces_is_foreign_behind_them)
{
	/* The VPC's own blocks are not in the snapshot. */
	auto_world struct world *world = estate_open(
		ENI("eni-1", "subnet-a", "10.0.1.10", "sg-1",
		    ", 'Ipv4Prefixes': [{'Ipv4Prefix': '10.0.0.0/19'}, {'Ipv4Prefix': "
		    "'192.168.0.0/16'}]"));
	struct kinds *kinds = kinds_new(world, NULL);
	struct end    behind = { .eni_idx = WORLD_NONE, .ip = estate_ip("10.99.0.1") };
	struct end    owned = { .eni_idx = WORLD_NONE, .ip = estate_ip("192.168.9.9") };
	uint32_t      kind = kinds_find(kinds, &behind);

	CHECK(kind != WORLD_NONE && kinds->items[kind].scope == KIND_ON_PREMISES);
	CHECK(ip_eq(kinds->items[kind].ends[0].ip, estate_ip("10.0.32.0")));
	CHECK(kinds_find(kinds, &owned) == WORLD_NONE);
	kinds_free(kinds);
}

TEST(a_rule_that_names_a_foreign_block_makes_it_a_kind_of_its_own)
{
	auto_world struct world *world = estate_open(NET FIRST NAMES("192.0.2.0/24"));
	struct kinds		*kinds = kinds_new(world, NULL);
	struct end		 inside = { .eni_idx = WORLD_NONE, .ip = estate_ip("192.0.2.9") };
	struct end		 outside = { .eni_idx = WORLD_NONE, .ip = estate_ip("192.0.3.9") };
	struct end		 far = { .eni_idx = WORLD_NONE, .ip = estate_ip("203.0.113.1") };

	CHECK(kinds_find(kinds, &inside) != kinds_find(kinds, &outside));
	CHECK(kinds_find(kinds, &outside) == kinds_find(kinds, &far));
	kinds_free(kinds);
}

#define PREFIX(id, ip, prefix)                                                                     \
	ENI(id, "subnet-a", ip, "sg-1", ", 'Ipv4Prefixes': [{'Ipv4Prefix': '" prefix "'}]")

/* The ends of an interface as "10.0.1.10 10.0.1.16/28". */
static void check_ends(const char *estate, const char *eni, const char *expected)
{
	auto_world struct world *world = estate_open(estate);
	struct kinds		*kinds = kinds_new(world, NULL);
	uint32_t		 eni_idx = estate_eni(world, eni);
	auto_buf struct buf	 text = buf_make(1024);
	char			 first[IP_TEXT_SIZE], last[IP_TEXT_SIZE];

	for (uint32_t i = kinds->eni_ends[eni_idx]; i < kinds->eni_ends[eni_idx + 1]; i++) {
		ip_print(kinds->ends[i].ip, first);
		ip_print(kinds->end_lasts[i], last);
		buf_printf(&text, "%s%s", text.len ? " " : "", first);
		if (kinds->ends[i].prefix_len)
			buf_printf(&text, "-%s/%u", last, kinds->ends[i].prefix_len);
	}
	CHECK_STR(buf_str(&text), expected);
	kinds_free(kinds);
}

TEST(a_delegated_prefix_is_an_end_for_each_stretch_that_something_tells_apart)
{
	static const struct {
		const char *estate, *expected;
	} cases[] = {
		{ NET PREFIX("eni-1", "10.0.1.10", "10.0.1.16/28"),
		  "10.0.1.10 10.0.1.16-10.0.1.31/28" },
		{ NET PREFIX("eni-1", "10.0.1.10", "10.0.1.16/28") NAMES("10.0.1.24/30"),
		  "10.0.1.10 10.0.1.16-10.0.1.23/28 10.0.1.24-10.0.1.27/28 "
		  "10.0.1.28-10.0.1.31/28" },
		/* An address of its own inside it, and another's. */
		{ NET PREFIX("eni-1", "10.0.1.16", "10.0.1.16/28"),
		  "10.0.1.16 10.0.1.17-10.0.1.31/28" },
		{ NET PREFIX("eni-1", "10.0.1.10", "10.0.1.16/28")
			  ENI("eni-2", "subnet-a", "10.0.1.20", "sg-1", ""),
		  "10.0.1.10 10.0.1.16-10.0.1.19/28 10.0.1.21-10.0.1.31/28" },
		/* Two interfaces say that they have it: the table of the VPC knows the last. */
		{ NET PREFIX("eni-1", "10.0.1.10", "10.0.1.16/28")
			  PREFIX("eni-2", "10.0.1.11", "10.0.1.16/28"),
		  "10.0.1.10" },
		/* A prefix inside a prefix. */
		{ NET ENI("eni-1", "subnet-a", "10.0.1.10", "sg-1",
			  ", 'Ipv4Prefixes': [{'Ipv4Prefix': '10.0.1.16/28'}, {'Ipv4Prefix': "
			  "'10.0.1.24/29'}]"),
		  "10.0.1.10 10.0.1.16-10.0.1.23/28 10.0.1.24-10.0.1.31/29" },
		{ NET ENI("eni-1", "subnet-a", "10.0.1.10", "sg-1",
			  ", 'Ipv6Prefixes': [{'Ipv6Prefix': '2001:db8:0:1:aa::/80'}]"),
		  "10.0.1.10 2001:db8:0:1:aa::-2001:db8:0:1:aa:ffff:ffff:ffff/80" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_ends(cases[i].estate, "eni-1", cases[i].expected);
}

TEST(any_address_of_a_prefix_is_of_the_kind_of_its_stretch)
{
	auto_world struct world *world = estate_open(
		NET PREFIX("eni-1", "10.0.1.10", "10.0.1.16/28")
			PREFIX("eni-2", "10.0.1.11", "10.0.1.32/28") NAMES("10.0.1.24/30"));
	struct kinds *kinds = kinds_new(world, NULL);
	struct end    foreign = { .eni_idx = estate_eni(world, "eni-1"),
				  .ip = estate_ip("10.0.1.32") };

	CHECK(kind_of(kinds, "10.0.1.17") == kind_of(kinds, "10.0.1.31"));
	CHECK(kind_of(kinds, "10.0.1.17") == kind_of(kinds, "10.0.1.40"));
	CHECK(kind_of(kinds, "10.0.1.17") == kind_of(kinds, "10.0.1.10"));
	CHECK(kind_of(kinds, "10.0.1.17") != kind_of(kinds, "10.0.1.25"));
	CHECK(kinds_find(kinds, &foreign) == WORLD_NONE);
	/* Three ends of the one with two of the other, both ways: none with itself. */
	CHECK(kinds_pairs(kinds, kind_of(kinds, "10.0.1.10"), kind_of(kinds, "10.0.1.10")) == 12);
	kinds_free(kinds);
}

TEST(ends_of_an_interface_whose_vpc_is_not_known_are_kinds_of_their_own)
{
	auto_world struct world *world = estate_open(
		NET FIRST
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-8', 'PrivateIpAddress': "
		"'10.0.1.10', 'Groups': []}, {'NetworkInterfaceId': 'eni-9', "
		"'PrivateIpAddress': '10.0.1.11', 'Groups': []}]}");
	struct kinds *kinds = kinds_new(world, NULL);
	struct end taken = { .eni_idx = estate_eni(world, "eni-8"), .ip = estate_ip("10.0.1.10") };
	struct end vacant = { .eni_idx = estate_eni(world, "eni-9"), .ip = estate_ip("10.0.1.11") };

	/* In vpc-1 the one address is another interface's, the other nobody's. */
	CHECK(kinds_find(kinds, &taken) != kinds_find(kinds, &vacant));
	kinds_free(kinds);
}

TEST(pairs_are_counted_between_ends_of_different_interfaces)
{
	auto_world struct world *world = estate_open(NET ENI(
		"eni-1", "subnet-a", "10.0.1.10", "sg-1",
		", 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.1.10', 'Primary': true}, "
		"{'PrivateIpAddress': '10.0.1.12', 'Primary': false}]")
							     ENI("eni-2", "subnet-a", "10.0.1.11",
								 "sg-1", ""));
	struct kinds		*kinds = kinds_new(world, NULL);
	struct end		 internet = { .eni_idx = WORLD_NONE, .ip = estate_ip("192.0.2.1") };
	uint32_t kind = kind_of(kinds, "10.0.1.10"), foreign = kinds_find(kinds, &internet);

	CHECK(kinds->items[kind].count == 3);
	CHECK(kinds_pairs(kinds, kind, kind) == 4); /* two addresses with one, both ways */
	CHECK(kinds_pairs(kinds, foreign, kind) == 3);
	CHECK(kinds_pairs(kinds, foreign, foreign) == 0);
	kinds_free(kinds);
}

TEST(addresses_of_a_family_are_counted_in_whatever_order_they_come)
{
	auto_world struct world *world = estate_open(
		NET ENI("eni-1", "subnet-a", "10.0.1.10", "sg-1",
			", 'PrivateIpAddresses': [{'PrivateIpAddress': '2001:db8:0:1::10'}, "
			"{'PrivateIpAddress': '10.0.1.12'}]"));
	struct kinds *kinds = kinds_new(world, NULL);
	uint32_t      kind = kind_of(kinds, "10.0.1.10");

	CHECK(kind_of(kinds, "10.0.1.12") == kind);
	CHECK(kinds_pairs(kinds, kind, kind) == 0);
	kinds_free(kinds);
}

enum { MANY_GROUPS = 20000, DOCUMENT_MAX = 1 << 22 };

static void add_interface(struct buf *out, unsigned number, unsigned last_group)
{
	buf_printf(out,
		   "%s{'NetworkInterfaceId': 'eni-%u', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-a', "
		   "'PrivateIpAddress': '10.0.1.1%u', 'Groups': [",
		   number ? ", " : "", number, number);
	for (unsigned i = 0; i < MANY_GROUPS; i++)
		buf_printf(out, "{'GroupId': 'sg-%u'}, ", i);
	buf_printf(out, "{'GroupId': 'sg-%u'}]}", last_group);
}

TEST(however_many_groups_there_are_the_last_of_them_counts)
{
	auto_buf struct buf document = buf_make(DOCUMENT_MAX);

	buf_add_text(&document, "{'NetworkInterfaces': [");
	add_interface(&document, 0, MANY_GROUPS);
	add_interface(&document, 1, MANY_GROUPS + 1);
	buf_add_text(&document, "]}");
	auto_world struct world *world = estate_open(document.data);
	struct kinds		*kinds = kinds_new(world, NULL);

	CHECK(kind_of(kinds, "10.0.1.10") != kind_of(kinds, "10.0.1.11"));
	kinds_free(kinds);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_that_nothing_tells_apart_are_one_kind),
		cmocka_unit_test(groups_in_another_order_are_the_same),
		cmocka_unit_test(foreign_addresses_are_of_the_internet_or_on_premises_or_nobodys),
		cmocka_unit_test(
			a_block_that_begins_with_many_addresses_of_interfaces_is_foreign_behind_them),
		cmocka_unit_test(a_rule_that_names_a_foreign_block_makes_it_a_kind_of_its_own),
		cmocka_unit_test(
			a_delegated_prefix_is_an_end_for_each_stretch_that_something_tells_apart),
		cmocka_unit_test(any_address_of_a_prefix_is_of_the_kind_of_its_stretch),
		cmocka_unit_test(
			ends_of_an_interface_whose_vpc_is_not_known_are_kinds_of_their_own),
		cmocka_unit_test(pairs_are_counted_between_ends_of_different_interfaces),
		cmocka_unit_test(addresses_of_a_family_are_counted_in_whatever_order_they_come),
		cmocka_unit_test(however_many_groups_there_are_the_last_of_them_counts),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
