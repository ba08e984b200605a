/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/record.h"

#include <stdio.h>

#include "lib/aws/stamp.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/json.h"
#include "lib/base/mem.h"

/* More than any record has: denials and what was left out are few. */
enum { READ_MAX = 4 << 20, PATH_MAX_LEN = 4096 };

struct reading {
	const struct fetch_options *options;
	struct record_past	   *past;
	bool			    is_record, has_list; /* of VPCs: without one it is of all */
	bool			    found[FETCH_VPCS_MAX];
};

/* "ec2:DescribeVpcs" */
static void note_gap(struct reading *reading, struct str action)
{
	char name[128];

	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		snprintf(name, sizeof(name), "%s:%s", aws_service_name(call->service),
			 call->action);
		if (str_is(action, name))
			reading->past->lacks[call - fetch_calls] = true;
	}
}

static void note_vpc(struct reading *reading, const cJSON *value)
{
	reading->has_list = true;
	for (size_t i = 0; cJSON_IsString(value) && i < reading->options->vpc_count; i++)
		if (str_is(reading->options->vpcs[i], value->valuestring))
			reading->found[i] = true;
}

/* json_item_fn */
static int read_item(void *context, const struct json_item *item, struct err *err)
{
	struct reading *reading = context;
	struct str	text = item->kind == JSON_MEMBER && cJSON_IsString(item->value)
				       ? str_of(item->value->valuestring)
				       : (struct str){ 0 };

	(void)err;
	if (str_is(item->key, "schema"))
		reading->is_record = str_is(text, "weir/fetch/1");
	else if (str_is(item->key, "time") && stamp_parse(text, &reading->past->taken_s) < 0)
		reading->past->taken_s = 0;
	else if (item->kind == JSON_ELEMENT && str_is(item->key, "vpcs"))
		note_vpc(reading, item->value);
	else if (item->kind == JSON_ELEMENT &&
		 (str_is(item->key, "denied") || str_is(item->key, "not_offered")))
		note_gap(reading, json_text(item->value, "action"));
	return 0;
}

bool record_read(const struct fetch_options *options, struct record_past *out)
{
	auto_buf struct buf text = buf_make(READ_MAX);
	struct record_past  past = { .has_vpcs = true };
	struct reading	    reading = { .options = options, .past = &past };
	char		    path[PATH_MAX_LEN];
	struct err	    err;

	if (snprintf(path, sizeof(path), "%s/" FETCH_RECORD, options->path) >= (int)sizeof(path) ||
	    file_read(path, READ_MAX, &text, &err) < 0 ||
	    json_each(buf_str(&text), path, read_item, &reading, &err) < 0 || !reading.is_record)
		return false;
	for (size_t i = 0; reading.has_list && i < options->vpc_count; i++)
		past.has_vpcs &= reading.found[i];
	*out = past;
	return true;
}

static void put_caller(cJSON *list, const struct fetch_options *options,
		       const struct place_account *account)
{
	cJSON *item = cJSON_CreateObject(), *regions;

	json_put_str(item, "account", str_of(account->id));
	json_put_str(item, "arn", str_of(account->arn));
	regions = cJSON_AddArrayToObject(item, "regions");
	for (size_t i = 0; i < options->place_count; i++)
		if (options->places[i].account == account)
			cJSON_AddItemToArray(regions,
					     cJSON_CreateString(options->places[i].region));
	cJSON_AddItemToArray(list, item);
}

/* The top-level key of the document that is missing. */
static void put_family(cJSON *item, const struct fetch_call *call)
{
	struct arena arena = { 0 };

	json_put_str(item, "family", shape_parse(&arena, call->fields, fetch_pieces)->inner->json);
	arena_done(&arena);
}

static void put_gap(cJSON *list, const struct fetch_gap *gap)
{
	cJSON *item = cJSON_CreateObject();
	char   action[128];

	snprintf(action, sizeof(action), "%s:%s", aws_service_name(gap->call->service),
		 gap->call->action);
	json_put_str(item, "account", str_of(gap->place->account->id));
	json_put_str(item, "region", str_of(gap->place->region));
	json_put_str(item, "action", str_of(action));
	put_family(item, gap->call);
	json_put_str(item, "code", str_of(gap->fault.code));
	json_put_str(item, "message", str_of(gap->fault.message));
	json_put_u64(item, "times", gap->times);
	cJSON_AddItemToArray(list, item);
}

static void put_gaps(cJSON *list, const struct fetch_result *result, bool denied)
{
	for (size_t i = 0; i < result->gap_count; i++)
		if (aws_fault_is_denied(&result->gaps[i].fault) == denied)
			put_gap(list, &result->gaps[i]);
}

void record_print(const struct fetch_options *options, const struct fetch_result *result,
		  struct buf *out)
{
	struct aws_client_stats stats = fetch_stats(options);
	cJSON		       *root = cJSON_CreateObject(), *list;
	char			time[CLOCK_TIME_SIZE], *text;

	clock_print_time(result->began_s, time);
	json_put_str(root, "schema", str_of("weir/fetch/1"));
	json_put_str(root, "time", str_of(time));
	cJSON_AddNumberToObject(root, "seconds", (double)(int64_t)(result->seconds * 1000) / 1000);
	json_put_u64(root, "calls", stats.calls);
	json_put_u64(root, "retries", stats.retries);
	json_put_u64(root, "throttled", stats.throttled);
	list = cJSON_AddArrayToObject(root, "callers");
	for (size_t i = 0; i < options->account_count; i++)
		put_caller(list, options, &options->accounts[i]);
	list = cJSON_AddArrayToObject(root, "vpcs");
	for (size_t i = 0; i < options->vpc_count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(options->vpcs[i].ptr));
	put_gaps(cJSON_AddArrayToObject(root, "denied"), result, true);
	put_gaps(cJSON_AddArrayToObject(root, "not_offered"), result, false);
	list = cJSON_AddArrayToObject(root, "left_out");
	for (size_t i = 0; i < result->left_out.count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(result->left_out.places[i].ptr));
	json_put_u64(root, "left_out_total", result->left_out.count + result->left_out.not_listed);
	text = cJSON_Print(root);
	if (!text)
		mem_exhausted();
	buf_add_text(out, text);
	buf_add_char(out, '\n');
	cJSON_free(text);
	cJSON_Delete(root);
}
