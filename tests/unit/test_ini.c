/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/ini.h"
#include "tests/unit/unit.h"

enum { TEXT_MAX = 10000 };

struct parsed {
	struct buf   text;
	struct arena arena;
	struct ini   ini;
	struct err   err;
	int	     status;
};

static struct parsed parse(const char *text)
{
	struct parsed parsed = { .text = buf_make(TEXT_MAX) };

	buf_add_text(&parsed.text, text);
	parsed.status = ini_parse(&parsed.text, "config", &parsed.arena, &parsed.ini, &parsed.err);
	return parsed;
}

static void parsed_done(struct parsed *parsed)
{
	buf_done(&parsed->text);
	arena_done(&parsed->arena);
}

/* The value of `key` in section `s`; "(none)" when there is none. */
static struct str value_of(const struct parsed *parsed, const char *key)
{
	const struct ini_key *found = ini_key(ini_find(&parsed->ini, str_of("s")), key);

	return found ? found->value : str_of("(none)");
}

TEST(a_value_is_what_the_cli_reads)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "[s]\nk=v\n", "v" },
		{ "[s]\nk = v w \n", "v w" },
		{ "[s]\nk: v\n", "v" },
		{ "[s]\nk = a=b:c\n", "a=b:c" },
		{ "[s]\nK = v\n", "v" },
		{ "[s]\nk =\n", "" },
		{ "[s]\nk = v # no comment\n", "v # no comment" },
		{ "[s]\n# k = 1\n; k = 2\nk = v", "v" },
		{ "[s]\r\nk = v\r\n", "v" },
		{ "[s] # behind\nk = v\n", "v" },
		{ "[s]\n  k = v\n", "v" },
		{ "[s]\nk = a\n  b\n", "a\nb" },
		{ "[s]\nk = a\n\n  b\n\n", "a\n\nb" },
		{ "[s]\nk = a\n  # not\n  b\n", "a\nb" },
		{ "[s]\nk =\n  x = 1\n  y = 2\n", "\nx = 1\ny = 2" },
		{ "[s]\nk =\n  [t]\n", "\n[t]" },
		{ "[s]\n  k = a\n  l = b\n", "a" },
		{ "\xef\xbb\xbf[s]\nk = v\n", "v" },
		{ "[s]\n[x = 1\n[] = 2\nk = v\n", "v" },
		{ "[other]\nk = w\n[s]\nk = v\n[third]\nk = x\n", "v" },
		{ "[s]\nl = v\n", "(none)" },
		{ "", "(none)" },
		{ "# nothing\n\n", "(none)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct parsed parsed = parse(cases[i].text);

		CHECK(parsed.status == 0);
		CHECK_STR(value_of(&parsed, "k"), cases[i].value);
		parsed_done(&parsed);
	}
}

TEST(what_is_no_line_of_such_a_file_is_named_with_its_place)
{
	static const struct {
		const char *text;
		uint32_t    line;
		const char *what;
	} cases[] = {
		{ "k = v\n", 1, "a line before the first section" },
		{ "[s]\nword\n", 2, "expected '[section]' or 'key = value'" },
		{ "[s]\n = v\n", 2, "expected '[section]' or 'key = value'" },
		{ "[s]\n[s\n", 2, "expected '[section]' or 'key = value'" },
		{ "[]\n", 1, "a line before the first section" },
		{ "[s]\n[s]\n", 2, "a second section [s]" },
		{ "[s]\nk = 1\nK = 2\n", 3, "'k' a second time" },
		{ "[s]\nk = \xff\n", 0, "not UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct parsed parsed = parse(cases[i].text);

		CHECK(parsed.status == -1);
		CHECK(parsed.err.kind == ERR_INPUT && parsed.err.line == cases[i].line);
		CHECK_TEXT(parsed.err.text, cases[i].what);
		CHECK_TEXT(parsed.err.source, "config");
		parsed_done(&parsed);
	}
}

TEST(no_error_quotes_a_value)
{
	static const char *const texts[] = { "[s]\nSECRETKEY\n", "SECRETKEY = 1\n",
					     "[s]\na = 1\naws_secret_access_key SECRETKEY\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct parsed parsed = parse(texts[i]);

		CHECK(parsed.status == -1 && !strstr(parsed.err.text, "SECRETKEY"));
		parsed_done(&parsed);
	}
}

TEST(a_nested_block_has_keys_of_its_own)
{
	CHECK_STR(ini_nested(str_of("\nendpoint_url = http://a:1\nx = 2"), "endpoint_url"),
		  "http://a:1");
	CHECK_STR(ini_nested(str_of("\nx = 2"), "endpoint_url"), "");
	CHECK_STR(ini_nested(str_of("endpoint_url = 1"), "endpoint_url"), "");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_what_the_cli_reads),
		cmocka_unit_test(what_is_no_line_of_such_a_file_is_named_with_its_place),
		cmocka_unit_test(no_error_quotes_a_value),
		cmocka_unit_test(a_nested_block_has_keys_of_its_own),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
