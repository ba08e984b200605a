/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/e2e/test_aws_call.py: one service call, with the key of the environment.
 *
 *	call [--times N] SERVICE REGION ACTION [NAME=VALUE…]
 *
 * EC2, STS and ELBv2: NAME=VALUE are the form's; the document is printed as "PATH TEXT" lines.
 * S3: ACTION is METHOD, the first NAME=VALUE is path=KEY, the rest the query; the body is printed.
 * Logs: ACTION is sent with the body of standard input; the answer is printed.
 * Last line on standard error: attempts and what the client counted, or the error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/form.h"
#include "lib/base/file.h"

enum { PAIRS_MAX = 16 };

struct plan {
	enum aws_service service;
	const char	*region, *action;
	char	       **pairs;
	size_t		 pair_count;
	unsigned	 times;
};

static int environment_keys(void *context, struct aws_keys *out, struct err *err)
{
	(void)context;
	(void)err;
	*out = (struct aws_keys){ .access_key = str_of(getenv("AWS_ACCESS_KEY_ID")),
				  .secret_key = str_of(getenv("AWS_SECRET_ACCESS_KEY")),
				  .token = str_of(getenv("AWS_SESSION_TOKEN")) };
	return 0;
}

static void release_keys(void *context, struct aws_keys *keys)
{
	(void)context;
	*keys = (struct aws_keys){ 0 };
}

/* "/root/child/…" and the text of each element that has one, or nothing in it. */
static void print_tree(const struct xml_node *node, const struct buf *above)
{
	auto_buf struct buf path = buf_make(2000);

	buf_add_str(&path, buf_str(above));
	buf_add_char(&path, '/');
	buf_add_str(&path, node->name);
	if (node->text.len || !node->first)
		printf("%s %.*s\n", path.data, (int)node->text.len, node->text.ptr);
	for (const struct xml_node *child = node->first; child; child = child->next)
		print_tree(child, &path);
}

/* "name=value" as a pair. */
static struct aws_pair pair_of(const char *text)
{
	struct str rest = str_of(text);
	struct str name = str_cut(&rest, '=');

	return (struct aws_pair){ .name = name, .value = rest };
}

static struct aws_call form_call(const struct plan *plan, struct buf *form, struct buf *root)
{
	char name[256];

	aws_form_begin(form, plan->service, plan->action);
	for (size_t i = 0; i < plan->pair_count; i++) {
		struct aws_pair pair = pair_of(plan->pairs[i]);

		snprintf(name, sizeof(name), "%.*s", STR_ARG(pair.name));
		aws_form_add(form, name, pair.value);
	}
	buf_printf(root, "%sResponse", plan->action);
	return aws_form_call(plan->action, root->data, form);
}

static struct aws_call s3_call(const struct plan *plan, struct aws_pair *query)
{
	for (size_t i = 1; i < plan->pair_count && i < PAIRS_MAX; i++)
		query[i - 1] = pair_of(plan->pairs[i]);
	return (struct aws_call){ .action = plan->action,
				  .method = str_of(plan->action),
				  .path = pair_of(plan->pairs[0]).value,
				  .query = query,
				  .query_count = plan->pair_count - 1,
				  .answer_max = 64 << 20 };
}

static struct aws_call logs_call(const struct plan *plan, struct buf *body,
				 struct aws_pair *headers, struct buf *target)
{
	struct err err;

	if (file_read("-", 1 << 20, body, &err) < 0)
		exit(3);
	buf_printf(target, "Logs_20140328.%s", plan->action);
	headers[0] = (struct aws_pair){ str_of("Content-Type"),
					str_of("application/x-amz-json-1.1") };
	headers[1] = (struct aws_pair){ str_of("X-Amz-Target"), buf_str(target) };
	return (struct aws_call){ .action = plan->action,
				  .method = { "POST", 4 },
				  .path = { "/", 1 },
				  .headers = headers,
				  .header_count = 2,
				  .body = buf_str(body) };
}

static int run(const struct plan *plan, struct aws_client *client, const struct aws_call *call,
	       struct err *err)
{
	auto_aws_http struct aws_http *http = aws_http_new();
	auto_buf struct buf	       top = buf_make(1);
	struct aws_client_stats	       stats;
	unsigned		       attempts = 0;

	for (unsigned i = 0; i < plan->times; i++) {
		auto_aws_reply struct aws_reply reply = { 0 };
		int				result = aws_call(client, http, call, &reply, err);

		attempts = reply.attempts;
		if (result < 0) {
			fprintf(stderr, "attempts %u code '%s' denied %d\n", attempts,
				reply.fault.code, aws_fault_is_denied(&reply.fault));
			return -1;
		}
		if (reply.root)
			print_tree(reply.root, &top);
		else
			fwrite(reply.answer.body.data, 1, reply.answer.body.len, stdout);
	}
	stats = aws_client_stats(client);
	fprintf(stderr, "attempts %u calls %" PRIu64 " retries %" PRIu64 " throttled %" PRIu64 "\n",
		attempts, stats.calls, stats.retries, stats.throttled);
	return 0;
}

static int plan_of(int argc, char **argv, struct plan *plan)
{
	int	 at = 1;
	uint64_t times;

	*plan = (struct plan){ .times = 1 };
	if (argc > 2 && strcmp(argv[1], "--times") == 0) {
		if (str_u64(str_of(argv[2]), 100000, &times) < 0)
			return -1;
		plan->times = (unsigned)times;
		at = 3;
	}
	if (argc < at + 3)
		return -1;
	while (strcmp(aws_service_name(plan->service), argv[at]) != 0)
		if (++plan->service == AWS_SERVICE_COUNT)
			return -1;
	plan->region = argv[at + 1];
	plan->action = argv[at + 2];
	plan->pairs = argv + at + 3;
	plan->pair_count = (size_t)(argc - at - 3);
	return plan->service == AWS_S3 && plan->pair_count == 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	auto_aws_client struct aws_client *client = NULL;
	auto_buf struct buf		   body = buf_make(1 << 20), name = buf_make(200);
	struct aws_pair			   pairs[PAIRS_MAX];
	struct plan			   plan;
	struct aws_call			   call;
	struct err			   err;

	if (plan_of(argc, argv, &plan) < 0)
		return 2;
	client = aws_client_new(&(struct aws_client_options){ .service = plan.service,
							      .region = str_of(plan.region),
							      .keys = { .keys = environment_keys,
									.release = release_keys } },
				&err);
	if (client) {
		if (plan.service == AWS_S3)
			call = s3_call(&plan, pairs);
		else if (plan.service == AWS_LOGS)
			call = logs_call(&plan, &body, pairs, &name);
		else
			call = form_call(&plan, &body, &name);
		if (run(&plan, client, &call, &err) == 0)
			return 0;
	}
	fprintf(stderr, "%s\n", err.text);
	return err_exit_status(err.kind);
}
