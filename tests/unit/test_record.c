/* SPDX-License-Identifier: Apache-2.0 */
/* What a flow-log record means.  The interface is eni-1 of subnet-a (10.0.1.10) unless said otherwise. */
#include "tests/unit/unit.h"

#include "tests/unit/judged_line.h"

#define CLOSED                                                                                     \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"
/* HTTPS in, PostgreSQL out. */
#define WEB NET ESTATE_OPEN_NACL SG_1(TCP("443"), TCP("5432"))

#define FLAGS                                                                                      \
	"version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "       \
	"end action tcp-flags log-status"
#define PKT                                                                                        \
	"version interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport "            \
	"protocol start end action flow-direction log-status"
#define PKT_LINE(r) "5 eni-1 " r " 6 1700000000 1700000060 ACCEPT ingress OK"

static struct record_answer judge_it(const char *estate, const char *line)
{
	return judge_line(estate, NULL, NULL, line);
}

static void check(struct record_answer answer, enum record_verdict expected, const char *about)
{
	if (answer.verdict != expected)
		fail_msg("%s: %s (%s), not %s", about, record_verdict_text(answer.verdict),
			 answer.why ? answer.why : "", record_verdict_text(expected));
}

#define HTTPS_IN(action) LINE("10.0.2.10 10.0.1.10 40000 443 6 9 900 1700000000 1700000060 " action)
#define SSH_IN(action)	 LINE("10.0.2.10 10.0.1.10 40000 22 6 9 900 1700000000 1700000060 " action)

TEST(accepted_and_rejected_records_against_what_the_configuration_says)
{
	check(judge_it(WEB, HTTPS_IN("ACCEPT")), RECORD_EXPECTED, "accepted, allowed");
	check(judge_it(WEB, HTTPS_IN("REJECT")), RECORD_CONTRADICTION, "rejected, allowed");
	check(judge_it(WEB, SSH_IN("REJECT")), RECORD_REJECTED, "rejected, denied");
	check(judge_it(WEB, SSH_IN("ACCEPT")), RECORD_CONTRADICTION, "accepted, denied");
}

TEST(the_policy_tells_the_unexpected_from_the_expected)
{
	static const char tiers[] = "tier web = eni-1\ntier db = eni-2\n";
	static const struct {
		const char	   *statement;
		enum record_verdict expected;
	} cases[] = {
		{ "allow db -> web : tcp/443\n", RECORD_EXPECTED },
		{ "deny any -> web\n", RECORD_UNEXPECTED },
		{ "allow web -> db : all\n", RECORD_UNEXPECTED },
		{ "waive db -> web : all until 2023-11-14 owner x \"y\"\n", RECORD_EXPECTED },
		{ "waive db -> web : all until 2023-11-13 owner x \"y\"\n", RECORD_UNEXPECTED },
	};
	char policy[512];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(policy, sizeof(policy), "%s%s", tiers, cases[i].statement);
		check(judge_line(WEB, policy, NULL, HTTPS_IN("ACCEPT")), cases[i].expected,
		      cases[i].statement);
	}
	snprintf(policy, sizeof(policy), "%sdeny any -> web\n", tiers);
	check(judge_line(WEB, policy, NULL, SSH_IN("REJECT")), RECORD_REJECTED,
	      "a rejected record is no breach of the policy");
}

TEST(a_rejected_record_names_the_layer_that_denied)
{
	CHECK(judge_it(WEB, SSH_IN("REJECT")).model.overall.layer == LAYER_SG);
	CHECK(judge_it(NET CLOSED SG_1(ALL, ALL), SSH_IN("REJECT")).model.overall.layer ==
	      LAYER_NACL);
}

TEST(a_reply_is_judged_with_the_connection_it_answers)
{
	struct record_answer answer = judge_line(
		WEB, "tier web = eni-1\ntier db = eni-2\nallow db -> web : tcp/443\n", NULL,
		LINE("10.0.1.10 10.0.2.10 443 40000 6 9 900 1700000000 1700000060 ACCEPT"));

	check(answer, RECORD_EXPECTED, "reply of an allowed connection");
	CHECK(answer.role == ROLE_REPLY && answer.evidence == EVIDENCE_CONFIGURATION);
	CHECK(answer.direction == DIRECTION_EGRESS);
	CHECK(answer.opening.dst_port == 443 && answer.intent.verdict == INTENT_ALLOWED);
}

TEST(tcp_flags_tell_the_role_for_certain)
{
	static const struct {
		const char *flags;
		enum role   role;
	} cases[] = { { "2", ROLE_INITIATOR },
		      { "3", ROLE_INITIATOR },
		      { "18", ROLE_REPLY },
		      { "19", ROLE_REPLY },
		      { "6", ROLE_INITIATOR } };
	char line[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct record_answer answer;

		snprintf(line, sizeof(line),
			 "3 eni-1 10.0.2.10 10.0.1.10 40000 443 6 9 900 1 2 ACCEPT %s OK",
			 cases[i].flags);
		answer = judge_line(WEB, NULL, FLAGS, line);
		CHECK(answer.role == cases[i].role && answer.reading == cases[i].role);
		CHECK(answer.evidence == EVIDENCE_TCP_FLAGS);
	}
}

TEST(without_flags_the_reading_that_alone_explains_the_action_is_taken_unless_ports_object)
{
	/* Neither port is a client's: only "reply to PostgreSQL" explains the ACCEPT. */
	struct record_answer low = judge_it(
		WEB, LINE("10.0.2.10 10.0.1.10 5432 2000 6 9 900 1700000000 1700000060 ACCEPT"));
	/* From a client's port to a service's: no reply, so the contradiction stands. */
	struct record_answer service = judge_it(
		NET ESTATE_OPEN_NACL SG_1("", ALL),
		LINE("10.0.2.10 10.0.1.10 40000 22 6 9 900 1700000000 1700000060 ACCEPT"));

	CHECK(low.role == ROLE_REPLY && low.evidence == EVIDENCE_CONFIGURATION);
	check(low, RECORD_EXPECTED, "reply from a low port to a low port");
	CHECK(service.role == ROLE_UNKNOWN && service.reading == ROLE_INITIATOR);
	CHECK(service.evidence == EVIDENCE_PORTS);
	check(service, RECORD_CONTRADICTION, "a connection to SSH that the group denies");
}

TEST(where_both_readings_agree_ports_are_only_probable)
{
	struct record_answer answer = judge_it(NET ESTATE_OPEN_NACL SG_1(ALL, ALL),
					       HTTPS_IN("ACCEPT"));

	CHECK(answer.role == ROLE_UNKNOWN && answer.reading == ROLE_INITIATOR);
	CHECK(answer.evidence == EVIDENCE_PORTS);
	answer = judge_it(NET ESTATE_OPEN_NACL SG_1(ALL, ALL),
			  LINE("10.0.2.10 10.0.1.10 2000 2001 6 9 900 1 2 ACCEPT"));
	CHECK(answer.role == ROLE_UNKNOWN && answer.evidence == EVIDENCE_NONE);
}

TEST(direction_comes_from_flow_direction_else_from_whose_the_addresses_are)
{
	CHECK(judge_it(WEB, HTTPS_IN("ACCEPT")).direction == DIRECTION_INGRESS);
	CHECK(judge_it(WEB, LINE("10.0.1.10 10.0.2.10 40000 5432 6 9 900 1 2 ACCEPT")).direction ==
	      DIRECTION_EGRESS);
	CHECK(judge_line(WEB, NULL, PKT,
			 PKT_LINE("10.0.2.10 10.0.1.10 10.0.2.10 10.0.1.10 40000 443"))
		      .direction == DIRECTION_INGRESS);
}

TEST(a_record_whose_addresses_tell_no_direction_is_unknown)
{
	check(judge_it(WEB, LINE("10.0.2.10 10.0.2.11 40000 443 6 9 900 1 2 ACCEPT")),
	      RECORD_UNKNOWN, "neither is the interface's");
}

TEST(rules_are_held_against_the_packets_own_addresses)
{
	static const char office[] = NET ESTATE_OPEN_NACL SG_1(
		"{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': "
		"[{'CidrIp': '192.0.2.0/24'}]}",
		"");

	check(judge_line(office, NULL, PKT,
			 PKT_LINE("10.0.2.10 10.0.1.10 192.0.2.5 10.0.1.10 40000 443")),
	      RECORD_EXPECTED, "a preserved client address");
	check(judge_line(office, NULL, PKT,
			 PKT_LINE("192.0.2.5 10.0.1.10 10.0.2.10 10.0.1.10 40000 443")),
	      RECORD_CONTRADICTION, "the other way round");
}

TEST(nodata_and_skipdata_are_unknown_and_say_so)
{
	struct record_answer nodata = judge_it(
		WEB, "2 111122223333 eni-1 - - - - - - - 1431280876 1431280934 - NODATA");
	struct record_answer skipped = judge_it(
		WEB, "2 111122223333 eni-1 - - - - - - - 1431280876 1431280934 - "
		     "SKIPDATA");

	check(nodata, RECORD_UNKNOWN, "NODATA");
	check(skipped, RECORD_UNKNOWN, "SKIPDATA");
	CHECK(strstr(nodata.why, "NODATA") && strstr(skipped.why, "SKIPDATA"));
	CHECK(!nodata.has_model && !skipped.has_model);
}

TEST(a_rejection_by_block_public_access_is_no_verdict_of_a_group_or_acl)
{
	static const char format[] =
		"version interface-id srcaddr dstaddr srcport dstport protocol "
		"start end action reject-reason log-status";
	struct record_answer bpa = judge_line(
		WEB, NULL, format, "8 eni-1 8.8.8.8 10.0.1.10 40000 443 6 1 2 REJECT BPA OK");

	check(bpa, RECORD_UNKNOWN, "BPA");
	CHECK(strstr(bpa.why, "Block Public Access") && !bpa.has_model);
	check(judge_line(WEB, NULL, format, "8 eni-1 8.8.8.8 10.0.1.10 40000 22 6 1 2 REJECT - OK"),
	      RECORD_REJECTED, "no reason given");
}

TEST(an_interface_that_is_not_in_the_snapshot_is_unknown_whatever_the_addresses)
{
	struct record_answer answer = judge_it(
		WEB, "2 1 eni-gone 10.0.2.10 10.0.1.10 40000 443 6 9 900 1 2 ACCEPT OK");

	check(answer, RECORD_UNKNOWN, "no such interface");
	CHECK(answer.eni_idx == WORLD_NONE && strstr(answer.why, "not in the snapshot"));
}

TEST(flags_tell_who_opened_a_connection_of_an_interface_that_is_not_in_the_snapshot)
{
	struct record_answer answer = judge_line(
		WEB, NULL, FLAGS, "3 eni-gone 10.0.2.10 10.0.1.10 514 1022 6 9 9 1 2 ACCEPT 18 OK");

	check(answer, RECORD_UNKNOWN, "no such interface");
	CHECK(answer.reading == ROLE_REPLY && answer.role == ROLE_UNKNOWN);
	CHECK(answer.opening.dst_port == 514);
}

TEST(only_without_an_interface_id_the_address_tells_the_interface)
{
	static const char    format[] = "srcaddr dstaddr srcport dstport protocol start end action "
					"flow-direction";
	struct record_answer answer = judge_line(
		WEB, NULL, format, "10.0.2.10 10.0.1.10 40000 443 6 1 2 ACCEPT ingress");

	check(answer, RECORD_EXPECTED, "by address");
	CHECK(answer.eni_idx == 0);
	check(judge_line(WEB, NULL, format, "10.0.2.10 10.0.9.9 40000 443 6 1 2 ACCEPT ingress"),
	      RECORD_UNKNOWN, "nobody's address");
}

TEST(a_record_without_what_is_needed_to_judge_is_unknown)
{
	check(judge_line(WEB, NULL, "interface-id srcaddr dstaddr protocol",
			 "eni-1 10.0.2.10 10.0.1.10 6"),
	      RECORD_UNKNOWN, "no action");
	check(judge_line(WEB, NULL, "interface-id srcaddr dstaddr protocol action",
			 "eni-1 10.0.2.10 10.0.1.10 6 ACCEPT"),
	      RECORD_UNKNOWN, "no ports");
	check(judge_line(NET ESTATE_OPEN_NACL SG_1(ALL, ALL), NULL,
			 "interface-id srcaddr dstaddr protocol action",
			 "eni-1 10.0.2.10 10.0.1.10 50 ACCEPT"),
	      RECORD_EXPECTED, "a protocol that has no ports needs none");
}

TEST(data_that_is_missing_in_the_snapshot_makes_a_record_unknown)
{
	struct record_answer answer = judge_it(NET SG_1(ALL, ALL), HTTPS_IN("ACCEPT"));

	check(answer, RECORD_UNKNOWN, "no ACL in the snapshot");
	CHECK(answer.model.overall.layer == LAYER_NACL);
}

TEST(icmp_records_have_no_type_so_a_rule_of_one_type_is_undecided)
{
#define ICMP(type)                                                                                 \
	NET ESTATE_OPEN_NACL SG_1("{'IpProtocol': 'icmp', 'FromPort': " type                       \
				  ", 'ToPort': -1, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}",        \
				  "")
	static const char    ping[] = LINE("10.0.2.10 10.0.1.10 0 0 1 4 336 1 2 ACCEPT");

	check(judge_it(ICMP("-1"), ping), RECORD_EXPECTED, "all of ICMP");
	check(judge_it(ICMP("8"), ping), RECORD_UNKNOWN, "echo only");
	check(judge_it(WEB, ping), RECORD_CONTRADICTION, "no ICMP rule at all");
#undef ICMP
}

TEST(exempt_traffic_is_expected_whatever_the_rules)
{
	check(judge_it(NET CLOSED SG_1("", ""),
		       LINE("10.0.1.10 169.254.169.254 40000 80 6 9 900 1 2 ACCEPT")),
	      RECORD_EXPECTED, "instance metadata");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted_and_rejected_records_against_what_the_configuration_says),
		cmocka_unit_test(the_policy_tells_the_unexpected_from_the_expected),
		cmocka_unit_test(a_rejected_record_names_the_layer_that_denied),
		cmocka_unit_test(a_reply_is_judged_with_the_connection_it_answers),
		cmocka_unit_test(tcp_flags_tell_the_role_for_certain),
		cmocka_unit_test(
			without_flags_the_reading_that_alone_explains_the_action_is_taken_unless_ports_object),
		cmocka_unit_test(where_both_readings_agree_ports_are_only_probable),
		cmocka_unit_test(
			direction_comes_from_flow_direction_else_from_whose_the_addresses_are),
		cmocka_unit_test(a_record_whose_addresses_tell_no_direction_is_unknown),
		cmocka_unit_test(rules_are_held_against_the_packets_own_addresses),
		cmocka_unit_test(nodata_and_skipdata_are_unknown_and_say_so),
		cmocka_unit_test(
			a_rejection_by_block_public_access_is_no_verdict_of_a_group_or_acl),
		cmocka_unit_test(
			an_interface_that_is_not_in_the_snapshot_is_unknown_whatever_the_addresses),
		cmocka_unit_test(
			flags_tell_who_opened_a_connection_of_an_interface_that_is_not_in_the_snapshot),
		cmocka_unit_test(only_without_an_interface_id_the_address_tells_the_interface),
		cmocka_unit_test(a_record_without_what_is_needed_to_judge_is_unknown),
		cmocka_unit_test(data_that_is_missing_in_the_snapshot_makes_a_record_unknown),
		cmocka_unit_test(icmp_records_have_no_type_so_a_rule_of_one_type_is_undecided),
		cmocka_unit_test(exempt_traffic_is_expected_whatever_the_rules),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
