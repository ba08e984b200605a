/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of AWS as documents of a snapshot, for the test that has botocore's parser as its judge.  Standard input:
 * lines "ACTION LENGTH" with so many bytes of XML behind each.  Standard output: for each of them "LENGTH" and
 * so many bytes: the document, or "!" and what is wrong.  With an argument: the table of calls instead.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/fetch/document.h"

enum { DOCUMENT_MAX = 64 << 20 };

static int convert(const struct fetch_call *call, struct str text, struct buf *out, struct err *err)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
	const struct xml_node		  *root;
	struct arena			   arena = { 0 };
	struct left_out			   left_out = { 0 };
	struct document document = { .call = call, .convert = { .left_out = &left_out } };
	int		result = -1;

	document.shape = shape_parse(&arena, call->fields, fetch_pieces);
	document_begin(&document, out, NULL, (struct str){ 0 });
	if (xml_reader_feed(reader, text.ptr, text.len, err) == 0 &&
	    (root = xml_reader_end(reader, err)) && document_page(&document, root, err) == 0) {
		document_end(&document);
		result = 0;
	}
	document_done(&document);
	left_out_done(&left_out);
	arena_done(&arena);
	return result;
}

static int answer_all(void)
{
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		struct str		 rest = str_of(line), action = str_cut(&rest, ' ');
		uint64_t		 len = 0;
		auto_free char		*bytes = NULL;
		auto_free char		*name = mem_alloc(sizeof(line));
		auto_buf struct buf	 out = buf_make(DOCUMENT_MAX);
		const struct fetch_call *call;
		struct err		 err;

		memcpy(name, action.ptr, action.len);
		call = fetch_call_find(name);
		if (!call || str_u64(str_trim(rest), DOCUMENT_MAX, &len) < 0)
			return EXIT_FAILURE;
		bytes = mem_alloc(len + 1);
		if (fread(bytes, 1, len, stdin) != len)
			return EXIT_FAILURE;
		if (convert(call, (struct str){ bytes, len }, &out, &err) < 0) {
			buf_clear(&out);
			buf_printf(&out, "!%s", err.text);
		}
		printf("%zu\n%s", out.len, out.data);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc == 1)
		return answer_all();
	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		printf("%s %s %u\n", aws_service_name(call->service), call->action, call->page_max);
	return EXIT_SUCCESS;
}
