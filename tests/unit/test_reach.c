/* SPDX-License-Identifier: Apache-2.0 */
/* What gets from one end to another, all packets at once; tests/differential/random_reach has the estates. */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "simulator/reach/packet_words.h"
#include "simulator/reach/reach.h"
#include "tests/unit/paths.h"

enum { TEXT_MAX = 4096 };

#define RULE(protocol, from, to, cidr)                                                             \
	"{'IpProtocol': '" protocol "', 'FromPort': " from ", 'ToPort': " to                       \
	", 'IpRanges': [{'CidrIp': '" cidr "'}]}"
#define ALL(cidr) RULE("-1", "-1", "-1", cidr)
#define SG(id, in, out)                                                                            \
	"{'SecurityGroups': [{'GroupId': '" id "', 'GroupName': '" id "', 'VpcId': 'vpc-1', "      \
	"'IpPermissions': [" in "], 'IpPermissionsEgress': [" out "]}]}"
#define ENTRY(number, egress, action, protocol, more)                                              \
	"{'RuleNumber': " number ", 'Egress': " egress ", 'RuleAction': '" action                  \
	"', 'Protocol': '" protocol "', 'CidrBlock': '0.0.0.0/0'" more "}"
#define NACL(entries)                                                                              \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': [" entries "]}]}"
#define OUT ENTRY("100", "true", "allow", "-1", "")
#define IN  ENTRY("100", "false", "allow", "-1", "")
/* eni-1 10.0.1.10 in subnet-a, eni-2 10.0.2.10 in subnet-b. */
#define ESTATE(sg_1, sg_2, nacl) ESTATE_NET ESTATE_ENIS ESTATE_RTB sg_1 sg_2 nacl

struct case_ {
	const char *estate;
	const char *allowed, *undecided; /* of 10.0.1.10 -> 10.0.2.10 */
};

static void check(const struct case_ *expected, size_t number)
{
	auto_world struct world *world = estate_open(expected->estate);
	struct reach_options	 options = { .client_ports = path_default_client_ports() };
	auto_reach struct reach *reach = reach_new(world, &options);
	struct end	    src = path_end(world, "10.0.1.10"), dst = path_end(world, "10.0.2.10");
	auto_buf struct buf allowed = buf_make(TEXT_MAX), undecided = buf_make(TEXT_MAX);
	uint32_t	    set = reach_between(reach, kinds_find(reach_kinds(reach), &src),
						kinds_find(reach_kinds(reach), &dst));

	packet_words(reach_sets(reach), set, VERDICT_ALLOW, &allowed);
	packet_words(reach_sets(reach), set, VERDICT_UNKNOWN, &undecided);
	if (strcmp(allowed.data, expected->allowed) != 0 ||
	    strcmp(undecided.data, expected->undecided) != 0)
		fail_msg("case %zu: '%s' and '%s' undecided", number, allowed.data, undecided.data);
}

static void check_all(const struct case_ *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(&cases[i], i);
}

TEST(a_packet_has_to_pass_both_ends_groups)
{
	static const struct case_ cases[] = {
		{ ESTATE(SG("sg-1", "", ALL("0.0.0.0/0")),
			 SG("sg-2", RULE("tcp", "22", "80", "10.0.1.0/24"), ""), NACL(IN ", " OUT)),
		  "tcp/22-80", "" },
		{ ESTATE(SG("sg-1", "", RULE("tcp", "80", "443", "0.0.0.0/0")),
			 SG("sg-2", RULE("tcp", "22", "80", "10.0.1.0/24"), ""), NACL(IN ", " OUT)),
		  "tcp/80", "" },
		{ ESTATE(SG("sg-1", "", ALL("0.0.0.0/0")),
			 SG("sg-2", RULE("tcp", "22", "22", "10.0.9.0/24"), ""), NACL(IN ", " OUT)),
		  "", "" },
	};

	check_all(cases, ARRAY_LEN(cases));
}

#define OPEN_1		SG("sg-1", "", ALL("0.0.0.0/0"))
#define OPEN_2		SG("sg-2", ALL("0.0.0.0/0"), "")
#define PORTS(from, to) ", 'PortRange': {'From': " from ", 'To': " to "}"

TEST(replies_to_tcp_need_the_acls_for_every_client_port_and_udp_needs_none)
{
	static const struct case_ cases[] = {
		/* No reply gets back: all but TCP arrives. */
		{ ESTATE(OPEN_1, OPEN_2,
			 NACL(ENTRY("100", "false", "allow", "-1", "") ", " ENTRY(
				 "90", "false", "deny", "6", PORTS("1024", "65535")) ", " OUT)),
		  "all but tcp", "" },
		/* Some of the ports that Linux uses get back. */
		{ ESTATE(OPEN_1, OPEN_2,
			 NACL(IN ", " ENTRY("90", "false", "deny", "6",
					    PORTS("40000", "65535")) ", " OUT)),
		  "all but tcp", "tcp/0-39999" },
	};

	check_all(cases, ARRAY_LEN(cases));
}

#define ICMP(type, code) ", 'IcmpTypeCode': {'Type': " type ", 'Code': " code "}"

TEST(an_echo_needs_its_reply_with_the_same_code)
{
	static const struct case_ cases[] = {
		{ ESTATE(OPEN_1, SG("sg-2", RULE("icmp", "8", "-1", "0.0.0.0/0"), ""),
			 NACL(IN ", " OUT)),
		  "icmp/8", "" },
		{ ESTATE(OPEN_1, SG("sg-2", RULE("icmp", "8", "-1", "0.0.0.0/0"), ""),
			 NACL(IN ", " OUT ", " ENTRY("90", "true", "deny", "1", ICMP("0", "3")))),
		  "icmp/8/0-2,8/4-255", "" },
		{ ESTATE(OPEN_1, SG("sg-2", RULE("icmp", "3", "4", "0.0.0.0/0"), ""),
			 NACL(IN ", " OUT ", " ENTRY("90", "true", "deny", "1", ICMP("0", "-1")))),
		  "icmp/3/4", "" },
	};

	check_all(cases, ARRAY_LEN(cases));
}

TEST(what_the_snapshot_does_not_tell_is_undecided_where_nothing_else_denies)
{
	static const struct case_ cases[] = {
		/* No ACL in the snapshot. */
		{ ESTATE(OPEN_1, SG("sg-2", RULE("tcp", "22", "22", "10.0.1.0/24"), ""), ""), "",
		  "tcp/22" },
		/* The receiver's group is not in it. */
		{ ESTATE(SG("sg-1", "", RULE("udp", "53", "53", "0.0.0.0/0")), "",
			 NACL(IN ", " OUT)),
		  "", "udp/53" },
	};

	check_all(cases, ARRAY_LEN(cases));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_has_to_pass_both_ends_groups),
		cmocka_unit_test(
			replies_to_tcp_need_the_acls_for_every_client_port_and_udp_needs_none),
		cmocka_unit_test(an_echo_needs_its_reply_with_the_same_code),
		cmocka_unit_test(
			what_the_snapshot_does_not_tell_is_undecided_where_nothing_else_denies),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
