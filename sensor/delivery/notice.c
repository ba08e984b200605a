/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/notice.h"

#include "lib/aws/stamp.h"
#include "lib/base/json.h"

enum { ID_MAX = 64 };

/* json_each checks; cJSON alone would take what is no JSON.  A second document in a line is none. */
static int count_documents(void *context, const struct json_item *item, struct err *err)
{
	unsigned *count = context;

	if (item->kind == JSON_END && ++*count > 1)
		return err_set(err, ERR_INPUT, "more than one event in a line");
	return 0;
}

static enum notice_verdict verdict_of(struct str word)
{
	static const char *const words[] = {
		[NOTICE_UNEXPECTED] = "unexpected",
		[NOTICE_CONTRADICTION] = "contradiction",
		[NOTICE_WOULD_DENY] = "would-deny",
	};

	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (str_is(word, words[i]))
			return i;
	return NOTICE_OTHER;
}

/* Becomes part of names in other systems. */
static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.len; i++) {
		char c = id.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-'))
			return false;
	}
	return id.len > 0 && id.len <= ID_MAX;
}

int notice_read(struct str text, struct notice *out, struct err *err)
{
	struct notice notice = { .text = text };
	unsigned      documents = 0;

	if (!str_starts(text, "{")) /* nor a byte order mark, which no JSON inside other has */
		return err_set(err, ERR_INPUT, "no event: a line that is no object");
	if (json_each(text, "event", count_documents, &documents, err) < 0)
		return -1;
	notice.json = cJSON_ParseWithLength(text.ptr, text.len);
	notice.id = json_text(notice.json, "id");
	notice.verdict = verdict_of(json_text(notice.json, "verdict"));
	if (!str_starts(json_text(notice.json, "schema"), "weir/event/") || !is_id(notice.id) ||
	    json_text(notice.json, "verdict").len == 0 ||
	    stamp_parse(json_text(notice.json, "time"), &notice.time_s) < 0) {
		notice_done(&notice);
		return err_set(err, ERR_INPUT, "no event: without a schema, id, time or verdict");
	}
	*out = notice;
	return 0;
}

void notice_done(struct notice *notice)
{
	cJSON_Delete(notice->json);
	*notice = (struct notice){ 0 };
}

uint64_t notice_number(const struct notice *notice, const char *name)
{
	int64_t value = 0;

	return json_int(notice->json, name, 0, UINT32_MAX, &value) == 1 ? (uint64_t)value : 0;
}
