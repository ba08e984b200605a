/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer of AWS, of the call that its root is named after: when it can be converted, two pages of it are one
 * document of JSON that the loader's reader takes, with twice the rows; nothing of a secret is in it.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "policies/fetch/document.h"
#include "tests/fuzz/fuzz.h"

static const struct xml_limits limits = { .bytes = 1 << 16, .nodes = 2000, .text = 1 << 12 };

static const struct fetch_call *call_of(const struct xml_node *root)
{
	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		char name[128];

		snprintf(name, sizeof(name), "%sResponse", call->action);
		if (str_is(root->name, name))
			return call;
	}
	return NULL;
}

static int count_item(void *context, const struct json_item *item, struct err *err)
{
	(void)err;
	*(uint64_t *)context += item->kind == JSON_ELEMENT;
	return 0;
}

static void convert(const struct fetch_call *call, const struct xml_node *root)
{
	auto_buf struct buf out = buf_make(1 << 22);
	struct arena	    arena = { 0 };
	struct left_out	    left_out = { 0 };
	struct document	    document = { .call = call,
					 .shape = shape_parse(&arena, call->fields, fetch_pieces),
					 .convert.left_out = &left_out };
	uint64_t	    rows = 0;
	struct err	    err = { 0 };

	document_begin(&document, &out, call->of_is_said ? call->of_parameter : NULL, str_of("x"));
	if (document_page(&document, root, &err) == 0) {
		uint64_t one = document.rows;

		PROPERTY(document_page(&document, root, &err) == 0);
		PROPERTY(document.rows == 2 * one);
		document_end(&document);
		PROPERTY(!out.overflow);
		PROPERTY(json_each(buf_str(&out), "document", count_item, &rows, &err) == 0);
		PROPERTY(rows == document.rows);
		PROPERTY(!strstr(out.data, "\"PreSharedKey\"") &&
			 !strstr(out.data, "\"CustomerGatewayConfiguration\""));
	} else {
		PROPERTY(err.kind == ERR_REMOTE && err.text[0]);
	}
	document_done(&document);
	left_out_done(&left_out);
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(&limits);
	const struct fetch_call		  *call;
	const struct xml_node		  *root = NULL;
	struct err			   err;

	if (xml_reader_feed(reader, data, size, &err) == 0)
		root = xml_reader_end(reader, &err);
	call = root ? call_of(root) : NULL;
	if (call)
		convert(call, root);
	return 0;
}
