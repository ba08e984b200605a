/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "simulator/flows/namer.h"
#include "tests/unit/estate.h"
#include "tests/unit/made_columns.h"

/* eni-1 10.0.1.10 is web-1; vpc-2 has 10.0.1.20 too, which eni-3 of vpc-1 has, and 10.0.9.9 for itself. */
#define ESTATE                                                                                     \
	ESTATE_SHOP                                                                                \
	"{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'Tags': [{'Key': 'Name', "         \
	"'Value': 'web-1'}], 'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-1'}]}]}]}"          \
	"{'Vpcs': [{'VpcId': 'vpc-2', 'CidrBlock': '10.0.0.0/16'}]}"                               \
	"{'NetworkInterfaces': [{'NetworkInterfaceId': 'eni-twin', 'VpcId': 'vpc-2', "             \
	"'PrivateIpAddress': '10.0.1.20', 'Groups': []}, {'NetworkInterfaceId': 'eni-nine', "      \
	"'VpcId': 'vpc-2', 'PrivateIpAddress': '10.0.9.9', 'Groups': []}]}"

static const struct subject src_tier = { SUBJECT_TIER, FIELD_SRCADDR, false };
static const struct subject dst_tier = { SUBJECT_TIER, FIELD_DSTADDR, true };
static const struct subject src_name = { SUBJECT_NAME, FIELD_SRCADDR, false };
static const struct subject dst_name = { SUBJECT_NAME, FIELD_DSTADDR, true };

struct expected {
	const char    *line; /* interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr */
	struct subject subject;
	const char    *text;
};

static void check_names(const struct expected *cases, size_t count)
{
	struct world   *world = estate_open(ESTATE);
	struct err_list errors;
	struct intent  *intent = intent_parse(str_of("tier web = eni-1\ntier two = vpc:vpc-2\n"
						      "tier office = 203.0.113.0/24\n"
						      "allow web -> two : all\n"),
					      "p", &errors);
	struct judge   *judge;
	struct namer   *namer;
	struct format	format;
	struct err	err;
	struct str	texts[COLUMNS_ROWS_MAX];

	if (!intent)
		fail_msg("%s", errors.items[0].text);
	judge = judge_new(intent, world);
	namer = namer_new(world, judge);
	CHECK(format_parse(str_of("interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr"), &format,
			   NULL, &err) == 0);
	for (size_t i = 0; i < count; i++) {
		struct columns columns;

		made_columns_init(&columns, subject_fields(cases[i].subject));
		CHECK(made_columns_add_line(&columns, cases[i].line, &format) == 0);
		namer_fill(namer, cases[i].subject, &columns, texts);
		CHECK_STR(texts[0], cases[i].text);
		made_columns_done(&columns);
	}
	namer_free(namer);
	judge_free(judge);
	intent_free(intent);
	world_free(world);
}

TEST(namer_names_an_address_as_the_vpc_of_the_interface_sees_it)
{
	const struct expected cases[] = {
		{ "eni-1 10.0.1.10 10.0.1.20 - -", src_name, "web-1" },
		{ "eni-1 10.0.1.10 10.0.1.20 - -", dst_name, "eni-3" },
		{ "eni-nine 10.0.1.20 10.0.9.9 - -", src_name, "eni-twin" },
		{ "eni-nine 10.0.1.20 10.0.9.9 - -", src_tier, "two" },
		{ "eni-1 10.0.1.10 10.0.1.20 - -", dst_tier, "" },
	};

	check_names(cases, ARRAY_LEN(cases));
}

TEST(namer_without_a_known_interface_names_what_one_vpc_only_has)
{
	const struct expected cases[] = {
		{ "- 10.0.1.10 10.0.1.20 - -", src_name, "web-1" },
		{ "eni-unknown 10.0.1.10 10.0.1.20 - -", src_tier, "web" },
		{ "- 10.0.1.10 10.0.1.20 - -", dst_name, "" },
		{ "eni-unknown 10.0.9.9 10.0.1.20 - -", src_name, "eni-nine" },
	};

	check_names(cases, ARRAY_LEN(cases));
}

TEST(namer_goes_by_the_packets_own_address)
{
	const struct expected cases[] = {
		{ "eni-1 10.0.1.20 10.0.1.10 203.0.113.9 10.0.1.10", src_tier, "office" },
		{ "eni-1 10.0.1.20 10.0.1.10 198.51.100.77 10.0.1.10", src_tier, "internet" },
		{ "eni-1 10.0.1.20 203.0.113.9 - 10.0.1.10", dst_name, "web-1" },
		{ "eni-1 - - - -", src_tier, "" },
		{ "eni-1 - - - -", dst_name, "" },
	};

	check_names(cases, ARRAY_LEN(cases));
}

TEST(namer_is_right_of_more_addresses_than_it_remembers)
{
	struct world  *world = estate_open(ESTATE);
	struct namer  *namer = namer_new(world, NULL);
	struct columns columns;
	struct str     texts[COLUMNS_ROWS_MAX];
	struct record  record = { 0 };
	unsigned       named = 0;

	made_columns_init(&columns, subject_fields(src_name));
	record_set(&record, FIELD_SRCADDR);
	for (unsigned i = 0; i < 1U << 17; i++) {
		record.srcaddr = ip_v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i);
		if (i >> 16)
			record.srcaddr = ip_v4(10, 1, (uint8_t)(i >> 8), (uint8_t)i);
		made_columns_add(&columns, &record);
		if (columns.count < COLUMNS_ROWS_MAX)
			continue;
		namer_fill(namer, src_name, &columns, texts);
		for (uint32_t row = 0; row < columns.count; row++)
			named += texts[row].len > 0;
		columns.count = 0;
	}
	/* eni-1, eni-nine, and eni-2 with two addresses and a block of 16; eni-3's has a twin. */
	CHECK(named == 1 + 1 + 2 + 16);
	made_columns_done(&columns);
	namer_free(namer);
	world_free(world);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(namer_names_an_address_as_the_vpc_of_the_interface_sees_it),
		cmocka_unit_test(namer_without_a_known_interface_names_what_one_vpc_only_has),
		cmocka_unit_test(namer_goes_by_the_packets_own_address),
		cmocka_unit_test(namer_is_right_of_more_addresses_than_it_remembers),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
