/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs in groups: each pair is in one, and all of a group fare alike. */
#include "simulator/pairs.h"

#include "tests/unit/unit.h"

static const char *const snapshots[] = {
	"policies/examples/shop",  "policies/examples/market", "tests/data/estates/balancers",
	"tests/data/estates/edge", "tests/data/estates/nat",   "tests/data/estates/peering",
	"tests/data/estates/tgw",
};

static const char *const operands[] = { "sg:*",	       "10.0.0.0/8", "internet",
					"203.0.113.9", "0.0.0.0/0",  "on-premises" };

/* Addresses of which neither is the snapshot's are no pair. */
static bool is_pair(const struct end *src, const struct end *dst)
{
	if (src->eni_idx != WORLD_NONE && src->eni_idx == dst->eni_idx)
		return false;
	if (src->eni_idx == WORLD_NONE && dst->eni_idx == WORLD_NONE)
		return false;
	if (src->ip.family == IP_NONE || dst->ip.family == IP_NONE)
		return src->ip.family != dst->ip.family;
	return src->ip.family == dst->ip.family;
}

static enum verdict walk(const struct world *world, const struct end *src, const struct end *dst)
{
	struct question question = { .src = *src,
				     .dst = *dst,
				     .client_ports = path_default_client_ports() };
	struct path	path;

	question.packet = (struct packet){ .src = src->ip,
					   .dst = dst->ip,
					   .protocol = PROTO_TCP,
					   .dst_port = 5432,
					   .icmp_type = -1,
					   .icmp_code = -1 };
	path_walk(world, &question, &path);
	return path.verdict;
}

static void check_pairs(const struct world *world, const struct pairs *pairs)
{
	const struct endpoint *src = pairs->src.endpoint, *dst = pairs->dst.endpoint;
	uint64_t	       total = 0, sum = 0;

	for (size_t i = 0; i < src->count; i++)
		for (size_t j = 0; j < dst->count; j++) {
			const struct pair_group *group = pairs_at(pairs, i, j);

			CHECK((group != NULL) == is_pair(&src->ends[i], &dst->ends[j]));
			if (!group)
				continue;
			total++;
			CHECK(walk(world, &src->ends[i], &dst->ends[j]) ==
			      walk(world, &group->src, &group->dst));
		}
	for (size_t i = 0; i < pairs->count; i++) {
		CHECK(pairs->groups[i].count > 0);
		sum += pairs->groups[i].count;
	}
	CHECK(total == pairs->total && sum == total);
}

static void check_operands(const struct world *world, const struct kinds *kinds, size_t i, size_t j)
{
	struct endpoint src, dst;
	struct pairs	pairs;
	struct err	err;

	if (endpoint_resolve(operands[i], world, NULL, &src, &err) < 0)
		return;
	if (endpoint_resolve(operands[j], world, NULL, &dst, &err) == 0) {
		if (pairs_find(&src, &dst, kinds, &pairs, &err) == 0) {
			check_pairs(world, &pairs);
			pairs_done(&pairs);
		} else {
			CHECK(err.kind == ERR_USAGE);
		}
		endpoint_done(&dst);
	}
	endpoint_done(&src);
}

TEST(every_pair_fares_as_the_first_of_its_group)
{
	for (size_t i = 0; i < ARRAY_LEN(snapshots); i++) {
		struct err_list errors;
		struct world   *world = world_open(snapshots[i], &errors);
		struct kinds   *kinds;

		CHECK(world);
		kinds = kinds_new(world, NULL);
		for (size_t j = 0; j < ARRAY_LEN(operands) * ARRAY_LEN(operands); j++)
			check_operands(world, kinds, j / ARRAY_LEN(operands),
				       j % ARRAY_LEN(operands));
		kinds_free(kinds);
		world_free(world);
	}
}

TEST(ends_of_one_kind_are_one_group_and_without_kinds_each_pair_is_one)
{
	struct err_list errors;
	struct world   *world = world_open("tests/data/estates/balancers", &errors);
	struct kinds   *kinds = kinds_new(world, NULL);
	struct endpoint src, dst;
	struct pairs	pairs;
	struct err	err;

	CHECK(endpoint_resolve("sg:db", world, NULL, &src, &err) == 0);
	CHECK(endpoint_resolve("sg:db", world, NULL, &dst, &err) == 0);
	CHECK(src.count == 4); /* closed, db-a and cache in one subnet, db-b in another */
	CHECK(pairs_find(&src, &dst, kinds, &pairs, &err) == 0);
	CHECK(pairs.total == 12 && pairs.count == 3);
	CHECK(pairs.groups[0].count == 6); /* of the three, each with the other two */
	pairs_done(&pairs);
	CHECK(pairs_find(&src, &dst, NULL, &pairs, &err) == 0);
	CHECK(pairs.total == 12 && pairs.count == 12);
	pairs_done(&pairs);
	endpoint_done(&src);
	endpoint_done(&dst);
	kinds_free(kinds);
	world_free(world);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_fares_as_the_first_of_its_group),
		cmocka_unit_test(ends_of_one_kind_are_one_group_and_without_kinds_each_pair_is_one),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
