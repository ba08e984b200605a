/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/print_fetch.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096, ACTION_MAX = 128 };

/* "Vpcs" of DescribeVpcs. */
static const char *noun_of(const char *action)
{
	static const char *const verbs[] = { "Describe", "Get", "Search" };

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strncmp(action, verbs[i], strlen(verbs[i])) == 0)
			return action + strlen(verbs[i]);
	return action;
}

static void print_place(const struct place *place, size_t place_idx,
			const struct fetch_result *result, FILE *out)
{
	auto_buf struct buf line = buf_make(TEXT_MAX);
	const char	   *gap = "  ";

	buf_printf(&line, "%s %s", place->region, place->account->id);
	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		uint64_t objects = fetch_objects(result, place_idx, call);

		if (objects == 0)
			continue;
		buf_printf(&line, "%s%s ", gap, noun_of(call->action));
		buf_add_grouped(&line, objects);
		gap = " · ";
	}
	fprintf(out, "%s\n", line.data);
}

void print_fetch(const struct fetch_options *options, const struct fetch_result *result, FILE *out)
{
	struct aws_client_stats stats = fetch_stats(options);
	auto_buf struct buf	line = buf_make(TEXT_MAX);

	for (size_t i = 0; i < options->place_count; i++)
		print_place(&options->places[i], i, result, out);
	buf_add_text(&line, "wrote ");
	buf_add_visible(&line, str_of(options->path));
	buf_add_text(&line, " (");
	buf_add_size(&line, result->bytes);
	buf_printf(&line, ", %llu files)   ", (unsigned long long)result->files);
	buf_add_grouped(&line, stats.calls);
	buf_printf(&line, " calls, %.1f s, %llu tried again, %llu throttled", result->seconds,
		   (unsigned long long)stats.retries, (unsigned long long)stats.throttled);
	fprintf(out, "%s\n", line.data);
}

static int compare_actions(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void begin_policy(FILE *out)
{
	fputs("{\n"
	      "    \"Version\": \"2012-10-17\",\n"
	      "    \"Statement\": [\n",
	      out);
}

static void end_policy(FILE *out)
{
	fputs("\n    ]\n"
	      "}\n",
	      out);
}

static void begin_statement(const char *sid, FILE *out)
{
	fprintf(out,
		"        {\n"
		"            \"Sid\": \"%s\",\n"
		"            \"Effect\": \"Allow\",\n"
		"            \"Action\": [\n",
		sid);
}

static void end_statement(const char *resource, FILE *out)
{
	fprintf(out,
		"\n            ],\n"
		"            \"Resource\": \"%s\"\n"
		"        }",
		resource);
}

/* Without the comma before the first. */
static void print_action(const char *action, bool first, FILE *out)
{
	fprintf(out, "%s                \"%s\"", first ? "" : ",\n", action);
}

/* None of the actions can be limited to resources (aws-semantics.md 6.5). */
static void print_fetch_statement(bool only_judging, FILE *out)
{
	char   actions[FETCH_CALLS_MAX][ACTION_MAX];
	size_t count = 0;

	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		if (call->judges || !only_judging)
			snprintf(actions[count++], ACTION_MAX, "%s:%s",
				 aws_service_name(call->service), call->action);
	qsort(actions, count, sizeof(actions[0]), compare_actions);
	begin_statement("WeirFetch", out);
	for (size_t i = 0; i < count; i++)
		print_action(actions[i], i == 0, out);
	end_statement("*", out);
}

void print_iam_policy(FILE *out)
{
	begin_policy(out);
	print_fetch_statement(false, out);
	end_policy(out);
}

#define S3_OBJECTS "arn:aws:s3:::BUCKET/PREFIX/AWSLogs/*"
#define LOGS_GROUP "arn:aws:logs:REGION:ACCOUNT:log-group:GROUP:*"

/* As docs/cli.md says which statement is for what. */
void print_iam_policy_of_sensor(FILE *out)
{
	static const struct {
		const char *sid, *resource, *actions[4];
	} statements[] = {
		{ "SinkS3", S3_OBJECTS, { "s3:PutObject" } },
		{ "SinkS3Owner", S3_OBJECTS, { "s3:PutObjectAcl" } },
		{ "SinkS3Kms", "KEY-ARN", { "kms:GenerateDataKey" } },
		{ "SinkLogs",
		  LOGS_GROUP,
		  { "logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents" } },
		{ "SinkLogsCreate", LOGS_GROUP, { "logs:CreateLogGroup" } },
		{ "SinkSecurityhub",
		  "arn:aws:securityhub:REGION:ACCOUNT:product/ACCOUNT/default",
		  { "securityhub:BatchImportFindings" } },
	};

	begin_policy(out);
	print_fetch_statement(true, out);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
		fputs(",\n", out);
		begin_statement(statements[i].sid, out);
		for (size_t j = 0; j < ARRAY_LEN(statements[i].actions); j++)
			if (statements[i].actions[j])
				print_action(statements[i].actions[j], j == 0, out);
		end_statement(statements[i].resource, out);
	}
	end_policy(out);
}
