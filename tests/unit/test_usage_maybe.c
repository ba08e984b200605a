/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No rule that accepted records may have used is called never hit.  eni-1 (10.0.1.10) has sg-1; the list pl-1 has
 * no entries, the group sg-7 is not in the snapshot.
 */
#include "tests/unit/unit.h"

#include "simulator/flows/usage_view.h"
#include "tests/unit/judged.h"

#define FIELDS                                                                                     \
	"interface-id srcaddr dstaddr srcport dstport protocol start end action tcp-flags "        \
	"log-status"

/* The order of the rules. */
enum {
	LIST,	/* tcp/5432 from pl-1 */
	GROUP,	/* tcp/6379 from sg-7 */
	PING,	/* icmp/8 from 10.0.0.0/8 */
	APP,	/* tcp/30123 from 10.0.0.0/8 */
	CLIENT, /* tcp/40000 to 10.0.0.0/8 */
	RANGE,	/* tcp/60000-64999 to 10.0.0.0/8: too wide to name a port */
	ACL_DENY,
	ACL_IN,
	ACL_OUT,
	RULE_COUNT
};

static const char estate[] = ESTATE_NET ESTATE_ENIS
	"{'PrefixLists': [{'PrefixListId': 'pl-1'}]} "
	"{'SecurityGroups': [{'GroupId': 'sg-2'}, {'GroupId': 'sg-1', 'GroupName': 'web', "
	"'IpPermissions': ["
	"{'IpProtocol': 'tcp', 'FromPort': 5432, 'ToPort': 5432, "
	"'PrefixListIds': [{'PrefixListId': 'pl-1'}]}, "
	"{'IpProtocol': 'tcp', 'FromPort': 6379, 'ToPort': 6379, "
	"'UserIdGroupPairs': [{'GroupId': 'sg-7'}]}, "
	"{'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, "
	"'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}, "
	"{'IpProtocol': 'tcp', 'FromPort': 30123, 'ToPort': 30123, "
	"'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}], 'IpPermissionsEgress': ["
	"{'IpProtocol': 'tcp', 'FromPort': 40000, 'ToPort': 40000, "
	"'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}, "
	"{'IpProtocol': 'tcp', 'FromPort': 60000, 'ToPort': 64999, "
	"'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}]}]} "
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
	"'Entries': ["
	"{'RuleNumber': 90, 'Egress': false, 'RuleAction': 'deny', 'Protocol': '1', "
	"'CidrBlock': '0.0.0.0/0', 'IcmpTypeCode': {'Type': 13, 'Code': -1}}, "
	"{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', 'Protocol': '-1', "
	"'CidrBlock': '0.0.0.0/0'}, "
	"{'RuleNumber': 100, 'Egress': true, 'RuleAction': 'allow', 'Protocol': '-1', "
	"'CidrBlock': '0.0.0.0/0'}]}]}";

struct run {
	struct judged_log	   log;
	struct usage		  *usage;
	const struct usage_answer *answer;
};

/* lines ends in NULL. */
static struct run run_lines(const char *format, const char *const *lines)
{
	struct run run = { .log = judged_log_open(estate, NULL, format) };

	run.usage = usage_new(run.log.world);
	for (size_t i = 0; lines[i]; i++) {
		struct judged_line line;

		judged_log_line(&run.log, lines[i], i + 1, &line);
		judged_line_use(&line, run.usage);
	}
	run.answer = usage_finish(run.usage);
	return run;
}

static void run_done(struct run *run)
{
	usage_free(run->usage);
	judged_log_close(&run->log);
}

#define BIT(rule)    (UINT32_C(1) << (rule))
#define IN(ports)    "eni-1 10.0.9.9 10.0.1.10 " ports " 6 1 2 "
#define OUT(ports)   "eni-1 10.0.1.10 10.0.9.9 " ports " 6 1 2 "
#define ICMP(action) "eni-1 10.0.9.9 10.0.1.10 0 0 1 1 2 " action " 0 OK"

TEST(a_record_that_may_be_a_hit_is_counted_apart)
{
	static const struct {
		const char *about, *line;
		uint32_t    hits, maybe;
	} cases[] = {
		{ "nobody knows what is in the list", IN("40000 5432") "ACCEPT 2 OK", 0,
		  BIT(LIST) | BIT(ACL_IN) },
		{ "nor who is in the group", IN("40000 6379") "ACCEPT 2 OK", 0,
		  BIT(GROUP) | BIT(ACL_IN) },
		{ "a record has no ICMP type", ICMP("ACCEPT"), 0, BIT(PING) | BIT(ACL_IN) },
		{ "of what was rejected, only what rejects", ICMP("REJECT"), 0, BIT(ACL_DENY) },
		{ "of a group nothing is hit by what was rejected", IN("40000 5432") "REJECT 2 OK",
		  0, 0 },
		{ "flags tell that it opens", IN("40000 30123") "ACCEPT 2 OK",
		  BIT(APP) | BIT(ACL_IN), 0 },
		{ "flags tell that it answers", IN("40000 30123") "ACCEPT 18 OK",
		  BIT(CLIENT) | BIT(ACL_IN), 0 },
		{ "the ports speak for an opening, and it may be an answer",
		  IN("40000 30123") "ACCEPT 0 OK", BIT(APP) | BIT(ACL_IN), BIT(CLIENT) },
		{ "the ports speak for an answer, and it may be an opening",
		  OUT("30123 40000") "ACCEPT 0 OK", BIT(APP) | BIT(ACL_OUT), BIT(CLIENT) },
		{ "what the other reading does not allow is no guess",
		  OUT("30123 50000") "ACCEPT 0 OK", BIT(APP) | BIT(ACL_OUT), 0 },
		{ "a contradiction may be explained by the other reading",
		  IN("61000 22") "ACCEPT 0 OK", 0, BIT(RANGE) | BIT(ACL_IN) },
		{ "a port that a rule of the client names tells that it answers",
		  IN("40000 22") "ACCEPT 0 OK", BIT(CLIENT) | BIT(ACL_IN), 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *const lines[] = { cases[i].line, NULL };
		struct run	  run = run_lines(FIELDS, lines);
		uint32_t	  hits = 0, maybe = 0;

		for (int rule = 0; rule < RULE_COUNT; rule++) {
			hits |= run.answer->rules[rule].hits.records ? BIT(rule) : 0;
			maybe |= run.answer->rules[rule].maybe ? BIT(rule) : 0;
		}
		if (hits != cases[i].hits || maybe != cases[i].maybe)
			fail_msg("%s: hits %x, maybe %x, not %x, %x", cases[i].about, hits, maybe,
				 cases[i].hits, cases[i].maybe);
		run_done(&run);
	}
}

static const struct usage_rule *rule_of(const struct run *run, int rule)
{
	return &run->answer->rules[rule];
}

TEST(records_that_cannot_be_judged_cover_nothing_and_may_be_hits_of_any_rule)
{
	static const char *const lines[] = { "eni-1 10.0.9.9 10.0.1.10 6 ACCEPT",
					     "eni-1 10.0.9.9 10.0.1.10 6 REJECT",
					     "eni-9 10.0.9.9 10.0.1.10 6 ACCEPT", NULL };
	struct run run = run_lines("interface-id srcaddr dstaddr protocol action", lines);

	CHECK(rule_of(&run, APP)->eni_count == 1 && rule_of(&run, APP)->eni_covered == 0);
	CHECK(rule_of(&run, APP)->maybe == 1 && rule_of(&run, ACL_IN)->maybe == 1);
	CHECK(rule_of(&run, ACL_DENY)->maybe == 1);
	CHECK(!usage_is_never_hit(run.answer, rule_of(&run, APP)));
	CHECK(run.answer->unknown == 3 && run.answer->elsewhere == 1);
	run_done(&run);
}

TEST(a_rule_can_be_removed_when_all_its_interfaces_are_covered_and_nothing_may_have_hit_it)
{
	static const struct {
		const char *about, *lines[4];
		int	    rule;
		bool	    never_hit, removable;
	} cases[] = {
		{ "without records nothing can be said", { NULL }, APP, false, false },
		{ "records of another interface say nothing of this one",
		  { "eni-2 - - - - - 1 2 - - NODATA" },
		  APP,
		  false,
		  false },
		{ "lost records say nothing",
		  { "eni-1 - - - - - 1 2 - - SKIPDATA" },
		  APP,
		  false,
		  false },
		{ "without traffic it was not hit",
		  { "eni-1 - - - - - 1 2 - - NODATA" },
		  APP,
		  true,
		  true },
		{ "other traffic does not hit it",
		  { IN("40000 22") "REJECT 2 OK" },
		  APP,
		  true,
		  true },
		{ "what is a hit is", { IN("40000 30123") "ACCEPT 2 OK" }, APP, false, false },
		{ "what may be a hit is none that is missed",
		  { IN("40000 5432") "ACCEPT 2 OK" },
		  LIST,
		  false,
		  false },
		{ "an ACL of three interfaces is not covered by one",
		  { "eni-1 - - - - - 1 2 - - NODATA" },
		  ACL_IN,
		  true,
		  false },
		{ "but by all three",
		  { "eni-1 - - - - - 1 2 - - NODATA", "eni-2 - - - - - 1 2 - - NODATA",
		    "eni-3 - - - - - 1 2 - - NODATA" },
		  ACL_IN,
		  true,
		  true },
		{ "a deny at the end stays",
		  { "eni-1 - - - - - 1 2 - - NODATA" },
		  RULE_COUNT,
		  true,
		  false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct run run = run_lines(FIELDS, cases[i].lines);
		bool	   never_hit = usage_is_never_hit(run.answer, rule_of(&run, cases[i].rule));
		bool	   removable = usage_is_removable(run.answer, rule_of(&run, cases[i].rule));

		if (never_hit != cases[i].never_hit || removable != cases[i].removable)
			fail_msg("%s: never hit %d, removable %d", cases[i].about, never_hit,
				 removable);
		run_done(&run);
	}
}

TEST(what_may_have_been_hit_is_shown_before_what_was_and_after_what_was_not)
{
	static const char *const  lines[] = { IN("40000 30123") "ACCEPT 2 OK",
					      IN("40000 5432") "ACCEPT 2 OK", NULL };
	struct usage_view	  view = { .group = "web" };
	struct run		  run = run_lines(FIELDS, lines);
	size_t			  count;
	const struct usage_rule **rules = usage_select(run.log.world, run.answer, &view, &count);
	static const int	  expected[] = { GROUP, PING, CLIENT, RANGE, LIST, APP };

	CHECK(count == ARRAY_LEN(expected));
	for (size_t i = 0; i < count; i++)
		CHECK(rules[i] == rule_of(&run, expected[i]));
	free(rules);
	run_done(&run);
}

TEST(a_group_that_is_not_there_is_an_error_with_the_nearest_name)
{
	struct judged_log log = judged_log_open(estate, NULL, NULL);
	struct err	  err;

	CHECK(usage_group_check(log.world, NULL, &err) == 0);
	CHECK(usage_group_check(log.world, "web", &err) == 0);
	CHECK(usage_group_check(log.world, "acl-*", &err) == 0);
	CHECK(usage_group_check(log.world, "wev", &err) == -1 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "did you mean 'web'?"));
	CHECK(usage_group_check(log.world, "nothing-like-it", &err) == -1);
	CHECK(!strstr(err.text, "did you mean"));
	judged_log_close(&log);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_may_be_a_hit_is_counted_apart),
		cmocka_unit_test(
			records_that_cannot_be_judged_cover_nothing_and_may_be_hits_of_any_rule),
		cmocka_unit_test(
			a_rule_can_be_removed_when_all_its_interfaces_are_covered_and_nothing_may_have_hit_it),
		cmocka_unit_test(
			what_may_have_been_hit_is_shown_before_what_was_and_after_what_was_not),
		cmocka_unit_test(a_group_that_is_not_there_is_an_error_with_the_nearest_name),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
