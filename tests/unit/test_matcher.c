/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a matcher is beside its answers, which tests/differential/random_match holds against the plain
 * evaluation.  In the shop eni-1 carries sg-1 and eni-2 sg-2.
 */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/flow/line.h"
#include "policies/match/plane.h"
#include "policies/match/records.h"
#include "tests/unit/estate.h"

#define TCP(port)                                                                                  \
	"{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port                              \
	", 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"
#define GROUP(id, ingress)                                                                         \
	"{'GroupId': '" id "', 'IpPermissions': [" ingress "], 'IpPermissionsEgress': []}"
#define ESTATE(first, second)                                                                      \
	ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL                                                    \
		"{'SecurityGroups': [" GROUP("sg-1", first) ", " GROUP("sg-2", second) "]}"

/* The decision about TCP that enters an interface from 192.0.2.1. */
static struct interface_decision decide(struct matcher *matcher, const char *eni, const char *own,
					int port)
{
	struct packet packet = estate_tcp("192.0.2.1", own, port);
	uint32_t      side = matcher_side(matcher, estate_eni(matcher_world(matcher), eni), false);
	struct match_v4	  flow = matcher_flow_v4(side, packet.src, &packet);
	struct match_pair pair = { 0 };

	matcher_eval_v4(matcher, &flow, 1, &pair.opening);
	return matcher_decide(matcher, side, &packet, pair, false);
}

static void check_port(struct matcher *matcher, const char *eni, const char *own, int open)
{
	for (int port = open - 1; port <= open + 1; port++)
		CHECK_VERDICT(decide(matcher, eni, own, port).overall.verdict,
			      port == open ? VERDICT_ALLOW : VERDICT_DENY, eni);
}

TEST(interfaces_with_the_same_groups_in_the_same_subnet_are_one_policy)
{
	auto_world struct world *world = estate_open(
		"{'Vpcs': [{'VpcId': 'v', 'CidrBlock': '10.0.0.0/16'}]} {'Subnets': "
		"[{'SubnetId': 's-1', 'VpcId': 'v', 'CidrBlock': '10.0.1.0/24'}, {'SubnetId': "
		"'s-2', 'VpcId': 'v', 'CidrBlock': '10.0.2.0/24'}]} {'SecurityGroups': "
		"[{'GroupId': 'a', 'IpPermissions': []}, {'GroupId': 'b'}]} "
		"{'NetworkInterfaces': ["
		"{'NetworkInterfaceId': 'e-1', 'VpcId': 'v', 'SubnetId': 's-1', "
		"'PrivateIpAddress': '10.0.1.5', 'Groups': [{'GroupId': 'a'}]}, "
		"{'NetworkInterfaceId': 'e-2', 'VpcId': 'v', 'SubnetId': 's-1', "
		"'PrivateIpAddress': '10.0.1.6', 'Groups': [{'GroupId': 'a'}]}, "
		"{'NetworkInterfaceId': 'e-3', 'VpcId': 'v', 'SubnetId': 's-2', "
		"'PrivateIpAddress': '10.0.2.5', 'Groups': [{'GroupId': 'a'}]}, "
		"{'NetworkInterfaceId': 'e-4', 'VpcId': 'v', 'SubnetId': 's-1', "
		"'PrivateIpAddress': '10.0.1.7', 'Groups': [{'GroupId': 'a'}, {'GroupId': "
		"'b'}]}]}");
	auto_matcher struct matcher *matcher = matcher_compile(world);

	CHECK(matcher_side(matcher, 0, false) == matcher_side(matcher, 1, false));
	CHECK(matcher_side(matcher, 0, false) != matcher_side(matcher, 0, true));
	CHECK(matcher_side(matcher, 0, false) != matcher_side(matcher, 2, false));
	CHECK(matcher_side(matcher, 0, false) != matcher_side(matcher, 3, false));
	CHECK(matcher_size(matcher).sides == 6 && matcher_size(matcher).compiled == 6);
}

TEST(after_a_change_of_one_group_only_policies_that_use_it_are_compiled_anew)
{
	auto_world struct world	    *before = estate_open(ESTATE(TCP("443"), TCP("5432")));
	auto_world struct world	    *after = estate_open(ESTATE(TCP("8443"), TCP("5432")));
	auto_matcher struct matcher *old = matcher_compile(before);
	auto_matcher struct matcher *changed = matcher_recompile(
		old, after, estate_idx(after, WORLD_SG, "sg-1"));
	size_t users = 0;

	for (uint32_t i = 0; i < after->counts[WORLD_ENI]; i++)
		users += str_is(after->enis[i].sg_ids[0], "sg-1");
	CHECK(users > 0 && matcher_size(old).compiled == matcher_size(old).sides);
	CHECK(matcher_size(changed).compiled > 0 && matcher_size(changed).compiled <= 2 * users);
	CHECK(matcher_size(changed).compiled < matcher_size(changed).sides);
	check_port(old, "eni-1", "10.0.1.10", 443);
	check_port(changed, "eni-1", "10.0.1.10", 8443);
	check_port(changed, "eni-2", "10.0.2.10", 5432);
}

TEST(what_was_taken_over_outlives_the_matcher_it_came_from)
{
	auto_world struct world	    *world = estate_open(ESTATE(TCP("443"), TCP("5432")));
	struct matcher		    *old = matcher_compile(world);
	auto_matcher struct matcher *changed = matcher_recompile(
		old, world, estate_idx(world, WORLD_SG, "sg-1"));

	matcher_free(old);
	check_port(changed, "eni-2", "10.0.2.10", 5432);
}

TEST(an_open_matcher_compiles_what_is_asked_for_often_and_says_the_same_before)
{
	auto_world struct world	    *world = estate_open(ESTATE(TCP("443"), TCP("5432")));
	auto_matcher struct matcher *matcher = matcher_open(world);
	uint32_t side = matcher_side(matcher, estate_eni(world, "eni-1"), false);

	check_port(matcher, "eni-1", "10.0.1.10", 443);
	CHECK(matcher_size(matcher).compiled == 0);
	for (int i = 0; i < 1000; i++)
		matcher_want(matcher, side);
	CHECK(matcher_size(matcher).compiled == 1);
	check_port(matcher, "eni-1", "10.0.1.10", 443);
	check_port(matcher, "eni-2", "10.0.2.10", 5432);
}

TEST(traffic_that_is_exempt_for_its_ports_is_left_to_the_rules)
{
	auto_world struct world	    *world = estate_open(ESTATE("", ""));
	auto_matcher struct matcher *matcher = matcher_compile(world);
	uint32_t      side = matcher_side(matcher, estate_eni(world, "eni-1"), false);
	struct packet packet = estate_packet(PROTO_UDP, "192.0.2.1", "10.0.1.10", 68, 0);

	for (uint16_t port = 66; port <= 68; port++) {
		struct match_pair pair = { 0 };
		struct match_v4	  flow;

		packet.src_port = port;
		flow = matcher_flow_v4(side, packet.src, &packet);
		matcher_eval_v4(matcher, &flow, 1, &pair.opening);
		CHECK(pair.opening == ANSWER_ASK && match_verdict(pair.opening) == VERDICT_COUNT);
		CHECK_VERDICT(matcher_decide(matcher, side, &packet, pair, false).overall.verdict,
			      port == 67 ? VERDICT_ALLOW : VERDICT_DENY, "DHCP's ports");
	}
}

/* More peers times ports than are ever compiled. */
static struct world *open_huge(void)
{
	struct buf    text = buf_make(SIZE_MAX / 2);
	struct world *world;

	buf_add_text(&text, ESTATE_NET ESTATE_ENIS ESTATE_OPEN_NACL
		     "{'SecurityGroups': [{'GroupId': 'sg-2'}, {'GroupId': 'sg-1', "
		     "'IpPermissionsEgress': [], 'IpPermissions': [");
	for (unsigned i = 0; i < 8500; i++)
		buf_printf(&text,
			   "%s{'IpProtocol': 'tcp', 'FromPort': %u, 'ToPort': %u, 'IpRanges': "
			   "[{'CidrIp': '11.%u.%u.0/24'}]}",
			   i ? ", " : "", i * 3, i * 3, i / 256, i % 256);
	buf_add_text(&text, "]}]}");
	world = estate_open(text.data);
	buf_done(&text);
	return world;
}

TEST(a_policy_that_is_too_large_is_left_to_the_rules)
{
	auto_world struct world	    *world = open_huge();
	auto_matcher struct matcher *matcher = matcher_compile(world);
	uint32_t	  side = matcher_side(matcher, estate_eni(world, "eni-1"), false);
	struct packet	  packet = estate_tcp("11.0.3.9", "10.0.1.10", 9);
	struct match_v4	  flow = matcher_flow_v4(side, packet.src, &packet);
	struct match_pair pair = { 0 };

	matcher_eval_v4(matcher, &flow, 1, &pair.opening);
	CHECK(pair.opening == ANSWER_ASK);
	CHECK_VERDICT(matcher_decide(matcher, side, &packet, pair, false).overall.verdict,
		      VERDICT_ALLOW, "11.0.3.0/24 may reach port 9");
	CHECK(matcher_size(matcher).bytes < 1 << 20);
}

static bool same_answer(const struct record_answer *a, const struct record_answer *b)
{
	return a->verdict == b->verdict && a->direction == b->direction && a->role == b->role &&
	       a->reading == b->reading && a->evidence == b->evidence &&
	       a->has_model == b->has_model && a->eni_idx == b->eni_idx &&
	       a->peer_eni_idx == b->peer_eni_idx && a->why == b->why &&
	       a->model.overall.verdict == b->model.overall.verdict &&
	       a->model.sg.sg_rule == b->model.sg.sg_rule &&
	       a->model.nacl.nacl_rule == b->model.nacl.nacl_rule &&
	       a->intent.verdict == b->intent.verdict && a->intent.statement == b->intent.statement;
}

/* Lines of all kinds: both directions, both actions, ICMP, nothing to judge. */
static struct record record_of(unsigned i, char line[static 256])
{
	static const char *const ends[] = { "10.0.2.10 10.0.1.10", "10.0.1.10 10.0.2.10",
					    "192.0.2.7 10.0.1.10", "10.0.1.10 169.254.169.254",
					    "10.0.9.9 10.0.9.8" };
	struct format		 format = format_default();
	struct record		 record;
	struct err		 err;

	if (i % 11 == 0)
		snprintf(line, 256, "2 1 eni-1 - - - - - - - 1 2 - NODATA");
	else
		snprintf(line, 256, "2 1 eni-%u %s %u %u %u 9 900 1700000000 1700000060 %s OK",
			 1 + i % 13 / 12, ends[i % ARRAY_LEN(ends)], i % 3 ? 40000U : 443U,
			 i % 2 ? 443U : 5432U, i % 7 ? 6U : 1U, i % 4 ? "ACCEPT" : "REJECT");
	if (line_parse(str_of(line), &format, LINE_ALL_FIELDS, &record, &err) != LINE_FINE)
		fail_msg("%s: %s", line, err.text);
	if (i % 17 == 0) { /* ends of different families, as a translation may record them */
		record_set(&record, FIELD_PKT_SRCADDR);
		record.pkt_srcaddr = estate_ip("2001:db8:0:2::10");
	}
	return record;
}

TEST(many_records_are_judged_as_each_of_them_alone)
{
	enum { COUNT = 1500 };
	static char		    lines[COUNT][256];
	static struct record	    records[COUNT];
	static struct record_query  queries[COUNT];
	static struct record_answer answers[COUNT];
	struct err_list		    errors;
	auto_world struct world	   *world = estate_open(ESTATE(TCP("443"), TCP("5432")));
	auto_intent struct intent  *intent = intent_parse(
		 str_of("tier web = eni-1\ntier db = eni-2\nallow db -> web : tcp/443\n"), "p",
		 &errors);
	auto_judge struct judge	    *judge = judge_new(intent, world);
	auto_matcher struct matcher *matcher = matcher_open(world);

	for (unsigned i = 0; i < COUNT; i++) {
		records[i] = record_of(i, lines[i]);
		queries[i] = (struct record_query){ .record = &records[i],
						    .known = i % 5 ? ROLE_UNKNOWN : ROLE_REPLY };
	}
	records_judge(matcher, judge, queries, COUNT, answers);
	CHECK(matcher_size(matcher).compiled > 0);
	for (unsigned i = 0; i < COUNT; i++) {
		struct record_answer alone = record_judge_known(world, judge, &records[i],
								queries[i].known);

		if (!same_answer(&answers[i], &alone))
			fail_msg("%s", lines[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_with_the_same_groups_in_the_same_subnet_are_one_policy),
		cmocka_unit_test(
			after_a_change_of_one_group_only_policies_that_use_it_are_compiled_anew),
		cmocka_unit_test(what_was_taken_over_outlives_the_matcher_it_came_from),
		cmocka_unit_test(
			an_open_matcher_compiles_what_is_asked_for_often_and_says_the_same_before),
		cmocka_unit_test(traffic_that_is_exempt_for_its_ports_is_left_to_the_rules),
		cmocka_unit_test(a_policy_that_is_too_large_is_left_to_the_rules),
		cmocka_unit_test(many_records_are_judged_as_each_of_them_alone),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
