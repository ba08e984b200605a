/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign kinds as blocks: what a rule says of addresses comes back as it was said. */
#include "simulator/reach/addresses.h"
#include "tests/unit/estate.h"

enum { TEXT_MAX = 4096, CIDRS_MAX = 8 };

/* The VPC's blocks are 10.0.0.0/16 and 2001:db8:20::/56; the group's rules draw the boundaries. */
static const char estate[] =
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16', 'CidrBlockAssociationSet': "
	"[{'CidrBlock': '10.0.0.0/16', 'CidrBlockState': {'State': 'associated'}}], "
	"'Ipv6CidrBlockAssociationSet': [{'Ipv6CidrBlock': '2001:db8:20::/56', "
	"'Ipv6CidrBlockState': {'State': 'associated'}}]}]}"
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24'}]}"
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': "
	"'subnet-a', 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.1.10', 'Association': "
	"{'PublicIp': '203.0.113.20'}}], 'Groups': [{'GroupId': 'sg-1'}]}]}"
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'VpcId': 'vpc-1', 'IpPermissions': "
	"[{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': ["
	"{'CidrIp': '203.0.113.0/24'}, {'CidrIp': '198.51.100.0/25'}, {'CidrIp': "
	"'198.51.100.128/25'}, {'CidrIp': '192.0.2.7/32'}, {'CidrIp': '0.0.0.0/1'}, {'CidrIp': "
	"'10.0.0.0/8'}, {'CidrIp': '192.168.4.0/22'}, {'CidrIp': '192.0.0.0/3'}], "
	"'Ipv6Ranges': [{'CidrIpv6': '2001:db8:100::/40'}, {'CidrIpv6': '2600::/64'}, "
	"{'CidrIpv6': '2600:0:0:1::/64'}, {'CidrIpv6': '2000::/3'}, {'CidrIpv6': '2a00::5/128'}, "
	"{'CidrIpv6': 'fd12::/16'}]}], 'IpPermissionsEgress': []}]}";

struct addresses_case {
	const char     *about;
	enum kind_scope scope;
	uint8_t		family;
	bool		inverted;	  /* all of the scope but these */
	const char     *cidrs[CIDRS_MAX]; /* what the kinds are in */
	const char     *words, *list, *size;
};

static const struct addresses_case cases[] = {
	{ "everybody over IPv4",
	  KIND_INTERNET,
	  IP_V4,
	  true,
	  { NULL },
	  "internet",
	  "0.0.0.0/0",
	  NULL },
	{ "everybody over IPv6", KIND_INTERNET, IP_V6, true, { NULL }, "internet", "::/0", NULL },
	{ "a block that an interface's public address is in",
	  KIND_INTERNET,
	  IP_V4,
	  false,
	  { "203.0.113.0/24" },
	  "203.0.113.0/24",
	  NULL,
	  "256" },
	{ "two blocks side by side",
	  KIND_INTERNET,
	  IP_V4,
	  false,
	  { "198.51.100.0/24" },
	  "198.51.100.0/24",
	  NULL,
	  "256" },
	{ "an address and a block",
	  KIND_INTERNET,
	  IP_V4,
	  false,
	  { "192.0.2.7/32", "203.0.113.0/24" },
	  "192.0.2.7/32 203.0.113.0/24",
	  NULL,
	  "257" },
	{ "half of all, whatever private blocks are in it",
	  KIND_INTERNET,
	  IP_V4,
	  false,
	  { "0.0.0.0/1" },
	  "0.0.0.0/1",
	  NULL,
	  NULL },
	{ "up to the multicast addresses, and not to the end",
	  KIND_INTERNET,
	  IP_V4,
	  false,
	  { "192.0.0.0/3" },
	  "192.0.0.0/3",
	  NULL,
	  NULL },
	{ "all but a half",
	  KIND_INTERNET,
	  IP_V4,
	  true,
	  { "0.0.0.0/1" },
	  "128.0.0.0/1",
	  NULL,
	  NULL },
	{ "a subnetwork of another organisation",
	  KIND_INTERNET,
	  IP_V6,
	  false,
	  { "2001:db8:100::/40" },
	  "2001:db8:100::/40",
	  NULL,
	  "256 /48s" },
	{ "two neighbours",
	  KIND_INTERNET,
	  IP_V6,
	  false,
	  { "2600::/64", "2600:0:0:1::/64" },
	  "2600::/63",
	  NULL,
	  "2 /64s" },
	{ "one address and a neighbourhood",
	  KIND_INTERNET,
	  IP_V6,
	  false,
	  { "2a00::5/128", "2600::/64" },
	  "2600::/64 2a00::5/128",
	  NULL,
	  "1+ /64s" },
	{ "one address", KIND_INTERNET, IP_V6, false, { "2a00::5/128" }, "2a00::5/128", NULL, "1" },
	{ "private addresses around a VPC's own",
	  KIND_ON_PREMISES,
	  IP_V4,
	  false,
	  { "10.0.0.0/8" },
	  "10.0.0.0/8",
	  NULL,
	  "16,711,680" },
	{ "another site",
	  KIND_ON_PREMISES,
	  IP_V4,
	  false,
	  { "192.168.4.0/22" },
	  "192.168.4.0/22",
	  NULL,
	  "1,024" },
	{ "all sites but one",
	  KIND_ON_PREMISES,
	  IP_V4,
	  true,
	  { "192.168.4.0/22" },
	  "on-premises but 192.168.4.0/22",
	  "10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 "
	  "192.168.0.0/22 192.168.8.0/21 192.168.16.0/20 192.168.32.0/19 192.168.64.0/18 "
	  "192.168.128.0/17",
	  NULL },
	{ "unique local addresses",
	  KIND_ON_PREMISES,
	  IP_V6,
	  false,
	  { "fd12::/16" },
	  "fd12::/16",
	  NULL,
	  "4,294,967,296 /48s" },
};

static bool is_in(const struct addresses_case *c, struct ip ip)
{
	for (size_t i = 0; i < CIDRS_MAX && c->cidrs[i]; i++) {
		struct cidr cidr;
		struct err  err;

		if (cidr_parse(str_of(c->cidrs[i]), &cidr, &err) < 0)
			fail_msg("%s", err.text);
		if (cidr_has(cidr, ip))
			return true;
	}
	return false;
}

static struct addresses pick(const struct kinds *kinds, const struct addresses_case *c)
{
	uint32_t *picked = calloc(kinds->count, sizeof(*picked));
	size_t	  count = 0;

	for (uint32_t i = 0; i < kinds->count; i++) {
		const struct kind *kind = &kinds->items[i];

		if (kind->scope == c->scope && kind->family == c->family &&
		    is_in(c, kind->ends[0].ip) != c->inverted)
			picked[count++] = i;
	}
	if (count == 0)
		fail_msg("%s: there is no such kind", c->about);

	struct addresses addresses = addresses_of(kinds, picked, count);

	free(picked);
	return addresses;
}

static void check(const struct addresses *addresses, const struct addresses_case *c)
{
	auto_buf struct buf words = buf_make(TEXT_MAX);
	auto_buf struct buf list = buf_make(TEXT_MAX);
	auto_buf struct buf size = buf_make(TEXT_MAX);
	char		    text[CIDR_TEXT_SIZE];

	addresses_words(addresses, 4, &words);
	for (size_t i = 0; i < addresses->count; i++) {
		cidr_print(addresses->cidrs[i], text);
		buf_printf(&list, "%s%s", i ? " " : "", text);
	}
	addresses_size_words(addresses, &size);
	print_message("# %s\n", c->about);
	CHECK_STR(buf_str(&words), c->words);
	CHECK_STR(buf_str(&list), c->list ? c->list : c->words);
	if (c->size)
		CHECK_STR(buf_str(&size), c->size);
}

TEST(what_rules_say_of_addresses_comes_back_as_it_was_said)
{
	struct world *world = estate_open(estate);
	struct kinds *kinds = kinds_new(world, NULL);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct addresses addresses = pick(kinds, &cases[i]);

		check(&addresses, &cases[i]);
		addresses_done(&addresses);
	}
	kinds_free(kinds);
	world_free(world);
}

TEST(all_but_a_few_is_told_by_the_few)
{
	const struct addresses_case c = {
		.scope = KIND_INTERNET,
		.family = IP_V4,
		.inverted = true,
		.cidrs = { "203.0.113.0/24", "192.0.2.7/32" },
	};
	struct world	   *world = estate_open(estate);
	struct kinds	   *kinds = kinds_new(world, NULL);
	struct addresses    addresses = pick(kinds, &c);
	auto_buf struct buf words = buf_make(TEXT_MAX);

	addresses_words(&addresses, 4, &words);
	CHECK_STR(buf_str(&words), "internet but 192.0.2.7/32 203.0.113.0/24");
	buf_clear(&words);
	addresses_words(&addresses, 1, &words);
	CHECK_STR(buf_str(&words), "internet but 192.0.2.7/32 … and 1 more");
	/* No address of the list is one of the few, and each other one of the internet is in it. */
	for (uint32_t i = 0; i < kinds->stretch_count; i++) {
		const struct stretch *stretch = &kinds->stretches[i];
		size_t		      found = 0;

		if (stretch->first.family != IP_V4 ||
		    kinds->items[stretch->kind].scope != KIND_INTERNET)
			continue;
		for (size_t j = 0; j < addresses.count; j++)
			found += cidr_has(addresses.cidrs[j], stretch->first);
		CHECK(found == !is_in(&c, stretch->first));
	}
	addresses_done(&addresses);
	kinds_free(kinds);
	world_free(world);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_rules_say_of_addresses_comes_back_as_it_was_said),
		cmocka_unit_test(all_but_a_few_is_told_by_the_few),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
