/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that a snapshot is made of, in one table: what is asked, how it is paged, what it depends on and
 * what of the answer is kept.  The fetch, `weir help iam` and the tests read it.
 */
#pragma once

#include "lib/aws/endpoint.h"
#include "policies/fetch/shape.h"

struct fetch_call {
	const char *action;
	const char *fields; /* members of the answer in the notation of shape.h, the list first */
	enum aws_service service;
	uint16_t	 page_max; /* AWS's limit for a page; 0: not paged */

	/* With --vpc: the filter that takes VPC ids, or the member by which rows are chosen here. */
	const char *vpc_filter, *vpc_member;

	/* Asked once for each row of another call: that call, the id's member in JSON, the parameter. */
	const char *of, *of_member, *of_parameter;
	bool of_is_said; /* rows do not say whose they are: the document does, under of_parameter */

	/* With --vpc the id is that of rows which were chosen by VPC; this filter takes such ids. */
	const char *of_filter;

	const char *
		counted_in; /* objects are the elements of this list of each row, by its XML name */
	const char *state_filter;  /* the one value list of "state" that has to be given, or NULL */
	bool	    is_of_account; /* of the account, asked only for `--region all`: not written */
	bool	    judges; /* what records of a VPC are judged by, with the names of its ends */
};

enum { FETCH_CALLS_MAX = 64 };

/* Ends in a row without an action. */
extern const struct fetch_call	fetch_calls[];
extern const struct shape_piece fetch_pieces[];

/* The row of an action, or NULL. */
const struct fetch_call *fetch_call_find(const char *action);

/* "describe-vpcs", as the AWS CLI calls it; NUL-terminated, cut off at size. */
void fetch_call_words(const struct fetch_call *call, char *out, size_t size);
