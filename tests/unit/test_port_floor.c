/* SPDX-License-Identifier: Apache-2.0 */
/* Which ports are one to the engine, and which are not. */
#include "tests/unit/unit.h"

#include <stdlib.h>

#include "simulator/flows/port_floor.h"
#include "tests/unit/estate.h"

#define RULES                                                                                      \
	ESTATE_NET "{'SecurityGroups': [{'GroupId': 'sg-1', 'IpPermissions': [{'IpProtocol': "     \
		   "'tcp', 'FromPort': 443, 'ToPort': 445, 'IpRanges': [{'CidrIp': "               \
		   "'0.0.0.0/0'}]}]}]}{'NetworkAcls': [{'NetworkAclId': 'acl-1', 'VpcId': "        \
		   "'vpc-1', 'Entries': [{'RuleNumber': 1, 'RuleAction': 'allow', 'Egress': "      \
		   "true, 'Protocol': '6', 'CidrBlock': '0.0.0.0/0', 'PortRange': {'From': 1024, " \
		   "'To': 65535}}]}]}"
#define POLICY "tier web = eni-1\nallow internet -> web : tcp/8000-8100,9000 udp/65535\n"

TEST(a_port_is_replaced_by_the_lowest_that_nothing_tells_from_it)
{
	static const struct {
		uint16_t port, lowest;
	} cases[] = {
		{ 0, 0 },	 { 66, 0 },	   { 67, 67 },	     { 68, 68 },
		{ 69, 69 },	 { 442, 69 },	   { 443, 443 },     { 445, 443 },
		{ 446, 446 },	 { 545, 446 },	   { 546, 546 },     { 547, 547 },
		{ 1023, 548 },	 { 1024, 1024 },   { 7999, 1024 },   { 8000, 8000 },
		{ 8100, 8000 },	 { 8101, 8101 },   { 9000, 9000 },   { 9001, 9001 },
		{ 32767, 9001 }, { 32768, 32768 }, { 65534, 32768 }, { 65535, 65535 },
	};
	auto_world struct world	  *world = estate_open(RULES);
	struct err_list		   errors;
	auto_intent struct intent *intent = intent_parse(str_of(POLICY), "p", &errors);
	auto_judge struct judge	  *judge = judge_new(intent, world);
	struct port_floor	  *floor = port_floor_new(world, judge);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (floor->lowest[cases[i].port] != cases[i].lowest)
			fail_msg("%u: %u, not %u", cases[i].port, floor->lowest[cases[i].port],
				 cases[i].lowest);
	free(floor);
}

TEST(without_a_policy_only_rules_and_services_count)
{
	auto_world struct world *world = estate_open(RULES);
	struct port_floor	*floor = port_floor_new(world, NULL);

	CHECK(floor->lowest[8050] == 1024 && floor->lowest[9000] == 1024);
	CHECK(floor->lowest[65535] == 32768);
	free(floor);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_replaced_by_the_lowest_that_nothing_tells_from_it),
		cmocka_unit_test(without_a_policy_only_rules_and_services_count),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
