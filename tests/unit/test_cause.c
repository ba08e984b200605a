/* SPDX-License-Identifier: Apache-2.0 */
/* The interface is eni-1 (10.0.1.10, sg-1); its peer is eni-2 (10.0.2.10, sg-2) or somebody outside. */
#include "tests/unit/unit.h"

#include "simulator/flows/cause.h"
#include "tests/unit/judged.h"

#define SG_1(ingress, egress)                                                                      \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [" ingress                       \
	"], 'IpPermissionsEgress': [" egress "]}, {'GroupId': 'sg-2'}]}"
#define TCP(port, cidr)                                                                            \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '" cidr "'}]}"
#define ALL "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define FROM(peer, port)                                                                           \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'UserIdGroupPairs': [{'GroupId': '" peer "'}]}"
#define CLOSED                                                                                     \
	"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "         \
	"'Entries': []}]}"
#define NET		     ESTATE_NET ESTATE_ENIS
#define WEB(ingress, egress) NET ESTATE_OPEN_NACL SG_1(ingress, egress)
#define FLAGS                                                                                      \
	"interface-id srcaddr dstaddr srcport dstport protocol start end action tcp-flags "        \
	"log-status"

#define IN(ports, action, flags)                                                                   \
	"eni-1 198.51.100.9 10.0.1.10 " ports " 6 100 160 " action " " flags " OK"
#define OUT(ports, action, flags)                                                                  \
	"eni-1 10.0.1.10 198.51.100.9 " ports " 6 100 160 " action " " flags " OK"
#define FROM_ENI_2(ports, action, flags)                                                           \
	"eni-1 10.0.2.10 10.0.1.10 " ports " 6 100 160 " action " " flags " OK"

#define BIT(cause) (UINT32_C(1) << (cause))

/* SSH from one address, and what leaves only to 10.0.0.0/8: nothing here is untracked. */
#define TRACKED WEB(TCP("22", "198.51.100.9/32"), TCP("5432", "10.0.0.0/8"))
/* HTTPS from everyone, and all to everyone: HTTPS is untracked. */
#define UNTRACKED WEB(TCP("443", "0.0.0.0/0"), ALL)

struct cause_case {
	const char	   *about, *estate, *line;
	enum record_verdict verdict;
	uint32_t	    causes;
};

static const struct cause_case cases[] = {
	{ "a reply to a port below the clients' range: as a reply it passes by state",
	  WEB(TCP("22", "198.51.100.9/32"), ALL), IN("40000 700", "ACCEPT", "-"),
	  RECORD_CONTRADICTION, BIT(CAUSE_TRACKED_REPLY) | BIT(CAUSE_PERHAPS_OUTLIVED) },
	{ "the same with SYN opens a connection", WEB(TCP("22", "198.51.100.9/32"), ALL),
	  IN("40000 700", "ACCEPT", "2"), RECORD_CONTRADICTION, 0 },
	{ "an answer to what may not come in leaves by the rule for everyone",
	  WEB(TCP("22", "198.51.100.9/32"), ALL), OUT("443 40000", "ACCEPT", "18"),
	  RECORD_CONTRADICTION, BIT(CAUSE_UNTRACKED_REPLY) },
	{ "but not by one that is only for some ports",
	  WEB(TCP("22", "198.51.100.9/32"), TCP("40000", "0.0.0.0/0")),
	  OUT("443 40000", "ACCEPT", "18"), RECORD_CONTRADICTION, 0 },
	{ "rejected, tracked, no SYN: late", TRACKED, IN("40000 22", "REJECT", "1"),
	  RECORD_CONTRADICTION, BIT(CAUSE_ENDED) },
	{ "rejected, tracked, no flag at all: late", TRACKED, IN("40000 22", "REJECT", "0"),
	  RECORD_CONTRADICTION, BIT(CAUSE_ENDED) },
	{ "rejected, tracked, with SYN: neither late nor cut", TRACKED,
	  IN("40000 22", "REJECT", "2"), RECORD_CONTRADICTION, 0 },
	{ "rejected, tracked, flags not told: perhaps late", TRACKED, IN("40000 22", "REJECT", "-"),
	  RECORD_CONTRADICTION, BIT(CAUSE_PERHAPS_ENDED) },
	{ "rejected, untracked: a change of rules cuts at once", UNTRACKED,
	  IN("40000 443", "REJECT", "1"), RECORD_CONTRADICTION, BIT(CAUSE_UNTRACKED_CUT) },
	{ "its reply, too", UNTRACKED, OUT("443 40000", "REJECT", "1"), RECORD_CONTRADICTION,
	  BIT(CAUSE_UNTRACKED_CUT) },
	{ "a new connection is not cut", UNTRACKED, IN("40000 443", "REJECT", "2"),
	  RECORD_CONTRADICTION, 0 },
	{ "accepted, no SYN: the connection is older than the record", TRACKED,
	  IN("40000 23", "ACCEPT", "0"), RECORD_CONTRADICTION, BIT(CAUSE_OUTLIVED) },
	{ "accepted, flags not told: perhaps", TRACKED, IN("40000 23", "ACCEPT", "-"),
	  RECORD_CONTRADICTION, BIT(CAUSE_PERHAPS_OUTLIVED) },
	{ "accepted, with SYN: nothing tells", TRACKED, IN("40000 23", "ACCEPT", "2"),
	  RECORD_CONTRADICTION, 0 },
	{ "an ACL has no state that could outlive its rule", NET CLOSED SG_1("", ""),
	  IN("40000 23", "ACCEPT", "0"), RECORD_CONTRADICTION, 0 },
	{ "a rule for the port refers to a group that is not in the snapshot",
	  WEB(FROM("sg-gone", "5432"), ""), FROM_ENI_2("40000 5432", "ACCEPT", "2"),
	  RECORD_CONTRADICTION, BIT(CAUSE_MISSING_OBJECT) },
	{ "a rule for another port does not matter", WEB(FROM("sg-gone", "5433"), ""),
	  FROM_ENI_2("40000 5432", "ACCEPT", "2"), RECORD_CONTRADICTION, 0 },
	{ "an unknown interface is a missing object", TRACKED,
	  "eni-9 198.51.100.9 10.0.1.10 40000 22 6 100 160 ACCEPT 2 OK", RECORD_UNKNOWN,
	  BIT(CAUSE_MISSING_OBJECT) },
	{ "no traffic is no missing object", TRACKED, "eni-1 - - - - - 100 160 - - NODATA",
	  RECORD_UNKNOWN, 0 },
	{ "what agrees needs no cause", TRACKED, IN("40000 22", "ACCEPT", "2"), RECORD_EXPECTED,
	  0 },
	{ "nor does what is rejected rightly", TRACKED, IN("40000 23", "REJECT", "2"),
	  RECORD_REJECTED, 0 },
};

TEST(causes_come_from_what_record_and_rules_tell)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged_log  log = judged_log_open(cases[i].estate, NULL, FLAGS);
		struct judged_line line;
		uint32_t	   causes;

		judged_log_line(&log, cases[i].line, 1, &line);
		causes = causes_of(log.world, &line.record, &line.answer);
		if (line.answer.verdict != cases[i].verdict || causes != cases[i].causes)
			fail_msg("%s: %s, causes %x, not %x", cases[i].about,
				 record_verdict_text(line.answer.verdict), causes, cases[i].causes);
		judged_log_close(&log);
	}
}

TEST(interfaces_of_aws_track_everything)
{
	static const char *const load_balancer =
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', "
		"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.10', 'InterfaceType': "
		"'network_load_balancer', 'Groups': [{'GroupId': 'sg-1'}]}]}";
	char		   estate[8192];
	struct judged_log  log;
	struct judged_line line;

	snprintf(estate, sizeof(estate), "%s%s", UNTRACKED, load_balancer);
	log = judged_log_open(estate, NULL, FLAGS);
	judged_log_line(&log, IN("40000 443", "REJECT", "1"), 1, &line);
	CHECK(causes_of(log.world, &line.record, &line.answer) == BIT(CAUSE_ENDED));
	judged_log_close(&log);
}

TEST(time_tells_only_when_all_records_are_on_one_side)
{
	static const struct {
		uint64_t start, end;
		uint32_t causes;
	} times[] = {
		{ 100, 200, BIT(CAUSE_OLDER) },
		{ 600, 700, BIT(CAUSE_NEWER) },
		{ 400, 600, 0 },
		{ 500, 600, 0 },
		{ 400, 500, 0 },
		{ 0, 0, 0 },
		{ 0, 499, BIT(CAUSE_OLDER) },
	};
	struct snapshot_time given = { .source = SNAPSHOT_TIME_GIVEN, .s = 500 };
	struct snapshot_time unknown = { .source = SNAPSHOT_TIME_UNKNOWN };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct sums sums = { .records = 1, .start = times[i].start, .end = times[i].end };

		CHECK(causes_of_time(&sums, &given) == times[i].causes);
		CHECK(causes_of_time(&sums, &unknown) == 0);
	}
}

TEST(time_of_files_is_told_with_what_it_is_worth)
{
	static const struct {
		enum cause		  cause;
		enum snapshot_time_source source;
		const char		 *text;
	} texts[] = {
		{ CAUSE_OLDER, SNAPSHOT_TIME_GIVEN,
		  "older than the snapshot by 3 d or more (1970-01-11T00:00:00Z)" },
		{ CAUSE_OLDER, SNAPSHOT_TIME_FILES,
		  "older than the snapshot by 3 d or more (1970-01-11T00:00:00Z, its files' "
		  "modification time), unless they were copied" },
		{ CAUSE_NEWER, SNAPSHOT_TIME_FILES,
		  "newer than the snapshot by 30 min or more (1970-01-11T00:00:00Z, its files' "
		  "modification time)" },
	};
	struct sums older = { .records = 1, .start = 600000, .end = 604800 };
	struct sums newer = { .records = 1, .start = 865800, .end = 900000 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct snapshot_time time = { .source = texts[i].source, .s = 864000 };
		auto_buf struct buf  text = buf_make(512);

		cause_print(texts[i].cause, texts[i].cause == CAUSE_OLDER ? &older : &newer, &time,
			    &text);
		CHECK_STR(buf_str(&text), texts[i].text);
	}
}

TEST(every_cause_has_a_code_and_words_of_its_own)
{
	struct sums	     sums = { .records = 1, .start = 1, .end = 1 };
	struct snapshot_time time = { .source = SNAPSHOT_TIME_GIVEN };

	for (int i = 0; i < CAUSE_COUNT; i++) {
		auto_buf struct buf text = buf_make(512);

		cause_print((enum cause)i, &sums, &time, &text);
		CHECK(text.len > 10);
		for (int j = 0; j < i; j++)
			CHECK(strcmp(cause_code((enum cause)i), cause_code((enum cause)j)) != 0);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_come_from_what_record_and_rules_tell),
		cmocka_unit_test(interfaces_of_aws_track_everything),
		cmocka_unit_test(time_tells_only_when_all_records_are_on_one_side),
		cmocka_unit_test(time_of_files_is_told_with_what_it_is_worth),
		cmocka_unit_test(every_cause_has_a_code_and_words_of_its_own),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
