/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <ctype.h>

#include "lib/flow/field.h"

TEST(field_table_is_complete_and_its_names_are_unique)
{
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *info = field_info((enum field)i);
		enum field		 found = FIELD_COUNT;

		CHECK(info->name && info->about && info->about[0]);
		CHECK(info->type < FIELD_TYPE_COUNT && info->offset < sizeof(struct record));
		CHECK(field_find(str_of(info->name), &found) && found == (enum field)i);
		for (const char *at = info->name; *at; at++)
			CHECK(islower(*at) || isdigit(*at) || *at == '-');
	}
}

TEST(field_versions_are_those_that_aws_has_published)
{
	static const struct {
		const char *name;
		uint8_t	    version;
	} cases[] = {
		{ "version", 2 },
		{ "log-status", 2 },
		{ "vpc-id", 3 },
		{ "pkt-dstaddr", 3 },
		{ "region", 4 },
		{ "sublocation-id", 4 },
		{ "pkt-src-aws-service", 5 },
		{ "traffic-path", 5 },
		{ "ecs-cluster-arn", 7 },
		{ "ecs-task-id", 7 },
		{ "reject-reason", 8 },
		{ "resource-id", 9 },
		{ "encryption-status", 10 },
		{ "instance-tag", 11 },
		{ "next-hop-interface-type", 11 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum field field;

		CHECK(field_find(str_of(cases[i].name), &field));
		CHECK(field_info(field)->version == cases[i].version);
	}
	for (int i = 0; i < FIELD_COUNT; i++)
		CHECK(field_info((enum field)i)->version != 6);
}

TEST(field_values_do_not_share_their_place)
{
	for (int i = 0; i < FIELD_COUNT; i++)
		for (int j = i + 1; j < FIELD_COUNT; j++)
			CHECK(field_info((enum field)i)->offset !=
			      field_info((enum field)j)->offset);
}

TEST(field_find_takes_the_underscores_of_parquet)
{
	enum field field = FIELD_COUNT;

	CHECK(field_find(str_of("pkt_srcaddr"), &field) && field == FIELD_PKT_SRCADDR);
	CHECK(field_find(str_of("log_status"), &field) && field == FIELD_LOG_STATUS);
}

TEST(field_find_refuses_what_is_no_field)
{
	static const char *bad[] = { "",	 "srcadd",   "srcaddrs", "SRCADDR",
				     "src-addr", "version ", "2",	 "-" };
	enum field	   field = FIELD_COUNT;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!field_find(str_of(bad[i]), &field) && field == FIELD_COUNT);
}

TEST(field_suggest_names_the_nearest)
{
	CHECK_TEXT(field_suggest(str_of("scraddr")), "srcaddr");
	CHECK_TEXT(field_suggest(str_of("dst-port")), "dstport");
	CHECK(field_suggest(str_of("completely-different-thing")) == NULL);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(field_table_is_complete_and_its_names_are_unique),
		cmocka_unit_test(field_versions_are_those_that_aws_has_published),
		cmocka_unit_test(field_values_do_not_share_their_place),
		cmocka_unit_test(field_find_takes_the_underscores_of_parquet),
		cmocka_unit_test(field_find_refuses_what_is_no_field),
		cmocka_unit_test(field_suggest_names_the_nearest),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
