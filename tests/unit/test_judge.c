/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"
#include "policies/intent/judge.h"
#include "tests/unit/estate.h"

/* eni-1 is web, eni-2 db; eni-3 is in no tier; office is an address block outside. */
#define TIERS "tier web = eni-1\ntier db = eni-2 10.0.2.0/24\ntier office = 203.0.113.0/24\n"
#define WEB   "10.0.1.10"
#define DB    "10.0.2.10"
#define OTHER "10.0.1.20"

struct setting {
	struct world  *world;
	struct intent *intent;
	struct judge  *judge;
};

static struct setting setting_of(const char *policy)
{
	struct err_list errors;
	struct setting	setting = { .world = estate_open(ESTATE_SHOP) };
	char		text[2048];

	snprintf(text, sizeof(text), TIERS "%s", policy);
	setting.intent = intent_parse(str_of(text), "p", &errors);
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

static int32_t day_of(const char *date)
{
	int32_t day = 0;

	CHECK(clock_parse_date(str_of(date), &day) == 0);
	return day;
}

static uint64_t tiers_of(const struct setting *setting, struct ip ip)
{
	return judge_tiers(setting->judge, world_eni_in_vpc(setting->world, 0, ip), ip);
}

static struct intent_answer ask(const struct setting *setting, struct packet packet,
				const char *date)
{
	return judge_packet(setting->judge, tiers_of(setting, packet.src),
			    tiers_of(setting, packet.dst), &packet, day_of(date));
}

/* The verdict, and the number of the deciding line among the statements (0: none). */
static void check(const char *policy, struct packet packet, enum intent_verdict verdict,
		  unsigned line)
{
	struct setting	     setting = setting_of(policy);
	struct intent_answer answer = ask(&setting, packet, "2027-01-01");
	unsigned	     found = answer.statement ? answer.statement->line - 3 : 0;

	if (answer.verdict != verdict || found != line)
		fail_msg("%s%s by line %u, not %s by %u", policy,
			 intent_verdict_text(answer.verdict), found, intent_verdict_text(verdict),
			 line);
	setting_done(&setting);
}

TEST(the_first_statement_that_covers_the_packet_decides)
{
	static const char allow_deny[] = "allow web -> db : tcp/5432\ndeny any -> db\n";
	static const char deny_allow[] = "deny any -> db\nallow web -> db : tcp/5432\n";

	check(allow_deny, estate_tcp(WEB, DB, 5432), INTENT_ALLOWED, 1);
	check(allow_deny, estate_tcp(WEB, DB, 22), INTENT_FORBIDDEN, 2);
	check(deny_allow, estate_tcp(WEB, DB, 5432), INTENT_FORBIDDEN, 1);
}

TEST(a_statement_speaks_of_one_direction_only)
{
	check("allow web -> db : all\n", estate_tcp(DB, WEB, 5432), INTENT_UNLISTED, 0);
}

TEST(between_tiers_what_is_not_listed_is_unlisted)
{
	check("allow web -> db : tcp/5432\n", estate_tcp(WEB, DB, 22), INTENT_UNLISTED, 0);
	check("allow web -> db : tcp/5432\n", estate_packet(PROTO_UDP, WEB, DB, 5432, 0),
	      INTENT_UNLISTED, 0);
}

TEST(inside_one_tier_and_outside_all_tiers_the_policy_is_silent)
{
	check("allow web -> db : tcp/1\n", estate_tcp("10.0.2.10", "10.0.2.11", 22), INTENT_SILENT,
	      0);
	check("allow web -> db : tcp/1\n", estate_tcp(OTHER, DB, 22), INTENT_SILENT, 0);
	check("allow web -> db : tcp/1\n", estate_tcp(WEB, OTHER, 22), INTENT_SILENT, 0);
}

TEST(a_statement_about_one_tier_and_itself_breaks_the_silence)
{
	check("deny db -> db : tcp/22\n", estate_tcp("10.0.2.10", "10.0.2.11", 22),
	      INTENT_FORBIDDEN, 1);
}

TEST(the_internet_is_what_is_public_and_in_no_vpc)
{
	static const char policy[] = "allow internet -> web : tcp/443\n";

	check(policy, estate_tcp("8.8.8.8", WEB, 443), INTENT_ALLOWED, 1);
	check(policy, estate_tcp("8.8.8.8", WEB, 22), INTENT_UNLISTED, 0);
	check(policy, estate_tcp("192.168.1.1", WEB, 443), INTENT_SILENT, 0);
	check(policy, estate_tcp("100.64.0.1", WEB, 443), INTENT_SILENT, 0);
	check(policy, estate_tcp("10.0.1.77", WEB, 443), INTENT_SILENT, 0);
	check(policy, estate_tcp("2001:db8:0:2::99", "2001:db8:0:1::10", 443), INTENT_SILENT, 0);
	check(policy, estate_tcp("2600::1", "2001:db8:0:1::10", 443), INTENT_ALLOWED, 1);
}

TEST(a_block_of_a_tier_outside_all_vpcs_is_that_tier_and_the_internet)
{
	check("allow office -> web : tcp/22\n", estate_tcp("203.0.113.9", WEB, 22), INTENT_ALLOWED,
	      1);
	check("deny internet -> web\nallow office -> web : tcp/22\n",
	      estate_tcp("203.0.113.9", WEB, 22), INTENT_FORBIDDEN, 1);
}

TEST(any_is_everyone_in_a_tier_or_not)
{
	check("deny any -> db\n", estate_tcp(OTHER, DB, 22), INTENT_FORBIDDEN, 1);
	check("deny any -> db\n", estate_tcp("8.8.8.8", DB, 22), INTENT_FORBIDDEN, 1);
	check("deny db -> any\n", estate_tcp(DB, "8.8.8.8", 443), INTENT_FORBIDDEN, 1);
	check("allow any -> any : all\n", estate_tcp(OTHER, "10.0.1.77", 1), INTENT_ALLOWED, 1);
}

TEST(what_is_required_is_allowed_and_what_must_never_be_reachable_is_forbidden)
{
	check("require web -> db : 5432\n", estate_tcp(WEB, DB, 5432), INTENT_ALLOWED, 1);
	check("require web -/-> db\n", estate_tcp(WEB, DB, 5432), INTENT_FORBIDDEN, 1);
}

TEST(a_waiver_excuses_until_its_last_day_and_is_named_when_it_has_expired)
{
	static const struct {
		const char	   *date;
		enum intent_verdict verdict;
		bool		    expired;
	} cases[] = { { "2027-03-30", INTENT_WAIVED, false },
		      { "2027-03-31", INTENT_WAIVED, false },
		      { "2027-04-01", INTENT_FORBIDDEN, true } };
	struct setting setting = setting_of(
		"deny any -> db\nwaive web -> db : tcp/22 until 2027-03-31 owner x \"y\"\n");

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct intent_answer answer = ask(&setting, estate_tcp(WEB, DB, 22), cases[i].date);

		CHECK(answer.verdict == cases[i].verdict);
		CHECK((answer.expired != NULL) == cases[i].expired);
		CHECK(answer.statement && answer.statement->line == (cases[i].expired ? 4U : 5U));
	}
	CHECK(ask(&setting, estate_tcp(WEB, DB, 23), "2027-01-01").verdict == INTENT_FORBIDDEN);
	setting_done(&setting);
}

TEST(a_waiver_excuses_what_is_unlisted_and_does_not_touch_what_is_allowed)
{
	static const char policy[] = "waive web -> db : all until 2027-03-31 owner x \"y\"\n"
				     "allow web -> db : tcp/5432\n";

	check(policy, estate_tcp(WEB, DB, 22), INTENT_WAIVED, 1);
	check(policy, estate_tcp(WEB, DB, 5432), INTENT_ALLOWED, 2);
}

TEST(a_later_waiver_that_runs_on_excuses_although_an_earlier_one_has_expired)
{
	check("waive web -> db : all until 2026-01-01 owner x \"y\"\n"
	      "waive web -> db : all until 2027-03-31 owner x \"y\"\n",
	      estate_tcp(WEB, DB, 22), INTENT_WAIVED, 2);
}

TEST(of_several_expired_waivers_the_last_to_end_is_named)
{
	struct setting setting = setting_of(
		"waive web -> db : all until 2025-01-01 owner x \"y\"\n"
		"waive web -> db : all until 2026-01-01 owner x \"y\"\n"
		"waive web -> db : all until 2024-01-01 owner x \"y\"\n");
	struct intent_answer answer = ask(&setting, estate_tcp(WEB, DB, 22), "2026-06-01");

	CHECK(answer.verdict == INTENT_UNLISTED && answer.expired);
	CHECK(answer.expired->until == day_of("2026-01-01"));
	setting_done(&setting);
}

TEST(an_icmp_type_that_is_not_known_is_undecided_only_where_it_matters)
{
	struct packet ping = estate_packet(PROTO_ICMP, WEB, DB, -1, -1);

	check("allow web -> db : icmp/8\n", ping, INTENT_UNDECIDED, 1);
	check("allow web -> db : icmp\n", ping, INTENT_ALLOWED, 1);
	check("allow web -> db : icmp/8\nallow web -> db : all\n", ping, INTENT_ALLOWED, 2);
	check("deny web -> db : icmp/8\n", ping, INTENT_UNDECIDED, 1);
	check("deny web -> db : icmp/8\ndeny any -> db\n", ping, INTENT_FORBIDDEN, 2);
	check("allow web -> db : icmp/8\n", estate_packet(PROTO_ICMP, WEB, DB, 8, 0),
	      INTENT_ALLOWED, 1);
	check("allow web -> db : icmp/8\n", estate_packet(PROTO_ICMP, WEB, DB, 13, 0),
	      INTENT_UNLISTED, 0);
}

TEST(tiers_know_their_members_and_the_first_tier_names_an_end)
{
	struct setting	    setting = setting_of("tier all = vpc-1\nallow web -> db : tcp/1\n");
	const struct judge *judge = setting.judge;

	CHECK(judge_members(judge, 0) == 1 && judge_members(judge, 1) == 1);
	CHECK(judge_members(judge, 2) == 0 && judge_members(judge, 3) == 3);
	CHECK_STR(judge_tier_name(judge, tiers_of(&setting, estate_ip(WEB))), "web");
	CHECK_STR(judge_tier_name(judge, tiers_of(&setting, estate_ip(OTHER))), "all");
	CHECK_STR(judge_tier_name(judge, tiers_of(&setting, estate_ip("8.8.8.8"))), "internet");
	CHECK_STR(judge_tier_name(judge, tiers_of(&setting, estate_ip("192.168.0.1"))), "");
	setting_done(&setting);
}

TEST(an_end_in_several_tiers_is_in_each_of_them)
{
	check("tier too = eni-2\nallow web -> too : tcp/1\n", estate_tcp(WEB, DB, 1),
	      INTENT_ALLOWED, 2);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_statement_that_covers_the_packet_decides),
		cmocka_unit_test(a_statement_speaks_of_one_direction_only),
		cmocka_unit_test(between_tiers_what_is_not_listed_is_unlisted),
		cmocka_unit_test(inside_one_tier_and_outside_all_tiers_the_policy_is_silent),
		cmocka_unit_test(a_statement_about_one_tier_and_itself_breaks_the_silence),
		cmocka_unit_test(the_internet_is_what_is_public_and_in_no_vpc),
		cmocka_unit_test(a_block_of_a_tier_outside_all_vpcs_is_that_tier_and_the_internet),
		cmocka_unit_test(any_is_everyone_in_a_tier_or_not),
		cmocka_unit_test(
			what_is_required_is_allowed_and_what_must_never_be_reachable_is_forbidden),
		cmocka_unit_test(
			a_waiver_excuses_until_its_last_day_and_is_named_when_it_has_expired),
		cmocka_unit_test(
			a_waiver_excuses_what_is_unlisted_and_does_not_touch_what_is_allowed),
		cmocka_unit_test(
			a_later_waiver_that_runs_on_excuses_although_an_earlier_one_has_expired),
		cmocka_unit_test(of_several_expired_waivers_the_last_to_end_is_named),
		cmocka_unit_test(an_icmp_type_that_is_not_known_is_undecided_only_where_it_matters),
		cmocka_unit_test(tiers_know_their_members_and_the_first_tier_names_an_end),
		cmocka_unit_test(an_end_in_several_tiers_is_in_each_of_them),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
