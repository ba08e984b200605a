/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "simulator/flows/ends.h"
#include "tests/unit/judged.h"

/* eni-4 has two groups, listed the wrong way round; sg-4 and sg-5 share a name; eni-5 has none. */
#define MORE                                                                                       \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-4', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'subnet-a', 'PrivateIpAddress': '10.0.1.30', 'Groups': [{'GroupId': 'sg-2'}, "            \
	"{'GroupId': 'sg-1'}]}, {'NetworkInterfaceId': 'eni-5', 'VpcId': 'vpc-1', 'SubnetId': "    \
	"'subnet-a', 'PrivateIpAddress': '10.0.1.40', 'TagSet': [{'Key': 'Name', 'Value': "        \
	"'nat\\u001b'}]}, {'NetworkInterfaceId': 'eni-6', 'VpcId': 'vpc-1', 'SubnetId': "          \
	"'subnet-a', 'PrivateIpAddress': '10.0.1.50', 'Groups': [{'GroupId': 'sg-4'}]}, "          \
	"{'NetworkInterfaceId': 'eni-7', 'VpcId': 'vpc-1', 'SubnetId': 'subnet-a', "               \
	"'PrivateIpAddress': '10.0.1.60', 'Groups': [{'GroupId': 'sg-gone'}]}]} "                  \
	"{'SecurityGroups': [{'GroupId': 'sg-4', 'GroupName': 'same'}, {'GroupId': 'sg-5', "       \
	"'GroupName': 'same'}]}"

static const char policy[] = "tier web = eni-1\ntier office = 203.0.113.0/24\n"
			     "allow web -> office : tcp/443\n";

static struct flow_end find(struct ends *ends, const struct judged_log *log, const char *eni,
			    const char *address)
{
	struct end_query query = { .eni_idx = eni ? estate_eni(log->world, eni) : WORLD_NONE,
				   .ip = address ? estate_ip(address) : (struct ip){ 0 } };

	if (log->judge)
		query.tiers = judge_tiers(log->judge, query.eni_idx, query.ip);
	return *ends_at(ends, ends_find(ends, &query));
}

TEST(an_end_is_named_by_what_is_known_of_it)
{
	static const struct {
		const char   *eni, *address, *text;
		enum end_kind kind;
	} cases[] = {
		{ "eni-1", "10.0.1.10", "web", END_TIER },
		{ NULL, "203.0.113.9", "office", END_TIER },
		{ "eni-2", "10.0.2.10", "sg:sg-2-name", END_GROUPS },
		{ "eni-4", "10.0.1.30", "sg:sg-1-name+sg-2-name", END_GROUPS },
		{ "eni-6", "10.0.1.50", "sg:sg-4", END_GROUPS },
		{ "eni-7", "10.0.1.60", "sg:sg-gone", END_GROUPS },
		{ "eni-5", "10.0.1.40", "nat\\x1b", END_INTERFACE },
		{ NULL, "198.51.100.7", "internet", END_INTERNET },
		{ NULL, "2600::1", "internet", END_INTERNET },
		{ NULL, "10.9.8.7", "10.9.0.0/16", END_BLOCK },
		{ NULL, "10.0.1.77", "10.0.0.0/16", END_BLOCK },
		{ NULL, "fd00:1:2:3::4", "fd00:1:2::/48", END_BLOCK },
		{ NULL, NULL, "-", END_NONE },
	};
	struct judged_log log = judged_log_open(ESTATE_SHOP MORE, policy, NULL);
	struct ends	 *ends = ends_new(log.world, log.judge);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_end end = find(ends, &log, cases[i].eni, cases[i].address);

		CHECK_STR(end.text, cases[i].text);
		CHECK(end.kind == cases[i].kind);
	}
	ends_free(ends);
	judged_log_close(&log);
}

TEST(without_a_policy_interfaces_are_named_by_their_groups)
{
	struct judged_log log = judged_log_open(ESTATE_SHOP, NULL, NULL);
	struct ends	 *ends = ends_new(log.world, NULL);

	CHECK_STR(find(ends, &log, "eni-1", "10.0.1.10").text, "sg:sg-1-name");
	CHECK_STR(find(ends, &log, NULL, "203.0.113.9").text, "internet");
	ends_free(ends);
	judged_log_close(&log);
}

TEST(equal_ends_have_equal_numbers_and_kinds_keep_them_apart)
{
	struct judged_log log = judged_log_open(ESTATE_SHOP, NULL, NULL);
	struct ends	 *ends = ends_new(log.world, NULL);
	struct end_query  a = { .eni_idx = WORLD_NONE, .ip = estate_ip("10.9.8.7") };
	struct end_query  b = { .eni_idx = WORLD_NONE, .ip = estate_ip("10.9.200.1") };
	struct flow_end	  tier = { .kind = END_TIER, .text = str_of("10.9.0.0/16") };

	CHECK(ends_find(ends, &a) == ends_find(ends, &b));
	CHECK(ends_put(ends, &tier) != ends_find(ends, &a));
	b.is_exempt = true;
	CHECK_STR(ends_at(ends, ends_find(ends, &b))->text, "10.9.200.1");
	ends_free(ends);
	judged_log_close(&log);
}

TEST(ipv6_sites_beyond_a_bound_are_one_end_and_those_before_keep_theirs)
{
	struct judged_log log = judged_log_open(ESTATE_SHOP, NULL, NULL);
	struct ends	 *ends = ends_new(log.world, NULL);
	struct end_query  query = { .eni_idx = WORLD_NONE, .ip = estate_ip("fd00::1") };
	uint32_t	  first = ends_find(ends, &query), last = first;

	for (uint32_t i = 1; i < ENDS_MAX + 2; i++) {
		query.ip.bytes[3] = (uint8_t)(i >> 16);
		query.ip.bytes[4] = (uint8_t)(i >> 8);
		query.ip.bytes[5] = (uint8_t)i;
		last = ends_find(ends, &query);
	}
	CHECK(last == ENDS_MAX);
	CHECK_STR(ends_at(ends, last)->text, "::/0");
	query.ip = estate_ip("fd00::1");
	CHECK(ends_find(ends, &query) == first);
	CHECK_STR(ends_at(ends, first)->text, "fd00::/48");
	ends_free(ends);
	judged_log_close(&log);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_is_named_by_what_is_known_of_it),
		cmocka_unit_test(without_a_policy_interfaces_are_named_by_their_groups),
		cmocka_unit_test(equal_ends_have_equal_numbers_and_kinds_keep_them_apart),
		cmocka_unit_test(
			ipv6_sites_beyond_a_bound_are_one_end_and_those_before_keep_theirs),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
