/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/logs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/mem.h"

enum {
	NAME_MAX_LEN = 512,
	TOKEN_MAX = 4096,
	/* GetLogEvents: 1 MiB of events, 10,000 of them, each character six bytes at most and ids beside it. */
	PAGE_MAX = 16 << 20,
	PAGES_MAX = 1000,
};

#define TARGET	    "Logs_20140328."
#define TIME_MS_MAX INT64_C(253402300799999) /* the end of 9999 */

bool aws_logs_is_group(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '_' || c == '/' || c == '#' || c == '-'))
			return false;
	}
	return name.len >= 1 && name.len <= NAME_MAX_LEN;
}

/* The document of a call, which begins with the group. */
static cJSON *document_of(const struct aws_logs *logs, struct str stream)
{
	cJSON *document = cJSON_CreateObject();

	if (!document)
		mem_exhausted();
	json_put_str(document, "logGroupName", logs->group);
	if (stream.len)
		json_put_str(document, "logStreamName", stream);
	return document;
}

/* Takes document.  action is that of call. */
static int call_logs(const struct aws_logs *logs, cJSON *document, struct aws_call *call,
		     struct aws_reply *reply, struct err *err)
{
	char		     *body = cJSON_PrintUnformatted(document);
	char		      target[64] = TARGET;
	const struct aws_pair headers[] = { { { "Content-Type", 12 },
					      str_of("application/x-amz-json-1.1") },
					    { { "X-Amz-Target", 12 }, { target, 0 } } };
	struct aws_pair	      sent[ARRAY_LEN(headers)];
	int		      result;

	cJSON_Delete(document);
	if (!body)
		mem_exhausted();
	strncat(target, call->action, sizeof(target) - sizeof(TARGET));
	memcpy(sent, headers, sizeof(sent));
	sent[1].value.len = strlen(target);
	call->method = str_of("POST");
	call->path = str_of("/");
	call->headers = sent;
	call->header_count = ARRAY_LEN(sent);
	call->body = str_of(body);
	result = aws_call(logs->client, logs->http, call, reply, err);
	free(body);
	return result;
}

/* rejectedLogEventsInfo: ends are the first index that is not of them. */
struct rejected {
	int64_t count, old_end, new_start;
};

static int read_rejected(void *context, const struct json_item *item, struct err *err)
{
	struct rejected *rejected = context;
	int64_t		 expired = 0;

	if (item->kind != JSON_MEMBER || !str_is(item->key, "rejectedLogEventsInfo"))
		return 0;
	if (json_int(item->value, "tooOldLogEventEndIndex", 0, rejected->count,
		     &rejected->old_end) < 0 ||
	    json_int(item->value, "expiredLogEventEndIndex", 0, rejected->count, &expired) < 0 ||
	    json_int(item->value, "tooNewLogEventStartIndex", 0, rejected->count,
		     &rejected->new_start) < 0)
		return err_set(err, ERR_REMOTE, "rejectedLogEventsInfo is of no use");
	if (rejected->old_end < expired)
		rejected->old_end = expired;
	return 0;
}

int aws_logs_put(const struct aws_logs *logs, const struct aws_logs_batch *batch,
		 struct aws_logs_outcome *outcome, struct err *err)
{
	auto_aws_reply struct aws_reply reply = { 0 };
	struct aws_call			call = { .action = "PutLogEvents", .once = true };
	cJSON			       *document = document_of(logs, batch->stream);
	cJSON			       *events = cJSON_AddArrayToObject(document, "logEvents");
	struct rejected rejected = { (int64_t)batch->count, 0, (int64_t)batch->count };
	struct err	unread;
	int		result;

	for (size_t i = 0; i < batch->count; i++) {
		cJSON *event = cJSON_CreateObject();

		if (!cJSON_AddItemToArray(events, event))
			mem_exhausted();
		json_put_u64(event, "timestamp", (uint64_t)batch->events[i].time_ms);
		json_put_str(event, "message", batch->events[i].message);
	}
	*outcome = (struct aws_logs_outcome){ 0 };
	result = call_logs(logs, document, &call, &reply, err);
	outcome->in_doubt = reply.in_doubt;
	outcome->fault = reply.fault;
	if (result < 0)
		return -1;
	/* The batch is taken, whatever else the answer says. */
	if (json_each(buf_str(&reply.answer.body), "PutLogEvents", read_rejected, &rejected,
		      &unread) == 0)
		outcome->rejected = (size_t)(rejected.count - rejected.new_start) +
				    (size_t)rejected.old_end;
	if (outcome->rejected > batch->count)
		outcome->rejected = batch->count;
	return 0;
}

struct page {
	const struct aws_logs_visitor *visitor;
	struct buf		      *token; /* of the next page */
	bool			       is_last;
};

static int read_page_item(void *context, const struct json_item *item, struct err *err)
{
	struct page	     *page = context;
	struct aws_logs_event event;

	if (item->kind == JSON_ELEMENT && str_is(item->key, "events")) {
		event.message = json_text(item->value, "message");
		if (json_int(item->value, "timestamp", 0, TIME_MS_MAX, &event.time_ms) != 1)
			return err_set(err, ERR_REMOTE, "an event without a time");
		return page->visitor->visit(page->visitor->context, &event, err);
	}
	if (item->kind == JSON_MEMBER && str_is(item->key, "nextForwardToken")) {
		struct str token = str_of(item->value->valuestring);

		/* The end is told by the token that was sent; a page may be empty before it. */
		page->is_last = token.len == 0 || str_eq(token, buf_str(page->token));
		buf_clear(page->token);
		buf_add_str(page->token, token);
		if (page->token->overflow)
			return err_set(err, ERR_REMOTE, "a token of more than %d bytes", TOKEN_MAX);
	}
	return 0;
}

/* 1: it was read; 0: there is no such stream. */
static int read_page(const struct aws_logs *logs, const struct aws_logs_range *range,
		     struct page *page, struct err *err)
{
	auto_aws_reply struct aws_reply reply = { 0 };
	struct aws_call			call = { .action = "GetLogEvents", .answer_max = PAGE_MAX };
	cJSON			       *document = document_of(logs, range->stream);
	struct err			why;

	json_put_u64(document, "startTime", (uint64_t)range->start_ms);
	json_put_u64(document, "endTime", (uint64_t)range->end_ms);
	cJSON_AddBoolToObject(document, "startFromHead", true);
	if (page->token->len)
		json_put_str(document, "nextToken", buf_str(page->token));
	if (call_logs(logs, document, &call, &reply, &why) < 0) {
		if (strcmp(reply.fault.code, "ResourceNotFoundException") == 0)
			return 0;
		*err = why;
		return -1;
	}
	page->is_last = true;
	if (json_each(buf_str(&reply.answer.body), "GetLogEvents", read_page_item, page, err) < 0)
		return -1;
	return 1;
}

int aws_logs_read(const struct aws_logs *logs, const struct aws_logs_range *range,
		  const struct aws_logs_visitor *visitor, struct err *err)
{
	auto_buf struct buf token = buf_make(TOKEN_MAX);
	struct page	    page = { .visitor = visitor, .token = &token };

	for (unsigned i = 0; i < PAGES_MAX; i++) {
		int result = read_page(logs, range, &page, err);

		if (result <= 0)
			return result;
		if (page.is_last)
			return 0;
	}
	return err_set(err, ERR_REMOTE, "GetLogEvents does not come to an end");
}

/* Takes document. */
static int create(const struct aws_logs *logs, const char *action, cJSON *document, struct err *err)
{
	auto_aws_reply struct aws_reply reply = { 0 };
	struct aws_call			call = { .action = action };
	struct err			why;

	if (call_logs(logs, document, &call, &reply, &why) == 0 ||
	    strcmp(reply.fault.code, "ResourceAlreadyExistsException") == 0)
		return 0;
	*err = why;
	return -1;
}

int aws_logs_create_stream(const struct aws_logs *logs, struct str stream, struct err *err)
{
	return create(logs, "CreateLogStream", document_of(logs, stream), err);
}

int aws_logs_create_group(const struct aws_logs *logs, struct err *err)
{
	return create(logs, "CreateLogGroup", document_of(logs, (struct str){ 0 }), err);
}
