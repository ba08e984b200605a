/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/rules/prefix_list.h"
#include "tests/unit/estate.h"

#define LISTS                                                                                      \
	ESTATE_NET "{'PrefixLists': ["                                                             \
		   "{'PrefixListId': 'pl-managed', 'PrefixListName': 'offices', 'Entries': "       \
		   "[{'Cidr': '192.0.2.0/24'}, {'Cidr': '198.51.100.7/32'}]}, "                    \
		   "{'PrefixListId': 'pl-aws', 'PrefixListName': 'com.amazonaws.eu-west-1.s3', "   \
		   "'Cidrs': ['52.92.0.0/16']}, "                                                  \
		   "{'PrefixListId': 'pl-six', 'Entries': [{'Cidr': '2001:db8:f::/48'}]}, "        \
		   "{'PrefixListId': 'pl-void', 'Entries': []}, "                                  \
		   "{'PrefixListId': 'pl-head', 'PrefixListName': 'entries not fetched'}]}"

static enum match match(const char *list, const char *ip)
{
	auto_world struct world *world = estate_open(LISTS);

	return prefix_list_match(world, world_index(world, WORLD_PREFIX_LIST, str_of(list)),
				 estate_ip(ip));
}

TEST(a_list_matches_inside_any_of_its_entries)
{
	CHECK(match("pl-managed", "192.0.2.1") == MATCH_YES);
	CHECK(match("pl-managed", "198.51.100.7") == MATCH_YES);
	CHECK(match("pl-managed", "198.51.100.8") == MATCH_NO);
	CHECK(match("pl-managed", "192.0.3.0") == MATCH_NO);
}

TEST(a_list_of_aws_is_read_from_its_cidrs)
{
	CHECK(match("pl-aws", "52.92.1.1") == MATCH_YES);
	CHECK(match("pl-aws", "52.93.1.1") == MATCH_NO);
}

TEST(a_list_has_one_family_and_never_matches_the_other)
{
	CHECK(match("pl-six", "2001:db8:f::1") == MATCH_YES);
	CHECK(match("pl-six", "192.0.2.1") == MATCH_NO);
	CHECK(match("pl-managed", "2001:db8:f::1") == MATCH_NO);
}

TEST(a_list_known_to_be_empty_matches_nothing)
{
	CHECK(match("pl-void", "192.0.2.1") == MATCH_NO);
}

TEST(a_list_whose_entries_are_not_known_is_no_miss)
{
	CHECK(match("pl-head", "192.0.2.1") == MATCH_MAYBE);
	CHECK(match("pl-nowhere", "192.0.2.1") == MATCH_MAYBE);
}

TEST(entries_may_stand_in_another_document_of_the_list_than_its_name)
{
	static const char *const texts[] = {
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'PrefixListName': 'offices'}]}"
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': "
		"'192.0.2.0/24'}]}]}",
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': "
		"'192.0.2.0/24'}]}]}"
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'PrefixListName': 'offices'}]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_world struct world *world = estate_open(texts[i]);

		CHECK(world->counts[WORLD_PREFIX_LIST] == 1);
		CHECK_STR(world->prefix_lists[0].object.name, "offices");
		CHECK(prefix_list_match(world, 0, estate_ip("192.0.2.1")) == MATCH_YES);
		CHECK(prefix_list_match(world, 0, estate_ip("192.0.3.1")) == MATCH_NO);
	}
}

TEST(of_two_documents_with_entries_the_last_counts)
{
	auto_world struct world *world = estate_open(
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': '192.0.2.0/24'}]}]}"
		"{'PrefixLists': [{'PrefixListId': 'pl-1', 'Entries': [{'Cidr': "
		"'192.0.3.0/24'}]}]}");

	CHECK(prefix_list_match(world, 0, estate_ip("192.0.2.1")) == MATCH_NO);
	CHECK(prefix_list_match(world, 0, estate_ip("192.0.3.1")) == MATCH_YES);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_matches_inside_any_of_its_entries),
		cmocka_unit_test(a_list_of_aws_is_read_from_its_cidrs),
		cmocka_unit_test(a_list_has_one_family_and_never_matches_the_other),
		cmocka_unit_test(a_list_known_to_be_empty_matches_nothing),
		cmocka_unit_test(a_list_whose_entries_are_not_known_is_no_miss),
		cmocka_unit_test(entries_may_stand_in_another_document_of_the_list_than_its_name),
		cmocka_unit_test(of_two_documents_with_entries_the_last_counts),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
