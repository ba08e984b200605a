/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/webhook_body.h"

#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "sensor/delivery/notice_text.h"

void webhook_body_json(const struct notice *notices, size_t count, struct buf *out)
{
	buf_add_text(out, "{\"events\":[");
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		buf_add_json(out, notices[i].text);
	}
	buf_add_text(out, "]}");
}

/* https://api.slack.com/reference/surfaces/formatting#escaping: these three, and no others. */
static void add_escaped(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		default:
			buf_add_char(out, text.ptr[i]);
		}
	}
}

/* Cut before it is escaped, so that no escape is cut, until it fits. */
static void add_line(struct buf *out, const struct notice *notice)
{
	auto_buf struct buf words = buf_make(NOTICE_TEXT_MAX), cut = buf_make(NOTICE_TEXT_MAX),
			    escaped = buf_make(5 * NOTICE_TEXT_MAX);
	size_t max = WEBHOOK_SLACK_TEXT_MAX;

	notice_text(notice, &words);
	do {
		buf_clear(&cut);
		buf_clear(&escaped);
		text_add_limited(&cut, buf_str(&words), max);
		add_escaped(&escaped, buf_str(&cut));
		max -= 10;
	} while (escaped.len > WEBHOOK_SLACK_TEXT_MAX);
	buf_add_str(out, buf_str(&escaped));
}

void webhook_body_slack(const struct notice *notices, size_t count, struct buf *out)
{
	auto_buf struct buf text = buf_make((size_t)WEBHOOK_SLACK_EVENTS *
					    (WEBHOOK_SLACK_TEXT_MAX + 1));
	cJSON		   *body = cJSON_CreateObject();
	char		   *printed;

	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(&text, '\n');
		add_line(&text, &notices[i]);
	}
	json_put_str(body, "text", buf_str(&text));
	cJSON_AddBoolToObject(body, "mrkdwn", false);
	cJSON_AddBoolToObject(body, "unfurl_links", false);
	cJSON_AddBoolToObject(body, "unfurl_media", false);
	printed = cJSON_PrintUnformatted(body);
	if (!printed)
		mem_exhausted();
	buf_add_text(out, printed);
	cJSON_free(printed);
	cJSON_Delete(body);
}
