/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `only` claims, held against worlds that lack the rule: a record counts for a rule exactly when the
 * snapshot without the rule gives it another verdict.
 */
#include "tests/unit/unit.h"

#include "simulator/flows/usage_rules.h"
#include "tests/unit/judged.h"

#define FLAGS                                                                                      \
	"interface-id srcaddr dstaddr srcport dstport protocol start end action tcp-flags "        \
	"log-status"
#define TCP(port, peer) "{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port ", " peer "}"
#define CIDR(cidr)	"'IpRanges': [{'CidrIp': '" cidr "'}]"
#define ENTRY(number, egress, action, rest)                                                        \
	"{'RuleNumber': " number ", 'Egress': " egress ", 'RuleAction': '" action "', " rest "}"
#define ALL_OF(cidr) "'Protocol': '-1', 'CidrBlock': '" cidr "'"
#define TCP_OF(port, cidr)                                                                         \
	"'Protocol': '6', 'CidrBlock': '" cidr "', 'PortRange': {'From': " port ", 'To': " port "}"

enum { LINE_SIZE = 128 };
enum { INGRESS_COUNT = 4, EGRESS_COUNT = 2, ENTRY_COUNT = 7 };
enum { RULE_COUNT = INGRESS_COUNT + EGRESS_COUNT + ENTRY_COUNT, NOTHING = RULE_COUNT };

static const char *const ingress[INGRESS_COUNT] = {
	TCP("443", CIDR("0.0.0.0/0")),
	TCP("443", CIDR("10.0.2.0/24")),
	TCP("22", "'UserIdGroupPairs': [{'GroupId': 'sg-2'}]"),
	"{'IpProtocol': '-1', " CIDR("10.0.2.11/32") "}",
};
static const char *const egress[EGRESS_COUNT] = {
	TCP("443", CIDR("0.0.0.0/0")),
	"{'IpProtocol': '-1', " CIDR("192.0.2.0/24") "}",
};
/* By number, as the world sorts them. */
static const char *const entries[ENTRY_COUNT] = {
	ENTRY("80", "false", "deny", TCP_OF("22", "198.51.100.0/24")),
	ENTRY("81", "false", "deny", TCP_OF("443", "203.0.113.0/24")),
	ENTRY("90", "false", "allow", TCP_OF("443", "10.0.2.10/32")),
	ENTRY("100", "false", "allow", ALL_OF("0.0.0.0/0")),
	ENTRY("110", "false", "deny", TCP_OF("443", "10.0.2.0/24")),
	ENTRY("120", "true", "deny", TCP_OF("40000", "203.0.113.7/32")),
	ENTRY("130", "true", "allow", ALL_OF("0.0.0.0/0")),
};

/* The items of a list but for one. */
static void add_list(struct buf *out, const char *const *items, size_t count, size_t without)
{
	bool is_first = true;

	for (size_t i = 0; i < count; i++) {
		if (i == without)
			continue;
		buf_printf(out, "%s%s", is_first ? "" : ", ", items[i]);
		is_first = false;
	}
}

/* The estate without a rule, or without NOTHING. */
static struct judged_log log_without(size_t rule)
{
	auto_buf struct buf text = buf_make(65536);

	buf_add_text(&text, ESTATE_NET ESTATE_ENIS
		     "{'SecurityGroups': [{'GroupId': 'sg-2'}, {'GroupId': 'sg-1', "
		     "'IpPermissions': [");
	add_list(&text, ingress, INGRESS_COUNT, rule);
	buf_add_text(&text, "], 'IpPermissionsEgress': [");
	add_list(&text, egress, EGRESS_COUNT, rule - INGRESS_COUNT);
	buf_add_text(&text, "]}]} {'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', "
			    "'IsDefault': true, 'Entries': [");
	add_list(&text, entries, ENTRY_COUNT, rule - INGRESS_COUNT - EGRESS_COUNT);
	buf_add_text(&text, "]}]}");
	return judged_log_open(text.data, NULL, FLAGS);
}

static enum verdict verdict_of(const struct judged_log *log, const char *line)
{
	struct judged_line judged;

	judged_log_line(log, line, 1, &judged);
	return judged.answer.model.overall.verdict;
}

/* The rules of which `only` is claimed of a line, a bit each. */
static uint32_t only_of(const struct judged_log *log, const struct usage_rules *rules,
			const char *line)
{
	struct judged_line judged;
	struct usage_hits  hits = { 0 };
	uint32_t	   only = 0;

	judged_log_line(log, line, 1, &judged);
	usage_rules_hit(rules, &judged.answer, &hits);
	for (size_t i = 0; i < hits.count; i++)
		if (usage_hit_kind(hits.items[i]) == USAGE_HIT_ONLY)
			only |= UINT32_C(1) << usage_hit_rule(hits.items[i]);
	free(hits.items);
	return only;
}

/* Whether the record is of what enters, and whether it answers a connection that went the other way. */
struct kind {
	bool enters, answers;
};

/* A line with the action that the whole estate gives it. */
static void make_line(const struct judged_log *whole, const char *peer, const char *port,
		      struct kind kind, char line[static LINE_SIZE])
{
	static const char *const actions[] = { "ACCEPT", "REJECT" };

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		snprintf(line, LINE_SIZE, "eni-1 %s %s %s %s 6 1 2 %s %s OK",
			 kind.enters ? peer : "10.0.1.10", kind.enters ? "10.0.1.10" : peer,
			 kind.answers ? port : "40000", kind.answers ? "40000" : port, actions[i],
			 kind.answers ? "18" : "2");
		if (verdict_of(whole, line) == VERDICT_ALLOW)
			return;
	}
}

TEST(only_is_told_of_a_rule_exactly_when_without_it_the_verdict_is_another)
{
	static const char *const peers[] = { "10.0.2.10", "10.0.2.11", "198.51.100.9",
					     "203.0.113.7", "192.0.2.7" };
	static const char *const ports[] = { "22", "443", "80" };
	struct judged_log	 whole = log_without(NOTHING), without[RULE_COUNT];
	struct usage_rules	 rules;
	uint32_t		 seen = 0;

	usage_rules_open(&rules, whole.world);
	for (size_t rule = 0; rule < RULE_COUNT; rule++)
		without[rule] = log_without(rule);
	for (size_t i = 0; i < ARRAY_LEN(peers) * ARRAY_LEN(ports) * 4; i++) {
		struct kind kind = { .enters = i & 1, .answers = i & 2 };
		char	    line[LINE_SIZE];
		uint32_t    claimed, expected = 0;

		make_line(&whole, peers[i / 12], ports[i / 4 % 3], kind, line);
		claimed = only_of(&whole, &rules, line);
		for (size_t rule = 0; rule < RULE_COUNT; rule++)
			if (verdict_of(&without[rule], line) != verdict_of(&whole, line))
				expected |= UINT32_C(1) << rule;
		if (claimed != expected)
			fail_msg("%s: only of %x, not %x", line, claimed, expected);
		seen |= claimed;
	}
	/* Never: a block inside another, an entry that groups or others make needless, one never reached. */
	for (size_t rule = 0; rule < RULE_COUNT; rule++)
		CHECK((seen >> rule & 1) == (rule != 1 && rule != 6 && rule != 8 && rule != 10));
	for (size_t rule = 0; rule < RULE_COUNT; rule++)
		judged_log_close(&without[rule]);
	usage_rules_close(&rules);
	judged_log_close(&whole);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			only_is_told_of_a_rule_exactly_when_without_it_the_verdict_is_another),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
