/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "policies/world/selector.h"
#include "tests/unit/estate.h"

#define ESTATE                                                                                     \
	ESTATE_NET ESTATE_ENIS                                                                     \
		"{'SecurityGroups': [{'GroupId': 'sg-1', 'GroupName': 'shop-web', 'Tags': "        \
		"[{'Key': "                                                                        \
		"'Name', 'Value': 'front door'}]}, {'GroupId': 'sg-2', 'GroupName': 'shop-db'}]}"  \
		"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'Tags': [{'Key': 'Name', " \
		"'Value': 'web-1'}, {'Key': 'Tier', 'Value': 'web'}, {'Key': 'Odd', 'Value': "     \
		"''}], "                                                                           \
		"'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1'}]}]}]}"                      \
		"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-3', 'VpcId': 'vpc-1', "        \
		"'SubnetId': "                                                                     \
		"'subnet-a', 'PrivateIpAddress': '10.0.1.20', 'Groups': [{'GroupId': "             \
		"'sg-gone'}], "                                                                    \
		"'TagSet': [{'Key': 'Name', 'Value': 'nat-a'}, {'Key': 'Tier', 'Value': "          \
		"'edge'}], "                                                                       \
		"'Attachment': {'InstanceId': 'i-gone'}}]}"

static struct selector parse(const char *text)
{
	struct selector selector;
	struct err	err;

	if (selector_parse(str_of(text), &selector, &err) < 0)
		fail_msg("%s", err.text);
	return selector;
}

TEST(a_selector_holds_the_interfaces_it_describes_and_no_other)
{
	static const struct {
		const char *text, *members; /* numbers of the interfaces in it */
	} cases[] = {
		{ "tag:Tier=web", "1" },
		{ "tag:Tier=edge", "3" },
		{ "tag:Tier=*", "13" },
		{ "tag:Tier=WEB", "" },
		{ "tag:tier=web", "" },
		{ "tag:Odd=", "1" },
		{ "name:web-1", "1" },
		{ "name:web-*", "1" },
		{ "name:?*?-?", "13" },
		{ "name:nat-a", "3" },
		{ "name:web", "" },
		{ "subnet:shop-a", "13" },
		{ "subnet:shop-*", "123" },
		{ "subnet:subnet-b", "2" },
		{ "subnet-a", "13" },
		{ "subnet-*", "123" },
		{ "sg:shop-web", "1" },
		{ "sg:front*", "1" },
		{ "sg:sg-2", "2" },
		{ "sg-2", "2" },
		{ "sg-gone", "3" },
		{ "sg:shop-*", "12" },
		{ "vpc:shop", "123" },
		{ "vpc-1", "123" },
		{ "vpc:other", "" },
		{ "i-1", "1" },
		{ "i-gone", "3" },
		{ "eni-2", "2" },
		{ "eni-*", "123" },
		{ "10.0.1.0/24", "13" },
		{ "10.0.2.11", "2" },
		{ "10.0.2.17", "2" },
		{ "10.0.2.16/28", "2" },
		{ "10.0.0.0/16", "123" },
		{ "2001:db8:0:1::/64", "1" },
		{ "198.51.100.2", "" },
		{ "0.0.0.0/0", "123" },
	};
	auto_world struct world *world = estate_open(ESTATE);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector selector = parse(cases[i].text);
		char		members[4] = "";
		size_t		count = 0;

		for (uint32_t eni = 0; eni < 3; eni++)
			if (selector_has_eni(&selector, world, eni))
				members[count++] = (char)('1' + eni);
		if (strcmp(members, cases[i].members) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].text, members,
				 cases[i].members);
		CHECK_STR(selector.text, cases[i].text);
	}
}

TEST(of_an_address_that_no_interface_has_only_blocks_speak)
{
	static const struct {
		const char *text, *ip;
		bool	    expected;
	} cases[] = {
		{ "203.0.113.0/24", "203.0.113.9", true }, { "203.0.113.9", "203.0.113.9", true },
		{ "203.0.113.8", "203.0.113.9", false },   { "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },	   { "subnet-*", "10.0.1.77", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct selector selector = parse(cases[i].text);

		CHECK(selector_has_ip(&selector, estate_ip(cases[i].ip)) == cases[i].expected);
	}
}

TEST(what_selects_nothing_is_refused)
{
	static const char *const bad[] = {
		"",	"web",	 "tag:Tier",   "tag:",	      "name:",	"subnet:", "sg:",
		"vpc:", "acl-1", "10.0.0.1/8", "10.0.0.0/33", "10.0.0", "2001::g", "TAG:a=b"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct selector selector = { .kind = SELECT_KIND_COUNT };
		struct err	err = { 0 };

		if (selector_parse(str_of(bad[i]), &selector, &err) != -1)
			fail_msg("'%s' is accepted", bad[i]);
		CHECK(selector.kind == SELECT_KIND_COUNT);
		CHECK(err.kind == ERR_INPUT && err.text[0]);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_selector_holds_the_interfaces_it_describes_and_no_other),
		cmocka_unit_test(of_an_address_that_no_interface_has_only_blocks_speak),
		cmocka_unit_test(what_selects_nothing_is_refused),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
