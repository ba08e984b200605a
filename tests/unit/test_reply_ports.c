/* SPDX-License-Identifier: Apache-2.0 */
/* To which client ports replies get back through the two ACLs. */
#include "tests/unit/unit.h"

#include "simulator/path.h"
#include "tests/unit/estate.h"

#define RULE(number, egress, action, from, to)                                                     \
	"{'RuleNumber': " number ", 'Egress': " egress ", 'RuleAction': '" action                  \
	"', 'Protocol': '6', 'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': " from ", 'To': " to  \
	"}}"
#define TO_443                                                                                     \
	RULE("1", "true", "allow", "443", "443") ", " RULE("1", "false", "allow", "443", "443")
#define BACK(from, to)                                                                             \
	RULE("9", "true", "allow", from, to) ", " RULE("9", "false", "allow", from, to)

/* The walk to tcp/443 with an ACL of these entries on both subnets; a client with these ports. */
static void walk(const char *entries, int min, int max, struct path *out)
{
	char		text[16384];
	struct world   *world;
	struct question question = { .packet = estate_tcp("10.0.1.10", "10.0.2.10", 443),
				     .client_ports = { (uint16_t)min, (uint16_t)max } };

	snprintf(text, sizeof(text),
		 ESTATE_NET ESTATE_ENIS ESTATE_OPEN_SGS ESTATE_RTB
		 "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
		 "'Entries': [%s]}]}",
		 entries);
	world = estate_open(text);
	question.src = (struct end){ .eni_idx = estate_eni(world, "eni-1"),
				     .ip = question.packet.src };
	question.dst = (struct end){ .eni_idx = estate_eni(world, "eni-2"),
				     .ip = question.packet.dst };
	path_walk(world, &question, out);
	world_free(world);
}

static void check(const char *entries, const char *ranges, enum verdict verdict)
{
	struct path path;
	char	    text[1024] = "";

	walk(entries, 32768, 60999, &path);
	for (size_t i = 0; i < path.reply_port_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u-%u", i ? " " : "",
			 path.reply_ports[i].min, path.reply_ports[i].max);
	CHECK_TEXT(text, ranges);
	CHECK_VERDICT(path.verdict, verdict, entries);
}

TEST(all_client_ports_none_or_some_make_reachable_unreachable_undecided)
{
	check(TO_443 ", " BACK("1024", "65535"), "1024-65535", VERDICT_ALLOW);
	check(TO_443 ", " BACK("32768", "60999"), "32768-60999", VERDICT_ALLOW);
	check(TO_443, "", VERDICT_DENY);
	check(TO_443 ", " BACK("1024", "32767"), "1024-32767", VERDICT_DENY);
	check(TO_443 ", " BACK("1024", "50000"), "1024-50000", VERDICT_UNKNOWN);
	check(TO_443 ", " BACK("32769", "65535"), "32769-65535", VERDICT_UNKNOWN);
}

TEST(both_acls_must_let_the_reply_through)
{
	check(TO_443 ", " RULE("9", "true", "allow", "1024",
			       "65535") ", " RULE("9", "false", "allow", "40000", "65535"),
	      "40000-65535", VERDICT_UNKNOWN);
	check(TO_443 ", " RULE("9", "true", "allow", "1024", "65535"), "", VERDICT_DENY);
}

TEST(a_deny_inside_the_range_splits_it)
{
	check(TO_443 ", " RULE("5", "true", "deny", "40000", "40009") ", " BACK("1024", "65535"),
	      "1024-39999 40010-65535", VERDICT_UNKNOWN);
	check(TO_443 ", " RULE("5", "true", "deny", "2000", "2009") ", " BACK("1024", "65535"),
	      "1024-1999 2010-65535", VERDICT_ALLOW);
}

TEST(neighbouring_ranges_are_joined)
{
	check(TO_443 ", " BACK("1024", "39999") ", " RULE("10", "true", "allow", "40000",
							  "65535") ", " RULE("10", "false", "allow",
									     "40000", "65535"),
	      "1024-65535", VERDICT_ALLOW);
}

TEST(the_clients_own_range_decides)
{
	static const struct {
		int	     min, max;
		enum verdict expected;
	} cases[] = { { 49152, 65535, VERDICT_DENY },	{ 1025, 5000, VERDICT_ALLOW },
		      { 1024, 65535, VERDICT_UNKNOWN }, { 0, 65535, VERDICT_UNKNOWN },
		      { 1023, 1023, VERDICT_DENY },	{ 443, 443, VERDICT_ALLOW } };
	struct path path;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char about[32];

		snprintf(about, sizeof(about), "%d-%d", cases[i].min, cases[i].max);
		walk(TO_443 ", " BACK("1024", "32767"), cases[i].min, cases[i].max, &path);
		CHECK_VERDICT(path.verdict, cases[i].expected, about);
	}
}

TEST(more_ranges_than_are_kept_are_said_to_be_cut)
{
	char	    text[8192] = TO_443;
	struct path path;

	for (int i = 0; i < PORTS_MAX + 3; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 ", " RULE("%d", "true", "deny", "%d", "%d"), 10 + i, 2000 + 10 * i,
			 2000 + 10 * i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
		 ", " RULE("900", "true", "allow", "1024",
			   "65535") ", " RULE("900", "false", "allow", "1024", "65535"));
	walk(text, 32768, 60999, &path);
	CHECK(path.reply_port_count == PORTS_MAX && path.reply_ports_cut);
	CHECK(path.verdict == VERDICT_ALLOW);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			all_client_ports_none_or_some_make_reachable_unreachable_undecided),
		cmocka_unit_test(both_acls_must_let_the_reply_through),
		cmocka_unit_test(a_deny_inside_the_range_splits_it),
		cmocka_unit_test(neighbouring_ranges_are_joined),
		cmocka_unit_test(the_clients_own_range_decides),
		cmocka_unit_test(more_ranges_than_are_kept_are_said_to_be_cut),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
