/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>

TEST(err_set_returns_minus_one_and_says_what)
{
	struct err err = { .line = 9 };

	CHECK(err_set(&err, ERR_USAGE, "no %s", "verb") == -1);
	CHECK(err.kind == ERR_USAGE && err.line == 0);
	CHECK_TEXT(err.text, "no verb");
}

TEST(err_sys_appends_the_reason_and_keeps_errno)
{
	struct err err;

	errno = ENOENT;
	CHECK(err_sys(&err, "cannot open '%s'", "x") == -1);
	CHECK(errno == ENOENT && err.sys_errno == ENOENT && err.kind == ERR_SYSTEM);
	CHECK_TEXT(err.text, "cannot open 'x': No such file or directory");
}

TEST(err_wrap_puts_context_before_and_keeps_kind_and_place)
{
	struct err err;

	err_at(&err, "shop.policy", 3, 7, "expected a tier");
	CHECK(err_wrap(&err, "--%s", "policy") == -1);
	CHECK_TEXT(err.text, "--policy: expected a tier");
	CHECK(err.kind == ERR_INPUT && err.line == 3 && err.column == 7);
}

TEST(err_in_names_a_source_only_where_there_is_none)
{
	struct err err;

	err_set(&err, ERR_INPUT, "bad");
	CHECK(err_in(&err, "one") == -1);
	err_in(&err, "two");
	CHECK_TEXT(err.source, "one");
}

TEST(err_print_shows_as_much_of_the_place_as_is_known)
{
	static const struct {
		const char *source;
		uint32_t    line, column;
		const char *expected;
	} cases[] = {
		{ "a.policy", 3, 7, "a.policy:3:7: bad" },
		{ "a.policy", 3, 0, "a.policy:3: bad" },
		{ "a.policy", 0, 0, "a.policy: bad" },
		{ NULL, 0, 0, "bad" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err;
		char	   out[64];

		err_at(&err, cases[i].source, cases[i].line, cases[i].column, "bad");
		err_print(&err, out, sizeof(out));
		CHECK_TEXT(out, cases[i].expected);
	}
}

TEST(err_print_makes_hostile_text_harmless)
{
	struct err err;
	char	   out[64];

	err_set(&err, ERR_INPUT, "name '\033[2J'");
	err_print(&err, out, sizeof(out));
	CHECK_TEXT(out, "name '\\x1b[2J'");
}

TEST(err_texts_of_any_length_stay_inside_their_room)
{
	struct err err;
	char	   big[4096], out[40];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_at(&err, big, 1, 1, "%s", big);
	for (int i = 0; i < 8; i++)
		err_wrap(&err, "%.100s", big);
	CHECK(strlen(err.text) < sizeof(err.text));
	memset(out, '!', sizeof(out));
	err_print(&err, out, 30);
	CHECK(strlen(out) < 30 && out[30] == '!');
}

TEST(err_kinds_have_the_exit_status_of_the_manual)
{
	CHECK(err_exit_status(ERR_USAGE) == 2);
	CHECK(err_exit_status(ERR_INPUT) == 3);
	CHECK(err_exit_status(ERR_SYSTEM) == 3);
	CHECK(err_exit_status(ERR_REMOTE) == 5);
}

TEST(err_list_keeps_twenty_and_counts_all)
{
	struct err_list list = { 0 };
	struct err	err;

	for (int i = 0; i < 25; i++) {
		err_set(&err, ERR_INPUT, "%d", i);
		err_list_add(&list, &err);
	}
	CHECK(list.count == ERR_LIST_MAX && list.total == 25);
	CHECK_TEXT(list.items[19].text, "19");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(err_set_returns_minus_one_and_says_what),
		cmocka_unit_test(err_sys_appends_the_reason_and_keeps_errno),
		cmocka_unit_test(err_wrap_puts_context_before_and_keeps_kind_and_place),
		cmocka_unit_test(err_in_names_a_source_only_where_there_is_none),
		cmocka_unit_test(err_print_shows_as_much_of_the_place_as_is_known),
		cmocka_unit_test(err_print_makes_hostile_text_harmless),
		cmocka_unit_test(err_texts_of_any_length_stay_inside_their_room),
		cmocka_unit_test(err_kinds_have_the_exit_status_of_the_manual),
		cmocka_unit_test(err_list_keeps_twenty_and_counts_all),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
