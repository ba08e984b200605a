/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/uri.h"
#include "tests/unit/unit.h"

enum { TEXT_MAX = 1000 };

TEST(uri_encode_leaves_only_unreserved_bytes_alone)
{
	auto_buf struct buf out = buf_make(TEXT_MAX);

	uri_encode(&out, str_of("aZ09-_.~ /+%\xc3\xa9*"), false);
	CHECK_STR(buf_str(&out), "aZ09-_.~%20%2F%2B%25%C3%A9%2A");
	buf_clear(&out);
	uri_encode(&out, str_of("/a b/"), true);
	CHECK_STR(buf_str(&out), "/a%20b/");
}

TEST(uri_decode_takes_whole_escapes_only)
{
	static const struct {
		const char *text, *plain;
	} cases[] = {
		{ "a%20b%2fc%2F", "a b/c/" }, { "100%", "100%" }, { "%2", "%2" },
		{ "%zz+", "%zz+" },	      { "%%41", "%A" },	  { "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = buf_make(TEXT_MAX);

		uri_decode(&out, str_of(cases[i].text));
		CHECK_STR(buf_str(&out), cases[i].plain);
	}
}

TEST(uri_normalize_takes_out_dots_and_empty_segments)
{
	static const struct {
		const char *path, *normal;
	} cases[] = {
		{ "", "/" },
		{ "/", "/" },
		{ "//", "/" },
		{ "/.", "/" },
		{ "/..", "/" },
		{ "/a/..", "/" },
		{ "/a/../", "/" },
		{ "/a/b/..", "/a" },
		{ "/a/b/../", "/a/" },
		{ "//a//", "/a/" },
		{ "/./a", "/a" },
		{ "a", "/a" },
		{ "/a/../../b", "/b" },
		{ "/...", "/..." },
		{ "/%2E/x", "/%2E/x" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_buf struct buf out = buf_make(TEXT_MAX);

		buf_add_text(&out, "before");
		uri_normalize(&out, str_of(cases[i].path));
		CHECK_STR(str_skip(buf_str(&out), 6), cases[i].normal);
		CHECK(out.data[out.len] == '\0');
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_encode_leaves_only_unreserved_bytes_alone),
		cmocka_unit_test(uri_decode_takes_whole_escapes_only),
		cmocka_unit_test(uri_normalize_takes_out_dots_and_empty_segments),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
