/* SPDX-License-Identifier: Apache-2.0 */
/* Who opened the connection of a record without flags.  The interface is eni-1, its peer eni-2 (10.0.2.10). */
#include "tests/unit/unit.h"

#include "tests/unit/judged_line.h"

#define WORLD(ingress, egress) NET ESTATE_OPEN_NACL SG_1(ingress, egress)
#define ICMP(type)                                                                                 \
	"{'IpProtocol': 'icmp', 'FromPort': " type ", 'ToPort': -1, 'IpRanges': [{'CidrIp': "      \
	"'0.0.0.0/0'}]}"
#define LIST                                                                                       \
	"{'IpProtocol': 'tcp', 'FromPort': 5432, 'ToPort': 5432, 'PrefixListIds': "                \
	"[{'PrefixListId': 'pl-1'}]}"
#define RANGE(from, to)                                                                            \
	"{'IpProtocol': 'tcp', 'FromPort': " from ", 'ToPort': " to                                \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}, " ALL

#define IN(ports, protocol, action)                                                                \
	LINE("10.0.2.10 10.0.1.10 " ports " " protocol " 9 900 1700000000 1700000060 " action)
#define OUT(ports, protocol, action)                                                               \
	LINE("10.0.1.10 10.0.2.10 " ports " " protocol " 9 900 1700000000 1700000060 " action)
#define TIERS "tier own = eni-1\ntier peer = eni-2\n"
/* What the peer opens is forbidden, what is opened towards it is not. */
#define ONE_WAY TIERS "allow own -> peer : all\ndeny peer -> own\n"

struct told {
	const char	   *about, *estate, *policy, *line;
	enum record_verdict verdict;
	enum role	    role, reading;
	enum evidence	    evidence;
};

static void check_told(const struct told *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct told   *told = &cases[i];
		struct record_answer answer = judge_line(told->estate, told->policy, NULL,
							 told->line);

		if (answer.verdict != told->verdict || answer.role != told->role ||
		    answer.reading != told->reading || answer.evidence != told->evidence)
			fail_msg("%s: %s, role %s, reading %s by %s", told->about,
				 record_verdict_text(answer.verdict), role_text(answer.role),
				 role_text(answer.reading), evidence_text(answer.evidence));
	}
}

#define CHECK_TOLD(cases) check_told((cases), ARRAY_LEN(cases))

TEST(a_reading_of_which_it_is_not_known_whether_it_explains_the_action_may_explain_it)
{
	static const struct told cases[] = {
		{ "a rule of one ICMP type, else a reply", WORLD(ICMP("8"), ALL), ONE_WAY,
		  IN("0 0", "1", "ACCEPT"), RECORD_UNKNOWN, ROLE_UNKNOWN, ROLE_INITIATOR,
		  EVIDENCE_NONE },
		{ "no rule of ICMP: it can only be a reply", WORLD(TCP("443"), ALL), ONE_WAY,
		  IN("0 0", "1", "ACCEPT"), RECORD_EXPECTED, ROLE_REPLY, ROLE_REPLY,
		  EVIDENCE_CONFIGURATION },
		{ "a list without entries, else a reply", WORLD(LIST, ALL), ONE_WAY,
		  IN("20000 5432", "6", "ACCEPT"), RECORD_UNKNOWN, ROLE_UNKNOWN, ROLE_INITIATOR,
		  EVIDENCE_PORTS },
		{ "the same, and nothing in the ports", WORLD(LIST, ALL), ONE_WAY,
		  IN("20000 5433", "6", "ACCEPT"), RECORD_EXPECTED, ROLE_REPLY, ROLE_REPLY,
		  EVIDENCE_CONFIGURATION },
		{ "denied as an opening, perhaps as a reply", WORLD(TCP("443"), ICMP("8")), ONE_WAY,
		  IN("0 0", "1", "REJECT"), RECORD_REJECTED, ROLE_UNKNOWN, ROLE_INITIATOR,
		  EVIDENCE_NONE },
	};

	CHECK_TOLD(cases);
}

TEST(ports_tell_the_service_by_who_named_it_then_by_system_ports_then_by_ephemeral_ones)
{
#define PORTS(about, ingress, ports, reading, evidence)                                            \
	{                                                                                          \
		about, WORLD(ingress, ALL), NULL, IN(ports, "6", "ACCEPT"), RECORD_EXPECTED,       \
			ROLE_UNKNOWN, reading, evidence                                            \
	}
	static const struct told cases[] = {
		PORTS("named, ephemeral", RANGE("40000", "40000"), "30123 40000", ROLE_INITIATOR,
		      EVIDENCE_PORTS),
		PORTS("named, below a system port", RANGE("5432", "5432"), "443 5432",
		      ROLE_INITIATOR, EVIDENCE_PORTS),
		PORTS("a range of services", RANGE("30000", "32767"), "20000 30123", ROLE_INITIATOR,
		      EVIDENCE_PORTS),
		PORTS("a range of clients", RANGE("1024", "65535"), "443 40000", ROLE_REPLY,
		      EVIDENCE_PORTS),
		PORTS("all ports", ALL, "20000 30123", ROLE_INITIATOR, EVIDENCE_NONE),
		PORTS("a system port to one that is none", ALL, "443 27416", ROLE_REPLY,
		      EVIDENCE_PORTS),
		PORTS("and back", ALL, "27416 443", ROLE_INITIATOR, EVIDENCE_PORTS),
		PORTS("the last system port", ALL, "1024 1023", ROLE_INITIATOR, EVIDENCE_PORTS),
		PORTS("two system ports", ALL, "443 22", ROLE_INITIATOR, EVIDENCE_NONE),
		PORTS("an ephemeral port to another", ALL, "40000 9999", ROLE_INITIATOR,
		      EVIDENCE_PORTS),
		PORTS("two ephemeral ports", ALL, "40000 50000", ROLE_INITIATOR, EVIDENCE_NONE),
	};
#undef PORTS

	CHECK_TOLD(cases);
}

TEST(what_only_ports_allow_is_expected_where_the_ports_are_good_evidence)
{
#define ALLOWED(about, policy, line, verdict, reading)                                             \
	{                                                                                          \
		about, WORLD(ALL, ALL), TIERS policy, line, verdict, ROLE_UNKNOWN, reading,        \
			EVIDENCE_PORTS                                                             \
	}
	static const struct told cases[] = {
		ALLOWED("a system port", "allow peer -> own : all\n",
			IN("40000 443", "6", "ACCEPT"), RECORD_EXPECTED, ROLE_INITIATOR),
		ALLOWED("its reply", "allow peer -> own : all\n", OUT("443 40000", "6", "ACCEPT"),
			RECORD_EXPECTED, ROLE_REPLY),
		ALLOWED("a port that a line names", "allow peer -> own : tcp/5432\n",
			IN("40000 5432", "6", "ACCEPT"), RECORD_EXPECTED, ROLE_INITIATOR),
		ALLOWED("its reply", "allow peer -> own : tcp/5432\n",
			OUT("5432 40000", "6", "ACCEPT"), RECORD_EXPECTED, ROLE_REPLY),
		ALLOWED("a port that a line names of the peer", "allow own -> peer : udp/5353\n",
			IN("5353 40000", "17", "ACCEPT"), RECORD_EXPECTED, ROLE_REPLY),
		ALLOWED("of another protocol",
			"allow own -> peer : udp/5353\nallow own -> peer : all\n",
			IN("5353 40000", "6", "ACCEPT"), RECORD_UNKNOWN, ROLE_REPLY),
		ALLOWED("a port that nobody names", "allow peer -> own : all\n",
			IN("40000 5432", "6", "ACCEPT"), RECORD_UNKNOWN, ROLE_INITIATOR),
		ALLOWED("which is a matter of indifference where both ways are allowed",
			"allow peer -> own : all\nallow own -> peer : all\n",
			IN("40000 5432", "6", "ACCEPT"), RECORD_EXPECTED, ROLE_INITIATOR),
		ALLOWED("and forbidden in the likely reading it is worth a look",
			"allow own -> peer : all\n", IN("40000 5432", "6", "ACCEPT"),
			RECORD_UNEXPECTED, ROLE_INITIATOR),
	};
#undef ALLOWED

	CHECK_TOLD(cases);
}

TEST(a_sender_does_not_pass_for_a_server_by_its_source_port)
{
#define SENT(about, ingress, policy, ports, verdict, reading)                                      \
	{                                                                                          \
		about, WORLD(ingress, ALL), policy, IN(ports, "6", "ACCEPT"), verdict,             \
			ROLE_UNKNOWN, reading, EVIDENCE_PORTS                                      \
	}
	static const struct told cases[] = {
		SENT("to a port that a rule names", RANGE("40000", "40000"), ONE_WAY, "30123 40000",
		     RECORD_UNEXPECTED, ROLE_INITIATOR),
		SENT("from a system port to one that a rule names", RANGE("5432", "5432"), ONE_WAY,
		     "443 5432", RECORD_UNEXPECTED, ROLE_INITIATOR),
		SENT("from a port that nobody names", ALL, ONE_WAY, "30123 40000", RECORD_UNKNOWN,
		     ROLE_REPLY),
		SENT("from a port named there to one named here", RANGE("40000", "40000"),
		     TIERS "allow own -> peer : tcp/30000-32767\ndeny peer -> own\n", "30123 40000",
		     RECORD_UNKNOWN, ROLE_REPLY),
	};
#undef SENT

	CHECK_TOLD(cases);
}

TEST(what_came_in_and_was_rejected_is_an_opening_if_that_is_denied_whatever_its_source_port)
{
#define REJECTED(about, ingress, egress, ports, verdict, reading, evidence)                        \
	{                                                                                          \
		about, WORLD(ingress, egress), NULL, IN(ports, "6", "REJECT"), verdict,            \
			ROLE_UNKNOWN, reading, evidence                                            \
	}
	static const struct told cases[] = {
		REJECTED("a scan from 443", TCP("443"), ALL, "443 60000", RECORD_REJECTED,
			 ROLE_INITIATOR, EVIDENCE_CONFIGURATION),
		REJECTED("a scan from a port that nobody names", TCP("443"), ALL, "6000 47808",
			 RECORD_REJECTED, ROLE_INITIATOR, EVIDENCE_CONFIGURATION),
		REJECTED("denied either way", TCP("443"), "", "443 60000", RECORD_REJECTED,
			 ROLE_REPLY, EVIDENCE_PORTS),
		REJECTED("allowed either way", ALL, ALL, "443 60000", RECORD_CONTRADICTION,
			 ROLE_REPLY, EVIDENCE_PORTS),
	};
#undef REJECTED
	static const char    format[] = "interface-id srcaddr dstaddr srcport dstport protocol "
					"action tcp-flags";
	struct record_answer late = judge_line(WORLD(TCP("443"), ALL), NULL, format,
					       "eni-1 10.0.2.10 10.0.1.10 443 60000 6 REJECT 4");
	struct record_answer left = judge_line(WORLD(ALL, ""), NULL, NULL,
					       OUT("443 60000", "6", "REJECT"));

	CHECK_TOLD(cases);
	/* Flags without SYN are not those of an opening, and who sends from here is no scanner. */
	CHECK(late.verdict == RECORD_CONTRADICTION && late.reading == ROLE_REPLY);
	CHECK(left.verdict == RECORD_CONTRADICTION && left.reading == ROLE_REPLY);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_reading_of_which_it_is_not_known_whether_it_explains_the_action_may_explain_it),
		cmocka_unit_test(
			ports_tell_the_service_by_who_named_it_then_by_system_ports_then_by_ephemeral_ones),
		cmocka_unit_test(
			what_only_ports_allow_is_expected_where_the_ports_are_good_evidence),
		cmocka_unit_test(a_sender_does_not_pass_for_a_server_by_its_source_port),
		cmocka_unit_test(
			what_came_in_and_was_rejected_is_an_opening_if_that_is_denied_whatever_its_source_port),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
