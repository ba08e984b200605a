/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eni-1 (10.0.1.10) has sg-1: HTTPS from everyone and, once more, from 10.0.2.0/24; SSH from members of sg-2;
 * PostgreSQL to the list pl-1.  Its subnet's ACL denies tcp/22 from 198.51.100.0/24 and then allows all.
 */
#include "tests/unit/unit.h"

#include "simulator/flows/usage_view.h"
#include "tests/unit/judged.h"

#define TCP(port, peer) "{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port ", " peer "}"
#define CIDR(cidr)	"'IpRanges': [{'CidrIp': '" cidr "'}]"
#define GROUP(id)	"'UserIdGroupPairs': [{'GroupId': '" id "'}]"
#define LIST(id)	"'PrefixListIds': [{'PrefixListId': '" id "'}]"
#define SGS                                                                                                                                                                                            \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'web', 'IpPermissions': [" TCP(                                                                                                          \
		"443",                                                                                                                                                                                 \
		CIDR("0.0.0.0/0")) ", " TCP("443",                                                                                                                                                     \
					    CIDR("10.0.2.0/24")) ", " TCP("22",                                                                                                                        \
									  GROUP("sg-2")) "], "                                                                                                         \
											 "'IpPerm"                                                                                                     \
											 "issions"                                                                                                     \
											 "Egress'"                                                                                                     \
											 ": "                                                                                                          \
											 "[" TCP("5432",                                                                                               \
												 LIST("pl-1")) "]}, {'GroupId': 'sg-2', 'GroupName': 'db'}, {'GroupId': 'sg-9', 'GroupName': 'idle', " \
													       "'IpPermissions': [" TCP(                                                               \
														       "1",                                                                            \
														       CIDR("0.0.0.0/0")) "]}]}"
#define LISTS                                                                                      \
	"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Cidrs': ['192.0.2.0/25', '192.0.2.128/26']}]}"
#define ENTRY(number, egress, action, protocol, cidr)                                              \
	"{'RuleNumber': " number ", 'Egress': " egress ", 'RuleAction': '" action                  \
	"', 'Protocol': '" protocol "', 'CidrBlock': '" cidr                                       \
	"', 'PortRange': {'From': 22, 'To': 22}}"
#define NACL                                                                                       \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': [" ENTRY("90", "false", "deny", "6", "198.51.100.0/24") ", " ENTRY(            \
		"100", "false", "allow", "-1", "0.0.0.0/0") ", " ENTRY("100", "true", "allow",     \
								       "-1", "0.0.0.0/0") "]}]}"
#define ESTATE ESTATE_NET ESTATE_ENIS NACL SGS LISTS

/* The order of the rules. */
enum {
	HTTPS_ALL,
	HTTPS_DB,
	SSH_GROUP,
	POSTGRES,
	IDLE,
	ACL_DENY,
	ACL_IN,
	ACL_OUT,
	ACL_LAST_IN,
	ACL_LAST_OUT,
	RULE_COUNT
};

struct run {
	struct judged_log	   log;
	struct usage		  *usage;
	const struct usage_answer *answer;
};

static void add_line(struct run *run, const char *text, uint64_t number)
{
	struct judged_line line;

	judged_log_line(&run->log, text, number, &line);
	judged_line_use(&line, run->usage);
}

static struct run run_open(void)
{
	struct run run = { .log = judged_log_open(ESTATE, NULL, NULL) };

	run.usage = usage_new(run.log.world);
	return run;
}

/* lines ends in NULL. */
static struct run run_lines(const char *const *lines)
{
	struct run run = run_open();

	for (size_t i = 0; lines[i]; i++)
		add_line(&run, lines[i], i + 1);
	run.answer = usage_finish(run.usage);
	return run;
}

static void run_done(struct run *run)
{
	usage_free(run->usage);
	judged_log_close(&run->log);
}

#define LINE(ends, rest) "2 1 eni-1 " ends " 6 2 100 " rest " OK"

/* Rules that a record hits, and those of them that alone decided; bits. */
struct usage_case {
	const char *about, *line;
	uint32_t    hits, only;
};

#define BIT(rule) (UINT32_C(1) << (rule))

TEST(a_record_hits_the_rules_that_let_it_pass_or_stopped_it)
{
	static const struct usage_case cases[] = {
		{ "from outside one rule matches",
		  LINE("203.0.113.9 10.0.1.10 40000 443", "1000 1060 ACCEPT"),
		  BIT(HTTPS_ALL) | BIT(ACL_IN), BIT(HTTPS_ALL) | BIT(ACL_IN) },
		{ "from inside two do, and neither is needed alone",
		  LINE("10.0.2.10 10.0.1.10 40000 443", "1000 1060 ACCEPT"),
		  BIT(HTTPS_ALL) | BIT(HTTPS_DB) | BIT(ACL_IN), BIT(ACL_IN) },
		{ "a reply is a hit of the rule that let its connection in, and of the ACL's own",
		  LINE("10.0.1.10 203.0.113.9 443 40000", "1000 1060 ACCEPT"),
		  BIT(HTTPS_ALL) | BIT(ACL_OUT), BIT(HTTPS_ALL) | BIT(ACL_OUT) },
		{ "a reference to a group",
		  LINE("10.0.2.10 10.0.1.10 40000 22", "1000 1060 ACCEPT"),
		  BIT(SSH_GROUP) | BIT(ACL_IN), BIT(SSH_GROUP) | BIT(ACL_IN) },
		{ "a prefix list", LINE("10.0.1.10 192.0.2.7 40000 5432", "1000 1060 ACCEPT"),
		  BIT(POSTGRES) | BIT(ACL_OUT), BIT(POSTGRES) | BIT(ACL_OUT) },
		{ "stopped by both: the entry is hit, but is not needed for it",
		  LINE("198.51.100.9 10.0.1.10 40000 22", "1000 1060 REJECT"), BIT(ACL_DENY), 0 },
		{ "stopped by the groups: there is no rule to hit",
		  LINE("203.0.113.9 10.0.1.10 40000 23", "1000 1060 REJECT"), 0, 0 },
		{ "a contradiction is no hit",
		  LINE("203.0.113.9 10.0.1.10 40000 23", "1000 1060 ACCEPT"), 0, 0 },
		{ "nor is what is unknown", "2 1 eni-9 1.1.1.1 10.0.1.10 4 443 6 1 1 1 2 ACCEPT OK",
		  0, 0 },
		{ "nor is NODATA", "2 1 eni-1 - - - - - - - 1000 1060 - NODATA", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const lines[] = { cases[i].line, NULL };
		struct run	  run = run_lines(lines);
		uint32_t	  hits = 0, only = 0;

		CHECK(run.answer->count == RULE_COUNT);
		for (int rule = 0; rule < RULE_COUNT; rule++) {
			hits |= run.answer->rules[rule].hits.records ? BIT(rule) : 0;
			only |= run.answer->rules[rule].only.records ? BIT(rule) : 0;
		}
		if (hits != cases[i].hits || only != cases[i].only)
			fail_msg("%s: hits %x, only %x, not %x, %x", cases[i].about, hits, only,
				 cases[i].hits, cases[i].only);
		run_done(&run);
	}
}

TEST(an_entry_that_alone_stops_a_record_is_told)
{
	static const char *const opened =
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [" TCP(
			"22", CIDR("0.0.0.0/0")) "]}]}";
	char	   estate[8192];
	struct run run = { 0 };

	snprintf(estate, sizeof(estate), "%s%s", ESTATE, opened);
	run.log = judged_log_open(estate, NULL, NULL);
	run.usage = usage_new(run.log.world);
	add_line(&run, LINE("198.51.100.9 10.0.1.10 40000 22", "1000 1060 REJECT"), 1);
	run.answer = usage_finish(run.usage);
	for (size_t i = 0; i < run.answer->count; i++) {
		const struct usage_rule *rule = &run.answer->rules[i];
		bool			 is_deny = rule->nacl_rule && rule->nacl_rule->number == 90;

		CHECK(rule->hits.records == is_deny && rule->only.records == is_deny);
	}
	run_done(&run);
}

static const char *const three[] = { LINE("203.0.113.9 10.0.1.10 40000 443", "1000 1060 ACCEPT"),
				     LINE("203.0.113.10 10.0.1.10 40000 443", "900 960 ACCEPT"),
				     LINE("203.0.113.10 10.0.1.10 40001 443", "1100 1160 ACCEPT"),
				     "2 1 eni-2 - - - - - - - 500 560 - NODATA",
				     "2 1 eni-3 - - - - - - - 400 460 - SKIPDATA",
				     NULL };

TEST(hits_have_sums_and_distinct_peers)
{
	struct run		 run = run_lines(three);
	const struct usage_rule *rule = &run.answer->rules[HTTPS_ALL];

	CHECK(rule->hits.records == 3 && rule->hits.packets == 6 && rule->hits.bytes == 300);
	CHECK(rule->hits.start == 900 && rule->hits.end == 1160);
	CHECK(distinct_count(&rule->peers) == 2);
	CHECK(run.answer->all.records == 5 && run.answer->nodata == 1 && run.answer->skipdata == 1);
	run_done(&run);
}

TEST(allowed_addresses_are_those_of_blocks_members_and_lists)
{
	struct run		 run = run_lines(three);
	const struct usage_rule *rules = run.answer->rules;

	CHECK(rules[HTTPS_ALL].allowed == 4294967296.0);
	CHECK(rules[HTTPS_DB].allowed == 256);
	CHECK(rules[SSH_GROUP].allowed == 2 + 1 + 16); /* two of IPv4, one of IPv6, a /28 */
	CHECK(rules[POSTGRES].allowed == 128 + 64);
	CHECK(rules[ACL_DENY].allowed == 256);
	CHECK(rules[ACL_LAST_IN].allowed < 0);
	run_done(&run);
}

TEST(coverage_is_of_the_interfaces_that_a_rule_applies_to)
{
	struct run		 run = run_lines(three);
	const struct usage_rule *rules = run.answer->rules;

	CHECK(run.answer->eni_count == 3 && run.answer->eni_covered == 2);
	CHECK(rules[HTTPS_DB].eni_count == 1 && rules[HTTPS_DB].eni_covered == 1);
	CHECK(rules[HTTPS_DB].covered_start == 900 && rules[HTTPS_DB].covered_end == 1160);
	CHECK(rules[IDLE].eni_count == 0 && rules[IDLE].covered_start == 0);
	CHECK(rules[ACL_DENY].eni_count == 3 && rules[ACL_DENY].eni_covered == 2);
	CHECK(rules[ACL_DENY].covered_start == 500);
	run_done(&run);
}

TEST(usage_is_the_same_in_any_order_and_division)
{
	struct run whole = run_lines(three), parts = run_open(), other = run_open();

	for (size_t i = ARRAY_LEN(three) - 1; i-- > 0;)
		add_line(i % 2 ? &parts : &other, three[i], i + 1);
	/* Both parts look at one world in a run; here they are equal, and places name it by index. */
	usage_merge(parts.usage, other.usage);
	parts.answer = usage_finish(parts.usage);
	CHECK(parts.answer->all.records == whole.answer->all.records);
	for (size_t i = 0; i < RULE_COUNT; i++) {
		const struct usage_rule *a = &whole.answer->rules[i], *b = &parts.answer->rules[i];

		CHECK(memcmp(&a->hits, &b->hits, sizeof(a->hits)) == 0);
		CHECK(memcmp(&a->only, &b->only, sizeof(a->only)) == 0);
		CHECK(distinct_count(&a->peers) == distinct_count(&b->peers));
		CHECK(a->eni_covered == b->eni_covered && a->covered_end == b->covered_end);
	}
	run_done(&whole);
	run_done(&parts);
	run_done(&other);
}

TEST(usage_select_shows_what_was_asked_for)
{
	static const struct {
		struct usage_view view;
		int		  rules[RULE_COUNT]; /* from 1; 0 ends */
	} cases[] = {
		{ { .sort = USAGE_BY_RULE, .group = "sg-1" },
		  { HTTPS_ALL + 1, HTTPS_DB + 1, SSH_GROUP + 1, POSTGRES + 1 } },
		{ { .sort = USAGE_BY_RULE, .group = "idl*" }, { IDLE + 1 } },
		{ { .sort = USAGE_BY_RULE, .group = "acl-*", .unused = true }, { 0 } },
		{ { .sort = USAGE_BY_RULE, .group = "sg-1", .unused = true },
		  { HTTPS_DB + 1, SSH_GROUP + 1, POSTGRES + 1 } },
		{ { .sort = USAGE_BY_HITS, .group = "web" },
		  { HTTPS_DB + 1, SSH_GROUP + 1, POSTGRES + 1, HTTPS_ALL + 1 } },
		{ { .sort = USAGE_BY_BYTES, .group = "web" },
		  { HTTPS_ALL + 1, HTTPS_DB + 1, SSH_GROUP + 1, POSTGRES + 1 } },
		{ { .group = "nothing" }, { 0 } },
	};
	struct run run = run_lines(three);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t			  count, at = 0;
		const struct usage_rule **rules = usage_select(run.log.world, run.answer,
							       &cases[i].view, &count);

		for (; at < count; at++)
			CHECK(rules[at] - run.answer->rules + 1 == cases[i].rules[at]);
		CHECK(at == RULE_COUNT || cases[i].rules[at] == 0);
		free(rules);
	}
	run_done(&run);
}

TEST(usage_sort_parse_knows_its_names)
{
	enum usage_sort sort = USAGE_SORT_COUNT;
	struct err	err;

	CHECK(usage_sort_parse(NULL, &sort, &err) == 0 && sort == USAGE_BY_HITS);
	CHECK(usage_sort_parse("share", &sort, &err) == 0 && sort == USAGE_BY_SHARE);
	CHECK(usage_sort_parse("Hits", &sort, &err) == -1 && err.kind == ERR_USAGE);
	CHECK(sort == USAGE_BY_SHARE);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_hits_the_rules_that_let_it_pass_or_stopped_it),
		cmocka_unit_test(an_entry_that_alone_stops_a_record_is_told),
		cmocka_unit_test(hits_have_sums_and_distinct_peers),
		cmocka_unit_test(allowed_addresses_are_those_of_blocks_members_and_lists),
		cmocka_unit_test(coverage_is_of_the_interfaces_that_a_rule_applies_to),
		cmocka_unit_test(usage_is_the_same_in_any_order_and_division),
		cmocka_unit_test(usage_select_shows_what_was_asked_for),
		cmocka_unit_test(usage_sort_parse_knows_its_names),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
