/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/fetch.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "policies/fetch/folder_draft.h"
#include "policies/fetch/jobs.h"
#include "policies/fetch/pages.h"
#include "policies/fetch/record.h"

enum {
	NAME_SIZE = 512,
	RECORD_MAX = 1 << 20,
	TICK_NS = 100000000,
	THREADS_MAX = 64,
};

struct fetch {
	const struct fetch_options *options;
	struct fetch_result	   *result;
	struct arena		    arena;
	const struct shape	   *shapes[FETCH_CALLS_MAX]; /* in the arena */

	pthread_mutex_t	    lock; /* of all that follows */
	pthread_cond_t	    changed;
	struct jobs	    jobs;
	size_t		    running;
	bool		    is_stopping;
	bool		    vpc_found[FETCH_VPCS_MAX];
	uint64_t	    answered, objects;
	struct err	    failure, first_gap; /* ERR_NONE: none */
	struct folder_draft draft;
};

static size_t call_index(const struct fetch_call *call)
{
	return (size_t)(call - fetch_calls);
}

/* The document of one job while it is written. */
struct writing {
	struct fetch *fetch;
	struct buf    name;
	FILE	     *file; /* NULL until there is something to write */
};

static int stopped(struct err *err)
{
	return err_set(err, ERR_REMOTE, "stopped");
}

static int write_piece(void *context, struct str text, struct err *err)
{
	struct writing *writing = context;
	struct fetch   *fetch = writing->fetch;

	if (!writing->file) {
		pthread_mutex_lock(&fetch->lock);
		if (fetch->is_stopping)
			(void)stopped(err);
		else
			writing->file = folder_draft_file(&fetch->draft, writing->name.data, err);
		pthread_mutex_unlock(&fetch->lock);
		if (!writing->file)
			return -1;
	}
	if (fwrite(text.ptr, 1, text.len, writing->file) != text.len)
		return err_sys(err, "cannot write '%s/%s'", fetch->options->path,
			       writing->name.data);
	return 0;
}

static bool is_one_of(const char *code, const char *const *codes)
{
	for (; *codes; codes++)
		if (strcmp(code, *codes) == 0)
			return true;
	return false;
}

/* Not to be had, here or by this caller: the rest of the snapshot is worth having. */
static bool is_gap(const struct aws_fault *fault)
{
	static const char *const codes[] = { "InvalidAction", "UnsupportedOperation",
					     "OperationNotPermitted", NULL };

	return aws_fault_is_denied(fault) || is_one_of(fault->code, codes);
}

/* The row was there when it was listed and is not any more. */
static bool is_gone(const struct job *job, const struct aws_fault *fault)
{
	static const char end[] = "NotFound";
	size_t		  len = strlen(fault->code), end_len = sizeof(end) - 1;

	return job->id.len && len > end_len && strcmp(fault->code + len - end_len, end) == 0;
}

static void add_gap(struct fetch *fetch, const struct job *job, const struct aws_fault *fault)
{
	struct fetch_result *result = fetch->result;
	const struct place  *place = &fetch->options->places[job->place_idx];

	for (size_t i = 0; i < result->gap_count; i++) {
		if (result->gaps[i].place != place || result->gaps[i].call != job->call)
			continue;
		result->gaps[i].times++;
		return;
	}
	result->gaps = mem_grow(result->gaps, result->gap_count, &result->gap_capacity,
				sizeof(*result->gaps));
	result->gaps[result->gap_count++] = (struct fetch_gap){
		.place = place, .call = job->call, .fault = *fault, .times = 1
	};
}

/* Keeps the first error, with whose it is where there are several accounts. */
static void fail(struct fetch *fetch, const struct job *job, const struct err *err)
{
	fetch->is_stopping = true;
	if (fetch->failure.kind != ERR_NONE)
		return;
	fetch->failure = *err;
	if (fetch->options->account_count > 1)
		err_wrap(&fetch->failure, "%s", fetch->options->places[job->place_idx].account->id);
}

static void note_vpcs(struct fetch *fetch, const struct pages_answer *answer)
{
	for (size_t i = 0; i < answer->id_count; i++)
		for (size_t j = 0; j < fetch->options->vpc_count; j++)
			if (str_eq(answer->ids[i], fetch->options->vpcs[j]))
				fetch->vpc_found[j] = true;
}

/* Under the lock: what an answered job adds to the whole. */
static void add_answer(struct fetch *fetch, const struct job *job,
		       const struct pages_answer *answer, uint64_t bytes)
{
	fetch->answered++;
	fetch->objects += answer->objects;
	fetch->result->bytes += bytes;
	fetch->result->files++;
	fetch->result->objects[job->place_idx * FETCH_CALLS_MAX + call_index(job->call)] +=
		answer->objects;
	if (strcmp(job->call->action, "DescribeVpcs") == 0)
		note_vpcs(fetch, answer);
	else
		jobs_follow(&fetch->jobs, job, answer->ids, answer->id_count);
	for (size_t i = 0; i < answer->left_out->count; i++)
		left_out_add(&fetch->result->left_out, answer->left_out->places[i]);
	fetch->result->left_out.not_listed += answer->left_out->not_listed;
}

static struct pages_question question_of(const struct fetch *fetch, const struct job *job)
{
	const struct fetch_options *options = fetch->options;
	struct pages_question	    question = { .call = job->call,
						 .shape = fetch->shapes[call_index(job->call)],
						 .id = job->id,
						 .vpcs = options->vpcs,
						 .vpc_count = options->vpc_count };

	if (job->batch) {
		question.filter = job->call->of_filter;
		question.values = job->values;
		question.value_count = job->value_count;
	} else if (options->vpc_count && job->call->vpc_filter) {
		question.filter = job->call->vpc_filter;
		question.values = options->vpcs;
		question.value_count = options->vpc_count;
	}
	question.id_member = strcmp(job->call->action, "DescribeVpcs") == 0
				     ? "VpcId"
				     : jobs_id_member(&fetch->jobs, job->call);
	return question;
}

static void run_job(struct fetch *fetch, struct aws_http *http, const struct job *job)
{
	const struct place   *place = &fetch->options->places[job->place_idx];
	struct aws_client    *client = job->call->service == AWS_ELB ? place->elb : place->ec2;
	struct pages_question question = question_of(fetch, job);
	struct left_out	      left_out = { 0 };
	struct writing	      writing = { .fetch = fetch, .name = buf_make(NAME_SIZE) };
	struct pages_answer   answer = { .left_out = &left_out,
					 .take = write_piece,
					 .context = &writing };
	struct err	      err;
	uint64_t	      bytes = 0;
	int		      result;

	job_name(job, place, &writing.name);
	result = pages_ask(client, http, &question, &answer, &err);
	if (result == 0)
		result = folder_draft_file_done(&fetch->draft, TAKE(writing.file), &bytes, &err);
	pthread_mutex_lock(&fetch->lock);
	if (writing.file)
		folder_draft_file_drop(&fetch->draft, writing.file, writing.name.data);
	if (result == 0) {
		add_answer(fetch, job, &answer, bytes);
	} else if (is_gap(&answer.fault)) {
		add_gap(fetch, job, &answer.fault);
		if (fetch->first_gap.kind == ERR_NONE)
			fetch->first_gap = err;
	} else if (!is_gone(job, &answer.fault)) {
		fail(fetch, job, &err);
	}
	pthread_mutex_unlock(&fetch->lock);
	pages_answer_done(&answer);
	left_out_done(&left_out);
	buf_done(&writing.name);
}

/* The next job, when there is one and none that runs could still add one. */
static bool take_job(struct fetch *fetch, struct job *out)
{
	while (!fetch->is_stopping && fetch->jobs.next == fetch->jobs.count && fetch->running)
		pthread_cond_wait(&fetch->changed, &fetch->lock);
	if (fetch->is_stopping || fetch->jobs.next == fetch->jobs.count)
		return false;
	*out = fetch->jobs.items[fetch->jobs.next++];
	fetch->running++;
	return true;
}

static void *work(void *context)
{
	struct fetch		      *fetch = context;
	auto_aws_http struct aws_http *http = aws_http_new();
	struct job		       job;

	pthread_mutex_lock(&fetch->lock);
	while (take_job(fetch, &job)) {
		pthread_mutex_unlock(&fetch->lock);
		run_job(fetch, http, &job);
		pthread_mutex_lock(&fetch->lock);
		fetch->running--;
		pthread_cond_broadcast(&fetch->changed);
	}
	pthread_mutex_unlock(&fetch->lock);
	return NULL;
}

/* Until the last job is done; ends the process when it is told to. */
static void watch(struct fetch *fetch)
{
	const struct fetch_options *options = fetch->options;

	pthread_mutex_lock(&fetch->lock);
	while (fetch->running || (!fetch->is_stopping && fetch->jobs.next < fetch->jobs.count)) {
		struct fetch_state state = { fetch->objects, fetch->result->bytes };
		struct timespec	   until;

		if (options->is_stopped()) {
			fetch->is_stopping = true;
			folder_draft_drop(&fetch->draft);
			options->stop();
		}
		options->tell(options->context, &state);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&fetch->changed, &fetch->lock, &until);
	}
	pthread_mutex_unlock(&fetch->lock);
}

static int run_crew(struct fetch *fetch, struct err *err)
{
	pthread_t threads[THREADS_MAX];
	unsigned  count = 0, wanted = fetch->options->jobs;

	assert(wanted >= 1 && wanted <= THREADS_MAX);
	while (count < wanted && pthread_create(&threads[count], NULL, work, fetch) == 0)
		count++;
	if (count == 0)
		return err_set(err, ERR_SYSTEM, "cannot make a thread");
	watch(fetch);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Where nobody may ask for VPCs it is not known whether it is there. */
static int miss_vpc(const struct fetch *fetch, struct str vpc, struct err *err)
{
	const struct fetch_gap *gap = fetch_gap_of(fetch->result, fetch_call_find("DescribeVpcs"));

	if (!gap)
		return err_set(err, ERR_USAGE, "--vpc %.*s: not in any of the Regions asked",
			       STR_ARG(vpc));
	(void)aws_fault_err(&gap->fault, err);
	return err_wrap(err, "--vpc %.*s: cannot be looked for", STR_ARG(vpc));
}

/* Whether what came back is worth a snapshot. */
static int judge(const struct fetch *fetch, struct err *err)
{
	if (fetch->failure.kind != ERR_NONE) {
		*err = fetch->failure;
		return -1;
	}
	if (fetch->answered == 0) {
		*err = fetch->first_gap;
		return err_wrap(err, "nothing could be read");
	}
	for (size_t i = 0; i < fetch->options->vpc_count; i++)
		if (!fetch->vpc_found[i])
			return miss_vpc(fetch, fetch->options->vpcs[i], err);
	return 0;
}

static int write_record(struct fetch *fetch, struct err *err)
{
	auto_buf struct buf text = buf_make(RECORD_MAX);
	FILE		   *file = folder_draft_file(&fetch->draft, FETCH_RECORD, err);
	uint64_t	    bytes;

	if (!file)
		return -1;
	record_print(fetch->options, fetch->result, &text);
	fwrite(text.data, 1, text.len, file);
	if (folder_draft_file_done(&fetch->draft, file, &bytes, err) < 0)
		return -1;
	fetch->result->bytes += bytes;
	fetch->result->files++;
	return 0;
}

static void fetch_done(struct fetch *fetch)
{
	folder_draft_drop(&fetch->draft);
	jobs_done(&fetch->jobs);
	arena_done(&fetch->arena);
	pthread_cond_destroy(&fetch->changed);
	pthread_mutex_destroy(&fetch->lock);
}

static int run_all(struct fetch *fetch, struct err *err)
{
	struct fetch_result *result = fetch->result;
	struct mono	     began = clock_now().mono;

	result->began_s = clock_seconds(clock_now().wall);
	result->objects = mem_alloc(fetch->options->place_count * FETCH_CALLS_MAX *
				    sizeof(*result->objects));
	for (const struct fetch_call *call = fetch_calls; call->action; call++)
		fetch->shapes[call_index(call)] = shape_parse(&fetch->arena, call->fields,
							      fetch_pieces);
	fetch->jobs.by_vpc = fetch->options->vpc_count > 0;
	fetch->jobs.only_judging = fetch->options->only_judging;
	jobs_plan(&fetch->jobs, fetch->options->place_count);
	if (run_crew(fetch, err) < 0 || judge(fetch, err) < 0 ||
	    (fetch->options->accept &&
	     fetch->options->accept(fetch->options->context, result, err) < 0))
		return -1;
	result->seconds = (double)(clock_now().mono.ns - began.ns) / 1e9;
	if (write_record(fetch, err) < 0)
		return -1;
	return folder_draft_commit(&fetch->draft, err);
}

int fetch_run(const struct fetch_options *options, struct fetch_result *result, struct err *err)
{
	struct fetch	    fetch = { .options = options, .result = result };
	struct fetch_result empty = { 0 };
	int		    status;

	*result = empty;
	if (folder_draft_open(&fetch.draft, options->path, FETCH_RECORD, err) < 0)
		return -1;
	pthread_mutex_init(&fetch.lock, NULL);
	pthread_cond_init(&fetch.changed, NULL);
	status = run_all(&fetch, err);
	fetch_done(&fetch);
	return status;
}

void fetch_result_done(struct fetch_result *result)
{
	free(result->gaps);
	free(result->objects);
	left_out_done(&result->left_out);
	*result = (struct fetch_result){ 0 };
}

const struct fetch_gap *fetch_gap_of(const struct fetch_result *result,
				     const struct fetch_call   *call)
{
	for (size_t i = 0; i < result->gap_count; i++)
		if (result->gaps[i].call == call)
			return &result->gaps[i];
	return NULL;
}

uint64_t fetch_objects(const struct fetch_result *result, size_t place_idx,
		       const struct fetch_call *call)
{
	return result->objects[place_idx * FETCH_CALLS_MAX + call_index(call)];
}

struct aws_client_stats fetch_stats(const struct fetch_options *options)
{
	struct aws_client_stats sum = { 0 };

	for (size_t i = 0; i < options->account_count + options->place_count; i++) {
		struct aws_client_stats one =
			i < options->account_count
				? options->accounts[i].stats
				: place_stats(&options->places[i - options->account_count]);

		sum.calls += one.calls;
		sum.retries += one.retries;
		sum.throttled += one.throttled;
		sum.paused_ms += one.paused_ms;
	}
	return sum;
}
