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

void print_iam_policy(FILE *out)
{
	char   actions[FETCH_CALLS_MAX][ACTION_MAX];
	size_t count = 0;

	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		snprintf(actions[count++], ACTION_MAX, "%s:%s", aws_service_name(call->service),
			 call->action);
	qsort(actions, count, sizeof(actions[0]), compare_actions);
	fputs("{\n"
	      "    \"Version\": \"2012-10-17\",\n"
	      "    \"Statement\": [\n"
	      "        {\n"
	      "            \"Sid\": \"WeirFetch\",\n"
	      "            \"Effect\": \"Allow\",\n"
	      "            \"Action\": [\n",
	      out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "                \"%s\"%s\n", actions[i], i + 1 < count ? "," : "");
	fputs("            ],\n"
	      "            \"Resource\": \"*\"\n"
	      "        }\n"
	      "    ]\n"
	      "}\n",
	      out);
}
