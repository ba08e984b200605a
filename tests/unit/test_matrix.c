/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "simulator/reach/matrix.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/matrix.h"
#include "tests/unit/estate.h"

enum { TEXT_MAX = 1 << 20, ESTATE_MAX = 1 << 16 };

/* Hosts web-1 to web-3 and app-1, app-2 in subnet-a, web-4 in subnet-b; web reaches app on tcp/8080. */
static const struct {
	const char *id, *ip, *subnet, *sg;
} hosts[] = {
	{ "web-1", "10.0.1.11", "subnet-a", "sg-web" },
	{ "web-2", "10.0.1.12", "subnet-a", "sg-web" },
	{ "web-3", "10.0.1.13", "subnet-a", "sg-web" },
	{ "app-1", "10.0.1.21", "subnet-a", "sg-app" },
	{ "app-2", "10.0.1.22", "subnet-a", "sg-app" },
	{ "web-4", "10.0.2.14", "subnet-b", "sg-web" },
};

static const char groups[] =
	"{'SecurityGroups': [{'GroupId': 'sg-web', 'GroupName': 'web', 'VpcId': 'vpc-1', "
	"'IpPermissions': [], 'IpPermissionsEgress': [{'IpProtocol': '-1', 'IpRanges': "
	"[{'CidrIp': '0.0.0.0/0'}]}]}, {'GroupId': 'sg-app', 'GroupName': 'app', 'VpcId': "
	"'vpc-1', 'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 8080, 'ToPort': 8080, "
	"'UserIdGroupPairs': [{'GroupId': 'sg-web'}]}], 'IpPermissionsEgress': []}]}";

struct setting {
	struct world   *world;
	struct reach   *reach;
	struct parties *parties;
	struct matrix  *matrix;
};

static struct setting setting_from(const char *estate, enum party_by by, bool folded)
{
	struct reach_options  options = { .client_ports = path_default_client_ports() };
	struct matrix_options how = { .asked = PACKET_SET_ALLOW, .folded = folded };
	struct setting	      setting = { .world = estate_open(estate) };
	struct err	      err;

	setting.reach = reach_new(setting.world, &options);
	setting.parties = parties_new(setting.reach, NULL, by);
	setting.matrix = matrix_new(setting.reach, setting.parties, &how, &err);
	CHECK(setting.matrix);
	return setting;
}

static struct setting setting_of(enum party_by by, bool folded)
{
	static char estate[ESTATE_MAX];
	int len = snprintf(estate, sizeof(estate), "%s%s", ESTATE_NET ESTATE_OPEN_NACL ESTATE_RTB,
			   groups);

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		len += snprintf(estate + len, sizeof(estate) - (size_t)len,
				"{'NetworkInterfaces': [{'NetworkInterfaceId': '%s', 'VpcId': "
				"'vpc-1', 'SubnetId': '%s', 'PrivateIpAddress': '%s', "
				"'InterfaceType': 'interface', 'Groups': [{'GroupId': '%s'}]}]}",
				hosts[i].id, hosts[i].subnet, hosts[i].ip, hosts[i].sg);
	return setting_from(estate, by, folded);
}

static void setting_done(struct setting *setting)
{
	matrix_free(setting->matrix);
	parties_free(setting->parties);
	reach_free(setting->reach);
	world_free(setting->world);
}

/* All cells that have something open, "FROM > TO PORTS PAIRS" each. */
static void check_matrix(const struct setting *setting, const char *expected)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	size_t		    count = matrix_group_count(setting->matrix);

	for (size_t i = 0; i < count * count; i++) {
		struct cell cell = matrix_cell(setting->matrix, i / count, i % count);

		if (cell.set == PACKET_SET_DENY)
			continue;
		buf_add_text(&text, text.len ? "; " : "");
		matrix_add_label(matrix_group(setting->matrix, i / count), &text);
		buf_add_text(&text, " > ");
		matrix_add_label(matrix_group(setting->matrix, i % count), &text);
		buf_add_char(&text, ' ');
		packet_words(reach_sets(setting->reach), cell.set, VERDICT_ALLOW, &text);
		buf_printf(&text, " %llu/%llu", (unsigned long long)cell.open_pairs,
			   (unsigned long long)cell.pairs);
	}
	CHECK_STR(buf_str(&text), expected);
}

TEST(parties_that_no_cell_tells_apart_are_one_group_also_of_two_subnets)
{
	struct setting setting = setting_of(PARTY_BY_INSTANCE, true);

	check_matrix(&setting, "web-1 … web-4 (4) > app-1, app-2 tcp/8080 8/8");
	/* The internet and on-premises come first. */
	CHECK(matrix_group_count(setting.matrix) == 4);
	CHECK(matrix_group(setting.matrix, 0)->members[0]->scope == KIND_INTERNET);
	CHECK(matrix_is_left_out(setting.matrix, 0) && matrix_is_left_out(setting.matrix, 1));
	CHECK(!matrix_is_left_out(setting.matrix, 2));
	setting_done(&setting);
}

#define HOST(id, ip, sg)                                                                           \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': '" id "', 'VpcId': 'vpc-1', 'SubnetId': "   \
	"'subnet-a', 'PrivateIpAddress': '" ip                                                     \
	"', 'InterfaceType': 'interface', 'Groups': [{'GroupId': '" sg "'}]}]}"
#define GROUP(id, in)                                                                              \
	"{'SecurityGroups': [{'GroupId': '" id "', 'GroupName': '" id "', 'VpcId': 'vpc-1', "      \
	"'IpPermissions': [" in "], 'IpPermissionsEgress': [{'IpProtocol': '-1', 'IpRanges': "     \
	"[{'CidrIp': '10.0.0.0/16'}]}]}]}"
#define FROM(sg)                                                                                   \
	"{'IpProtocol': 'tcp', 'FromPort': 5432, 'ToPort': 5432, 'UserIdGroupPairs': "             \
	"[{'GroupId': '" sg "'}]}"
#define STACK(number)                                                                              \
	GROUP("sg-app-" number, "")                                                                \
	GROUP("sg-db-" number, FROM("sg-app-" number))                                             \
	HOST("app-" number, "10.0.1.1" number, "sg-app-" number)                                   \
	HOST("db-" number, "10.0.1.2" number, "sg-db-" number)

TEST(parties_that_have_as_much_with_others_are_told_apart_by_whom_it_is_with)
{
	static const char estate[] = ESTATE_NET ESTATE_OPEN_NACL ESTATE_RTB STACK("1") STACK("2")
		STACK("3");
	const enum party_by ways[] = { PARTY_BY_INSTANCE, PARTY_BY_SG };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct setting setting = setting_from(estate, ways[i], true);

		CHECK(matrix_group_count(setting.matrix) == 2 + 6);
		setting_done(&setting);
	}
}

TEST(unfolded_each_party_is_a_group)
{
	struct setting setting = setting_of(PARTY_BY_INSTANCE, false);

	check_matrix(&setting, "web-1 > app-1 tcp/8080 1/1; web-1 > app-2 tcp/8080 1/1; "
			       "web-2 > app-1 tcp/8080 1/1; web-2 > app-2 tcp/8080 1/1; "
			       "web-3 > app-1 tcp/8080 1/1; web-3 > app-2 tcp/8080 1/1; "
			       "web-4 > app-1 tcp/8080 1/1; web-4 > app-2 tcp/8080 1/1");
	setting_done(&setting);
}

TEST(a_host_makes_no_pair_with_itself_and_its_like_do)
{
	struct setting setting = setting_of(PARTY_BY_INSTANCE, true);
	struct cell    apps = matrix_cell(setting.matrix, 2, 2);
	struct cell    webs = matrix_cell(setting.matrix, 3, 3);

	CHECK(apps.pairs == 2 && webs.pairs == 12);
	setting_done(&setting);
	setting = setting_of(PARTY_BY_INSTANCE, false);
	CHECK(matrix_cell(setting.matrix, 2, 2).pairs == 0);
	CHECK(matrix_cell(setting.matrix, 2, 3).pairs == 1);
	setting_done(&setting);
}

TEST(folded_and_unfolded_have_the_same_pairs)
{
	for (enum party_by by = PARTY_BY_INSTANCE; by < PARTY_BY_TIER; by++) {
		uint64_t pairs[2] = { 0 }, open[2] = { 0 };

		for (int folded = 0; folded < 2; folded++) {
			struct setting setting = setting_of(by, folded);
			size_t	       count = matrix_group_count(setting.matrix);

			for (size_t i = 0; i < count * count; i++) {
				struct cell cell = matrix_cell(setting.matrix, i / count,
							       i % count);

				pairs[folded] += cell.pairs;
				open[folded] += cell.open_pairs;
			}
			setting_done(&setting);
		}
		CHECK(pairs[0] > 0 && pairs[0] == pairs[1]);
		CHECK(open[0] == 8 && open[1] == 8);
	}
}

TEST(the_parts_of_a_group_have_all_its_pairs)
{
	struct setting	   setting = setting_of(PARTY_BY_INSTANCE, true);
	struct cell_parts  parts = { 0 };
	struct matrix_pair sample = matrix_sample(setting.matrix, 3, 3);

	matrix_parts(setting.matrix, 3, 2, &parts);
	CHECK(parts.count == 1 && parts.items[0].pairs == 8);
	matrix_parts(setting.matrix, 3, 3, &parts);
	CHECK(parts.count == 1 && parts.items[0].pairs == 12);
	CHECK(sample.src != sample.dst);
	cell_parts_done(&parts);
	setting_done(&setting);
}

TEST(of_groups_a_cell_with_itself_is_between_their_members)
{
	struct setting setting = setting_of(PARTY_BY_SG, false);

	check_matrix(&setting, "web > app tcp/8080 8/8");
	CHECK(matrix_cell(setting.matrix, 3, 3).pairs == 12);
	setting_done(&setting);
}

TEST(the_sum_of_a_matrix_counts_cells)
{
	struct setting	      setting = setting_of(PARTY_BY_SG, false);
	struct matrix_summary sum = matrix_sum(setting.reach, setting.matrix);

	CHECK(sum.cells == 12 && sum.open == 1);
	CHECK(sum.undecided == 0 && sum.unintended == 0 && sum.doubtful == 0);
	setting_done(&setting);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			parties_that_no_cell_tells_apart_are_one_group_also_of_two_subnets),
		cmocka_unit_test(
			parties_that_have_as_much_with_others_are_told_apart_by_whom_it_is_with),
		cmocka_unit_test(unfolded_each_party_is_a_group),
		cmocka_unit_test(a_host_makes_no_pair_with_itself_and_its_like_do),
		cmocka_unit_test(folded_and_unfolded_have_the_same_pairs),
		cmocka_unit_test(the_parts_of_a_group_have_all_its_pairs),
		cmocka_unit_test(of_groups_a_cell_with_itself_is_between_their_members),
		cmocka_unit_test(the_sum_of_a_matrix_counts_cells),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
