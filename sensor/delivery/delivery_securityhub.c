/* SPDX-License-Identifier: Apache-2.0 */
/* Events to AWS Security Hub (sensor/delivery/delivery.h), as findings that later events of the same id update. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/client.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/finding.h"
#include "sensor/delivery/notice_batch.h"
#include "sensor/delivery/sink_spec.h"

enum {
	/* 6 MB a call, 240 KB a finding, 100 findings (AWS, Guidelines for using the BatchImportFindings API). */
	BODY_MAX = 6000000,
	FINDING_MAX = 240000,
	ARN_FIELDS = 6,
	/* After so many answers that failed a part of one batch, that part is given up. */
	PARTS_MAX = 5,
};

struct hub {
	struct notice_sender	sender;
	struct notice_progress	progress;
	struct aws_creds_chain *chain;
	struct aws_client      *client;
	struct aws_http	       *http;
	char			product_arn[256], region[AWS_REGION_SIZE];
	struct finding_place	place;
	char			failing[48]; /* the segment of the batch that failed in part, */
	uint64_t		failing_batch;
	unsigned		failing_count; /* so often */
};

/* "arn:aws:securityhub:eu-west-1:111122223333:product/111122223333/default" */
static bool is_product_arn(struct str arn, struct str *region)
{
	struct str fields[ARN_FIELDS], rest = arn;

	for (size_t i = 0; i < ARN_FIELDS - 1; i++)
		fields[i] = str_cut(&rest, ':');
	*region = fields[3];
	return arn.len < 256 && str_is(fields[0], "arn") && str_is(fields[2], "securityhub") &&
	       region->len && region->len < AWS_REGION_SIZE &&
	       str_is(fields[1], aws_partition_name(*region)) && str_starts(rest, "product/");
}

static int hub_check(const struct sink_spec *spec, struct err *err)
{
	static const char *const known[] = { NULL };
	struct str		 region;

	if (sink_spec_check_keys(spec, known, err) < 0)
		return -1;
	if (spec->target.len && !is_product_arn(spec->target, &region))
		return err_set(
			err, ERR_USAGE,
			"securityhub: '%.*s' is no arn:…:securityhub:REGION:ACCOUNT:product/…",
			STR_ARG(spec->target));
	return 0;
}

/* An element of FailedFindings. */
struct failures {
	const struct notice_parcel *parcel;
	bool			   *refused;
	size_t			    count, unknown;
	bool			    is_reported; /* that there are any */
	bool			    may_pass;	 /* one of them is worth another attempt */
	char			    text[200];	 /* of the first */
};

/* The service's own trouble; what else it says of a finding it will say again. */
static bool is_passing(struct str code)
{
	static const char *const words[] = { "Internal",   "Throttl",	  "LimitExceeded",
					     "Concurrent", "Unavailable", "Timeout" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (size_t at = 0; at < code.len; at++)
			if (str_starts(str_skip(code, at), words[i]))
				return true;
	return false;
}

static bool has_finding_id(const struct notice *notice, struct str id)
{
	auto_buf struct buf own = buf_make(FINDING_ID_MAX);

	finding_id(notice, &own);
	return str_eq(buf_str(&own), id);
}

static int take_failure(void *context, const struct json_item *item, struct err *err)
{
	struct failures *failures = context;
	struct str	 code, id;
	bool		 found = false;

	(void)err;
	if (item->kind == JSON_MEMBER && str_is(item->key, "FailedCount"))
		failures->is_reported = item->value->valuedouble > 0;
	if (item->kind != JSON_ELEMENT || !str_is(item->key, "FailedFindings"))
		return 0;
	code = json_text(item->value, "ErrorCode");
	id = json_text(item->value, "Id");
	if (failures->count++ == 0)
		snprintf(failures->text, sizeof(failures->text), "%.*s: %.*s", STR_ARG(code),
			 STR_ARG(json_text(item->value, "ErrorMessage")));
	failures->may_pass |= is_passing(code);
	for (size_t i = 0; i < failures->parcel->count; i++) {
		if (has_finding_id(&failures->parcel->notices[i], id)) {
			failures->refused[i] = true;
			found = true;
		}
	}
	failures->unknown += !found;
	return 0;
}

/* Counts how often this batch failed in part. */
static bool is_given_up(struct hub *hub, const struct notice_parcel *parcel)
{
	if (strcmp(hub->failing, parcel->segment) != 0 || hub->failing_batch != parcel->batch) {
		snprintf(hub->failing, sizeof(hub->failing), "%s", parcel->segment);
		hub->failing_batch = parcel->batch;
		hub->failing_count = 0;
	}
	return ++hub->failing_count >= PARTS_MAX;
}

/* A status of 200 says that the call was understood, not that the findings were taken. */
static enum notice_fate read_answer(struct hub *hub, struct notice_parcel *parcel, struct str body,
				    struct err *err)
{
	bool		refused[NOTICE_BATCH_MAX] = { 0 };
	struct failures failures = { .parcel = parcel, .refused = refused };

	if (json_each(body, "answer", take_failure, &failures, err) < 0) {
		err_set(err, ERR_REMOTE,
			"securityhub BatchImportFindings: an answer that is no JSON");
		return NOTICE_LATER;
	}
	if (failures.count == 0 && !failures.is_reported)
		return NOTICE_TAKEN;
	err_set(err, ERR_REMOTE, "securityhub BatchImportFindings: %zu of %zu findings failed: %s",
		failures.count, parcel->count, failures.text);
	if (failures.may_pass && !is_given_up(hub, parcel))
		return NOTICE_LATER;
	/* Whose failure it is nobody knows: each by itself tells. */
	if (failures.unknown || failures.count == 0 || parcel->count == 1)
		return NOTICE_REFUSED;
	memcpy(parcel->refused, refused, parcel->count * sizeof(refused[0]));
	return NOTICE_PARTLY;
}

/* The last of those with its id stands for all of them: later ones update a finding, and a call has it once. */
static bool has_successor(const struct notice_parcel *parcel, size_t index)
{
	for (size_t i = index + 1; i < parcel->count; i++)
		if (str_eq(parcel->notices[i].id, parcel->notices[index].id))
			return true;
	return false;
}

static uint64_t count_predecessors(const struct notice_parcel *parcel, size_t index)
{
	uint64_t more = 0;

	for (size_t i = 0; i < index; i++)
		if (str_eq(parcel->notices[i].id, parcel->notices[index].id))
			more += 1 + notice_number(&parcel->notices[i], "suppressed");
	return more;
}

static int add_finding(struct buf *body, const struct notice_parcel *parcel, size_t index,
		       const struct finding_place *place, struct err *err)
{
	cJSON *finding = finding_make(&parcel->notices[index], count_predecessors(parcel, index),
				      place);
	char  *text = cJSON_PrintUnformatted(finding);
	size_t len;

	cJSON_Delete(finding);
	if (!text)
		mem_exhausted();
	len = strlen(text);
	if (body->data[body->len - 1] != '[')
		buf_add_char(body, ',');
	buf_add_text(body, text);
	cJSON_free(text);
	return len > FINDING_MAX || body->overflow
		       ? err_set(err, ERR_INPUT, "a finding of %zu bytes", len)
		       : 0;
}

static bool is_refusal(const struct aws_fault *fault)
{
	static const char *const codes[] = { "InvalidInputException", "InvalidInput",
					     "ValidationException", "SerializationException" };

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(fault->code, codes[i]) == 0)
			return true;
	return fault->status == 413;
}

static enum notice_fate hub_send(void *self, struct notice_parcel *parcel, struct err *err)
{
	static const struct aws_pair type = { { "Content-Type", 12 }, { "application/json", 16 } };
	struct hub		    *hub = self;
	auto_buf struct buf	     body = buf_make(BODY_MAX);
	auto_aws_reply struct aws_reply reply = { 0 };
	struct aws_call			call = { .action = "BatchImportFindings",
						 .method = { "POST", 4 },
						 .path = { "/findings/import", 16 },
						 .headers = &type,
						 .header_count = 1 };

	buf_add_text(&body, "{\"Findings\":[");
	for (size_t i = 0; i < parcel->count; i++)
		if (!has_successor(parcel, i) &&
		    add_finding(&body, parcel, i, &hub->place, err) < 0)
			return NOTICE_REFUSED;
	buf_add_text(&body, "]}");
	call.body = buf_str(&body);
	if (aws_call(hub->client, hub->http, &call, &reply, err) < 0)
		return is_refusal(&reply.fault) ? NOTICE_REFUSED : NOTICE_LATER;
	return read_answer(hub, parcel, buf_str(&reply.answer.body), err);
}

static int check_account(const struct delivery_setup *setup, struct err *err)
{
	if (setup->identity->account_id[0])
		return 0;
	return err_set(err, ERR_USAGE,
		       "'%s': whose findings are they?  --account-id ID says it, --identity imds"
		       " asks EC2",
		       setup->spec->text);
}

/* The finding's Region, and the one that is asked: the ARN's, this host's, that of the configuration. */
static int find_place(struct hub *hub, const struct delivery_setup *setup, struct err *err)
{
	struct str target = setup->spec->target, region = str_of(setup->identity->region);

	if (target.len)
		is_product_arn(target, &region);
	else if (region.len == 0)
		region = aws_creds_region(hub->chain);
	if (check_account(setup, err) < 0)
		return -1;
	if (region.len == 0 || region.len >= sizeof(hub->region))
		return err_set(err, ERR_USAGE,
			       "'%s': in which Region?  --region NAME says it, --identity imds asks"
			       " EC2",
			       setup->spec->text);
	snprintf(hub->region, sizeof(hub->region), "%.*s", STR_ARG(region));
	if (target.len)
		snprintf(hub->product_arn, sizeof(hub->product_arn), "%.*s", STR_ARG(target));
	else
		snprintf(hub->product_arn, sizeof(hub->product_arn),
			 "arn:%s:securityhub:%s:%s:product/%s/default", aws_partition_name(region),
			 hub->region, setup->identity->account_id, setup->identity->account_id);
	hub->place = (struct finding_place){ .identity = setup->identity,
					     .region = str_of(hub->region),
					     .product_arn = str_of(hub->product_arn) };
	return 0;
}

static void hub_close(void *self)
{
	struct hub *hub = self;

	aws_http_free(hub->http);
	aws_client_free(hub->client);
	if (hub->chain)
		aws_creds_close(hub->chain);
	free(hub);
}

static void *hub_open(const struct delivery_setup *setup, struct err *err)
{
	const struct aws_creds_options options = { .profile = setup->profile,
						   .endpoint_url = setup->endpoint_url };
	struct hub		      *hub = mem_alloc(sizeof(*hub));

	hub->sender = (struct notice_sender){ .lines_max = NOTICE_BATCH_MAX,
					      .bytes_max = 256 << 10,
					      .send = hub_send,
					      .self = hub,
					      .board = setup->board,
					      .progress = &hub->progress };
	hub->http = aws_http_new();
	hub->chain = aws_creds_open(&options, err);
	if (hub->chain && find_place(hub, setup, err) == 0)
		hub->client = aws_client_open(hub->chain, AWS_SECURITYHUB, str_of(hub->region),
					      err);
	if (hub->client)
		return hub;
	hub_close(hub);
	return NULL;
}

/* Opening asks nobody anything. */
static int hub_check_setup(const struct delivery_setup *setup, struct err *err)
{
	void *hub = hub_open(setup, err);

	if (!hub)
		return -1;
	hub_close(hub);
	return 0;
}

static int hub_deliver(void *self, struct segment *segment, struct err *err)
{
	struct hub *hub = self;

	return notices_deliver(segment, &hub->sender, err);
}

const struct delivery_ops delivery_securityhub = {
	.kind = "securityhub",
	.usage = "securityhub[:PRODUCT-ARN]",
	.about = "findings of AWS Security Hub, one for each path, verdict and interface",
	.takes_events = true,
	.bytes_max = 1 << 20,
	.needs = NEED_NETWORK,
	.check = hub_check,
	.check_setup = hub_check_setup,
	.open = hub_open,
	.deliver = hub_deliver,
	.close = hub_close,
};
