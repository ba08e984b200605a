/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

TEST(str_of_null_is_the_empty_slice)
{
	CHECK(str_of(NULL).len == 0);
	CHECK(str_eq(str_of(NULL), str_of("")));
	CHECK(str_eq((struct str){ 0 }, str_of("")));
}

TEST(str_cmp_orders_bytewise_and_prefixes_first)
{
	CHECK(str_cmp(str_of("a"), str_of("b")) < 0);
	CHECK(str_cmp(str_of("a"), str_of("ab")) < 0);
	CHECK(str_cmp(str_of("\xff"), str_of("a")) > 0);
	CHECK(str_cmp(str_of("a"), str_of("a")) == 0);
	CHECK(str_cmp((struct str){ 0 }, str_of("")) == 0);
}

TEST(str_cmp_natural_takes_digits_for_numbers)
{
	static const char *const ascending[] = { "",	  "eni-07", "web",     "web-01", "web-1",
						 "web-2", "web-10", "web-10a", "web-a" };

	for (size_t i = 0; i < ARRAY_LEN(ascending); i++)
		for (size_t j = 0; j < ARRAY_LEN(ascending); j++) {
			int order = str_cmp_natural(str_of(ascending[i]), str_of(ascending[j]));

			CHECK(order == 0 ? i == j : order < 0 ? i < j : i > j);
		}
}

TEST(str_trim_takes_blanks_off_both_ends_only)
{
	CHECK_STR(str_trim(str_of(" \t a b\r\n")), "a b");
	CHECK_STR(str_trim(str_of(" \n")), "");
}

TEST(str_cut_hands_out_every_piece_and_then_nothing)
{
	struct str rest = str_of("a,,b");

	CHECK_STR(str_cut(&rest, ','), "a");
	CHECK_STR(str_cut(&rest, ','), "");
	CHECK_STR(str_cut(&rest, ','), "b");
	CHECK(rest.len == 0);
	CHECK_STR(str_cut(&rest, ','), "");
}

TEST(str_word_passes_over_runs_of_blanks)
{
	struct str rest = str_of("  allow \t web ");

	CHECK_STR(str_word(&rest), "allow");
	CHECK_STR(str_word(&rest), "web");
	CHECK_STR(str_word(&rest), "");
}

TEST(str_u64_accepts_digits_up_to_the_limit)
{
	uint64_t value = 0;

	CHECK(str_u64(str_of("0"), 0, &value) == 0 && value == 0);
	CHECK(str_u64(str_of("65535"), 65535, &value) == 0 && value == 65535);
	CHECK(str_u64(str_of("0007"), 7, &value) == 0 && value == 7);
	CHECK(str_u64(str_of("18446744073709551615"), UINT64_MAX, &value) == 0);
	CHECK(value == UINT64_MAX);
}

TEST(str_u64_refuses_all_else_and_leaves_output_alone)
{
	static const char *bad[] = { "",    " 1",  "1 ",    "+1",	  "-1",
				     "0x1", "1e3", "65536", "99999999999" };
	uint64_t	   value = 77;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(str_u64(str_of(bad[i]), 65535, &value) == -1);
	CHECK(str_u64(str_of("18446744073709551616"), UINT64_MAX, &value) == -1);
	CHECK(str_u64(str_of("99999999999999999999999"), UINT64_MAX, &value) == -1);
	CHECK(value == 77);
}

TEST(str_glob_matches_as_a_shell_does)
{
	static const struct {
		const char *pattern, *text;
		bool	    expected;
	} cases[] = {
		{ "web-*", "web-1", true },
		{ "web-*", "web-", true },
		{ "web-*", "web", false },
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "?", "", false },
		{ "w?b", "web", true },
		{ "*-a", "shop-app-a", true },
		{ "*a*b*c", "xxaybzzc", true },
		{ "*a*b*c", "xxaybzz", false },
		{ "a**b", "ab", true },
		{ "[a]", "a", false },
		{ "[a]", "[a]", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK(str_glob(str_of(cases[i].pattern), str_of(cases[i].text)) ==
		      cases[i].expected);
}

TEST(str_glob_is_not_exponential)
{
	char text[4096], pattern[64];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + sizeof(pattern) - 2, "b", 2);
	CHECK(!str_glob(str_of(pattern), str_of(text)));
}

TEST(str_is_utf8_refuses_what_the_standard_refuses)
{
	static const char *bad[] = { "\x80",
				     "\xc0\xaf",
				     "\xc1\xbf",
				     "\xe0\x80\xaf",
				     "\xed\xa0\x80",
				     "\xf4\x90\x80\x80",
				     "\xf8\x88\x80\x80",
				     "a\xc3",
				     "\xe2\x82",
				     "\xff" };
	static const char *good[] = { "",
				      "web",
				      "\xc3\xa9",
				      "\xe2\x82\xac",
				      "\xf0\x9f\x98\x80",
				      "\xf4\x8f\xbf\xbf",
				      "\xed\x9f\xbf" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!str_is_utf8(str_of(bad[i])));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(str_is_utf8(str_of(good[i])));
}

TEST(str_distance_counts_edits)
{
	static const struct {
		const char *a, *b;
		unsigned    expected;
	} cases[] = {
		{ "", "", 0 },		 { "", "abc", 3 },	 { "check", "check", 0 },
		{ "chekc", "check", 1 }, { "chck", "check", 1 }, { "checks", "check", 1 },
		{ "chack", "check", 1 }, { "can", "matrix", 5 },
	};
	char far[100];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK(str_distance(str_of(cases[i].a), str_of(cases[i].b)) == cases[i].expected);
		CHECK(str_distance(str_of(cases[i].b), str_of(cases[i].a)) == cases[i].expected);
	}
	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	CHECK(str_distance(str_of(far), str_of("x")) == 99);
}

TEST(slices_never_reach_past_their_end)
{
	struct str ab = { "abc", 2 };

	CHECK_STR(str_skip(ab, 1), "b");
	CHECK_STR(str_skip(ab, 9), "");
	CHECK_STR(str_head(ab, 9), "ab");
	CHECK(str_find(ab, 'c') == 2);
	CHECK(!str_starts(ab, "abc") && str_starts(ab, "ab") && str_starts(ab, ""));
	CHECK(str_skip((struct str){ 0 }, 3).len == 0);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(str_of_null_is_the_empty_slice),
		cmocka_unit_test(str_cmp_orders_bytewise_and_prefixes_first),
		cmocka_unit_test(str_cmp_natural_takes_digits_for_numbers),
		cmocka_unit_test(str_trim_takes_blanks_off_both_ends_only),
		cmocka_unit_test(str_cut_hands_out_every_piece_and_then_nothing),
		cmocka_unit_test(str_word_passes_over_runs_of_blanks),
		cmocka_unit_test(str_u64_accepts_digits_up_to_the_limit),
		cmocka_unit_test(str_u64_refuses_all_else_and_leaves_output_alone),
		cmocka_unit_test(str_glob_matches_as_a_shell_does),
		cmocka_unit_test(str_glob_is_not_exponential),
		cmocka_unit_test(str_is_utf8_refuses_what_the_standard_refuses),
		cmocka_unit_test(str_distance_counts_edits),
		cmocka_unit_test(slices_never_reach_past_their_end),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
