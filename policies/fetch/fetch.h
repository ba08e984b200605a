/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot of accounts and Regions as AWS describes them now: the calls of the table in each place, several at a
 * time, into a folder ACCOUNT/REGION for each.
 *
 * A call that the caller may not make, or that the place does not offer, is a gap: it is written down in weir.json,
 * and what it would have told is unknown.  Anything else that goes wrong ends the fetch, and what was at path
 * before is still there.
 */
#pragma once

#include "policies/fetch/calls.h"
#include "policies/fetch/convert.h"
#include "policies/fetch/place.h"

/* The file that says how a snapshot was made. */
#define FETCH_RECORD "weir.json"

enum { FETCH_VPCS_MAX = 64 };

struct fetch_result;

struct fetch_state {
	uint64_t objects, bytes;
};

struct fetch_options {
	const char		   *path;
	const struct place_account *accounts;
	size_t			    account_count;
	const struct place	   *places;
	size_t			    place_count;
	const struct str	   *vpcs; /* at most FETCH_VPCS_MAX; none: all */
	size_t			    vpc_count;
	bool			    only_judging; /* only the calls that records are judged by */
	unsigned		    jobs;	  /* calls at a time */

	/* Called ten times a second by the thread that runs the fetch. */
	void (*tell)(void *context, const struct fetch_state *state);
	void *context; /* of accept too */
	bool (*is_stopped)(void);

	/* All has been asked.  A failure drops it, and what was at path stays; NULL: whatever came is taken. */
	int (*accept)(void *context, const struct fetch_result *result, struct err *err);

	/* Ends the process once is_stopped: nothing half written is left, but calls may be under way. */
	void (*stop)(void);
};

/* What was asked in vain. */
struct fetch_gap {
	const struct place	*place;
	const struct fetch_call *call;
	struct aws_fault	 fault; /* of the first time */
	uint64_t		 times;
};

struct fetch_result {
	struct fetch_gap *gaps;
	size_t		  gap_count, gap_capacity;
	struct left_out	  left_out;
	uint64_t	 *objects; /* by place and call: fetch_objects */
	uint64_t	  bytes, files;
	int64_t		  began_s; /* since 1970 */
	double		  seconds;
};

/* *result is there to be released after a failure too, with the gaps that were found by then. */
int  fetch_run(const struct fetch_options *options, struct fetch_result *result,
	       struct err *err) MUST_USE;
void fetch_result_done(struct fetch_result *result);

/* The first gap of a call, in whatever place; NULL: there is none. */
const struct fetch_gap *fetch_gap_of(const struct fetch_result *result,
				     const struct fetch_call   *call);

/* How many objects a call has told in a place. */
uint64_t fetch_objects(const struct fetch_result *result, size_t place_idx,
		       const struct fetch_call *call);

/* What all clients have done together. */
struct aws_client_stats fetch_stats(const struct fetch_options *options);

#define auto_fetch_result __attribute__((cleanup(fetch_result_done)))
