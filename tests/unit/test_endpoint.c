/* SPDX-License-Identifier: Apache-2.0 */
/* docs/cli.md, "Operands": what a user may name. */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "simulator/endpoint.h"
#include "tests/unit/estate.h"

/* Two instances share the name web; vpc-2 has the address 10.0.1.10 too; ids share prefixes. */
#define ESTATE                                                                                     \
	ESTATE_SHOP                                                                                \
	"{'Reservations': [{'Instances': ["                                                        \
	"{'InstanceId': 'i-0a11', 'Tags': [{'Key': 'Name', 'Value': 'app-1'}, {'Key': 'Env', "     \
	"'Value': 'prod'}], 'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1'}]}, "             \
	"{'InstanceId': 'i-0a22', 'Tags': [{'Key': 'Name', 'Value': 'web'}], "                     \
	"'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-2'}]}, "                                \
	"{'InstanceId': 'i-0b33', 'Tags': [{'Key': 'Name', 'Value': 'web'}, {'Key': 'Env', "       \
	"'Value': 'test'}], 'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-3'}]}, "             \
	"{'InstanceId': 'i-0c44', 'Tags': [{'Key': 'Name', 'Value': 'bare'}]}]}]}"                 \
	"{'Vpcs': [{'VpcId': 'vpc-2', 'CidrBlock': '10.0.0.0/16'}]}"                               \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-twin', 'VpcId': 'vpc-2', "             \
	"'PrivateIpAddress': '10.0.1.20', 'Groups': [], 'TagSet': [{'Key': 'Name', 'Value': "      \
	"'nat'}]}]}"

struct setting {
	struct world  *world;
	struct intent *intent;
	struct judge  *judge;
};

static struct setting setting_of(void)
{
	struct setting	setting = { .world = estate_open(ESTATE) };
	struct err_list errors;

	setting.intent = intent_parse(str_of("tier web = name:web\ntier void = name:nobody\n"
					     "deny any -> web\n"),
				      "p", &errors);
	if (!setting.intent)
		fail_msg("%s", errors.items[0].text);
	setting.judge = judge_new(setting.intent, setting.world);
	return setting;
}

static void setting_done(struct setting *setting)
{
	judge_free(setting->judge);
	intent_free(setting->intent);
	world_free(setting->world);
}

/* "eni-1 eni-2", "internet", "203.0.113.9": the ends in their order. */
static void print_ends(const struct endpoint *endpoint, const struct world *world, struct buf *out)
{
	char address[IP_TEXT_SIZE];

	for (size_t i = 0; i < endpoint->count; i++) {
		const struct end *end = &endpoint->ends[i];

		if (i && end->eni_idx != WORLD_NONE && end->eni_idx == end[-1].eni_idx)
			continue; /* another address of the same interface */
		buf_add_text(out, i ? " " : "");
		ip_print(end->ip, address);
		if (end->eni_idx != WORLD_NONE)
			buf_add_str(out, world->enis[end->eni_idx].object.id);
		else
			buf_add_text(out, end->ip.family == IP_NONE ? "internet" : address);
	}
}

TEST(an_interface_stands_for_all_its_addresses_an_address_for_itself)
{
	static const struct {
		const char *text;
		size_t	    count;
	} cases[] = { { "eni-1", 2 },
		      { "eni-2", 4 },
		      { "app-1", 2 },
		      { "10.0.2.11", 1 },
		      { "10.0.2.17", 1 } };
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_endpoint struct endpoint endpoint = { 0 };
		struct err		      err;

		if (endpoint_resolve(cases[i].text, setting.world, setting.judge, &endpoint, &err) <
		    0)
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_int_equal(endpoint.count, cases[i].count);
	}
	setting_done(&setting);
}

TEST(a_name_stands_for_the_interfaces_it_says)
{
	static const struct {
		const char *text, *ends;
	} cases[] = {
		{ "i-0a11", "eni-1" },
		{ "eni-2", "eni-2" },
		{ "subnet-a", "eni-1 eni-3" },
		{ "sg-3", "eni-3" },
		{ "vpc-1", "eni-1 eni-2 eni-3" },
		{ "i-0b", "eni-3" },
		{ "i-0a1", "eni-1" },
		{ "eni-t", "eni-twin" },
		{ "subnet-b", "eni-2" },
		{ "app-1", "eni-1" },
		{ "nat", "eni-twin" },
		{ "name:web", "eni-2 eni-3" },
		{ "name:w*", "eni-2 eni-3" },
		{ "tag:Env=prod", "eni-1" },
		{ "tag:Env=*", "eni-1 eni-3" },
		{ "subnet:shop-b", "eni-2" },
		{ "sg:sg-1-name", "eni-1" },
		{ "vpc:shop", "eni-1 eni-2 eni-3" },
		{ "tier:web", "eni-2 eni-3" },
		{ "10.0.1.10", "eni-1" },
		{ "10.0.2.11", "eni-2" },
		{ "10.0.2.17", "eni-2" },
		{ "2001:db8:0:1::10", "eni-1" },
		{ "10.0.2.11/32", "eni-2" },
		{ "10.0.2.0/24", "eni-2" },
		{ "203.0.113.9", "203.0.113.9" },
		{ "10.0.1.99", "10.0.1.99" },
		{ "internet", "internet" },
	};
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_endpoint struct endpoint endpoint = { 0 };
		auto_buf struct buf	      text = buf_make(1024);
		struct err		      err;

		if (endpoint_resolve(cases[i].text, setting.world, setting.judge, &endpoint, &err) <
		    0)
			fail_msg("%s: %s", cases[i].text, err.text);
		print_ends(&endpoint, setting.world, &text);
		if (strcmp(text.data, cases[i].ends) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].text, text.data, cases[i].ends);
		CHECK_TEXT(endpoint.query, cases[i].text);
	}
	setting_done(&setting);
}

TEST(an_address_is_asked_about_as_it_was_named)
{
	struct setting		      setting = setting_of();
	auto_endpoint struct endpoint endpoint = { 0 };
	struct err		      err;

	CHECK(endpoint_resolve("10.0.2.11", setting.world, NULL, &endpoint, &err) == 0);
	CHECK(ip_eq(endpoint.ends[0].ip, estate_ip("10.0.2.11")));
	endpoint_done(&endpoint);
	CHECK(endpoint_resolve("eni-2", setting.world, NULL, &endpoint, &err) == 0);
	CHECK(ip_eq(endpoint.ends[0].ip, estate_ip("10.0.2.10")));
	setting_done(&setting);
}

/* eni-pub has 198.51.100.7, gateways an interface in the same subnet; 203.0.113.0/24 is nobody's. */
#define OUTSIDE                                                                                    \
	"{'Vpcs': [{'VpcId': 'vpc-1', 'CidrBlock': '10.0.0.0/16'}]}"                               \
	"{'NetworkInterfaces': ["                                                                  \
	"{'NetworkInterfaceId': 'eni-pub', 'VpcId': 'vpc-1', 'PrivateIpAddress': '10.0.0.7', "     \
	"'PrivateIpAddresses': [{'PrivateIpAddress': '10.0.0.7', 'Association': "                  \
	"{'PublicIp': '198.51.100.7'}}], 'Groups': []}, "                                          \
	"{'NetworkInterfaceId': 'eni-nat', 'VpcId': 'vpc-1', 'PrivateIpAddress': '10.0.0.9', "     \
	"'InterfaceType': 'nat_gateway', 'Groups': []}]}"

TEST(a_block_means_its_interfaces_and_the_addresses_outside_a_public_address_its_interface)
{
	static const struct {
		const char *text, *ends, *receivers;
		size_t	    own;
	} cases[] = {
		{ "198.51.100.7", "eni-pub", "198.51.100.7", 1 },
		{ "10.0.0.7", "eni-pub", "eni-pub", 1 },
		{ "10.0.0.9", "eni-nat", "eni-nat", 1 },
		{ "10.0.0.8/31", "eni-nat", "eni-nat", 1 },
		{ "10.0.0.0/24", "eni-pub", "eni-pub", 1 },
		{ "vpc-1", "eni-pub", "eni-pub", 1 },
		{ "198.51.100.6/31", "eni-pub 198.51.100.6", "198.51.100.7 198.51.100.6", 1 },
		{ "203.0.113.0/24", "203.0.113.0", "203.0.113.0", 0 },
		{ "192.168.7.0/24", "192.168.7.0", "192.168.7.0", 0 },
		{ "203.0.113.9", "203.0.113.9", "203.0.113.9", 0 },
	};
	struct world *world = estate_open(OUTSIDE);

	for (size_t i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		bool			      receives = i % 2;
		auto_endpoint struct endpoint endpoint = { 0 };
		auto_buf struct buf	      text = buf_make(1024);
		const char *ends = receives ? cases[i / 2].receivers : cases[i / 2].ends;
		struct err  err;

		int result;

		if (receives)
			result = endpoint_resolve_receiver(cases[i / 2].text, world, NULL,
							   &endpoint, &err);
		else
			result = endpoint_resolve(cases[i / 2].text, world, NULL, &endpoint, &err);
		if (result < 0)
			fail_msg("%s: %s", cases[i / 2].text, err.text);
		print_ends(&endpoint, world, &text);
		if (strcmp(text.data, ends) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i / 2].text, text.data, ends);
		assert_int_equal(endpoint.own_count, cases[i / 2].own);
	}
	world_free(world);
}

TEST(what_is_ambiguous_or_not_there_is_a_usage_error_that_helps)
{
	static const struct {
		const char *text, *parts[3];
	} cases[] = {
		{ "web", { "ambiguous", "i-0a22", "i-0b33" } },
		{ "i-0a", { "ambiguous", "i-0a11", "i-0a22" } },
		{ "eni-", { "ambiguous", "eni-1", "eni-twin" } },
		{ "10.0.1.20", { "ambiguous", "eni-3", "eni-twin" } },
		{ "ap-1", { "nothing", "did you mean 'app-1'" } },
		{ "i-0a12", { "nothing" } },
		{ "zzzzzzzzzz", { "nothing", "'zzzzzzzzzz'" } },
		{ "tier:web", { "--policy" } },
		{ "tag:Env", { "tag:KEY=VALUE" } },
		{ "tag:Env=none", { "no interface" } },
		{ "name:nobody*", { "no interface" } },
		{ "10.0.9.0/24", { "no interface" } },
		{ "10.0.1.1/24", { "host bits" } },
		{ "10.0.0.0/33", { "/33" } },
		{ "bare", { "no interface" } },
		{ "acl-1", { "no end of a path" } },
		{ "", { "nothing" } },
	};
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct endpoint endpoint = { .query = "untouched" };
		struct err	err = { 0 };

		if (endpoint_resolve(cases[i].text, setting.world, NULL, &endpoint, &err) != -1)
			fail_msg("'%s' is accepted", cases[i].text);
		CHECK(err.kind == ERR_USAGE);
		CHECK_TEXT(endpoint.query, "untouched");
		for (size_t j = 0; j < 3 && cases[i].parts[j]; j++)
			if (!strstr(err.text, cases[i].parts[j]))
				fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, err.text,
					 cases[i].parts[j]);
	}
	setting_done(&setting);
}

TEST(tiers_that_are_not_there_or_hold_nothing_are_usage_errors)
{
	static const char *const bad[] = { "tier:wbe", "tier:void", "tier:" };
	struct setting		 setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		auto_endpoint struct endpoint endpoint = { 0 };
		struct err		      err = { 0 };

		CHECK(endpoint_resolve(bad[i], setting.world, setting.judge, &endpoint, &err) ==
		      -1);
		CHECK(err.kind == ERR_USAGE && err.text[0]);
	}
	setting_done(&setting);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_stands_for_all_its_addresses_an_address_for_itself),
		cmocka_unit_test(a_name_stands_for_the_interfaces_it_says),
		cmocka_unit_test(an_address_is_asked_about_as_it_was_named),
		cmocka_unit_test(
			a_block_means_its_interfaces_and_the_addresses_outside_a_public_address_its_interface),
		cmocka_unit_test(what_is_ambiguous_or_not_there_is_a_usage_error_that_helps),
		cmocka_unit_test(tiers_that_are_not_there_or_hold_nothing_are_usage_errors),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
