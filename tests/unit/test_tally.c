/* SPDX-License-Identifier: Apache-2.0 */
/* eni-1 (sg-1) has HTTPS open to everyone and PostgreSQL to eni-2 (sg-2), as in test_record.c. */
#include "tests/unit/unit.h"

#include <time.h>

#include "simulator/flows/tally.h"
#include "tests/unit/judged.h"

#define TCP(port)                                                                                  \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define WEB                                                                                        \
	ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL                                                    \
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'web', 'IpPermissions': "    \
		"[" TCP("443") "], 'IpPermissionsEgress': [" TCP(                                  \
			"5432") "]}, {'GroupId': 'sg-2', 'GroupName': 'db'}]}"
#define POLICY "tier web = eni-1\ntier db = eni-2\nallow internet -> web : tcp/443\n"

enum { LINES_MAX = 12000, LINE_SIZE = 128 };

struct lines {
	char (*text)[LINE_SIZE];
	size_t count;
};

static PRINTF_LIKE(2, 3) void add_line(struct lines *lines, const char *format, ...)
{
	va_list args;

	if (!lines->text)
		lines->text = calloc(LINES_MAX, LINE_SIZE);
	assert_true(lines->count < LINES_MAX);
	va_start(args, format);
	vsnprintf(lines->text[lines->count++], LINE_SIZE, format, args);
	va_end(args);
}

/* Of eni-1.  The times are those of the line's number. */
static void add_flow(struct lines *lines, const char *ends, const char *rest)
{
	add_line(lines, "2 1 eni-1 %s 6 %s %zu %zu ACCEPT OK", ends, rest, lines->count + 1,
		 lines->count + 60);
}

static void tally_line(struct tally *tally, const struct judged_log *log, const struct lines *lines,
		       size_t at)
{
	struct judged_line line;

	judged_log_line(log, lines->text[at], at + 1, &line);
	judged_line_tally(&line, tally);
}

static struct tally *tally_lines(const struct judged_log *log, const struct lines *lines)
{
	struct tally *tally = tally_new(log->world, log->judge);

	for (size_t i = 0; i < lines->count; i++)
		tally_line(tally, log, lines, i);
	return tally;
}

static void print_answer(const struct tally_answer *answer, struct buf *out)
{
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++)
		buf_printf(out, "%llu ", (unsigned long long)answer->totals[i].records);
	buf_printf(out, "nodata %llu skipdata %llu undecided %llu\n",
		   (unsigned long long)answer->nodata, (unsigned long long)answer->skipdata,
		   (unsigned long long)answer->undecided);
	for (size_t i = 0; i < answer->count; i++) {
		const struct tally_group *group = &answer->groups[i];

		buf_printf(out, "%s ", record_verdict_text(group->verdict));
		buf_add_str(out, group->src.text);
		buf_add_text(out, ">");
		buf_add_str(out, group->dst.text);
		buf_printf(out, " %d/%u ports %llu", group->protocol, group->dst_port,
			   (unsigned long long)distinct_count(&group->ports));
		buf_printf(out, " records %llu packets %llu bytes %llu %llu-%llu",
			   (unsigned long long)group->sums.records,
			   (unsigned long long)group->sums.packets,
			   (unsigned long long)group->sums.bytes,
			   (unsigned long long)group->sums.start,
			   (unsigned long long)group->sums.end);
		buf_printf(out, " src %llu dst %llu line %llu %.*s causes %x\n",
			   (unsigned long long)distinct_count(&group->sources),
			   (unsigned long long)distinct_count(&group->destinations),
			   (unsigned long long)group->example_line, (int)group->example_len,
			   group->example, group->causes);
	}
}

TEST(ten_thousand_scanners_are_one_group)
{
	struct judged_log	   log = judged_log_open(WEB, NULL, NULL);
	struct lines		   lines = { 0 };
	auto_tally struct tally	  *tally = NULL;
	const struct tally_answer *answer;

	for (unsigned i = 0; i < 10000; i++)
		add_line(&lines, "2 1 eni-1 198.51.%u.%u 10.0.1.10 %u 23 6 1 40 100 160 REJECT OK",
			 i / 256, i % 256, 40000 + i % 20000);
	tally = tally_lines(&log, &lines);
	answer = tally_finish(tally);
	CHECK(answer->count == 1);
	CHECK_STR(answer->groups[0].src.text, "internet");
	CHECK_STR(answer->groups[0].dst.text, "sg:web");
	CHECK(answer->groups[0].verdict == RECORD_REJECTED && answer->groups[0].dst_port == 23);
	CHECK(answer->groups[0].sums.records == 10000 && answer->groups[0].sums.bytes == 400000);
	CHECK(distinct_count(&answer->groups[0].sources) == 10000);
	CHECK(distinct_count(&answer->groups[0].destinations) == 1);
	CHECK(!answer->groups[0].sources.estimated);
	free(lines.text);
	judged_log_close(&log);
}

TEST(a_scan_of_ports_is_one_group_of_many_ports)
{
	static const struct {
		unsigned ports, groups;
	} cases[] = { { TALLY_PORTS_MAX, TALLY_PORTS_MAX },
		      { TALLY_PORTS_MAX + 1, 1 },
		      { 5000, 1 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct judged_log	   log = judged_log_open(WEB, NULL, NULL);
		struct lines		   lines = { 0 };
		struct tally		  *tally;
		const struct tally_answer *answer;

		for (unsigned port = 0; port < cases[i].ports; port++)
			add_line(&lines,
				 "2 1 eni-1 198.51.100.9 10.0.1.10 40000 %u 6 1 40 100 160 "
				 "REJECT OK",
				 port + 500);
		tally = tally_lines(&log, &lines);
		answer = tally_finish(tally);
		CHECK(answer->count == cases[i].groups);
		CHECK(answer->groups[0].has_ports == (cases[i].groups == 1));
		CHECK(answer->totals[RECORD_REJECTED].records == cases[i].ports);
		if (cases[i].groups == 1) {
			CHECK(distinct_count(&answer->groups[0].ports) == cases[i].ports);
			CHECK(answer->groups[0].sums.records == cases[i].ports);
			CHECK(answer->groups[0].example_line == 1);
		}
		tally_free(tally);
		free(lines.text);
		judged_log_close(&log);
	}
}

TEST(replies_are_counted_with_the_connection_they_answer)
{
	struct judged_log	   log = judged_log_open(WEB, POLICY, NULL);
	struct lines		   lines = { 0 };
	auto_tally struct tally	  *tally = NULL;
	const struct tally_answer *answer;

	add_flow(&lines, "198.51.100.9 10.0.1.10 40000 443", "3 300");
	add_flow(&lines, "10.0.1.10 198.51.100.9 443 40000", "2 200");
	tally = tally_lines(&log, &lines);
	answer = tally_finish(tally);
	CHECK(answer->count == 1);
	CHECK_STR(answer->groups[0].src.text, "internet");
	CHECK_STR(answer->groups[0].dst.text, "web");
	CHECK(answer->groups[0].sums.records == 2 && answer->groups[0].sums.packets == 5);
	CHECK(answer->groups[0].sums.start == 1 && answer->groups[0].sums.end == 61);
	CHECK(distinct_count(&answer->groups[0].sources) == 1);
	free(lines.text);
	judged_log_close(&log);
}

TEST(a_rejected_group_says_what_the_other_layer_would_have_done)
{
	static const char *const closed =
		"{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': 'vpc-1', 'IsDefault': true, "
		"'Entries': []}]}";
	static const struct {
		const char  *ends;
		bool	     closed;
		enum layer   layer;
		enum verdict other;
	} cases[] = {
		{ "198.51.100.9 10.0.1.10 40000 23", false, LAYER_SG, VERDICT_ALLOW },
		{ "198.51.100.9 10.0.1.10 40000 23", true, LAYER_SG, VERDICT_DENY },
		{ "198.51.100.9 10.0.1.10 40000 443", true, LAYER_NACL, VERDICT_ALLOW },
		{ "10.0.1.20 10.0.1.10 40000 23", true, LAYER_SG, VERDICT_COUNT },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char			   estate[8192], text[LINE_SIZE];
		struct judged_log	   log;
		struct judged_line	   line;
		struct tally		  *tally;
		const struct tally_answer *answer;

		snprintf(estate, sizeof(estate), "%s%s", WEB, cases[i].closed ? closed : "");
		log = judged_log_open(estate, NULL, NULL);
		snprintf(text, sizeof(text), "2 1 eni-1 %s 6 1 40 100 160 REJECT OK",
			 cases[i].ends);
		judged_log_line(&log, text, 1, &line);
		tally = tally_new(log.world, NULL);
		judged_line_tally(&line, tally);
		answer = tally_finish(tally);
		CHECK(answer->groups[0].layer == cases[i].layer);
		CHECK(answer->groups[0].other == cases[i].other);
		tally_free(tally);
		judged_log_close(&log);
	}
}

TEST(records_without_traffic_are_unknown_and_in_no_group)
{
	struct judged_log	   log = judged_log_open(WEB, NULL, NULL);
	struct lines		   lines = { 0 };
	auto_tally struct tally	  *tally = NULL;
	const struct tally_answer *answer;

	add_line(&lines, "2 1 eni-1 - - - - - - - 100 160 - NODATA");
	add_line(&lines, "2 1 eni-1 - - - - - - - 100 160 - NODATA");
	add_line(&lines, "2 1 eni-1 - - - - - - - 100 160 - SKIPDATA");
	tally = tally_lines(&log, &lines);
	answer = tally_finish(tally);
	CHECK(answer->count == 0 && answer->all.records == 3);
	CHECK(answer->nodata == 2 && answer->skipdata == 1 && answer->undecided == 1);
	CHECK(answer->totals[RECORD_UNKNOWN].records == 3);
	free(lines.text);
	judged_log_close(&log);
}

/* A bit of everything: scans of ports and addresses, replies, both actions, unknown interfaces. */
static void add_mixture(struct lines *lines, unsigned *seed)
{
	static const char *const enis[] = { "eni-1", "eni-1", "eni-2", "eni-9" };
	static const char *const ends[] = { "10.0.1.10", "10.0.2.10", "198.51.100.9", "10.9.0.1",
					    "10.0.1.20" };

	for (size_t i = 0; i < 2000; i++) {
		unsigned a = (unsigned)rand_r(seed), b = (unsigned)rand_r(seed);
		unsigned port = a % 3 == 0 ? 443 : a % 3 == 1 ? 5432 : 500 + b % 200;
		bool	 reply = a % 5 == 0;

		add_line(lines, "2 1 %s %s %s %u %u %u %u %u %u %u %s OK", enis[a % 4],
			 ends[a / 4 % 5], ends[b % 5], reply ? port : 40000 + b % 100,
			 reply ? 40000 + b % 100 : port, a % 7 ? 6 : 17, b % 9 + 1, b % 1000 + 40,
			 1000 + a % 5000, 7000 + b % 5000, a % 11 < 6 ? "ACCEPT" : "REJECT");
	}
	add_line(lines, "2 1 eni-1 - - - - - - - 100 160 - NODATA");
}

static void shuffle(size_t *order, size_t count, unsigned *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)rand_r(seed) % i, kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
}

TEST(the_answer_is_the_same_in_any_order_and_division)
{
	unsigned	    seed = (unsigned)time(NULL);
	struct judged_log   log = judged_log_open(WEB, POLICY, NULL);
	struct lines	    lines = { 0 };
	struct tally	   *whole, *parts[3];
	size_t		    order[LINES_MAX];
	auto_buf struct buf expected = buf_make(1 << 20);
	auto_buf struct buf actual = buf_make(1 << 20);

	print_message("seed %u\n", seed);
	add_mixture(&lines, &seed);
	whole = tally_lines(&log, &lines);
	for (size_t i = 0; i < lines.count; i++)
		order[i] = i;
	shuffle(order, lines.count, &seed);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		parts[i] = tally_new(log.world, log.judge);
	for (size_t i = 0; i < lines.count; i++)
		tally_line(parts[i % ARRAY_LEN(parts)], &log, &lines, order[i]);
	tally_merge(parts[1], parts[0]);
	tally_merge(parts[2], parts[1]);
	print_answer(tally_finish(whole), &expected);
	print_answer(tally_finish(parts[2]), &actual);
	CHECK(!expected.overflow && expected.len > 1000);
	CHECK_STR(buf_str(&actual), expected.data);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		tally_free(parts[i]);
	tally_free(whole);
	free(lines.text);
	judged_log_close(&log);
}

TEST(places_stay_when_many_records_are_added_to_them_later)
{
	struct judged_log	   log = judged_log_open(WEB, POLICY, NULL);
	auto_tally struct tally	  *tally = tally_new(log.world, log.judge);
	struct judged_line	   line;
	struct sums		   sums = { .records = 7, .packets = 9, .bytes = 11, .end = 5 };
	uint32_t		   first;
	const struct tally_answer *answer;

	judged_log_line(&log, "2 1 eni-1 198.51.100.9 10.0.1.10 40000 443 6 1 40 1 2 ACCEPT OK", 1,
			&line);
	first = tally_place(tally, &line.judged);
	judged_log_line(&log, "2 1 eni-1 198.51.100.8 10.0.1.10 40001 22 6 1 40 1 2 REJECT OK", 2,
			&line);
	CHECK(tally_place(tally, &line.judged) != first);
	judged_log_line(&log, "2 1 eni-1 198.51.100.7 10.0.1.10 40002 443 6 1 40 1 2 ACCEPT OK", 3,
			&line);
	CHECK(tally_place(tally, &line.judged) == first);
	tally_add(tally, first, &sums);
	tally_add(tally, first, &sums);
	answer = tally_finish(tally);
	CHECK(answer->totals[RECORD_EXPECTED].records == 14);
	CHECK(answer->totals[RECORD_EXPECTED].bytes == 22 && answer->all.start == 0);
	judged_log_close(&log);
}

TEST(what_matters_comes_first)
{
	static const char *const policy = POLICY "deny db -> web\n";
	static const struct {
		const char *ends, *action;
	} cases[] = {
		{ "10.0.2.10 10.0.1.10 40000 443", "ACCEPT" },	 /* unexpected */
		{ "198.51.100.9 10.0.1.10 40000 22", "ACCEPT" }, /* contradiction */
		{ "198.51.100.9 10.0.1.10 40000 22", "REJECT" },
		{ "198.51.100.9 10.0.1.10 40000 443", "ACCEPT" },
	};
	static const enum record_verdict verdicts[] = { RECORD_UNEXPECTED, RECORD_CONTRADICTION,
							RECORD_REJECTED, RECORD_EXPECTED };
	struct judged_log		 log = judged_log_open(WEB, policy, NULL);
	struct lines			 lines = { 0 };
	auto_tally struct tally		*tally = NULL;
	const struct tally_answer	*answer;

	for (size_t i = ARRAY_LEN(cases); i-- > 0;)
		add_line(&lines, "2 1 eni-1 %s 6 1 40 100 160 %s OK", cases[i].ends,
			 cases[i].action);
	tally = tally_lines(&log, &lines);
	answer = tally_finish(tally);
	CHECK(answer->count == ARRAY_LEN(cases));
	for (size_t i = 0; i < answer->count; i++)
		CHECK(answer->groups[i].verdict == verdicts[i]);
	free(lines.text);
	judged_log_close(&log);
}

/* It has no groups whose rules could filter; that makes its neighbours no service that nothing filters. */
TEST(neighbours_of_an_interface_without_groups_are_named_by_what_they_are)
{
	static const char estate[] = ESTATE_NET ESTATE_OPEN_NACL ESTATE_OPEN_SGS
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-nat', 'VpcId': 'vpc-1', "
		"'SubnetId': 'subnet-a', 'PrivateIpAddress': '10.0.1.5', 'InterfaceType': "
		"'nat_gateway', 'Groups': []}]}";
	struct judged_log	   log = judged_log_open(estate, NULL, NULL);
	struct lines		   lines = { 0 };
	auto_tally struct tally	  *tally = NULL;
	const struct tally_answer *answer;

	add_line(&lines, "2 1 eni-nat 10.0.1.77 10.0.1.5 40000 443 6 1 40 100 160 ACCEPT OK");
	add_line(&lines, "2 1 eni-nat 10.0.1.78 10.0.1.5 40000 443 6 1 40 100 160 ACCEPT OK");
	tally = tally_lines(&log, &lines);
	answer = tally_finish(tally);
	CHECK(answer->count == 1);
	CHECK_STR(answer->groups[0].src.text, "10.0.0.0/16");
	free(lines.text);
	judged_log_close(&log);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_scanners_are_one_group),
		cmocka_unit_test(a_scan_of_ports_is_one_group_of_many_ports),
		cmocka_unit_test(replies_are_counted_with_the_connection_they_answer),
		cmocka_unit_test(a_rejected_group_says_what_the_other_layer_would_have_done),
		cmocka_unit_test(records_without_traffic_are_unknown_and_in_no_group),
		cmocka_unit_test(the_answer_is_the_same_in_any_order_and_division),
		cmocka_unit_test(places_stay_when_many_records_are_added_to_them_later),
		cmocka_unit_test(what_matters_comes_first),
		cmocka_unit_test(
			neighbours_of_an_interface_without_groups_are_named_by_what_they_are),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
