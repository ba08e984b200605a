/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "simulator/reach/cell.h"
#include "simulator/reach/packet_words.h"
#include "tests/unit/estate.h"

enum { TEXT_MAX = 4096, ESTATE_MAX = 1 << 16 };

/* An interface of subnet-a: id, last byte of its address, groups as a list of JSON, more members. */
#define ENI(id, byte, groups, more)                                                                \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': '" id "', 'VpcId': 'vpc-1', 'SubnetId': "   \
	"'subnet-a', 'PrivateIpAddress': '10.0.1." byte "', 'InterfaceType': 'interface', "        \
	"'Groups': [" groups "]" more "}]}"
#define GROUP(id)    "{'GroupId': '" id "'}"
#define SUBNETS_ONLY ESTATE_NET ESTATE_OPEN_NACL ESTATE_RTB

/* A group that lets in one TCP port from the VPC and everything out. */
#define PORT_SG(id, name, port)                                                                    \
	"{'SecurityGroups': [{'GroupId': '" id "', 'GroupName': '" name "', 'VpcId': 'vpc-1', "    \
	"'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': " port ", 'ToPort': " port            \
	", 'IpRanges': [{'CidrIp': '10.0.0.0/16'}]}], 'IpPermissionsEgress': [{'IpProtocol': "     \
	"'-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}]}"

struct setting {
	struct world   *world;
	struct intent  *intent;
	struct judge   *judge;
	struct reach   *reach;
	struct parties *parties;
};

/* policy may be NULL. */
static struct setting setting_of(const char *estate, const char *policy, enum party_by by)
{
	struct setting	     setting = { .world = estate_open(estate) };
	struct reach_options options = { .client_ports = path_default_client_ports() };
	struct err_list	     errors;

	if (policy) {
		setting.intent = intent_parse(str_of(policy), "p", &errors);
		if (!setting.intent)
			fail_msg("%s", errors.items[0].text);
		setting.judge = judge_new(setting.intent, setting.world);
	}
	options.judge = setting.judge;
	setting.reach = reach_new(setting.world, &options);
	setting.parties = parties_new(setting.reach, setting.judge, by);
	return setting;
}

static void setting_done(struct setting *setting)
{
	parties_free(setting->parties);
	reach_free(setting->reach);
	judge_free(setting->judge);
	intent_free(setting->intent);
	world_free(setting->world);
}

/* The parties as "label:ends" each. */
static void check_parties(const char *estate, const char *policy, enum party_by by,
			  const char *expected)
{
	struct setting	    setting = setting_of(estate, policy, by);
	auto_buf struct buf text = buf_make(TEXT_MAX);

	for (size_t i = 0; i < setting.parties->count; i++)
		buf_printf(&text, "%s%.*s:%zu", i ? " " : "",
			   STR_ARG(setting.parties->items[i].label),
			   setting.parties->items[i].end_count);
	CHECK_STR(buf_str(&text), expected);
	setting_done(&setting);
}

static const struct party *party_of(const struct setting *setting, const char *label)
{
	for (size_t i = 0; i < setting->parties->count; i++)
		if (str_is(setting->parties->items[i].label, label))
			return &setting->parties->items[i];
	fail_msg("there is no party '%s'", label);
	return NULL;
}

static struct cell cell_of(const struct setting *setting, const char *src, const char *dst)
{
	return parties_cell(setting->reach, party_of(setting, src), party_of(setting, dst));
}

static void check_set(const struct setting *setting, uint32_t set, const char *expected)
{
	auto_buf struct buf words = buf_make(TEXT_MAX);

	packet_words(reach_sets(setting->reach), set, VERDICT_ALLOW, &words);
	CHECK_STR(buf_str(&words), expected);
}

TEST(what_parties_are_is_one_of_five_words)
{
	enum party_by by = PARTY_BY_COUNT;
	struct err    err;

	for (int i = 0; i < PARTY_BY_TIER; i++) {
		CHECK(party_by_parse(party_by_text((enum party_by)i), NULL, &by, &err) == 0);
		CHECK(by == (enum party_by)i);
	}
	CHECK(party_by_parse("tier", NULL, &by, &err) < 0 && err.kind == ERR_USAGE);
	CHECK(strstr(err.text, "needs a policy"));
	CHECK(party_by_parse("host", NULL, &by, &err) < 0 && err.kind == ERR_USAGE);
	CHECK(party_by_parse("", NULL, &by, &err) < 0);
}

TEST(parties_are_called_by_name_else_by_id_and_hold_their_addresses)
{
	static const struct {
		enum party_by by;
		const char   *parties;
	} cases[] = {
		{ PARTY_BY_INSTANCE, "eni-1:2 eni-2:4 eni-3:1" },
		{ PARTY_BY_SG, "sg-1-name:2 sg-2-name:4 sg-3-name:1" },
		{ PARTY_BY_SUBNET, "shop-a:3 shop-b:4" },
		{ PARTY_BY_VPC, "shop:7" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char expected[256];

		snprintf(expected, sizeof(expected), "%s internet:0 on-premises:0",
			 cases[i].parties);
		check_parties(ESTATE_SHOP, NULL, cases[i].by, expected);
	}
}

TEST(an_interface_of_several_groups_is_in_each_of_them_once)
{
	check_parties(SUBNETS_ONLY PORT_SG("sg-1", "a", "1") PORT_SG("sg-2", "b", "2")
			      ENI("eni-1", "10", GROUP("sg-1") "," GROUP("sg-2") "," GROUP("sg-1"),
				  "") ENI("eni-2", "11", GROUP("sg-2"), ""),
		      NULL, PARTY_BY_SG, "a:1 b:2 internet:0 on-premises:0");
}

TEST(what_the_snapshot_lacks_is_called_by_its_id_and_what_has_none_is_apart)
{
	static const char estate[] = SUBNETS_ONLY ENI("eni-1", "10", GROUP("sg-8"), "")
		ENI("eni-2", "11", GROUP("sg-8") "," GROUP("sg-9"), "") ENI("eni-3", "12", "", "");

	check_parties(estate, NULL, PARTY_BY_SG,
		      "sg-8:2 sg-9:1 (no group):1 internet:0 on-premises:0");
}

TEST(the_interfaces_of_an_instance_are_one_party_and_the_others_themselves)
{
	static const char instance[] =
		"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'VpcId': 'vpc-1', "
		"'State': {'Name': 'running'}, 'Tags': [{'Key': 'Name', 'Value': 'web'}]}]}]}";
	char estate[16384];

	snprintf(estate, sizeof(estate), "%s%s",
		 SUBNETS_ONLY ENI("eni-1", "10", GROUP("sg-8"),
				  ", 'Attachment': {'InstanceId': 'i-1'}")
			 ENI("eni-2", "11", GROUP("sg-8"), ", 'Attachment': {'InstanceId': 'i-1'}")
				 ENI("eni-3", "12", GROUP("sg-8"), ""),
		 instance);
	check_parties(estate, NULL, PARTY_BY_INSTANCE, "eni-3:1 web:2 internet:0 on-premises:0");
}

TEST(of_one_name_the_id_tells_apart)
{
	check_parties(SUBNETS_ONLY PORT_SG("sg-2", "web", "1") PORT_SG("sg-1", "web", "2")
			      PORT_SG("sg-3", "internet", "3")
				      ENI("eni-1", "10", GROUP("sg-1") "," GROUP("sg-3"), "")
					      ENI("eni-2", "11", GROUP("sg-2"), ""),
		      NULL, PARTY_BY_SG,
		      "internet (sg-3):1 web (sg-1):1 web (sg-2):1 internet:0 on-premises:0");
}

TEST(numbers_in_labels_are_in_the_order_of_their_values)
{
	check_parties(
		SUBNETS_ONLY PORT_SG("sg-1", "web-10", "1") PORT_SG("sg-2", "web-9", "1")
			PORT_SG("sg-3", "web-010", "1") PORT_SG("sg-4", "web", "1")
				PORT_SG("sg-5", "app-2-b", "1") PORT_SG("sg-6", "app-2-a", "1") ENI(
					"eni-1", "10",
					GROUP("sg-1") "," GROUP("sg-2") "," GROUP("sg-3") "," GROUP(
						"sg-4") "," GROUP("sg-5") "," GROUP("sg-6"),
					""),
		NULL, PARTY_BY_SG,
		"app-2-a:1 app-2-b:1 web:1 web-9:1 web-010:1 web-10:1 internet:0 "
		"on-premises:0");
}

TEST(tiers_keep_the_order_of_the_policy_and_what_is_in_none_is_apart)
{
	check_parties(ESTATE_SHOP,
		      "tier web = eni-1\ntier ghost = tag:Tier=ghost\ntier db = 10.0.2.0/28\n"
		      "deny web -> db\n",
		      PARTY_BY_TIER, "web:2 ghost:0 db:4 (no tier):1 internet:0 on-premises:0");
}

TEST(addresses_outside_that_a_tier_names_are_in_it)
{
	struct setting setting = setting_of(
		ESTATE_SHOP, "tier office = 203.0.113.0/24\ndeny office -> any\n", PARTY_BY_TIER);
	const struct party *office = party_of(&setting, "office");

	CHECK(office->kind_count == 1 && office->end_count == 0 && office->kinds[0].count == 0);
	CHECK(cell_of(&setting, "office", "(no tier)").pairs == 5);
	setting_done(&setting);
}

/* A delegated prefix counts as one address. */
TEST(pairs_are_of_addresses_of_one_family_and_different_interfaces)
{
	static const struct {
		enum party_by by;
		const char   *src, *dst;
		uint64_t      pairs;
	} cases[] = {
		{ PARTY_BY_SG, "sg-1-name", "sg-2-name", 4 },
		{ PARTY_BY_SG, "sg-1-name", "sg-1-name", 0 },
		{ PARTY_BY_SG, "sg-2-name", "sg-2-name", 0 },
		{ PARTY_BY_SG, "sg-3-name", "sg-2-name", 3 },
		{ PARTY_BY_SUBNET, "shop-a", "shop-a", 2 },
		{ PARTY_BY_SUBNET, "shop-a", "shop-b", 7 },
		{ PARTY_BY_VPC, "shop", "shop", 16 },
		{ PARTY_BY_INSTANCE, "eni-1", "eni-2", 4 },
		{ PARTY_BY_INSTANCE, "eni-1", "eni-1", 0 },
		/* The foreign addresses of a party are one end of each family. */
		{ PARTY_BY_SG, "internet", "sg-2-name", 4 },
		{ PARTY_BY_SG, "sg-3-name", "internet", 1 },
		{ PARTY_BY_SG, "internet", "internet", 0 },
		{ PARTY_BY_SG, "internet", "on-premises", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct setting setting = setting_of(ESTATE_SHOP, NULL, cases[i].by);
		uint64_t       pairs = cell_of(&setting, cases[i].src, cases[i].dst).pairs;

		if (pairs != cases[i].pairs)
			fail_msg("%s to %s: %llu pairs, not %llu", cases[i].src, cases[i].dst,
				 (unsigned long long)pairs, (unsigned long long)cases[i].pairs);
		setting_done(&setting);
	}
}

/* Two hosts of one kind: each reaches the other, and none itself. */
TEST(of_equal_hosts_each_pair_counts_once_a_direction)
{
	struct setting setting = setting_of(
		SUBNETS_ONLY PORT_SG("sg-1", "a", "80") ENI("eni-1", "10", GROUP("sg-1"), "")
			ENI("eni-2", "11", GROUP("sg-1"), "") ENI("eni-3", "12", GROUP("sg-1"), ""),
		NULL, PARTY_BY_INSTANCE);

	CHECK(party_of(&setting, "eni-1")->kinds[0].kind ==
	      party_of(&setting, "eni-2")->kinds[0].kind);
	CHECK(cell_of(&setting, "eni-1", "eni-2").pairs == 1);
	CHECK(cell_of(&setting, "eni-1", "eni-2").open_pairs == 1);
	CHECK(cell_of(&setting, "eni-1", "eni-1").pairs == 0);
	CHECK(cell_of(&setting, "eni-1", "eni-1").common == PACKET_SET_DENY);
	setting_done(&setting);
}

#define TWO_PORTS                                                                                  \
	SUBNETS_ONLY PORT_SG("sg-1", "src", "1") PORT_SG("sg-2", "both", "80")                     \
		PORT_SG("sg-3", "one", "81") ENI("eni-1", "10", GROUP("sg-1"), "")                 \
			ENI("eni-2", "11", GROUP("sg-2"), "")                                      \
				ENI("eni-3", "12", GROUP("sg-2") "," GROUP("sg-3"), "")

TEST(a_cell_tells_what_some_pairs_have_from_what_all_have)
{
	struct setting setting = setting_of(TWO_PORTS, NULL, PARTY_BY_SG);
	struct cell    cell = cell_of(&setting, "src", "both");

	check_set(&setting, cell.set, "tcp/80-81");
	check_set(&setting, cell.common, "tcp/80");
	CHECK(cell.pairs == 2 && cell.open_pairs == 2 && cell.undecided_pairs == 0);
	CHECK(cell.unintended == PACKET_SET_DENY && cell.unintended_pairs == 0);
	setting_done(&setting);
}

TEST(a_cell_tells_what_the_policy_does_not_want)
{
	struct setting setting = setting_of(TWO_PORTS,
					    "tier src = eni-1\ntier dst = eni-2 eni-3\n"
					    "allow src -> dst : tcp/80\n",
					    PARTY_BY_TIER);
	struct cell    cell = cell_of(&setting, "src", "dst");

	check_set(&setting, cell.unintended, "tcp/81");
	CHECK(cell.pairs == 2 && cell.unintended_pairs == 1);
	CHECK(cell.silent == PACKET_SET_DENY);
	setting_done(&setting);
}

TEST(what_the_policy_does_not_speak_of_is_neither_wanted_nor_not)
{
	struct setting setting = setting_of(
		TWO_PORTS, "tier dst = eni-2\ntier src = eni-1\nallow src -> dst : tcp/80\n",
		PARTY_BY_SG);
	struct cell cell = cell_of(&setting, "src", "both");

	check_set(&setting, cell.set, "tcp/80-81");
	check_set(&setting, cell.silent, "tcp/80-81"); /* to eni-3, which is in no tier */
	CHECK(cell.unintended == PACKET_SET_DENY);
	setting_done(&setting);
}

TEST(the_parts_of_a_cell_are_pairs_that_fare_alike_and_of_what_was_asked)
{
	struct setting	  setting = setting_of(TWO_PORTS, NULL, PARTY_BY_SG);
	struct cell_parts parts = { 0 };
	uint32_t	  asked = packet_sets_range(reach_sets(setting.reach), PROTO_TCP << 16 | 81,
						    PROTO_TCP << 16 | 90, VERDICT_ALLOW);
	struct cell	  cell;

	cell_parts_fill(&parts, setting.reach, party_of(&setting, "src"),
			party_of(&setting, "both"), PACKET_SET_ALLOW);
	CHECK(parts.count == 2 && parts.items[0].pairs == 1 && parts.items[1].pairs == 1);
	cell_parts_fill(&parts, setting.reach, party_of(&setting, "src"),
			party_of(&setting, "both"), asked);
	cell = cell_of_parts(setting.reach, &parts);
	check_set(&setting, cell.set, "tcp/81");
	CHECK(cell.pairs == 2 && cell.open_pairs == 1 && cell.common == PACKET_SET_DENY);
	cell_parts_done(&parts);
	setting_done(&setting);
}

TEST(kinds_are_found_between_which_a_packet_gets)
{
	struct setting		 setting = setting_of(TWO_PORTS, NULL, PARTY_BY_SG);
	const struct kinds	*kinds = reach_kinds(setting.reach);
	const struct cell_search open = { .key = PROTO_TCP << 16 | 81, .verdict = VERDICT_ALLOW };
	const struct cell_search shut = { .key = PROTO_TCP << 16 | 82, .verdict = VERDICT_ALLOW };
	struct cell_parts	 parts = { 0 };
	uint32_t		 found[2];

	cell_parts_fill(&parts, setting.reach, party_of(&setting, "src"),
			party_of(&setting, "both"), PACKET_SET_ALLOW);
	CHECK(cell_parts_find(&parts, setting.reach, &open, found));
	CHECK(kinds->items[found[0]].ends[0].eni_idx == estate_eni(setting.world, "eni-1"));
	CHECK(kinds->items[found[1]].ends[0].eni_idx == estate_eni(setting.world, "eni-3"));
	CHECK(!cell_parts_find(&parts, setting.reach, &shut, found));
	cell_parts_done(&parts);
	setting_done(&setting);
}

/* Groups that let everything in and out, and a route to the internet. */
TEST(of_foreign_addresses_those_are_found_that_a_packet_gets_to)
{
	static const char igw[] =
		"{'InternetGateways': [{'InternetGatewayId': 'igw-1', 'Attachments': [{'VpcId': "
		"'vpc-1', 'State': 'available'}]}]} {'RouteTables': [{'RouteTableId': 'rtb-2', "
		"'VpcId': 'vpc-1', 'Associations': [{'SubnetId': 'subnet-b'}], 'Routes': "
		"[{'DestinationCidrBlock': '10.0.0.0/16', 'GatewayId': 'local', 'State': "
		"'active'}, {'DestinationCidrBlock': '11.0.0.0/8', 'GatewayId': 'igw-1', "
		"'State': 'active'}]}]}";
	const struct cell_search search = { .key = PROTO_TCP << 16 | 443,
					    .verdict = VERDICT_ALLOW };
	char			 estate[ESTATE_MAX];
	struct setting		 setting;
	struct cell_parts	 parts = { 0 };
	uint32_t		 found[2];
	struct cell		 cell;

	snprintf(estate, sizeof(estate), "%s%s", ESTATE_SHOP, igw);
	setting = setting_of(estate, NULL, PARTY_BY_SG);
	cell_parts_fill(&parts, setting.reach, party_of(&setting, "sg-2-name"),
			party_of(&setting, "internet"), PACKET_SET_ALLOW);
	cell = cell_of_parts(setting.reach, &parts);
	check_set(&setting, cell.set, "all");
	CHECK(cell.common == PACKET_SET_DENY && cell.pairs == 4 && cell.open_pairs == 1);
	CHECK(cell_parts_find(&parts, setting.reach, &search, found));
	CHECK(reach_kinds(setting.reach)->items[found[1]].ends[0].ip.bytes[0] == 11);
	cell_parts_done(&parts);
	setting_done(&setting);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_parties_are_is_one_of_five_words),
		cmocka_unit_test(parties_are_called_by_name_else_by_id_and_hold_their_addresses),
		cmocka_unit_test(an_interface_of_several_groups_is_in_each_of_them_once),
		cmocka_unit_test(
			what_the_snapshot_lacks_is_called_by_its_id_and_what_has_none_is_apart),
		cmocka_unit_test(
			the_interfaces_of_an_instance_are_one_party_and_the_others_themselves),
		cmocka_unit_test(of_one_name_the_id_tells_apart),
		cmocka_unit_test(numbers_in_labels_are_in_the_order_of_their_values),
		cmocka_unit_test(tiers_keep_the_order_of_the_policy_and_what_is_in_none_is_apart),
		cmocka_unit_test(addresses_outside_that_a_tier_names_are_in_it),
		cmocka_unit_test(pairs_are_of_addresses_of_one_family_and_different_interfaces),
		cmocka_unit_test(of_equal_hosts_each_pair_counts_once_a_direction),
		cmocka_unit_test(a_cell_tells_what_some_pairs_have_from_what_all_have),
		cmocka_unit_test(a_cell_tells_what_the_policy_does_not_want),
		cmocka_unit_test(what_the_policy_does_not_speak_of_is_neither_wanted_nor_not),
		cmocka_unit_test(
			the_parts_of_a_cell_are_pairs_that_fare_alike_and_of_what_was_asked),
		cmocka_unit_test(kinds_are_found_between_which_a_packet_gets),
		cmocka_unit_test(of_foreign_addresses_those_are_found_that_a_packet_gets_to),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
