/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests/e2e/test_aws_call.py: one service call, with the keys that the AWS CLI would find.
 *
 *	call [--times N] [--threads N] SERVICE REGION ACTION [NAME=VALUE…]
 *
 * EC2, STS and ELBv2: NAME=VALUE are the form's; the document is printed as "PATH TEXT" lines.
 * S3: ACTION is METHOD, the first NAME=VALUE is path=KEY, the rest the query; the body is printed.
 * Logs: ACTION is sent with the body of standard input; the answer is printed.
 * Last line on standard error: attempts and what the client counted, or the error.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aws/client.h"
#include "lib/aws/form.h"
#include "lib/base/file.h"

enum { PAIRS_MAX = 16, THREADS_MAX = 16 };

struct plan {
	enum aws_service service;
	const char	*region, *action;
	char	       **pairs;
	size_t		 pair_count;
	unsigned	 times, threads; /* each thread makes so many calls */
};

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

/* A thread's share of the work. */
struct worker {
	pthread_t	       thread;
	const struct plan     *plan;
	struct aws_client     *client;
	const struct aws_call *call;
	unsigned	       attempts; /* of the last call */
	struct aws_fault       fault;
	struct err	       err;
};

static void print_reply(const struct aws_reply *reply)
{
	auto_buf struct buf top = buf_make(1);

	flockfile(stdout);
	if (reply->root)
		print_tree(reply->root, &top);
	else
		fwrite(reply->answer.body.data, 1, reply->answer.body.len, stdout);
	funlockfile(stdout);
}

static void *work(void *argument)
{
	struct worker		      *worker = argument;
	auto_aws_http struct aws_http *http = aws_http_new();

	for (unsigned i = 0; i < worker->plan->times && worker->err.kind == ERR_NONE; i++) {
		auto_aws_reply struct aws_reply reply = { 0 };

		if (aws_call(worker->client, http, worker->call, &reply, &worker->err) == 0)
			print_reply(&reply);
		worker->attempts = reply.attempts;
		worker->fault = reply.fault;
	}
	return NULL;
}

static void run(const struct plan *plan, struct aws_client *client, const struct aws_call *call,
		struct err *err)
{
	struct worker		workers[THREADS_MAX] = { 0 };
	struct aws_client_stats stats;

	for (unsigned i = 0; i < plan->threads; i++) {
		workers[i] = (struct worker){ .plan = plan, .client = client, .call = call };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			exit(70);
	}
	for (unsigned i = 0; i < plan->threads; i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].err.kind != ERR_NONE)
			*err = workers[i].err;
	}
	stats = aws_client_stats(client);
	fprintf(stderr,
		"attempts %u calls %" PRIu64 " retries %" PRIu64 " throttled %" PRIu64
		" code '%s' denied %d\n",
		workers[0].attempts, stats.calls, stats.retries, stats.throttled,
		workers[0].fault.code, aws_fault_is_denied(&workers[0].fault));
}

/* "--times N" and "--threads N" at the front; how many words they are, or -1. */
static int read_options(int argc, char **argv, struct plan *plan)
{
	int at = 1;

	for (; at + 1 < argc && str_starts(str_of(argv[at]), "--"); at += 2) {
		unsigned *out = strcmp(argv[at], "--times") == 0 ? &plan->times : &plan->threads;
		uint64_t  value;

		if (str_u64(str_of(argv[at + 1]), out == &plan->times ? 100000 : THREADS_MAX,
			    &value) < 0)
			return -1;
		*out = (unsigned)value;
	}
	return at;
}

static int plan_of(int argc, char **argv, struct plan *plan)
{
	int at;

	*plan = (struct plan){ .times = 1, .threads = 1 };
	at = read_options(argc, argv, plan);
	if (at < 0 || argc < at + 3)
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
	const struct aws_creds_options	   options = { 0 };
	struct aws_creds_chain		  *chain = NULL;
	auto_aws_client struct aws_client *client = NULL;
	auto_buf struct buf		   body = buf_make(1 << 20), name = buf_make(200);
	struct aws_pair			   pairs[PAIRS_MAX];
	struct plan			   plan;
	struct aws_call			   call;
	struct err			   err = { 0 };

	if (plan_of(argc, argv, &plan) < 0)
		return 2;
	chain = aws_creds_open(&options, &err);
	if (chain)
		client = aws_client_open(chain, plan.service, str_of(plan.region), &err);
	if (client) {
		if (plan.service == AWS_S3)
			call = s3_call(&plan, pairs);
		else if (plan.service == AWS_LOGS)
			call = logs_call(&plan, &body, pairs, &name);
		else
			call = form_call(&plan, &body, &name);
		run(&plan, client, &call, &err);
	}
	if (chain)
		aws_creds_close(chain);
	if (err.kind == ERR_NONE)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return err_exit_status(err.kind);
}
