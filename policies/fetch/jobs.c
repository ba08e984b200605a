/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/jobs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum {
	ID_NAME_MAX = 160,	 /* of an id in a file's name */
	FILTER_VALUES_MAX = 200, /* EC2's limit for one filter */
};

static bool is_wanted(const struct jobs *jobs, const struct fetch_call *call)
{
	return call->judges || !jobs->only_judging;
}

/* Asked by itself, not for each row of another call. */
static bool is_independent(const struct jobs *jobs, const struct fetch_call *call)
{
	return !call->of || (call->of_filter && !jobs->by_vpc);
}

static struct job *add_job(struct jobs *jobs, const struct fetch_call *call, size_t place_idx)
{
	struct job *job;

	jobs->items = mem_grow(jobs->items, jobs->count, &jobs->capacity, sizeof(*jobs->items));
	job = &jobs->items[jobs->count++];
	*job = (struct job){ .call = call, .place_idx = place_idx };
	return job;
}

void jobs_plan(struct jobs *jobs, size_t place_count)
{
	for (size_t place = 0; place < place_count; place++)
		for (const struct fetch_call *call = fetch_calls; call->action; call++)
			if (is_independent(jobs, call) && !call->is_of_account &&
			    is_wanted(jobs, call))
				add_job(jobs, call, place);
}

const char *jobs_id_member(const struct jobs *jobs, const struct fetch_call *call)
{
	for (const struct fetch_call *other = fetch_calls; other->action; other++)
		if (!is_independent(jobs, other) && is_wanted(jobs, other) &&
		    strcmp(other->of, call->action) == 0)
			return other->of_member;
	return NULL;
}

static void add_batches(struct jobs *jobs, const struct job *model, const struct str *ids,
			size_t count)
{
	struct str *values = arena_alloc(&jobs->arena, count * sizeof(*values) + 1);

	for (size_t i = 0; i < count; i++)
		values[i] = arena_str(&jobs->arena, ids[i]);
	for (size_t at = 0; at < count; at += FILTER_VALUES_MAX) {
		struct job *job = add_job(jobs, model->call, model->place_idx);
		size_t	    left = count - at;

		job->values = values + at;
		job->value_count = left < FILTER_VALUES_MAX ? left : FILTER_VALUES_MAX;
		job->batch = at / FILTER_VALUES_MAX + 1;
	}
}

void jobs_follow(struct jobs *jobs, const struct job *done, const struct str *ids, size_t count)
{
	for (const struct fetch_call *call = fetch_calls; call->action; call++) {
		const struct job model = { .call = call, .place_idx = done->place_idx };

		if (is_independent(jobs, call) || !is_wanted(jobs, call) ||
		    strcmp(call->of, done->call->action) != 0)
			continue;
		if (call->of_filter)
			add_batches(jobs, &model, ids, count);
		for (size_t i = 0; i < count && !call->of_filter; i++)
			add_job(jobs, call, model.place_idx)->id = arena_str(&jobs->arena, ids[i]);
	}
}

/* An id, or what of an ARN is behind its account, as a part of a file's name. */
static void add_id(struct buf *out, struct str id)
{
	if (str_starts(id, "arn:"))
		for (int i = 0; i < 5; i++)
			str_cut(&id, ':');
	for (size_t i = 0; i < id.len && i < ID_NAME_MAX; i++)
		buf_add_char(out, isalnum((unsigned char)id.ptr[i]) ? id.ptr[i] : '-');
}

void job_name(const struct job *job, const struct place *place, struct buf *out)
{
	char words[128];

	fetch_call_words(job->call, words, sizeof(words));
	buf_printf(out, "%s/%s/%s", place->account->id, place->region, words);
	if (job->id.len) {
		buf_add_char(out, '-');
		add_id(out, job->id);
	}
	if (job->batch)
		buf_printf(out, "-%zu", job->batch);
	buf_add_text(out, ".json");
}

void jobs_done(struct jobs *jobs)
{
	free(jobs->items);
	arena_done(&jobs->arena);
	*jobs = (struct jobs){ 0 };
}
