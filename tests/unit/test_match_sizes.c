/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies whose tables have every form that depends on how large they are: all ways of evaluation say what
 * policies/rules does at and beside each boundary.
 */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "policies/match/matcher.h"
#include "tests/unit/estate.h"

enum { FLOWS_MAX = 8192 };

#define NET                                                                                        \
	"{'Vpcs': [{'VpcId': 'v', 'CidrBlock': '10.0.0.0/8'}]} {'Subnets': [{'SubnetId': 's', "    \
	"'VpcId': 'v', 'CidrBlock': '10.0.0.0/9'}, {'SubnetId': 's-m', 'VpcId': 'v', "             \
	"'CidrBlock': '10.128.0.0/9'}]} {'NetworkAcls': []} "
#define OWN                                                                                        \
	"{'NetworkInterfaceId': 'e-1', 'VpcId': 'v', 'SubnetId': 's', 'PrivateIpAddress': "        \
	"'10.0.1.5', 'Groups': [{'GroupId': 'sg-1'}]}"

/* Questions to one interface. */
struct asked {
	struct packet	packets[FLOWS_MAX];
	struct match_v4 flows[FLOWS_MAX];
	size_t		count;
};

static void ask(struct asked *asked, const struct matcher *matcher, uint32_t peer, int port)
{
	uint32_t side = matcher_side(matcher, estate_eni(matcher_world(matcher), "e-1"), false);
	struct packet packet = estate_tcp("0.0.0.0", "10.0.1.5", port);

	packet.src = ip_v4((uint8_t)(peer >> 24), (uint8_t)(peer >> 16), (uint8_t)(peer >> 8),
			   (uint8_t)peer);
	assert_true(asked->count < FLOWS_MAX);
	asked->packets[asked->count] = packet;
	asked->flows[asked->count++] = matcher_flow_v4(side, packet.src, &packet);
}

static void check_all(const struct asked *asked, struct matcher *matcher)
{
	static uint16_t	    answers[FLOWS_MAX];
	const struct world *world = matcher_world(matcher);
	uint32_t	    eni_idx = estate_eni(world, "e-1");

	for (int method = 0; method < MATCH_METHOD_COUNT; method++) {
		if (!match_method_is_here((enum match_method)method))
			continue;
		matcher_use(matcher, (enum match_method)method);
		matcher_eval_v4(matcher, asked->flows, asked->count, answers);
		for (size_t i = 0; i < asked->count; i++)
			if (match_verdict(answers[i]) !=
			    interface_decide(world, eni_idx, false, &asked->packets[i], false)
				    .overall.verdict)
				fail_msg("%s: flow %zu of %zu",
					 match_method_text((enum match_method)method), i,
					 asked->count);
	}
}

/* As many rules for single addresses, and a quarter as many for single ports. */
static struct world *open_rules(unsigned rules)
{
	struct buf    text = buf_make(SIZE_MAX / 2);
	struct world *world;

	buf_add_text(&text, NET "{'NetworkInterfaces': [" OWN "]} {'SecurityGroups': [{'GroupId': "
				"'sg-1', 'IpPermissionsEgress': [], 'IpPermissions': [");
	for (unsigned i = 0; i < rules; i++)
		buf_printf(&text,
			   "%s{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': "
			   "[{'CidrIp': '11.%u.%u.7/32'}]}",
			   i ? ", " : "", i / 256, i % 256);
	for (unsigned i = 0; i < rules / 4; i++)
		buf_printf(&text,
			   ", {'IpProtocol': 'tcp', 'FromPort': %u, 'ToPort': %u, 'IpRanges': "
			   "[{'CidrIp': '12.0.0.0/8'}]}",
			   1000 + i * 3, 1000 + i * 3);
	buf_add_text(&text, "]}]}");
	world = estate_open(text.data);
	buf_done(&text);
	return world;
}

TEST(policies_of_every_size_have_the_rules_at_and_beside_each_boundary)
{
	static const unsigned sizes[] = { 3, 7, 15, 60, 130, 250, 500, 800, 1500 };
	static struct asked   asked;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		auto_world struct world	    *world = open_rules(sizes[i]);
		auto_matcher struct matcher *matcher = matcher_compile(world);

		asked.count = 0;
		for (unsigned j = 0; j < sizes[i]; j++)
			for (uint32_t beside = 6; beside <= 8; beside++)
				ask(&asked, matcher, (11U << 24) + (j << 8) + beside, 443);
		for (int j = -1; j <= (int)sizes[i] / 4 * 3; j++)
			ask(&asked, matcher, 12U << 24, 1000 + j);
		check_all(&asked, matcher);
	}
}

/* As many members of a group that sg-1 refers to; every third address. */
static struct world *open_members(unsigned members)
{
	struct buf    text = buf_make(SIZE_MAX / 2);
	struct world *world;

	buf_add_text(&text, NET "{'SecurityGroups': [{'GroupId': 'sg-m', 'IpPermissions': []}, "
				"{'GroupId': 'sg-x', 'IpPermissions': []}, "
				"{'GroupId': 'sg-1', 'IpPermissionsEgress': [], 'IpPermissions': "
				"[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, "
				"'UserIdGroupPairs': [{'GroupId': 'sg-m'}]}]}]} "
				"{'NetworkInterfaces': [" OWN);
	for (unsigned i = 0; i < members; i++)
		buf_printf(&text,
			   ", {'NetworkInterfaceId': 'e-m%u', 'VpcId': 'v', 'SubnetId': 's-m', "
			   "'PrivateIpAddress': '10.128.%u.%u', 'Groups': [{'GroupId': 'sg-%c'}]}",
			   i, i / 80, i % 80 * 3 + 4, i % 3 ? 'm' : 'x');
	buf_add_text(&text, "]}");
	world = estate_open(text.data);
	buf_done(&text);
	return world;
}

TEST(members_of_groups_are_found_however_many_there_are)
{
	static const unsigned sizes[] = { 1, 5, 40, 300, 2000 };
	static struct asked   asked;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		auto_world struct world	    *world = open_members(sizes[i]);
		auto_matcher struct matcher *small = matcher_compile(world);
		auto_matcher struct matcher *large = matcher_compile_as_large(world);

		asked.count = 0;
		ask(&asked, small, 0, 443);
		for (unsigned j = 0; j < sizes[i]; j++)
			for (uint32_t beside = 3; beside <= 5; beside++)
				ask(&asked, small,
				    (10U << 24) + (128U << 16) + (j / 80 << 8) + j % 80 * 3 +
					    beside,
				    443 + (int)(j % 7 == 0));
		check_all(&asked, small);
		check_all(&asked, large);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(policies_of_every_size_have_the_rules_at_and_beside_each_boundary),
		cmocka_unit_test(members_of_groups_are_found_however_many_there_are),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
