/* SPDX-License-Identifier: Apache-2.0 */
/* SecurityGroups and SecurityGroupRules: two encodings of one set of rules, joined by what they say. */
#include "tests/unit/unit.h"

#include "tests/unit/estate.h"

#define GROUP(permissions)                                                                         \
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'one', 'IpPermissions': "            \
	"[" permissions "]}]}"
#define ROW(id, rest)                                                                              \
	"{'SecurityGroupRules': [{'SecurityGroupRuleId': '" id                                     \
	"', 'GroupId': 'sg-1', 'IsEgress': false, " rest "}]}"

static const struct sg *only_sg(const struct world *world)
{
	return &world->sgs[estate_idx(world, WORLD_SG, "sg-1")];
}

TEST(rows_give_the_rules_of_their_group_ids_and_descriptions)
{
	static const struct {
		const char *permission, *row;
	} cases[] = {
		{ "{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': "
		  "'10.0.0.0/8'}]}",
		  "'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIpv4': '10.0.0.0/8'" },
		{ "{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '10.0.0.0/8'}]}",
		  "'IpProtocol': '-1', 'FromPort': -1, 'ToPort': -1, 'CidrIpv4': '10.0.0.0/8'" },
		{ "{'IpProtocol': '-1', 'Ipv6Ranges': [{'CidrIpv6': '::/0'}]}",
		  "'IpProtocol': '-1', 'FromPort': -1, 'ToPort': -1, 'CidrIpv6': '::/0'" },
		{ "{'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, 'IpRanges': [{'CidrIp': "
		  "'0.0.0.0/0'}]}",
		  "'IpProtocol': 'icmp', 'FromPort': 8, 'ToPort': -1, 'CidrIpv4': '0.0.0.0/0'" },
		{ "{'IpProtocol': '50', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}",
		  "'IpProtocol': '50', 'FromPort': -1, 'ToPort': -1, 'CidrIpv4': '0.0.0.0/0'" },
		{ "{'IpProtocol': 'udp', 'FromPort': 53, 'ToPort': 53, 'PrefixListIds': "
		  "[{'PrefixListId': 'pl-1'}]}",
		  "'IpProtocol': 'udp', 'FromPort': 53, 'ToPort': 53, 'PrefixListId': 'pl-1'" },
		{ "{'IpProtocol': 'tcp', 'FromPort': 0, 'ToPort': 65535, 'UserIdGroupPairs': "
		  "[{'GroupId': 'sg-2', 'UserId': '1'}]}",
		  "'IpProtocol': 'tcp', 'FromPort': 0, 'ToPort': 65535, 'ReferencedGroupInfo': "
		  "{'GroupId': 'sg-2', 'UserId': '1'}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char		 text[2048];
		struct world	*world;
		const struct sg *sg;

		snprintf(text, sizeof(text), "%s" ROW("sgr-7", "%s, 'Description': 'why'"),
			 "{'SecurityGroups': []}", cases[i].row);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), GROUP("%s"),
			 cases[i].permission);
		world = estate_open(text);
		sg = only_sg(world);
		if (sg->rule_count != 1 || sg->rules[0].disputed)
			fail_msg("not joined: %s", cases[i].row);
		CHECK_STR(sg->rules[0].id, "sgr-7");
		CHECK_STR(sg->rules[0].description, "why");
		world_free(world);
	}
}

TEST(rows_may_come_before_their_group_and_in_another_order)
{
	auto_world struct world *world = estate_open(
		ROW("sgr-b", "'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, 'CidrIpv4': "
			     "'0.0.0.0/0'") ROW("sgr-a", "'IpProtocol': 'tcp', 'FromPort': 22, "
							 "'ToPort': 22, 'CidrIpv4': "
							 "'0.0.0.0/0'")
			GROUP("{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': "
			      "[{'CidrIp': "
			      "'0.0.0.0/0'}]}, {'IpProtocol': 'tcp', 'FromPort': 80, 'ToPort': 80, "
			      "'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"));

	CHECK_STR(only_sg(world)->rules[0].id, "sgr-a");
	CHECK_STR(only_sg(world)->rules[1].id, "sgr-b");
}

TEST(a_rule_of_the_other_direction_is_another_rule)
{
	auto_world struct world *world = estate_open(
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissionsEgress': [{'IpProtocol': "
		"'-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}" ROW(
			"sgr-in", "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0'"));

	CHECK(only_sg(world)->rule_count == 2);
	CHECK(only_sg(world)->rules[0].id.len == 0 && !only_sg(world)->rules[0].disputed);
	CHECK(only_sg(world)->rules[1].disputed && !only_sg(world)->rules[1].egress);
}

TEST(a_row_without_counterpart_is_disputed_and_noted)
{
	auto_world struct world *world = estate_open(
		GROUP("{'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': "
		      "'10.0.0.0/8'}]}")
			ROW("sgr-1",
			    "'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIpv4': "
			    "'10.0.0.0/16'"));

	CHECK(only_sg(world)->rule_count == 2 && only_sg(world)->rules[1].disputed);
	CHECK(estate_notes(world, "sgr-1 of sg-1 is in SecurityGroupRules but not in"));
}

TEST(a_row_of_a_group_that_is_not_there_is_noted)
{
	auto_world struct world *world = estate_open(
		ESTATE_NET ROW("sgr-1", "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0'"));

	CHECK(world->counts[WORLD_SG] == 0);
	CHECK(estate_notes(world, "sgr-1 belongs to sg-1, which is not in the snapshot"));
}

TEST(a_row_read_twice_joins_once)
{
	auto_world struct world *world = estate_open(
		GROUP("{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}")
			ROW("sgr-1", "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0'")
				ROW("sgr-1", "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0'"));

	CHECK(only_sg(world)->rule_count == 1 && !only_sg(world)->rules[0].disputed);
}

TEST(of_two_rows_with_one_id_the_last_counts)
{
	auto_world struct world *world = estate_open(
		GROUP("{'IpProtocol': 'tcp', 'FromPort': 23, 'ToPort': 23, 'IpRanges': [{'CidrIp': "
		      "'0.0.0.0/0'}]}")
			ROW("sgr-1",
			    "'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIpv4': "
			    "'0.0.0.0/0'") ROW("sgr-1", "'IpProtocol': 'tcp', 'FromPort': 23, "
							"'ToPort': 23, 'CidrIpv4': "
							"'0.0.0.0/0'"));

	CHECK(only_sg(world)->rule_count == 1);
	CHECK_STR(only_sg(world)->rules[0].id, "sgr-1");
}

TEST(a_description_in_the_group_is_kept)
{
	auto_world struct world *world = estate_open(
		GROUP("{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0', 'Description': "
		      "'mine'}]}") ROW("sgr-1", "'IpProtocol': '-1', 'CidrIpv4': '0.0.0.0/0', "
						"'Description': 'theirs'"));

	CHECK_STR(only_sg(world)->rules[0].description, "mine");
}

TEST(without_rows_rules_have_no_ids)
{
	auto_world struct world *world = estate_open(
		GROUP("{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}"));

	CHECK(only_sg(world)->rule_count == 1 && only_sg(world)->rules[0].id.len == 0);
	CHECK(world->note_count == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_give_the_rules_of_their_group_ids_and_descriptions),
		cmocka_unit_test(rows_may_come_before_their_group_and_in_another_order),
		cmocka_unit_test(a_rule_of_the_other_direction_is_another_rule),
		cmocka_unit_test(a_row_without_counterpart_is_disputed_and_noted),
		cmocka_unit_test(a_row_of_a_group_that_is_not_there_is_noted),
		cmocka_unit_test(a_row_read_twice_joins_once),
		cmocka_unit_test(of_two_rows_with_one_id_the_last_counts),
		cmocka_unit_test(a_description_in_the_group_is_kept),
		cmocka_unit_test(without_rows_rules_have_no_ids),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
