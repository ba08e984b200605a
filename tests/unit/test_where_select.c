/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "simulator/flows/where_select.h"
#include "tests/unit/estate.h"
#include "tests/unit/made_columns.h"

#define FORMAT                                                                                     \
	"interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "    \
	"log-status instance-id flow-direction pkt-srcaddr"

/* Rows a to j. */
static const char *const lines[] = {
	"eni-1 10.0.1.10 10.0.2.10 40000 443 6 10 1000 100 160 ACCEPT OK i-web1 egress 10.0.1.10",
	"eni-1 10.0.2.10 10.0.1.10 443 40000 6 12 9000 100 160 ACCEPT OK i-web1 ingress 10.0.2.10",
	"eni-1 203.0.113.9 10.0.1.10 50000 22 6 1 40 200 201 REJECT OK i-web1 ingress 203.0.113.9",
	"eni-2 203.0.113.10 10.0.2.10 50001 3389 6 1 40 300 301 REJECT OK i-db1 ingress -",
	"eni-2 2001:db8::1 2001:db8:0:2::10 50001 53 17 2 99 300 301 REJECT OK - ingress "
	"2001:db8::1",
	"eni-3 10.0.1.20 10.0.1.10 0 0 1 2 168 400 401 ACCEPT OK - - 10.0.1.20",
	"eni-3 - - - - - - - 400 460 - NODATA - - -",
	"eni-3 - - - - - - - 460 520 - SKIPDATA - - -",
	"eni-1 10.0.1.10 198.51.100.7 0 0 47 18446744073709551615 0 500 501 ACCEPT OK i-web2 "
	"egress 10.0.1.10",
	"eni-1 192.0.2.1 10.0.1.10 65535 65535 17 1 0 500 501 ACCEPT OK i-web10 ingress "
	"2001:db8::1",
};

struct setting {
	struct world  *world;
	struct intent *intent;
	struct judge  *judge;
	struct namer  *namer;
	struct columns columns;
};

static struct setting setting_of(void)
{
	struct setting	setting = { .world = estate_open(ESTATE_SHOP) };
	struct format	format;
	struct err_list errors;
	struct err	err;

	setting.intent = intent_parse(str_of("tier web = eni-1\ntier db = eni-2\n"
					     "allow web -> db : tcp/443\n"),
				      "p", &errors);
	CHECK(setting.intent != NULL);
	setting.judge = judge_new(setting.intent, setting.world);
	setting.namer = namer_new(setting.world, setting.judge);
	CHECK(format_parse(str_of(FORMAT), &format, NULL, &err) == 0);
	made_columns_init(&setting.columns, UINT64_MAX >> (64 - FIELD_COUNT));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		CHECK(made_columns_add_line(&setting.columns, lines[i], &format) == 0);
	return setting;
}

static void setting_done(struct setting *setting)
{
	made_columns_done(&setting->columns);
	namer_free(setting->namer);
	judge_free(setting->judge);
	intent_free(setting->intent);
	world_free(setting->world);
}

/* The rows that pass, a letter each. */
static void check_rows(struct setting *setting, const char *text, const char *expected)
{
	auto_where struct where where = { 0 };
	struct where_room      *room;
	uint16_t		rows[COLUMNS_ROWS_MAX];
	char			letters[32] = { 0 };
	uint32_t		count;
	struct err		err;

	if (where_parse(str_of(text), 1000, &where, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	room = where_room_new(&where, setting->namer);
	count = where_select(room, &setting->columns, rows);
	for (uint32_t i = 0; i < count; i++)
		letters[i] = (char)('a' + rows[i]);
	if (strcmp(letters, expected) != 0)
		fail_msg("%s: rows %s, not %s", text, letters, expected);
	where_room_free(room);
}

TEST(where_select_finds_the_rows_that_a_condition_is_true_of)
{
	static const struct {
		const char *where, *rows;
	} cases[] = {
		{ "action=REJECT", "cde" },
		{ "action!=REJECT", "abfij" },
		{ "log-status in (NODATA, SKIPDATA)", "gh" },
		{ "log-status != OK", "gh" },
		{ "flow-direction=egress", "ai" },
		{ "dstport=443", "a" },
		{ "dstport<443", "cefi" },
		{ "dstport<=443 and dstport>0", "ace" },
		{ "dstport<0", "" },
		{ "dstport>65535", "" },
		{ "dstport>=65535", "j" },
		{ "packets>18446744073709551614", "i" },
		{ "packets>18446744073709551615", "" },
		{ "packets<=18446744073709551615", "abcdefij" },
		{ "dstport in (22, 3389, 53)", "cde" },
		{ "dstport in 0-100", "cefi" },
		{ "dstport in (1,3,5,7,9,11,13,15,17,19,21-23,443)", "ac" },
		{ "protocol in (tcp, gre)", "abcdi" },
		{ "srcaddr=10.0.1.10", "ai" },
		{ "srcaddr!=10.0.1.10", "bcdefj" },
		{ "srcaddr in 10.0.0.0/8", "abfi" },
		{ "srcaddr not in 10.0.0.0/8", "cdej" },
		{ "srcaddr in 0.0.0.0/0", "abcdfij" },
		{ "srcaddr in ::/0", "e" },
		{ "srcaddr in (2001:db8::/32, 203.0.113.8/31)", "ce" },
		{ "srcaddr in (1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8,5.0.0.0/8,6.0.0.0/8,"
		  "7.0.0.0/8,10.0.2.0/24,2001:db8::/32)",
		  "be" },
		{ "instance-id=i-web1", "abc" },
		{ "instance-id!=i-web1", "dij" },
		{ "instance-id in (i-db1, i-web2, i-none)", "di" },
		{ "instance-id like 'i-web*'", "abcij" },
		{ "instance-id like 'i-web?'", "abci" },
		{ "start>=400 and end<=460", "fg" },
		{ "start>=10m", "fghij" },
	};
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_rows(&setting, cases[i].where, cases[i].rows);
	setting_done(&setting);
}

TEST(where_select_passes_only_what_is_true_and_a_missing_value_is_unknown)
{
	static const struct {
		const char *where, *rows;
	} cases[] = {
		{ "instance-id = -", "efgh" },
		{ "instance-id != -", "abcdij" },
		{ "not instance-id = -", "abcdij" },
		{ "action = -", "gh" },
		{ "not action=REJECT", "abfij" },
		{ "not (action=REJECT or action=ACCEPT)", "" },
		{ "action=REJECT or log-status=NODATA", "cdeg" },
		{ "not (action=REJECT and log-status=OK)", "abfghij" },
		{ "not not instance-id=i-db1", "d" },
		{ "instance-id=i-db1 or start>=0", "abcdefghij" },
		{ "not (instance-id=i-db1 and start<0)", "abcdefghij" },
		{ "pkt-srcaddr = - and srcaddr != -", "d" },
		{ "region = eu-west-1 or not region = eu-west-1", "" },
		{ "region = -", "abcdefghij" },
	};
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_rows(&setting, cases[i].where, cases[i].rows);
	setting_done(&setting);
}

TEST(where_select_asks_for_tiers_and_names_by_the_packets_own_addresses)
{
	static const struct {
		const char *where, *rows;
	} cases[] = {
		{ "src-tier=web", "ai" },
		{ "src-tier=db", "b" },
		{ "src-tier=internet", "cd" },
		{ "src-tier = -", "efghj" },
		{ "dst-tier in (web, db)", "abcdefj" },
		{ "src-name=eni-3", "f" },
		{ "src-name like 'eni-*' and dst-tier=web", "bf" },
	};
	struct setting setting = setting_of();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_rows(&setting, cases[i].where, cases[i].rows);
	setting_done(&setting);
}

TEST(where_select_needs_a_mask_for_each_right_side_that_is_open)
{
	static const char *const where =
		"start=0 or (start=1 or (start=2 or (start=3 or (start=4 or start=400))))";
	struct setting setting = setting_of();

	check_rows(&setting, where, "fg");
	setting_done(&setting);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_select_finds_the_rows_that_a_condition_is_true_of),
		cmocka_unit_test(
			where_select_passes_only_what_is_true_and_a_missing_value_is_unknown),
		cmocka_unit_test(
			where_select_asks_for_tiers_and_names_by_the_packets_own_addresses),
		cmocka_unit_test(where_select_needs_a_mask_for_each_right_side_that_is_open),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
