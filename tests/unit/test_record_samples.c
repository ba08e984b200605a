/* SPDX-License-Identifier: Apache-2.0 */
/* The records that AWS has published (aws-semantics.md 1.13), against what its prose says of each. */
#include "tests/unit/unit.h"

#include "lib/flow/line.h"
#include "policies/match/record.h"
#include "tests/unit/estate.h"
#include "tests/unit/samples.h"

#define OPEN "[{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]"
#define ICMP                                                                                       \
	"[{'IpProtocol': 'icmp', 'FromPort': -1, 'ToPort': -1, 'IpRanges': [{'CidrIp': "           \
	"'0.0.0.0/0'}]}]"
#define SSH6                                                                                       \
	"[{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': "            \
	"'172.31.0.0/16'}], 'Ipv6Ranges': [{'CidrIpv6': '2001:db8:1234::/48'}]}]"
#define IN                                                                                         \
	"{'RuleNumber': 100, 'Egress': false, 'RuleAction': 'allow', 'Protocol': '-1', "           \
	"'CidrBlock': '0.0.0.0/0'}, {'RuleNumber': 101, 'Egress': false, 'RuleAction': "           \
	"'allow', 'Protocol': '-1', 'Ipv6CidrBlock': '::/0'}"
#define OUT                                                                                        \
	"{'RuleNumber': 100, 'Egress': true, 'RuleAction': 'allow', 'Protocol': '-1', "            \
	"'CidrBlock': '0.0.0.0/0'}"

/* The interface of the samples with one address, its group and its subnet's ACL. */
static struct world *world_of(const char *addresses, const char *ingress, const char *egress,
			      const char *entries)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '172.31.0.0/16'}]}"
		 "{'Subnets': [{'SubnetId': 'subnet-1', 'VpcId': 'vpc-1', 'CidrBlock': "
		 "'172.31.16.128/25'}]}"
		 "{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': %s, "
		 "'IpPermissionsEgress': %s}]}"
		 "{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
		 "'Entries': [%s]}]}"
		 "{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1235b8ca123456789', 'VpcId': "
		 "'vpc-1', 'SubnetId': 'subnet-1', 'Groups': [{'GroupId': 'sg-1'}], %s}]}",
		 ingress, egress, entries, addresses);
	return estate_open(text);
}

static struct record_answer judge_sample(const struct world *world, const char *name)
{
	struct format fields = format_default();
	struct record record;
	struct err    err;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		if (strcmp(samples[i].name, name) != 0)
			continue;
		if ((samples[i].format &&
		     format_parse(str_of(samples[i].format), &fields, NULL, &err) < 0) ||
		    line_parse(str_of(samples[i].line), &fields, LINE_ALL_FIELDS, &record, &err) !=
			    LINE_FINE)
			fail_msg("%s: %s", name, err.text);
		return record_judge(world, NULL, &record);
	}
	fail_msg("there is no sample '%s'", name);
	return (struct record_answer){ 0 };
}

static void check(const struct record_answer *answer, enum record_verdict expected)
{
	if (answer->verdict != expected)
		fail_msg("%s (%s)", record_verdict_text(answer->verdict),
			 answer->why ? answer->why : "");
}

TEST(ssh_accepted_where_the_group_admits_it)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.21'", SSH6, "[]",
						  IN ", " OUT);
	struct record_answer	 answer = judge_sample(world, "accepted SSH");

	check(&answer, RECORD_EXPECTED);
	CHECK(answer.direction == DIRECTION_INGRESS && answer.opening.dst_port == 22);
}

TEST(rdp_rejected_by_the_group)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.9.12'", SSH6, OPEN,
						  IN ", " OUT);
	struct record_answer	 answer = judge_sample(world, "rejected RDP");

	check(&answer, RECORD_REJECTED);
	CHECK(answer.model.overall.layer == LAYER_SG);
}

TEST(ping_comes_in_by_group_and_acl)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.139'", ICMP, OPEN,
						  IN);
	struct record_answer	 answer = judge_sample(world, "ping");

	check(&answer, RECORD_EXPECTED);
	CHECK(answer.model.sg.verdict == VERDICT_ALLOW && answer.model.nacl_crossed);
}

TEST(the_reply_to_a_ping_passes_the_group_by_state_and_is_rejected_by_the_acl)
{
	static const char *const egress[] = { OPEN, "[]" };

	for (size_t i = 0; i < ARRAY_LEN(egress); i++) {
		auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.139'",
							  ICMP, egress[i], IN);
		struct record_answer	 answer = judge_sample(world, "ping reply");

		check(&answer, RECORD_REJECTED);
		CHECK(answer.direction == DIRECTION_EGRESS);
		CHECK(answer.model.nacl.verdict == VERDICT_DENY);
		CHECK(i == 1 || answer.model.overall.layer == LAYER_NACL);
	}
}

TEST(without_flags_or_ports_a_rejection_is_taken_for_a_packet_that_the_group_denies)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.139'", ICMP, "[]",
						  IN ", " OUT);
	struct record_answer	 answer = judge_sample(world, "ping reply");

	/* As a packet of its own the group denies it; as the reply it is, all would allow it. */
	check(&answer, RECORD_REJECTED);
	CHECK(answer.role == ROLE_INITIATOR && answer.evidence == EVIDENCE_CONFIGURATION);
}

TEST(if_the_group_denied_the_ping_its_acceptance_would_contradict)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.139'", "[]", "[]",
						  IN ", " OUT);
	struct record_answer	 answer = judge_sample(world, "ping");

	check(&answer, RECORD_CONTRADICTION);
}

TEST(ssh_over_ipv6)
{
	auto_world struct world *world = world_of(
		"'Ipv6Addresses': [{'Ipv6Address': '2001:db8:1234:a102:3304:8879:34cf:4071'}]",
		SSH6, "[]", IN);
	struct record_answer answer = judge_sample(world, "IPv6 SSH");

	check(&answer, RECORD_EXPECTED);
	CHECK(answer.direction == DIRECTION_INGRESS);
}

TEST(the_records_of_one_tcp_connection_from_open_to_close)
{
	static const struct {
		const char    *name;
		enum direction direction;
		enum role      role;
	} cases[] = {
		{ "opened", DIRECTION_INGRESS, ROLE_INITIATOR },
		{ "answered", DIRECTION_EGRESS, ROLE_REPLY },
		{ "closed", DIRECTION_EGRESS, ROLE_REPLY }, /* FIN alone: by configuration */
		{ "short", DIRECTION_INGRESS, ROLE_INITIATOR },
		{ "short answer", DIRECTION_EGRESS, ROLE_REPLY },
	};
	static const char iperf[] = "[{'IpProtocol': 'tcp', 'FromPort': 5001, 'ToPort': 5001, "
				    "'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]";
	auto_world struct world *world = world_of("'PrivateIpAddress': '10.0.0.62'", iperf, "[]",
						  IN ", " OUT);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct record_answer answer = judge_sample(world, cases[i].name);

		check(&answer, RECORD_EXPECTED);
		CHECK(answer.direction == cases[i].direction && answer.role == cases[i].role);
		CHECK(answer.opening.dst_port == 5001);
	}
}

TEST(a_download_from_s3_and_its_requests)
{
	static const char	 https[] = "[{'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, "
					   "'IpRanges': [{'CidrIp': '52.95.0.0/16'}]}]";
	auto_world struct world *world = world_of("'PrivateIpAddress': '10.0.0.71'", "[]", https,
						  IN ", " OUT);
	struct record_answer	 in = judge_sample(world, "from S3"),
			     out = judge_sample(world, "to S3");

	check(&in, RECORD_EXPECTED);
	check(&out, RECORD_EXPECTED);
	CHECK(in.role == ROLE_REPLY && in.direction == DIRECTION_INGRESS);
	CHECK(out.role == ROLE_INITIATOR && out.direction == DIRECTION_EGRESS);
}

TEST(records_without_data_are_unknown)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '172.31.16.21'", OPEN, OPEN,
						  IN);
	struct record_answer	 nodata = judge_sample(world, "no data");
	struct record_answer	 skipped = judge_sample(world, "skipped data");

	check(&nodata, RECORD_UNKNOWN);
	check(&skipped, RECORD_UNKNOWN);
}

TEST(a_record_that_tells_no_action_is_unknown)
{
	auto_world struct world *world = world_of("'PrivateIpAddress': '10.0.0.220'", OPEN, OPEN,
						  IN ", " OUT);
	struct record_answer	 nat = judge_sample(world, "NAT gateway");
	struct record_answer	 regional = judge_sample(world, "regional NAT gateway");

	check(&nat, RECORD_UNKNOWN);
	check(&regional, RECORD_UNKNOWN);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_accepted_where_the_group_admits_it),
		cmocka_unit_test(rdp_rejected_by_the_group),
		cmocka_unit_test(ping_comes_in_by_group_and_acl),
		cmocka_unit_test(
			the_reply_to_a_ping_passes_the_group_by_state_and_is_rejected_by_the_acl),
		cmocka_unit_test(
			without_flags_or_ports_a_rejection_is_taken_for_a_packet_that_the_group_denies),
		cmocka_unit_test(if_the_group_denied_the_ping_its_acceptance_would_contradict),
		cmocka_unit_test(ssh_over_ipv6),
		cmocka_unit_test(the_records_of_one_tcp_connection_from_open_to_close),
		cmocka_unit_test(a_download_from_s3_and_its_requests),
		cmocka_unit_test(records_without_data_are_unknown),
		cmocka_unit_test(a_record_that_tells_no_action_is_unknown),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
