/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/aws/xml.h"
#include "lib/base/buf.h"

/* name{text child child}, so that a tree is one line. */
static void tell(const struct xml_node *node, struct buf *out)
{
	buf_add_str(out, node->name);
	buf_add_char(out, '{');
	buf_add_str(out, node->text);
	for (const struct xml_node *child = node->first; child; child = child->next) {
		if (child != node->first || node->text.len)
			buf_add_char(out, ' ');
		tell(child, out);
	}
	buf_add_char(out, '}');
}

/* Feeds text in pieces of that many bytes. */
static int feed(struct xml_reader *reader, struct str text, size_t piece, struct err *err)
{
	for (; text.len; text = str_skip(text, piece))
		if (xml_reader_feed(reader, text.ptr, str_head(text, piece).len, err) < 0)
			return -1;
	return 0;
}

static const struct xml_node *read_all(struct xml_reader *reader, struct str text, size_t piece,
				       struct err *err)
{
	if (feed(reader, text, piece, err) < 0)
		return NULL;
	return xml_reader_end(reader, err);
}

TEST(xml_reader_makes_the_same_tree_wherever_the_bytes_are_cut)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{ "<a/>", "a{}" },
		{ "<a></a>", "a{}" },
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>x</a>\n", "a{x}" },
		{ "<?xml version='1.0' encoding='utf-8' standalone='yes'?><a>x</a>", "a{x}" },
		{ "\xef\xbb\xbf<a>x</a>", "a{x}" },
		{ "<a><b>1</b><b>2</b><c/></a>", "a{b{1} b{2} c{}}" },
		{ "<a>\n  <b>1</b>\n  <c>\n  </c>\n</a>", "a{b{1} c{\n  }}" },
		{ "<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</a>", "a{<&>\"'AB}" },
		{ "<a>x<![CDATA[<b>&amp;]]>y</a>", "a{x<b>&amp;y}" },
		{ "<a>x<!-- no -->y<?pi no?>z</a>", "a{xyz}" },
		{ "<a> x </a>", "a{ x }" },
		{ "<a>x<b/>y</a>", "a{x b{}}" },
		{ "<a>one\r\ntwo</a>", "a{one\ntwo}" },
		{ "<a k=\"v\" xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><b>1</b></a>",
		  "a{b{1}}" },
		{ "<s:a xmlns:s=\"urn:x\" s:type=\"t\"><s:b>1</s:b></s:a>", "a{b{1}}" },
		{ "<a>\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80</a>",
		  "a{\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str text = str_of(cases[i].text);

		for (size_t piece = 1; piece <= text.len; piece++) {
			auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
			auto_buf struct buf		   out = buf_make(1000);
			struct err			   err = { 0 };
			const struct xml_node *root = read_all(reader, text, piece, &err);

			CHECK_TEXT(err.text, "");
			tell(root, &out);
			CHECK_TEXT(out.data, cases[i].tree);
		}
	}
}

TEST(xml_reader_refuses_what_is_not_one_plain_document_and_says_why)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "an empty answer where XML is expected" },
		{ "<a>", "XML that is not well-formed at line 1, column 4: no element found" },
		{ "<a><b></a>", "XML that is not well-formed at line 1, column 9: mismatched tag" },
		{ "<a>\n<b>\n",
		  "XML that is not well-formed at line 3, column 1: no element found" },
		{ "<a/><b/>",
		  "XML that is not well-formed at line 1, column 5: junk after document element" },
		{ "{\"a\": 1}", "XML that is not well-formed at line 1, column 1: not well-formed "
				"(invalid token)" },
		{ "<a>&nbsp;</a>",
		  "XML that is not well-formed at line 1, column 4: undefined entity" },
		{ "<a>\xff</a>", "XML that is not well-formed at line 1, column 4: not well-formed "
				 "(invalid token)" },
		{ "<a>\xc0\xaf</a>", "XML that is not well-formed at line 1, column 4: not "
				     "well-formed (invalid token)" },
		{ "<a>&#0;</a>", "XML that is not well-formed at line 1, column 4: reference to "
				 "invalid character number" },
		{ "<n:a/>", "XML that is not well-formed at line 1, column 1: unbound prefix" },
		{ "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
		  "XML with a DOCTYPE, which is refused" },
		{ "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
		  "XML with a DOCTYPE, which is refused" },
		{ "<!DOCTYPE html>\n<html><body>502</body></html>",
		  "an HTML page where XML is expected" },
		{ "<!doctype HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\"><html>",
		  "an HTML page where XML is expected" },
		{ "<html><body><h1>503</h1></body></html>", "an HTML page where XML is expected" },
		{ "<HTML/>", "an HTML page where XML is expected" },
		{ "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>",
		  "XML in the encoding 'ISO-8859-1', expected UTF-8" },
		{ "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>",
		  "XML in the encoding 'UTF-16', expected UTF-8" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
		struct err			   err = { 0 };

		CHECK(!read_all(reader, str_of(cases[i].text), 7, &err));
		CHECK_TEXT(err.text, cases[i].why);
		CHECK(err.kind == ERR_REMOTE);
	}
}

TEST(xml_reader_does_not_read_utf_16)
{
	static const struct str cases[] = {
		{ "\xff\xfe<\0a\0/\0>\0", sizeof("\xff\xfe<\0a\0/\0>\0") - 1 },
		{ "\xfe\xff\0<\0a\0/\0>", sizeof("\xfe\xff\0<\0a\0/\0>") - 1 },
		{ "<\0a\0/\0>\0", sizeof("<\0a\0/\0>\0") - 1 },
		{ "<a>\0</a>", sizeof("<a>\0</a>") - 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
		struct err			   err = { 0 };

		CHECK(!read_all(reader, cases[i], 8, &err));
		CHECK_TEXT(err.text, "XML that is not UTF-8");
	}
}

TEST(xml_reader_takes_32_levels_and_not_33)
{
	for (size_t depth = 32; depth <= 33; depth++) {
		auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
		auto_buf struct buf		   text = buf_make(1000);
		struct err			   err = { 0 };

		for (size_t i = 0; i < depth; i++)
			buf_add_text(&text, "<a>");
		for (size_t i = 0; i < depth; i++)
			buf_add_text(&text, "</a>");
		CHECK((read_all(reader, buf_str(&text), text.len, &err) != NULL) == (depth == 32));
		CHECK_TEXT(err.text, depth == 32 ? "" : "XML with elements more than 32 deep");
	}
}

TEST(xml_reader_keeps_to_its_limits)
{
	static const struct {
		struct xml_limits limits;
		const char	 *why;
	} cases[] = {
		{ { .bytes = 28, .nodes = 3, .text = 4 }, "" },
		{ { .bytes = 27, .nodes = 3, .text = 4 }, "XML of more than 27 bytes" },
		{ { .bytes = 28, .nodes = 2, .text = 4 }, "XML of more than 2 elements" },
		{ { .bytes = 28, .nodes = 3, .text = 3 },
		  "XML with a text of more than 3 bytes in <b>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_xml_reader struct xml_reader *reader = xml_reader_new(&cases[i].limits);
		struct err			   err = { 0 };

		read_all(reader, str_of("<a><b>1234</b><c>123</c></a>"), 9, &err);
		CHECK_TEXT(err.text, cases[i].why);
	}
}

TEST(xml_reader_gives_up_on_a_comment_without_end)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
	static char			   blanks[16 << 10];
	struct err			   err = { 0 };
	unsigned			   fed = 0;

	memset(blanks, ' ', sizeof(blanks));
	CHECK(xml_reader_feed(reader, "<a><!--", 7, &err) == 0);
	while (xml_reader_feed(reader, blanks, sizeof(blanks), &err) == 0)
		CHECK(++fed < 20);
	CHECK_TEXT(err.text, "XML with a tag or comment of more than 262144 bytes");
}

TEST(xml_reader_says_the_same_after_an_error)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
	struct err			   first = { 0 }, second = { 0 }, last = { 0 };

	CHECK(xml_reader_feed(reader, "<html/>", 7, &first) == -1);
	CHECK(xml_reader_feed(reader, "<a/>", 4, &second) == -1);
	CHECK(!xml_reader_end(reader, &last));
	CHECK_TEXT(second.text, first.text);
	CHECK_TEXT(last.text, first.text);
}

TEST(xml_child_finds_by_name_and_is_content_with_nothing)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
	struct err			   err = { 0 };
	const struct xml_node *root = read_all(reader, str_of("<r><a>1</a><b>2</b><b>3</b></r>"), 5,
					       &err);

	CHECK_STR(xml_text(root, "b"), "2");
	CHECK(!xml_child(root, "c"));
	CHECK_STR(xml_text(root, "c"), "");
	CHECK_STR(xml_text(xml_child(root, "c"), "d"), "");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xml_reader_makes_the_same_tree_wherever_the_bytes_are_cut),
		cmocka_unit_test(xml_reader_refuses_what_is_not_one_plain_document_and_says_why),
		cmocka_unit_test(xml_reader_does_not_read_utf_16),
		cmocka_unit_test(xml_reader_takes_32_levels_and_not_33),
		cmocka_unit_test(xml_reader_keeps_to_its_limits),
		cmocka_unit_test(xml_reader_gives_up_on_a_comment_without_end),
		cmocka_unit_test(xml_reader_says_the_same_after_an_error),
		cmocka_unit_test(xml_child_finds_by_name_and_is_content_with_nothing),
	};

	return unit_run(argc, argv, tests, ARRAY_LEN(tests));
}
