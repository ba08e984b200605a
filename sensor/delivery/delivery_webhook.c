/* SPDX-License-Identifier: Apache-2.0 */
/* Events to a webhook (sensor/delivery/delivery.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/aws/retry.h"
#include "lib/aws/secret.h"
#include "lib/aws/sign.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/notice_batch.h"
#include "sensor/delivery/sink_spec.h"
#include "sensor/delivery/webhook_body.h"
#include "sensor/delivery/webhook_url.h"

enum {
	TIMEOUT_MS = 30000,
	QUIET_MAX_MS = 3600000, /* nobody is left alone for longer than an hour */
	MS_PER_S = 1000,
	NS_PER_MS = 1000000,
	KEY_SIZE = 128,
};

struct webhook {
	const struct sink_spec *spec;
	struct notice_sender	sender;
	struct notice_progress	progress;
	struct aws_http	       *http;
	bool			is_slack;
	struct buf		url;	 /* of this attempt; a secret */
	struct webhook_url	where;	 /* slices of it */
	uint64_t		wake_ns; /* monotonic: the receiver wants nothing before */
};

static bool is_insecure(const struct sink_spec *spec)
{
	struct str value;

	return sink_spec_get(spec, "insecure", &value);
}

/* "@/etc/weir/webhook.url": the URL is in that file. */
static bool is_in_file(const struct sink_spec *spec)
{
	return str_starts(spec->target, "@");
}

static void webhook_name(const struct sink_spec *spec, struct buf *out)
{
	struct webhook_url where;
	struct err	   err;

	buf_add_text(out, "webhook:");
	if (is_in_file(spec))
		buf_add_str(out, spec->target);
	else if (webhook_url_parse(spec->target, is_insecure(spec), &where, &err) == 0)
		buf_add_str(out, where.host);
}

/* A comma in a URL would begin an option: what it is called is not told either. */
static int read_options(const struct sink_spec *spec, bool *is_slack, struct err *err)
{
	static const char *const known[] = { "template", "insecure", NULL };
	struct str template = str_of("json");

	sink_spec_get(spec, "template", &template);
	*is_slack = str_is(template, "slack");
	if (sink_spec_check_keys(spec, known, err) < 0 || (!*is_slack && !str_is(template, "json")))
		return err_set(err, ERR_USAGE,
			       "webhook: options are template=json, template=slack and insecure; a"
			       " comma of the URL is %%2C");
	return 0;
}

static int webhook_check(const struct sink_spec *spec, struct err *err)
{
	struct webhook_url where;
	bool		   is_slack;

	if (read_options(spec, &is_slack, err) < 0)
		return -1;
	if (is_in_file(spec))
		return spec->target.len > 2 && spec->target.ptr[1] == '/'
			       ? 0
			       : err_set(err, ERR_USAGE,
					 "webhook:@FILE: the whole path, from '/' on");
	return webhook_url_parse(spec->target, is_insecure(spec), &where, err);
}

/* Read anew at each attempt, so that a URL can be exchanged. */
static int read_url(struct webhook *webhook, struct err *err)
{
	const struct sink_spec *spec = webhook->spec;
	auto_secret struct buf	text = { 0 };
	char			path[4096];

	secret_buf_done(&webhook->url);
	webhook->url = secret_buf_make(WEBHOOK_URL_MAX);
	if (is_in_file(spec)) {
		struct str file = str_skip(spec->target, 1);
		int	   found;

		if (file.len >= sizeof(path))
			return err_set(err, ERR_USAGE, "webhook: too long a path");
		memcpy(path, file.ptr, file.len);
		path[file.len] = '\0';
		found = secret_read(path, WEBHOOK_URL_MAX, &text, err);
		if (found <= 0)
			return found < 0 ? -1 : err_at(err, path, 0, 0, "there is no such file");
		buf_add_str(&webhook->url, str_trim(buf_str(&text)));
	} else {
		buf_add_str(&webhook->url, spec->target);
	}
	return webhook_url_parse(buf_str(&webhook->url), is_insecure(spec), &webhook->where, err);
}

/* What is said of this request and not of this receiver, or of how it is set up. */
static bool is_refusal(int status)
{
	static const int others[] = {
		401, 403, 404, 405, 407, 408, 410, 421, 425, 429, /* who asks, where, or when */
		409 /* the first with this Idempotency-Key is not done yet */
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (status == others[i])
			return false;
	return status >= 400 && status <= 499;
}

/* A code like Slack's "invalid_payload".  Any other body may repeat the URL. */
static struct str code_of(const struct aws_answer *answer)
{
	struct str body = str_trim(buf_str(&answer->body));

	for (size_t i = 0; i < body.len; i++)
		if (!((body.ptr[i] >= 'a' && body.ptr[i] <= 'z') || body.ptr[i] == '_'))
			return (struct str){ 0 };
	return body.len <= 64 ? body : (struct str){ 0 };
}

static void keep_quiet(struct webhook *webhook, const struct aws_answer *answer)
{
	uint64_t after_ms = aws_retry_after_ms(answer);

	if (after_ms > QUIET_MAX_MS)
		after_ms = QUIET_MAX_MS;
	webhook->wake_ns = clock_now().mono.ns + after_ms * NS_PER_MS;
}

static enum notice_fate judge(struct webhook *webhook, const struct aws_answer *answer,
			      struct err *err)
{
	struct str code = code_of(answer);

	if (answer->status >= 200 && answer->status <= 299)
		return NOTICE_TAKEN;
	keep_quiet(webhook, answer);
	err_set(err, ERR_REMOTE, "'%.*s' answers with status %d%s%.*s%s",
		STR_ARG(webhook->where.host), answer->status, code.len ? ": " : "", STR_ARG(code),
		answer->status >= 300 && answer->status <= 399 ? ": redirects are not followed"
							       : "");
	return is_refusal(answer->status) ? NOTICE_REFUSED : NOTICE_LATER;
}

/* Of the batch, and of what is sent: two sensors have segments of the same name. */
static void make_key(const struct notice_parcel *parcel, const struct buf *body,
		     char out[static KEY_SIZE])
{
	char hash[AWS_HASH_SIZE];

	aws_hash(buf_str(body), hash);
	snprintf(out, KEY_SIZE, "Idempotency-Key: %.40s-%llu-%.16s", parcel->segment,
		 (unsigned long long)parcel->batch, hash);
}

static void wait_until(uint64_t wake_ns)
{
	struct timespec until = { .tv_sec = (time_t)(wake_ns / NS_PER_MS / MS_PER_S),
				  .tv_nsec = (long)(wake_ns % (NS_PER_MS * (uint64_t)MS_PER_S)) };

	while (clock_now().mono.ns < wake_ns &&
	       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
		;
}

static enum notice_fate webhook_send(void *self, struct notice_parcel *parcel, struct err *err)
{
	struct webhook			 *webhook = self;
	auto_aws_answer struct aws_answer answer = { 0 };
	auto_buf struct buf		  body = buf_make(WEBHOOK_BODY_MAX);
	char				  key[KEY_SIZE];
	const char *const   headers[] = { "Content-Type: application/json", key, NULL };
	struct aws_exchange exchange = { .url = webhook->url.data,
					 .method = { "POST", 4 },
					 .headers = headers,
					 .timeout_ms = TIMEOUT_MS,
					 .no_proxy = webhook->where.is_loopback };

	if (webhook->is_slack)
		webhook_body_slack(parcel->notices, parcel->count, &body);
	else
		webhook_body_json(parcel->notices, parcel->count, &body);
	make_key(parcel, &body, key);
	exchange.body = buf_str(&body);
	wait_until(webhook->wake_ns);
	if (aws_http(webhook->http, &exchange, &answer, err) < 0)
		return NOTICE_LATER;
	return judge(webhook, &answer, err);
}

static void *webhook_open(const struct delivery_setup *setup, struct err *err)
{
	struct webhook *webhook = mem_alloc(sizeof(*webhook));

	if (read_options(setup->spec, &webhook->is_slack, err) < 0) {
		free(webhook);
		return NULL;
	}
	webhook->spec = setup->spec;
	webhook->http = aws_http_new();
	webhook->sender = (struct notice_sender){
		.lines_max = webhook->is_slack ? WEBHOOK_SLACK_EVENTS : NOTICE_BATCH_MAX,
		.bytes_max = 256 << 10,
		.send = webhook_send,
		.self = webhook,
		.board = setup->board,
		.progress = &webhook->progress,
	};
	return webhook;
}

static int webhook_deliver(void *self, struct segment *segment, struct err *err)
{
	struct webhook *webhook = self;

	if (read_url(webhook, err) < 0)
		return -1;
	return notices_deliver(segment, &webhook->sender, err);
}

static void webhook_close(void *self)
{
	struct webhook *webhook = self;

	aws_http_free(webhook->http);
	secret_buf_done(&webhook->url);
	free(webhook);
}

const struct delivery_ops delivery_webhook = {
	.kind = "webhook",
	.usage = "webhook:URL|@FILE[,template=json|slack][,insecure]",
	.about = "POST to a URL, that of a file where it is a secret: JSON, or a message for Slack",
	.takes_events = true,
	.bytes_max = 1 << 20,
	.needs = NEED_NETWORK,
	.name = webhook_name,
	.check = webhook_check,
	.open = webhook_open,
	.deliver = webhook_deliver,
	.close = webhook_close,
};
