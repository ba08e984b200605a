/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the XML reader: the tree is no deeper and no larger than the limits; names and texts are
 * UTF-8 without control characters that XML forbids; a document fed byte by byte gives the same tree, or
 * the same error, as one fed at once.
 */
#include "lib/aws/xml.h"
#include "lib/base/buf.h"
#include "tests/fuzz/fuzz.h"

static const struct xml_limits limits = { .bytes = 1 << 16, .nodes = 1000, .text = 1 << 12 };

static size_t check_tree(const struct xml_node *node, unsigned depth, struct buf *out)
{
	size_t count = 1;

	PROPERTY(depth <= XML_DEPTH_MAX && node->text.len <= limits.text);
	PROPERTY(node->name.len && str_find(node->name, '<') == node->name.len);
	PROPERTY(str_is_utf8(node->name) && str_is_utf8(node->text));
	PROPERTY(str_find(node->text, '\0') == node->text.len);
	buf_printf(out, "<%zu:", node->text.len);
	buf_add_str(out, node->name);
	buf_add_char(out, '>');
	buf_add_str(out, node->text);
	for (const struct xml_node *child = node->first; child; child = child->next)
		count += check_tree(child, depth + 1, out);
	buf_add_text(out, "</>");
	return count;
}

/* The tree, or the error, in words. */
static void read_in_pieces(struct str text, size_t piece, struct buf *out)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(&limits);
	const struct xml_node		  *root;
	struct err			   err = { 0 };
	int				   fed = 0;

	for (; text.len && fed == 0; text = str_skip(text, piece))
		fed = xml_reader_feed(reader, text.ptr, str_head(text, piece).len, &err);
	root = xml_reader_end(reader, &err);
	if (root) {
		PROPERTY(fed == 0 && check_tree(root, 1, out) <= limits.nodes);
		return;
	}
	PROPERTY(err.kind == ERR_REMOTE && err.text[0]);
	buf_add_text(out, "error");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	    text = { .ptr = (const char *)data, .len = size };
	auto_buf struct buf whole = buf_make(1 << 24), bytewise = buf_make(1 << 24);

	read_in_pieces(text, size ? size : 1, &whole);
	read_in_pieces(text, 1, &bytewise);
	PROPERTY(str_eq(buf_str(&whole), buf_str(&bytewise)));
	return 0;
}
