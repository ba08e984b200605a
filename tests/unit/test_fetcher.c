/* SPDX-License-Identifier: Apache-2.0 */
/* When the next fetch is: never all instances at once, sooner after a failure, and never too often. */
#include "lib/base/mark.h"
#include "policies/fetch/jobs.h"
#include "sensor/identity/fetcher.h"
#include "tests/unit/unit.h"

TEST(fetches_are_a_tenth_apart_by_chance)
{
	static const uint64_t every_s[] = { 60, 900, 3600, 366 * 86400 };

	for (size_t i = 0; i < ARRAY_LEN(every_s); i++) {
		uint64_t every_ms = every_s[i] * 1000;

		CHECK(fetcher_wait_ms(every_s[i], 0, 0) == every_ms - every_ms / 10);
		CHECK(fetcher_wait_ms(every_s[i], 0, every_ms / 5) == every_ms + every_ms / 10);
		for (uint64_t chance = 0; chance < 1000; chance++) {
			uint64_t wait_ms = fetcher_wait_ms(every_s[i], 0,
							   chance * UINT64_C(0x9e3779b97f4a7c15));

			CHECK(wait_ms >= every_ms - every_ms / 10);
			CHECK(wait_ms <= every_ms + every_ms / 10);
		}
	}
}

TEST(after_failures_it_is_tried_again_soon_and_then_ever_later_up_to_the_usual_time)
{
	static const struct {
		unsigned failures;
		uint64_t least_ms, most_ms;
	} cases[] = { { 1, 5000, 10000 },     { 2, 10000, 20000 },	     { 3, 20000, 40000 },
		      { 7, 320000, 640000 },  { 8, 450000, 900000 },	     { 9, 450000, 900000 },
		      { 99, 450000, 900000 }, { UINT32_MAX, 450000, 900000 } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(fetcher_wait_ms(900, cases[i].failures, 0) == cases[i].least_ms);
		CHECK(fetcher_wait_ms(900, cases[i].failures, cases[i].most_ms / 2) ==
		      cases[i].most_ms);
	}
}

TEST(the_first_fetch_is_within_half_a_minute_but_not_of_all_at_once)
{
	CHECK(fetcher_first_wait_ms(60, 0) == 0);
	CHECK(fetcher_first_wait_ms(60, 6000) == 6000);
	CHECK(fetcher_first_wait_ms(60, 6001) == 0);
	CHECK(fetcher_first_wait_ms(86400, 30000) == 30000);
	CHECK(fetcher_first_wait_ms(86400, 30001) == 0);
}

TEST(a_snapshot_is_kept_for_six_hours_or_two_intervals_whatever_the_clock_does)
{
	static const struct {
		uint64_t every_s;
		int64_t	 age_s;
		bool	 is_kept;
	} cases[] = {
		{ 60, 0, true },
		{ 60, FETCHER_KEEP_S - 1, true },
		{ 60, FETCHER_KEEP_S, false },
		{ 86400, 172799, true },
		{ 86400, 172800, false },
		{ 60, -60, true },
		{ 60, -FETCHER_KEEP_S, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(fetcher_is_kept(cases[i].every_s, 1795860000 - cases[i].age_s, 1795860000) ==
		      cases[i].is_kept);
}

TEST(what_is_fetched_for_judging_needs_nothing_that_is_not)
{
	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		if (call->judges && call->of)
			CHECK(fetch_call_find(call->of)->judges);
}

TEST(jobs_for_judging_are_those_calls_alone)
{
	struct jobs jobs = { .by_vpc = true, .only_judging = true };
	struct str  group = str_of("sg-1");
	size_t	    groups = 0;

	jobs_plan(&jobs, 1);
	for (size_t i = 0; i < jobs.count; i++)
		CHECK(jobs.items[i].call->judges && !jobs.items[i].call->of);
	while (groups < jobs.count &&
	       strcmp(jobs.items[groups].call->action, "DescribeSecurityGroups") != 0)
		groups++;
	CHECK(groups < jobs.count);
	CHECK_TEXT(jobs_id_member(&jobs, jobs.items[groups].call), "GroupId");
	jobs_follow(&jobs, &(struct job){ .call = jobs.items[groups].call }, &group, 1);
	CHECK_TEXT(jobs.items[jobs.count - 1].call->action, "DescribeSecurityGroupRules");
	CHECK(jobs_id_member(&jobs, fetch_call_find("DescribeLoadBalancers")) == NULL);
	jobs_done(&jobs);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fetches_are_a_tenth_apart_by_chance),
		cmocka_unit_test(
			after_failures_it_is_tried_again_soon_and_then_ever_later_up_to_the_usual_time),
		cmocka_unit_test(the_first_fetch_is_within_half_a_minute_but_not_of_all_at_once),
		cmocka_unit_test(
			a_snapshot_is_kept_for_six_hours_or_two_intervals_whatever_the_clock_does),
		cmocka_unit_test(what_is_fetched_for_judging_needs_nothing_that_is_not),
		cmocka_unit_test(jobs_for_judging_are_those_calls_alone),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
