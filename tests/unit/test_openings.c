/* SPDX-License-Identifier: Apache-2.0 */
/* The set of open ports against the walk of single packets, on random estates. */
#include "tests/unit/unit.h"

#include <time.h>

#include "simulator/openings.h"
#include "tests/unit/estate.h"

enum { ROUNDS = 150, PACKETS = 150, RULES_MAX = 5, TEXT_SIZE = 1 << 15 };

static const char *const protocols[] = { "6", "6", "6", "17", "1", "1", "50", "-1" };
static const char *const cidrs[] = { "0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.10/32",
				     "192.0.2.0/24" };
static const int	 ports[] = { 0, 1, 22, 80, 443, 1023, 1024, 5432, 40000, 65535 };
static const int	 types[] = { 0, 3, 5, 8, 11, 255 };
static const int	 codes[] = { 0, 1, 4, 255 };

#define PICK(array) ((array)[(size_t)rand() % ARRAY_LEN(array)])

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

/* The two numbers that a rule of this protocol has: ports in order, or type and code. */
static void pick_range(const char *protocol, int *from, int *to)
{
	*from = PICK(ports);
	*to = PICK(ports);
	if (*to < *from) {
		int swap = *to;

		*to = *from;
		*from = swap;
	}
	if (strcmp(protocol, "1") != 0)
		return;
	*from = rand() % 3 ? PICK(types) : -1;
	*to = *from >= 0 && rand() % 2 ? PICK(codes) : -1;
}

static void add_permissions(char *text)
{
	int count = rand() % RULES_MAX;

	for (int i = 0; i < count; i++) {
		const char *protocol = PICK(protocols);
		int	    from, to;

		pick_range(protocol, &from, &to);
		add(text, "%s{'IpProtocol': '%s', 'FromPort': %d, 'ToPort': %d, ", i ? ", " : "",
		    protocol, from, to);
		if (rand() % 3 == 0)
			add(text, "'UserIdGroupPairs': [{'GroupId': 'sg-%d'}]}", 1 + rand() % 3);
		else if (rand() % 8 == 0)
			add(text, "'PrefixListIds': [{'PrefixListId': 'pl-none'}]}");
		else
			add(text, "'IpRanges': [{'CidrIp': '%s'}]}", PICK(cidrs));
	}
}

static void add_groups(char *text)
{
	add(text, "{'SecurityGroups': [");
	for (int i = 1; i <= 3; i++) {
		add(text, "%s{'GroupId': 'sg-%d', 'IpPermissions': [", i > 1 ? ", " : "", i);
		add_permissions(text);
		add(text, "], 'IpPermissionsEgress': [");
		if (rand() % 2)
			add(text, "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}");
		else
			add_permissions(text);
		add(text, "]}");
	}
	add(text, "]}");
}

static void add_entries(char *text)
{
	for (int egress = 0; egress < 2; egress++) {
		int count = rand() % RULES_MAX;

		for (int i = 0; i < count; i++) {
			const char *protocol = PICK(protocols);
			int	    from, to;

			pick_range(protocol, &from, &to);
			add(text,
			    "{'RuleNumber': %d, 'Egress': %s, 'RuleAction': '%s', 'Protocol': "
			    "'%s', 'CidrBlock': '%s', '%s': {'%s': %d, '%s': %d}}, ",
			    10 + i, egress ? "true" : "false", rand() % 3 ? "allow" : "deny",
			    protocol, PICK(cidrs),
			    strcmp(protocol, "1") == 0 ? "IcmpTypeCode" : "PortRange",
			    strcmp(protocol, "1") == 0 ? "Type" : "From", from,
			    strcmp(protocol, "1") == 0 ? "Code" : "To", to);
		}
		add(text,
		    "{'RuleNumber': 100, 'Egress': %s, 'RuleAction': '%s', 'Protocol': '-1', "
		    "'CidrBlock': '0.0.0.0/0'}%s",
		    egress ? "true" : "false", rand() % 3 ? "allow" : "deny", egress ? "" : ", ");
	}
}

static void random_estate(char *text)
{
	text[0] = '\0';
	add(text, "%s%s%s", ESTATE_NET, ESTATE_ENIS, ESTATE_RTB);
	add_groups(text);
	add(text, "{'NetworkAcls': [");
	for (int i = 0; i < 2; i++) {
		add(text,
		    "%s{'NetworkAclId': 'acl-%d', 'VpcId': 'vpc-1', 'Associations': "
		    "[{'SubnetId': 'subnet-%c'}], 'Entries': [",
		    i ? ", " : "", i, "ab"[i]);
		add_entries(text);
		add(text, "]}");
	}
	add(text, "]}");
}

static const struct opening *find(const struct openings *openings, int16_t protocol, int at,
				  int code)
{
	const struct opening *found = NULL;

	for (size_t i = 0; i < openings->count; i++) {
		const struct opening *item = &openings->items[i];

		if (item->protocol != protocol || at < item->min || at > item->max)
			continue;
		if (proto_is_icmp(protocol) && item->icmp_code >= 0 &&
		    (code < item->icmp_code || code > item->icmp_code_max))
			continue;
		if (found)
			fail_msg("protocol %d, %d is in two openings", protocol, at);
		found = item;
	}
	return found;
}

static struct packet random_packet(void)
{
	static const int protocol_numbers[] = { PROTO_TCP,  PROTO_TCP, PROTO_UDP,
						PROTO_ICMP, PROTO_ESP, PROTO_GRE };
	int		 protocol = PICK(protocol_numbers);
	int		 near = PICK(ports) + rand() % 3 - 1;
	int		 port = rand() % 2 ? rand() % 65536 : near & 0xffff;
	int		 type = rand() % 2 ? PICK(types) : rand() % 256;

	return estate_packet(protocol, "10.0.1.10", "10.0.2.10",
			     protocol == PROTO_ICMP ? type : port,
			     rand() % 2 ? PICK(codes) : rand() % 256);
}

/* Whether a rule names ESP: otherwise it fares like all protocols that no rule names. */
static bool names_esp(const char *estate)
{
	return strstr(estate, "'50'") != NULL;
}

static void compare(const char *estate, const struct world *world, const struct openings *openings,
		    struct question question)
{
	const struct packet  *packet = &question.packet;
	const struct opening *opening;
	struct path	      path;
	enum verdict	      listed;

	path_walk(world, &question, &path);
	opening = find(openings, packet->protocol,
		       packet->protocol == PROTO_ICMP ? packet->icmp_type : packet->dst_port,
		       packet->icmp_code);
	if (!opening && !proto_has_ports(packet->protocol) && !proto_is_icmp(packet->protocol) &&
	    (packet->protocol != PROTO_ESP || !names_esp(estate)))
		opening = find(openings, PROTO_ANY, 0, 0);
	listed = opening ? opening->verdict : VERDICT_DENY;
	if (listed == path.verdict)
		return;
	/* A rule that only the third group has is in the text, but on neither interface. */
	if (packet->protocol == PROTO_ESP && !opening && find(openings, PROTO_ANY, 0, 0) &&
	    find(openings, PROTO_ANY, 0, 0)->verdict == path.verdict)
		return;
	fail_msg("protocol %d port %u type %d code %d is %s, listed as %s in\n%s", packet->protocol,
		 packet->dst_port, packet->icmp_type, packet->icmp_code, verdict_text(path.verdict),
		 verdict_text(listed), estate);
}

TEST(every_packet_fares_as_the_opening_it_is_in_and_outside_of_them_nothing_passes)
{
	static char text[TEXT_SIZE];
	unsigned    seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct question question = { .packet = estate_tcp("10.0.1.10", "10.0.2.10", 0),
					     .client_ports = path_default_client_ports() };
		struct openings openings;
		struct world   *world;

		random_estate(text);
		world = estate_open(text);
		question.src = (struct end){ .eni_idx = estate_eni(world, "eni-1"),
					     .ip = question.packet.src };
		question.dst = (struct end){ .eni_idx = estate_eni(world, "eni-2"),
					     .ip = question.packet.dst };
		openings_find(world, &question, &openings);
		for (int i = 0; i < PACKETS; i++) {
			question.packet = random_packet();
			compare(text, world, &openings, question);
		}
		openings_done(&openings);
		world_free(world);
	}
}

static void find_between(const struct world *world, const char *src, const char *dst,
			 struct openings *out)
{
	struct question question = { .packet = estate_tcp(src, dst, 0),
				     .client_ports = path_default_client_ports() };

	question.src = (struct end){ .eni_idx = world_eni_in_vpc(world, 0, estate_ip(src)),
				     .ip = estate_ip(src) };
	question.dst = (struct end){ .eni_idx = world_eni_in_vpc(world, 0, estate_ip(dst)),
				     .ip = estate_ip(dst) };
	openings_find(world, &question, out);
}

TEST(everything_open_is_one_opening_a_protocol)
{
	auto_world struct world	     *world = estate_open(ESTATE_SHOP);
	auto_openings struct openings openings = { 0 };

	find_between(world, "10.0.1.10", "10.0.2.10", &openings);
	CHECK(openings.verdict == VERDICT_ALLOW && openings.count == 4);
	CHECK(openings.items[0].protocol == PROTO_TCP && openings.items[0].max == 65535);
	CHECK(openings.items[1].protocol == PROTO_UDP && openings.items[1].max == 65535);
	CHECK(openings.items[2].protocol == PROTO_ICMP && openings.items[2].icmp_code == -1);
	CHECK(openings.items[3].protocol == PROTO_ANY);
}

TEST(between_ipv6_addresses_icmpv6_takes_the_place_of_icmp)
{
	auto_world struct world	     *world = estate_open(ESTATE_SHOP);
	auto_openings struct openings openings = { 0 };

	find_between(world, "2001:db8:0:1::10", "2001:db8:0:2::10", &openings);
	CHECK(openings.verdict == VERDICT_ALLOW && openings.count == 4);
	CHECK(openings.items[2].protocol == PROTO_ICMPV6);
}

TEST(an_opening_names_the_rule_that_opens_it)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_OPEN_NACL ESTATE_RTB
		"{'SecurityGroups': [{'GroupId': 'sg-2', 'IpPermissions': [{'IpProtocol': 'tcp', "
		"'FromPort': 80, 'ToPort': 81, 'IpRanges': [{'CidrIp': '10.0.0.0/16', "
		"'Description': 'web'}]}, {'IpProtocol': 'tcp', 'FromPort': 82, 'ToPort': 82, "
		"'IpRanges': [{'CidrIp': '10.0.1.0/24', 'Description': 'admin'}]}]}]}");
	auto_openings struct openings openings = { 0 };

	find_between(world, "10.0.1.10", "10.0.2.10", &openings);
	CHECK(openings.count == 2);
	CHECK(openings.items[0].min == 80 && openings.items[0].max == 81);
	CHECK_STR(openings.items[0].rule->description, "web");
	CHECK(openings.items[1].min == 82 && openings.items[1].max == 82);
	CHECK_STR(openings.items[1].rule->description, "admin");
}

TEST(ends_that_cannot_reach_each_other_have_no_openings)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL ESTATE_RTB
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [], "
		"'IpPermissionsEgress': []}, {'GroupId': 'sg-2', 'IpPermissions': [], "
		"'IpPermissionsEgress': []}]}");
	auto_openings struct openings openings = { 0 };

	find_between(world, "10.0.1.10", "10.0.2.10", &openings);
	CHECK(openings.verdict == VERDICT_DENY && openings.count == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_packet_fares_as_the_opening_it_is_in_and_outside_of_them_nothing_passes),
		cmocka_unit_test(everything_open_is_one_opening_a_protocol),
		cmocka_unit_test(between_ipv6_addresses_icmpv6_takes_the_place_of_icmp),
		cmocka_unit_test(an_opening_names_the_rule_that_opens_it),
		cmocka_unit_test(ends_that_cannot_reach_each_other_have_no_openings),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
