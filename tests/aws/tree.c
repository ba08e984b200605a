/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/differential/test_xml.py: documents on standard input, each after a line with its length in bytes; the
 * tree of each on standard output, in JSON: [name, text, [children…]], or null for one that is refused.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/aws/xml.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"

static cJSON *json_of(const struct xml_node *node)
{
	cJSON		   *list = cJSON_CreateArray(), *children = cJSON_CreateArray();
	auto_buf struct buf name = buf_make(1 << 20), text = buf_make(1 << 20);

	buf_add_str(&name, node->name);
	buf_add_str(&text, node->text);
	cJSON_AddItemToArray(list, cJSON_CreateString(name.data));
	cJSON_AddItemToArray(list, cJSON_CreateString(text.data));
	cJSON_AddItemToArray(list, children);
	for (const struct xml_node *child = node->first; child; child = child->next)
		cJSON_AddItemToArray(children, json_of(child));
	return list;
}

/* Feeds pieces of 1, 2, 3, … bytes. */
static void print_tree(struct str text)
{
	auto_xml_reader struct xml_reader *reader = xml_reader_new(NULL);
	const struct xml_node		  *root = NULL;
	struct err			   err;
	int				   fed = 0;

	for (size_t piece = 1; text.len && fed == 0; piece++) {
		fed = xml_reader_feed(reader, text.ptr, str_head(text, piece).len, &err);
		text = str_skip(text, piece);
	}
	if (fed == 0)
		root = xml_reader_end(reader, &err);
	if (root) {
		cJSON *list = json_of(root);
		char  *line = cJSON_PrintUnformatted(list);

		puts(line);
		cJSON_free(line);
		cJSON_Delete(list);
	} else {
		puts("null");
	}
}

int main(void)
{
	char	 line[32];
	uint64_t len;

	while (fgets(line, sizeof(line), stdin)) {
		auto_free char *text = NULL;

		if (str_u64(str_trim(str_of(line)), 64 << 20, &len) < 0)
			return 2;
		text = mem_alloc(len + 1);
		if (fread(text, 1, len, stdin) != len)
			return 2;
		print_tree((struct str){ text, len });
	}
	return 0;
}
