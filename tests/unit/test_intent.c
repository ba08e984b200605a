/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/file.h"
#include "policies/intent/intent.h"

#define TIERS "tier web = tag:Tier=web\ntier db = 10.0.20.0/24\n"

static struct intent *parse(const char *text)
{
	struct err_list errors;
	struct intent  *intent = intent_parse(str_of(text), "shop.policy", &errors);

	if (!intent)
		fail_msg("%u:%u: %s in:\n%s", errors.items[0].line, errors.items[0].column,
			 errors.items[0].text, text);
	return intent;
}

TEST(each_statement_is_read_into_its_parts)
{
	auto_intent struct intent *intent = parse(
		"# shop\n" TIERS "allow internet -> web : tcp/443 tcp/80   # customers\n"
		"deny any -> db\n"
		"require web -> db : 5432\n"
		"require web -/-> db\n"
		"waive web -> db : tcp/22,23 until 2027-03-31 owner dba \"backup # 2, "
		"CHG-1182\"\n");
	const struct statement *all = intent->statements;

	CHECK(intent->tier_count == 2 && intent->statement_count == 5);
	CHECK_STR(intent->tiers[1].name, "db");
	CHECK(intent->tiers[0].line == 2 && intent->tiers[0].selector_count == 1);
	CHECK(all[0].kind == STATEMENT_ALLOW && all[0].src == INTENT_INTERNET && all[0].dst == 0);
	CHECK(all[0].ports_count == 2 && all[0].line == 4);
	CHECK_STR(all[0].text, "allow internet -> web : tcp/443 tcp/80");
	CHECK(all[1].kind == STATEMENT_DENY && all[1].src == INTENT_ANY && all[1].dst == 1);
	CHECK(all[1].ports_count == 1 && all[1].ports[0].protocol == PROTO_ANY);
	CHECK(all[2].kind == STATEMENT_REQUIRE && all[3].kind == STATEMENT_REQUIRE_NOT);
	CHECK(all[4].kind == STATEMENT_WAIVE && all[4].until == 20908);
	CHECK_STR(all[4].owner, "dba");
	CHECK_STR(all[4].note, "backup # 2, CHG-1182");
}

TEST(blanks_tabs_line_ends_and_a_colon_at_a_word_make_no_difference)
{
	static const char *const texts[] = {
		TIERS "allow web -> db : tcp/5432\n",
		TIERS "  allow\tweb   ->  db :\ttcp/5432",
		TIERS "allow web -> db: tcp/5432\r\n",
		"\n\n" TIERS "\nallow web -> db : tcp/5432#now\n",
		"tier web = tag:Tier=web\r\ntier db = 10.0.20.0/24\r\nallow web -> db : 5432\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_intent struct intent *intent = parse(texts[i]);
		auto_buf struct buf	   printed = buf_make(4096);

		intent_print(intent, &printed);
		CHECK_TEXT(printed.data, TIERS "allow web -> db : tcp/5432\n");
	}
}

TEST(an_ipv6_address_that_ends_in_colons_is_a_selector)
{
	auto_intent struct intent *intent = parse(
		"tier six = fd00::\ntier other = fd01::\nallow six -> other : all\n");

	CHECK_STR(intent->tiers[0].selectors[0].text, "fd00::");
}

static const struct {
	const char *text;
	uint32_t    line, column;
	const char *part;
} errors_at[] = {
	{ "", 0, 0, "states nothing" },
	{ TIERS, 0, 0, "states nothing" },
	{ "permit web -> db : all\n", 1, 1, "expected tier, allow, deny, require or waive" },
	{ "tier\n", 1, 5, "name" },
	{ "tier we/b = 10.0.0.0/8\n", 1, 6, "name" },
	{ "tier web 10.0.0.0/8\n", 1, 10, "'='" },
	{ "tier web =\n", 1, 11, "what is in the tier" },
	{ "tier web = tag:Tier\n", 1, 12, "tag:KEY=VALUE" },
	{ "tier web = sg-1 10.0.0.1/8\n", 1, 17, "host bits" },
	{ "tier any = 10.0.0.0/8\n", 1, 6, "already" },
	{ "tier internet = 10.0.0.0/8\n", 1, 6, "already" },
	{ TIERS "tier web = sg-1\n", 3, 6, "already" },
	{ TIERS "allow wbe -> db : tcp/1\n", 3, 7, "did you mean web" },
	{ TIERS "allow web -> nothing-like : tcp/1\n", 3, 14, "no such tier" },
	{ "allow web -> db : tcp/1\n" TIERS, 1, 7, "above this line" },
	{ TIERS "allow web => db : tcp/1\n", 3, 11, "'->'" },
	{ TIERS "allow web -/-> db : tcp/1\n", 3, 11, "'->'" },
	{ TIERS "require web to db : tcp/1\n", 3, 13, "'-/->'" },
	{ TIERS "allow web ->\n", 3, 13, "name of a tier" },
	{ TIERS "allow web -> db\n", 3, 16, "ports" },
	{ TIERS "require web -> db\n", 3, 18, "ports" },
	{ TIERS "allow web -> db :\n", 3, 18, "ports" },
	{ TIERS "allow web -> db : tcp/99999\n", 3, 19, "99999" },
	{ TIERS "allow web -> db : tcp/1 tcp/x\n", 3, 25, "'x'" },
	{ TIERS "allow web -> db : tcp/1 until 2027-01-01\n", 3, 25, "end of the line" },
	{ TIERS "deny web -> db everything\n", 3, 16, "':'" },
	{ TIERS "waive web -> db : all\n", 3, 22, "until" },
	{ TIERS "waive web -> db : all until 2027-02-30 owner x \"y\"\n", 3, 29, "date" },
	{ TIERS "waive web -> db : all until 2027-02-28\n", 3, 39, "owner" },
	{ TIERS "waive web -> db : all until 2027-02-28 owner x\n", 3, 47, "quotes" },
	{ TIERS "waive web -> db : all until 2027-02-28 owner x y\n", 3, 48, "quotes" },
	{ TIERS "waive web -> db : all until 2027-02-28 owner x \"y\n", 3, 49, "closing quote" },
	{ TIERS "waive web -> db : all until 2027-02-28 owner x \"y\" z\n", 3, 52,
	  "nothing after" },
	{ "tier web = \"tag:Tier=front end\"\n", 1, 13, "quote" },
	{ TIERS "allow web -> db : \"tcp/1\"\n", 3, 20, "quote" },
};

TEST(an_error_has_line_and_column_and_says_what_was_expected)
{
	for (size_t i = 0; i < ARRAY_LEN(errors_at); i++) {
		struct err_list errors;
		const char     *text = errors_at[i].text;
		struct intent  *intent = intent_parse(str_of(text), "shop.policy", &errors);

		if (intent)
			fail_msg("accepted:\n%s", text);
		if (errors.items[0].line != errors_at[i].line ||
		    errors.items[0].column != errors_at[i].column ||
		    !strstr(errors.items[0].text, errors_at[i].part))
			fail_msg("%s%u:%u: %s", text, errors.items[0].line, errors.items[0].column,
				 errors.items[0].text);
		CHECK_TEXT(errors.items[0].source, "shop.policy");
		CHECK(errors.items[0].kind == ERR_INPUT);
	}
}

TEST(all_errors_of_a_file_are_told_up_to_the_bound)
{
	struct err_list	    errors;
	auto_buf struct buf text = buf_make(2048);

	CHECK(!intent_parse(str_of("nonsense\nallow a\n" TIERS "allow web db\n"), "p", &errors));
	CHECK(errors.count == 3 && errors.items[0].line == 1 && errors.items[1].line == 2 &&
	      errors.items[2].line == 5);
	for (int i = 0; i < 30; i++)
		buf_add_text(&text, "nonsense\n");
	CHECK(!intent_parse(buf_str(&text), "p", &errors));
	CHECK(errors.count == ERR_LIST_MAX && errors.total == 30);
}

TEST(bytes_that_are_not_utf8_are_refused_where_they_stand)
{
	struct err_list errors;

	CHECK(!intent_parse(str_of(TIERS "allow web -> db : tcp/1 # caf\xe9\n"), "p", &errors));
	CHECK(errors.count == 1 && errors.items[0].line == 3);
}

/* What parses prints; the printed form parses and prints the same. */
static void check_stages(const char *name, struct str text)
{
	struct err_list	    errors;
	struct intent	   *intent = intent_parse(text, name, &errors), *again;
	auto_buf struct buf once = buf_make(1 << 20), twice = buf_make(1 << 20);

	if (!intent)
		fail_msg("%s:%u:%u: %s", name, errors.items[0].line, errors.items[0].column,
			 errors.items[0].text);
	intent_print(intent, &once);
	again = intent_parse(buf_str(&once), "printed", &errors);
	if (!again)
		fail_msg("%s, printed:%u:%u: %s", name, errors.items[0].line,
			 errors.items[0].column, errors.items[0].text);
	intent_print(again, &twice);
	CHECK_TEXT(twice.data, once.data);
	CHECK(again->tier_count == intent->tier_count);
	CHECK(again->statement_count == intent->statement_count);
	for (uint32_t i = 0; i < intent->statement_count; i++) {
		CHECK(again->statements[i].kind == intent->statements[i].kind);
		CHECK(again->statements[i].ports_count == intent->statements[i].ports_count);
		CHECK(again->statements[i].until == intent->statements[i].until);
	}
	intent_free(again);
	intent_free(intent);
}

TEST(the_printed_form_parses_back_and_prints_the_same)
{
	static const char *const texts[] = {
		TIERS "allow web -> db : 5432\n",
		TIERS "allow any -> any : all\ndeny internet -> web\n",
		TIERS "allow web -> db : tcp/8000-8100,9000 udp/53 icmp icmp/8 icmpv6/128 gre\n",
		TIERS "require web -/-> db : tcp\nrequire db -> web : https\n",
		TIERS "waive web -> db : all until 2027-12-31 owner a.b \"\"\n",
		("tier a.b-c_9 = sg:x* i-1 eni-2 subnet-3 vpc:v 2001:db8::/32 10.0.0.1\n"
		 "deny a.b-c_9 -> internet : proto/89\n"),
		"tier m = tag:K=caf\xc3\xa9\nallow m -> any : all\n",
		"tier m = tag:K=v\r # c\nallow m -> any : all\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		check_stages(texts[i], str_of(texts[i]));
}

TEST(every_example_policy_passes_all_stages)
{
	auto_file_list struct file_list files = { 0 };
	struct err			err;
	size_t				policies = 0;

	CHECK(file_list_open(&files, "policies/examples", 10000, &err) == 0);
	for (size_t i = 0; i < files.count; i++) {
		auto_buf struct buf text = buf_make(1 << 20);
		const char	   *ending = strrchr(files.paths[i], '.');

		if (!ending || strcmp(ending, ".policy") != 0)
			continue;
		CHECK(file_read(files.paths[i], 1 << 20, &text, &err) == 0);
		check_stages(files.paths[i], buf_str(&text));
		policies++;
	}
	CHECK(policies > 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_statement_is_read_into_its_parts),
		cmocka_unit_test(blanks_tabs_line_ends_and_a_colon_at_a_word_make_no_difference),
		cmocka_unit_test(an_ipv6_address_that_ends_in_colons_is_a_selector),
		cmocka_unit_test(an_error_has_line_and_column_and_says_what_was_expected),
		cmocka_unit_test(all_errors_of_a_file_are_told_up_to_the_bound),
		cmocka_unit_test(bytes_that_are_not_utf8_are_refused_where_they_stand),
		cmocka_unit_test(the_printed_form_parses_back_and_prints_the_same),
		cmocka_unit_test(every_example_policy_passes_all_stages),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
