/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "lib/base/buf.h"

TEST(buf_is_text_before_the_first_write)
{
	auto_buf struct buf buf = buf_make(10);

	CHECK_TEXT(buf.data, "");
	CHECK_STR(buf_str(&buf), "");
}

TEST(buf_grows_and_always_ends_in_nul)
{
	auto_buf struct buf buf = buf_make(100000);

	for (size_t i = 0; i < 5000; i++) {
		buf_add_text(&buf, "0123456789");
		CHECK(buf.len == (i + 1) * 10 && buf.data[buf.len] == '\0');
	}
	CHECK(!buf.overflow && strncmp(buf.data + 49990, "0123456789", 11) == 0);
}

TEST(buf_leaves_out_whole_what_does_not_fit_and_says_so)
{
	auto_buf struct buf buf = buf_make(5);

	buf_add_text(&buf, "12345");
	CHECK(!buf.overflow);
	buf_add_char(&buf, '6');
	CHECK(buf.overflow);
	CHECK_TEXT(buf.data, "12345");
	buf_clear(&buf);
	buf_printf(&buf, "%d", 123456);
	CHECK(buf.overflow && buf.len == 0);
	buf_clear(&buf);
	buf_printf(&buf, "%d", 12345);
	CHECK_TEXT(buf.data, "12345");
}

TEST(buf_add_u64_prints_every_size)
{
	auto_buf struct buf buf = buf_make(100);

	buf_add_u64(&buf, 0);
	buf_add_char(&buf, ' ');
	buf_add_u64(&buf, UINT64_MAX);
	CHECK_TEXT(buf.data, "0 18446744073709551615");
	for (uint64_t value = 1; value < UINT64_MAX / 10; value = value * 3 + 7) {
		char expected[32];

		snprintf(expected, sizeof(expected), "%llu", (unsigned long long)value);
		buf_clear(&buf);
		buf_add_u64(&buf, value);
		CHECK_TEXT(buf.data, expected);
	}
}

TEST(buf_add_visible_shows_what_would_drive_a_terminal)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "shop-web", "shop-web" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\033[31m", "\\x1b[31m" },
		{ "a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f" },
		{ "\xc2\x9b", "\\u{009b}" },
		{ "\xe2\x80\xae", "\\u{202e}" },
		{ "\xe2\x81\xa6", "\\u{2066}" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);

		buf_add_visible(&buf, str_of(cases[i].text));
		CHECK_TEXT(buf.data, cases[i].expected);
	}
}

TEST(buf_add_json_escapes_what_would_drive_a_terminal_and_says_the_same)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "{\n\t\"a\": \"caf\xc3\xa9 \\u001b\"}\n",
		  "{\n\t\"a\": \"caf\xc3\xa9 \\u001b\"}\n" },
		{ "[\"\x7f\xc2\x9b\"]", "[\"\\u007f\\u009b\"]" },
		{ "\"\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf\"", "\"\\u202e\\u2066\\ufeff\"" },
		{ "\"\xf0\x9f\x90\x9f\"", "\"\xf0\x9f\x90\x9f\"" },
		{ "[\r\n1\r]", "[ \n1 ]" },
		{ "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf buf = buf_make(100);

		buf_add_json(&buf, str_of(cases[i].text));
		CHECK_STR(buf_str(&buf), cases[i].expected);
	}
}

TEST(buf_add_visible_shows_a_nul_and_goes_on)
{
	auto_buf struct buf buf = buf_make(100);

	buf_add_visible(&buf, STR_LITERAL("a\0b"));
	CHECK_TEXT(buf.data, "a\\x00b");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_is_text_before_the_first_write),
		cmocka_unit_test(buf_grows_and_always_ends_in_nul),
		cmocka_unit_test(buf_leaves_out_whole_what_does_not_fit_and_says_so),
		cmocka_unit_test(buf_add_u64_prints_every_size),
		cmocka_unit_test(buf_add_visible_shows_what_would_drive_a_terminal),
		cmocka_unit_test(buf_add_visible_shows_a_nul_and_goes_on),
		cmocka_unit_test(
			buf_add_json_escapes_what_would_drive_a_terminal_and_says_the_same),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
