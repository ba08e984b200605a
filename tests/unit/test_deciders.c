/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a set are those that walking each class of its packets names. */
#include "simulator/reach/deciders.h"

#include "simulator/openings.h"
#include "tests/unit/estate.h"

enum { WALKS = 1000000 };

static const char *const snapshots[] = {
	"policies/examples/shop",  "policies/examples/market", "tests/data/estates/balancers",
	"tests/data/estates/edge", "tests/data/estates/nat",   "tests/data/estates/peering",
	"tests/data/estates/tgw",
};

/* The decider of a packet; there is one at most. */
static const struct decider *decider_of(const struct decider_list *list, struct packet_sets *sets,
					uint32_t key)
{
	const struct decider *found = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (packet_sets_at(sets, list->items[i].set, key) != VERDICT_DENY) {
			CHECK(!found);
			found = &list->items[i];
		}
	return found;
}

static void check_pair(struct reach *reach, struct deciders *deciders, uint32_t src, uint32_t dst)
{
	const struct kinds	     *kinds = reach_kinds(reach);
	struct packet_sets	     *sets = reach_sets(reach);
	struct question		      question = reach_question(reach, src, dst, 0);
	uint32_t		      set = reach_between(reach, src, dst), named = PACKET_SET_DENY;
	const struct decider_list    *list = deciders_between(deciders, src, dst, set);
	auto_openings struct openings openings = { 0 };

	for (size_t i = 0; i < list->count; i++)
		named = packet_sets_either(sets, named, list->items[i].set);
	CHECK(named == set && !list->is_cut);
	openings_find(kinds->world, &question, &openings);
	for (size_t i = 0; i < openings.count; i++) {
		const struct opening *opening = &openings.items[i];
		const struct decider *decider = decider_of(list, sets,
							   packet_key(&opening->packet));

		CHECK(decider && decider->verdict == opening->verdict);
		if (opening->verdict == VERDICT_ALLOW && opening->rule)
			CHECK(decider->rule == opening->rule);
		if (opening->verdict == VERDICT_UNKNOWN && decider->doubt)
			CHECK(!decider->rule &&
			      decider->doubt->decision.verdict == VERDICT_UNKNOWN);
	}
}

TEST(each_class_of_packets_has_the_rule_that_its_walk_names)
{
	for (size_t i = 0; i < ARRAY_LEN(snapshots); i++) {
		struct err_list	     errors;
		struct world	    *world = world_open(snapshots[i], &errors);
		struct reach_options options = { .client_ports = path_default_client_ports() };
		struct reach	    *reach = reach_new(world, &options);
		struct deciders	    *deciders = deciders_new(reach);
		size_t		     count = reach_kinds(reach)->count;

		deciders_allow(deciders, WALKS);
		for (size_t pair = 0; pair < count * count; pair++)
			if (kinds_pairs(reach_kinds(reach), (uint32_t)(pair / count),
					(uint32_t)(pair % count)))
				check_pair(reach, deciders, (uint32_t)(pair / count),
					   (uint32_t)(pair % count));
		deciders_free(deciders);
		reach_free(reach);
		world_free(world);
	}
}

/* Two hosts of one group, which lets in tcp/1-100 and, told later, tcp/50-200 of the same peers. */
static const char overlapping[] =
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]}"
	"{'Subnets': [{'SubnetId': 'subnet-a', 'VpcId': 'vpc-1', 'CidrBlock': '10.0.1.0/24'}]}"
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1', 'VpcId': 'vpc-1', 'SubnetId': "
	"'subnet-a', 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.1.10'}], 'Groups': "
	"[{'GroupId': 'sg-1'}]}, {'NetworkInterfaceId': 'eni-2', 'VpcId': 'vpc-1', 'SubnetId': "
	"'subnet-a', 'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.1.11'}], 'Groups': "
	"[{'GroupId': 'sg-1'}]}]}"
	"{'SecurityGroups': [{'GroupId': 'sg-1', 'VpcId': 'vpc-1', 'IpPermissions': "
	"[{'IpProtocol': 'tcp', 'FromPort': 1, 'ToPort': 100, 'IpRanges': [{'CidrIp': "
	"'10.0.0.0/8'}]}, {'IpProtocol': 'tcp', 'FromPort': 50, 'ToPort': 200, 'IpRanges': "
	"[{'CidrIp': '10.0.0.0/8'}]}], 'IpPermissionsEgress': [{'IpProtocol': '-1', 'IpRanges': "
	"[{'CidrIp': '0.0.0.0/0'}]}]}]}";

static void with_overlap(void check(struct deciders *deciders, struct packet_sets *sets,
				    uint32_t kind, uint32_t set))
{
	struct world	    *world = estate_open(overlapping);
	struct reach_options options = { .client_ports = path_default_client_ports() };
	struct reach	    *reach = reach_new(world, &options);
	struct deciders	    *deciders = deciders_new(reach);

	check(deciders, reach_sets(reach), 0, reach_between(reach, 0, 0));
	deciders_free(deciders);
	reach_free(reach);
	world_free(world);
}

static void check_both_rules(struct deciders *deciders, struct packet_sets *sets, uint32_t kind,
			     uint32_t set)
{
	const struct decider_list *list;

	deciders_allow(deciders, WALKS);
	list = deciders_between(deciders, kind, kind, set);
	CHECK(list->count == 2 && !list->is_cut);
	CHECK(list->items[0].rule->ports.max == 100 && list->items[1].rule->ports.max == 200);
	CHECK(packet_sets_at(sets, list->items[0].set, PROTO_TCP << 16 | 100) == VERDICT_ALLOW);
	CHECK(packet_sets_at(sets, list->items[1].set, PROTO_TCP << 16 | 100) == VERDICT_DENY);
}

TEST(of_two_rules_that_overlap_each_has_what_it_decides)
{
	with_overlap(check_both_rules);
}

static void check_no_walks(struct deciders *deciders, struct packet_sets *sets, uint32_t kind,
			   uint32_t set)
{
	const struct decider_list *list;

	deciders_allow(deciders, 1);
	list = deciders_between(deciders, kind, kind, set);
	CHECK(list->is_cut && list->count == 1);
	CHECK(packet_sets_at(sets, list->items[0].set, PROTO_TCP << 16 | 1) == VERDICT_ALLOW);
	check_both_rules(deciders, sets, kind, set);
}

TEST(where_no_more_packets_may_be_walked_that_is_said_and_with_more_all_rules_are_found)
{
	with_overlap(check_no_walks);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_class_of_packets_has_the_rule_that_its_walk_names),
		cmocka_unit_test(of_two_rules_that_overlap_each_has_what_it_decides),
		cmocka_unit_test(
			where_no_more_packets_may_be_walked_that_is_said_and_with_more_all_rules_are_found),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
