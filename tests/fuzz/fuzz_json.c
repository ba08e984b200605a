/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of json_each: an item is never deeper than the limit; its line lies inside the text; what
 * is printed of it is accepted again and prints the same; an error has a place inside the text.
 */
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "tests/fuzz/fuzz.h"

struct visit {
	uint32_t lines, last_line;
	unsigned count;
};

static int depth_of(const cJSON *value)
{
	int deepest = 0;

	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return 0;
	for (const cJSON *child = value->child; child; child = child->next) {
		int depth = depth_of(child);

		if (depth > deepest)
			deepest = depth;
	}
	return deepest + 1;
}

static int compare_item(void *context, const struct json_item *item, struct err *err)
{
	char *again = item->value ? cJSON_PrintUnformatted(item->value) : NULL;

	(void)err;
	PROPERTY(item->kind == JSON_END || strcmp(context, again) == 0);
	cJSON_free(again);
	return 0;
}

/* What is printed of an item, in its place below the top level, reads and prints the same. */
static void check_printed(const struct json_item *item)
{
	auto_buf struct buf text = buf_make(1 << 24);
	char		   *printed = cJSON_PrintUnformatted(item->value);
	struct err	    err;

	PROPERTY(printed != NULL);
	buf_printf(&text, item->kind == JSON_ELEMENT ? "{\"k\":[%s]}" : "{\"k\":%s}", printed);
	PROPERTY(json_each(buf_str(&text), "printed", compare_item, printed, &err) == 0);
	cJSON_free(printed);
}

static int visit_item(void *context, const struct json_item *item, struct err *err)
{
	struct visit *visit = context;

	(void)err;
	PROPERTY(item->line >= visit->last_line && item->line <= visit->lines);
	PROPERTY((item->value != NULL) ==
		 (item->kind == JSON_ELEMENT || item->kind == JSON_MEMBER));
	if (!item->value)
		return 0;
	PROPERTY(str_is_utf8(item->key));
	PROPERTY(depth_of(item->value) <= JSON_DEPTH_MAX - 1 - (item->kind == JSON_ELEMENT));
	visit->last_line = item->line;
	if (visit->count++ < 50)
		check_printed(item);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str   text = { .ptr = (const char *)data, .len = size };
	struct visit visit = { .lines = 1, .last_line = 1 };
	struct err   err = { 0 };

	for (size_t i = 0; i < size; i++)
		visit.lines += data[i] == '\n';
	if (json_each(text, "input", visit_item, &visit, &err) < 0) {
		PROPERTY(err.kind == ERR_INPUT && err.text[0] && err.source[0]);
		PROPERTY(err.line <= visit.lines && err.column <= size + 1);
	}
	return 0;
}
