/* SPDX-License-Identifier: Apache-2.0 */
/* What the internet can reach, held against what gets between each two kinds, on random estates. */
#include "simulator/reach/exposure.h"

#include <time.h>

#include "tests/unit/estate.h"

enum { ROUNDS = 60, RULES_MAX = 6, TEXT_SIZE = 1 << 15 };

static const char *const blocks[] = { "0.0.0.0/0",	"198.51.100.0/24", "203.0.113.64/26",
				      "203.0.113.0/24", "192.0.2.7/32",	   "0.0.0.0/1" };
static const char *const blocks6[] = { "::/0", "2001:db8:f::/48", "2600::/12" };
static const int	 ports[] = { 22, 80, 443, 1024, 8443, 65535 };

#define PICK(array) ((array)[(size_t)rand() % ARRAY_LEN(array)])

/* Two hosts in two subnets and one in the first, with public addresses and IPv6. */
#define NET                                                                                        \
	"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': 'vpc-1', " \
	"'State': 'available'}]}]} {'RouteTables': [{'RouteTableId': 'rtb-1', 'VpcId': 'vpc-1', "  \
	"'Associations': [{'Main': true}], 'Routes': [{'DestinationCidrBlock': '10.0.0.0/16', "    \
	"'GatewayId': 'local', 'State': 'active'}, {'DestinationCidrBlock': '0.0.0.0/0', "         \
	"'GatewayId': 'igw-1', 'State': 'active'}, {'DestinationIpv6CidrBlock': '::/0', "          \
	"'GatewayId': 'igw-1', 'State': 'active'}]}]}"

#define HOST(number, subnet, address, sg)                                                          \
	"{'NetworkInterfaceId': 'eni-" number "', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-" subnet   \
	"', 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0." address                            \
	"', 'Association': {'PublicIp': '198.18.0." number "'}}], 'Ipv6Addresses': "               \
	"[{'Ipv6Address': '2001:db8:0:1::" number "'}], 'Groups': [{'GroupId': 'sg-" sg "'}]}"

#define HOSTS                                                                                      \
	"{'NetworkInterfaces': [" HOST("1", "a", "1.1", "1") ", " HOST(                            \
		"2", "b", "2.2", "1") ", " HOST("3", "a", "1.3", "2") "]}"

static void add(char *text, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(char *text, const char *format, ...)
{
	size_t	len = strlen(text);
	va_list args;

	va_start(args, format);
	if (vsnprintf(text + len, TEXT_SIZE - len, format, args) >= (int)(TEXT_SIZE - len))
		abort();
	va_end(args);
}

static void add_permission(char *text)
{
	int from = PICK(ports), to = PICK(ports);

	add(text, "{'IpProtocol': '%s', 'FromPort': %d, 'ToPort': %d, ",
	    rand() % 4	 ? "tcp"
	    : rand() % 2 ? "udp"
			 : "-1",
	    from < to ? from : to, from < to ? to : from);
	if (rand() % 8 == 0)
		add(text, "'PrefixListIds': [{'PrefixListId': 'pl-none'}]}");
	else if (rand() % 2)
		add(text, "'IpRanges': [{'CidrIp': '%s'}]}", PICK(blocks));
	else
		add(text, "'Ipv6Ranges': [{'CidrIpv6': '%s'}]}", PICK(blocks6));
}

static void random_estate(char *text)
{
	text[0] = '\0';
	add(text, "%s%s%s{'SecurityGroups': [", ESTATE_NET, NET, HOSTS);
	for (int i = 1; i <= 2; i++) {
		int count = rand() % RULES_MAX;

		add(text,
		    "%s{'GroupId': 'sg-%d', 'VpcId': 'vpc-1', 'IpPermissionsEgress': [], "
		    "'IpPermissions': [",
		    i > 1 ? ", " : "", i);
		for (int j = 0; j < count; j++) {
			add(text, "%s", j ? ", " : "");
			add_permission(text);
		}
		add(text, "]}");
	}
	add(text,
	    "]} {'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': "
	    "true, 'Entries': [{'RuleNumber': 90, 'Egress': false, 'RuleAction': 'deny', "
	    "'Protocol': '6', 'PortRange': {'From': 80, 'To': %d}, 'CidrBlock': '%s'}, ",
	    80 + rand() % 500, PICK(blocks));
	for (int i = 0; i < 4; i++)
		add(text,
		    "%s{'RuleNumber': %d, 'Egress': %s, 'RuleAction': 'allow', 'Protocol': "
		    "'-1', '%s': '%s'}",
		    i ? ", " : "", 100 + i % 2, i < 2 ? "false" : "true",
		    i % 2 ? "Ipv6CidrBlock" : "CidrBlock", i % 2 ? "::/0" : "0.0.0.0/0");
	add(text, "]}]}");
}

static bool has_end(const struct exposure *exposure, const struct exposure_row *row,
		    const struct end *end)
{
	for (size_t i = 0; i < row->part_count; i++)
		for (size_t j = 0; j < row->parts[i].count; j++)
			if (exposure_end(exposure, &row->parts[i], j) == end)
				return true;
	return false;
}

static bool has_source(const struct exposure *exposure, const struct exposure_row *row,
		       struct ip ip)
{
	const struct addresses *sources = &exposure->sources[row->sources];

	for (size_t i = 0; i < sources->count; i++)
		if (cidr_has(sources->cidrs[i], ip))
			return true;
	return false;
}

/* The set that the rows show for a source and an end; no packet may be in two of them. */
static uint32_t shown(const struct exposure *exposure, struct ip src, const struct end *end)
{
	struct packet_sets *sets = reach_sets(exposure->reach);
	uint32_t	    set = PACKET_SET_DENY;

	for (size_t i = 0; i < exposure->count; i++) {
		const struct exposure_row *row = &exposure->rows[i];

		if (!has_end(exposure, row, end) || !has_source(exposure, row, src))
			continue;
		CHECK(packet_sets_both(sets, set, row->set) == PACKET_SET_DENY);
		set = packet_sets_either(sets, set, packet_sets_both(sets, row->set, row->verdict));
	}
	return set;
}

static void compare(const char *text, struct reach *reach, const struct exposure *exposure)
{
	const struct kinds *kinds = reach_kinds(reach);

	for (uint32_t i = 0; i < kinds->eni_ends[kinds->world->counts[WORLD_ENI]]; i++)
		for (uint32_t src = 0; src < kinds->count; src++) {
			struct ip ip = kinds->items[src].ends[0].ip;

			if (kinds->items[src].scope != KIND_INTERNET ||
			    ip.family != kinds->ends[i].ip.family)
				continue;
			if (shown(exposure, ip, &kinds->ends[i]) !=
			    reach_between(reach, src, kinds->end_kinds[i]))
				fail_msg("end %u and kind %u of\n%s", i, src, text);
		}
}

/* What the internet gets to an interface over IPv4. */
static uint32_t over_ipv4(struct reach *reach, uint32_t eni_idx)
{
	const struct kinds *kinds = reach_kinds(reach);
	uint32_t	    set = PACKET_SET_DENY;

	for (uint32_t i = kinds->eni_ends[eni_idx]; i < kinds->eni_ends[eni_idx + 1]; i++)
		for (uint32_t src = 0; src < kinds->count; src++)
			if (kinds->items[src].scope == KIND_INTERNET &&
			    kinds->items[src].family == IP_V4 && kinds->ends[i].ip.family == IP_V4)
				set = packet_sets_either(
					reach_sets(reach), set,
					reach_between(reach, src, kinds->end_kinds[i]));
	return set;
}

/* A line says of all its TCP and UDP ports that IPv4 refuses them, or of none. */
static void check_ipv6_only(const char *text, struct reach *reach, const struct exposure *exposure,
			    const struct exposure_row *row, const struct exposure_part *part)
{
	static const struct ports tcp = { .protocol = PROTO_TCP }, udp = { .protocol = PROTO_UDP };
	struct packet_sets	 *sets = reach_sets(reach);

	for (size_t i = 0; i < part->count; i++) {
		uint32_t both = packet_sets_either(sets, packet_sets_ports(sets, &tcp),
						   packet_sets_ports(sets, &udp));
		uint32_t open = over_ipv4(reach, exposure_end(exposure, part, i)->eni_idx);
		uint32_t set = packet_sets_both(sets, row->set, both), wrong;

		wrong = row->is_ipv6_only ? open : packet_sets_not(sets, open);
		wrong = packet_sets_both(sets, set, wrong);
		if (row->is_ipv6_only ? wrong != PACKET_SET_DENY
				      : packet_sets_best(sets, wrong) == VERDICT_ALLOW)
			fail_msg("%s", text);
	}
}

static void check_families(const char *text, struct reach *reach, const struct exposure *exposure)
{
	for (size_t i = 0; i < exposure->count; i++) {
		const struct exposure_row *row = &exposure->rows[i];

		CHECK(row->family == IP_V6 || !row->is_ipv6_only);
		for (size_t j = 0; row->family == IP_V6 && j < row->part_count; j++)
			check_ipv6_only(text, reach, exposure, row, &row->parts[j]);
	}
}

TEST(rows_show_each_packet_that_gets_in_once_and_no_other_and_whether_ipv4_refuses_it)
{
	static char text[TEXT_SIZE];
	unsigned    seed = (unsigned)time(NULL);
	size_t	    rows = 0;

	print_message("# seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		const struct reach_options options = {
			.client_ports = path_default_client_ports()
		};
		struct exposure exposure;
		struct world   *world;
		struct reach   *reach;

		random_estate(text);
		world = estate_open(text);
		reach = reach_new(world, &options);
		exposure_find(&(struct exposure_question){ .reach = reach }, &exposure);
		compare(text, reach, &exposure);
		check_families(text, reach, &exposure);
		rows += exposure.count;
		exposure_done(&exposure);
		reach_free(reach);
		world_free(world);
	}
	CHECK(rows > ROUNDS);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			rows_show_each_packet_that_gets_in_once_and_no_other_and_whether_ipv4_refuses_it),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
