/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of what becomes of an event from a spool: its words are one line of harmless UTF-8, with room for all;
 * a line for syslog is within its limit; bodies and findings are JSON again; Slack's text is within its limit and has
 * none of its markup; an entry of the journal has the members whole.
 */
#include <string.h>

#include "lib/base/json.h"
#include "sensor/delivery/finding.h"
#include "sensor/delivery/journal_entry.h"
#include "sensor/delivery/notice_text.h"
#include "sensor/delivery/syslog_line.h"
#include "sensor/delivery/webhook_body.h"
#include "tests/fuzz/fuzz.h"

static void check_line(struct str text)
{
	PROPERTY(str_is_utf8(text));
	for (size_t i = 0; i < text.len; i++)
		PROPERTY((unsigned char)text.ptr[i] >= 0x20 && text.ptr[i] != 0x7f);
}

static int ignore(void *context, const struct json_item *item, struct err *err)
{
	(void)context;
	(void)item;
	(void)err;
	return 0;
}

static void check_json(struct str text)
{
	struct err err;

	PROPERTY(json_each(text, "", ignore, NULL, &err) == 0);
}

static void check_words(const struct notice *notice)
{
	auto_buf struct buf words = buf_make(NOTICE_TEXT_MAX), line = buf_make(SYSLOG_LINE_MAX);
	struct syslog_form  form = { .facility = 3, .pid = 1 };
	struct err	    err;

	notice_text(notice, &words);
	PROPERTY(!words.overflow && words.len > 0);
	check_line(buf_str(&words));
	for (unsigned i = 0; i < 2; i++) {
		buf_clear(&line);
		form.is_json = i == 1;
		PROPERTY(syslog_line(notice, &form, &line, &err) == 0 || form.is_json);
		PROPERTY(line.len <= SYSLOG_LINE_MAX);
	}
}

static void check_bodies(const struct notice *notice)
{
	auto_buf struct buf body = buf_make(WEBHOOK_BODY_MAX);
	cJSON		   *slack;
	struct str	    text;

	webhook_body_json(notice, 1, &body);
	PROPERTY(!body.overflow);
	check_json(buf_str(&body));
	buf_clear(&body);
	webhook_body_slack(notice, 1, &body);
	check_json(buf_str(&body));
	slack = cJSON_ParseWithLength(body.data, body.len);
	text = json_text(slack, "text");
	PROPERTY(text.len > 0 && text.len <= WEBHOOK_SLACK_TEXT_MAX);
	check_line(text);
	PROPERTY(str_find(text, '<') == text.len && str_find(text, '>') == text.len);
	cJSON_Delete(slack);
}

static void check_finding(const struct notice *notice)
{
	const struct identity identity = { .account_id = "111122223333", .instance_id = "i-0a" };
	const struct finding_place place = { &identity, { "eu-west-1", 9 }, { "arn", 3 } };
	cJSON			  *finding = finding_make(notice, 1, &place);
	char			  *text = cJSON_PrintUnformatted(finding);

	PROPERTY(text && strlen(text) < 240000);
	check_json(str_of(text));
	PROPERTY(json_text(finding, "Title").len <= 256);
	PROPERTY(json_text(finding, "Description").len <= 1024);
	PROPERTY(json_text(finding, "Id").len <= 512);
	check_line(json_text(finding, "Title"));
	check_line(json_text(finding, "Id"));
	PROPERTY(cJSON_GetArraySize(json_list(finding, "Resources")) >= 1);
	cJSON_free(text);
	cJSON_Delete(finding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notice	    notice;
	struct err	    err;
	auto_buf struct buf entry = buf_make(1 << 24);

	/* A segment of the spool has no more. */
	if (size > 1 << 20 ||
	    notice_read((struct str){ (const char *)data, size }, &notice, &err) < 0)
		return 0;
	check_words(&notice);
	check_bodies(&notice);
	check_finding(&notice);
	journal_entry(&notice, &entry);
	PROPERTY(!entry.overflow);
	PROPERTY(memmem(entry.data, entry.len, notice.text.ptr, notice.text.len));
	notice_done(&notice);
	return 0;
}
