/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left to be asked: one job for each call in each place, and as rows become known, for each row that another
 * call asks about.
 */
#pragma once

#include "lib/base/arena.h"
#include "policies/fetch/calls.h"
#include "policies/fetch/place.h"

/* One call in one place, with all its pages. */
struct job {
	const struct fetch_call *call;
	size_t			 place_idx;
	struct str		 id;		     /* of the row it is about, or empty */
	const struct str	*values;	     /* for of_filter */
	size_t			 value_count, batch; /* batches are numbered from 1 */
};

/* A zeroed one, but for by_vpc and only_judging, is empty. */
struct jobs {
	struct job  *items;
	size_t	     count, capacity, next; /* next: the first that nobody has taken */
	struct arena arena;		    /* ids */
	bool	     by_vpc; /* rows are chosen by VPC: what has no filter for that goes by them */
	bool	     only_judging; /* calls that judge */
};

void jobs_plan(struct jobs *jobs, size_t place_count);

/* What can be asked now that the ids of a call's rows are known. */
void jobs_follow(struct jobs *jobs, const struct job *done, const struct str *ids, size_t count);

/* The member of a call's rows that others ask about, by its name in JSON, or NULL. */
const char *jobs_id_member(const struct jobs *jobs, const struct fetch_call *call);

/* "111122223333/eu-west-1/describe-vpcs.json" */
void job_name(const struct job *job, const struct place *place, struct buf *out);

void jobs_done(struct jobs *jobs);
