/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/flows/distinct.h"

enum { BUDGET = 1 << 20 };

static struct ip nth_ip(uint32_t n)
{
	return ip_v4(10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n);
}

static void add_many(struct distinct *set, uint32_t from, uint32_t to,
		     struct distinct_budget *budget)
{
	for (uint32_t i = from; i < to; i++)
		if (distinct_add(set, distinct_hash_ip(nth_ip(i)), budget))
			distinct_fit(&set, 1, budget);
}

static uint64_t counted(struct distinct *set, struct distinct_budget *budget)
{
	distinct_fit(&set, 1, budget);
	return distinct_count(set);
}

TEST(distinct_counts_few_exactly_however_often_they_come)
{
	static const uint32_t counts[] = { 0, 1, 2, 7, 8, 9, 10000, DISTINCT_KEEP_MAX };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct distinct_budget budget = distinct_budget(BUDGET);
		struct distinct	       set = { 0 };

		add_many(&set, 0, counts[i], &budget);
		add_many(&set, 0, counts[i], &budget);
		CHECK(counted(&set, &budget) == counts[i]);
		CHECK(!set.estimated);
		distinct_done(&set, &budget);
		CHECK(budget.held == 0);
	}
}

TEST(distinct_estimates_many_within_three_percent_and_says_so)
{
	static const uint32_t counts[] = { DISTINCT_KEEP_MAX + 1, 50000, 1000000 };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct distinct_budget budget = distinct_budget(BUDGET);
		struct distinct	       set = { 0 };
		double		       ratio;

		add_many(&set, 0, counts[i], &budget);
		ratio = (double)counted(&set, &budget) / counts[i];
		CHECK(set.estimated);
		CHECK(ratio > 0.97 && ratio < 1.03);
		distinct_done(&set, &budget);
	}
}

TEST(distinct_says_the_same_in_any_order_and_division)
{
	struct distinct_budget forward = distinct_budget(BUDGET), other = distinct_budget(BUDGET);
	struct distinct	       a = { 0 }, b = { 0 }, c = { 0 };

	add_many(&a, 0, 60000, &forward);
	add_many(&b, 30000, 60000, &other);
	add_many(&c, 0, 40000, &other);
	distinct_join(&b, &c, &other);
	CHECK(counted(&a, &forward) == counted(&b, &other));
	distinct_done(&a, &forward);
	distinct_done(&b, &other);
	distinct_done(&c, &other);
}

/* A hundred sets of a thousand each, and room for ten thousand hashes. */
TEST(distinct_keeps_within_its_budget_and_small_sets_exact)
{
	struct distinct_budget budget = distinct_budget(10000);
	struct distinct	       sets[100] = { 0 }, *all[100];

	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		all[i] = &sets[i];
	for (uint32_t i = 0; i < ARRAY_LEN(sets); i++)
		for (uint32_t n = 0; n < (i ? 1000 : 50); n++)
			if (distinct_add(&sets[i], distinct_hash_ip(nth_ip(i * 1000 + n)), &budget))
				distinct_fit(all, ARRAY_LEN(all), &budget);
	distinct_fit(all, ARRAY_LEN(all), &budget);
	CHECK(budget.held <= 10000);
	CHECK(!sets[0].estimated && distinct_count(&sets[0]) == 50);
	for (size_t i = 1; i < ARRAY_LEN(sets); i++) {
		CHECK(sets[i].estimated);
		CHECK(distinct_count(&sets[i]) > 500 && distinct_count(&sets[i]) < 2000);
	}
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		distinct_done(&sets[i], &budget);
}

TEST(distinct_tells_families_and_ports_apart)
{
	struct ip v4 = ip_v4(0, 0, 0, 1);
	struct ip v6 = v4;

	v6.family = IP_V6;
	CHECK(distinct_hash_ip(v4) != distinct_hash_ip(v6));
	CHECK(distinct_hash_port(80) != distinct_hash_port(443));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(distinct_counts_few_exactly_however_often_they_come),
		cmocka_unit_test(distinct_estimates_many_within_three_percent_and_says_so),
		cmocka_unit_test(distinct_says_the_same_in_any_order_and_division),
		cmocka_unit_test(distinct_keeps_within_its_budget_and_small_sets_exact),
		cmocka_unit_test(distinct_tells_families_and_ports_apart),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
