/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/argv.h"
#include "lib/base/buf.h"
#include "tests/unit/unit.h"

TEST(argv_split_follows_a_posix_shell)
{
	static const struct {
		const char *text, *words; /* joined by '|' */
	} cases[] = {
		{ "", "" },
		{ "  ", "" },
		{ "a b\tc", "a|b|c" },
		{ "'a b' \"c d\"", "a b|c d" },
		{ "a'b c'd", "ab cd" },
		{ "'' x \"\"", "|x|" },
		{ "a\\ b", "a b" },
		{ "\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d" },
		{ "'a\\b'", "a\\b" },
		{ "\"it's\"", "it's" },
		{ "/opt/x --role $HOME;ls", "/opt/x|--role|$HOME;ls" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena	    arena = { 0 };
		struct argv	    argv;
		struct err	    err;
		auto_buf struct buf joined = buf_make(1000);

		CHECK(argv_split(str_of(cases[i].text), &arena, &argv, &err) == 0);
		for (size_t j = 0; j < argv.count; j++)
			buf_printf(&joined, "%s%s", j ? "|" : "", argv.words[j]);
		CHECK_STR(buf_str(&joined), cases[i].words);
		CHECK(argv.words[argv.count] == NULL);
		arena_done(&arena);
	}
}

TEST(argv_split_refuses_what_is_not_closed)
{
	static const char *const bad[] = { "'a", "\"a b", "a \"", "a\\" };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena arena = { 0 };
		struct argv  argv;
		struct err   err;

		CHECK(argv_split(str_of(bad[i]), &arena, &argv, &err) == -1);
		CHECK(err.kind == ERR_INPUT);
		arena_done(&arena);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(argv_split_follows_a_posix_shell),
		cmocka_unit_test(argv_split_refuses_what_is_not_closed),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
