/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call with all its pages, made into one document.  A page token that comes twice is an error: the pages would
 * never end.
 */
#pragma once

#include "lib/aws/call.h"
#include "policies/fetch/document.h"

/* What is asked; everything borrowed. */
struct pages_question {
	const struct fetch_call *call;
	const struct shape	*shape;
	struct str		 id; /* of the row of another call that this is about, or empty */
	const char		*filter; /* with values, or NULL */
	const struct str	*values;
	size_t			 value_count;
	const struct str	*vpcs; /* rows of other VPCs are left out, where the call says so */
	size_t			 vpc_count;
	const char		*id_member; /* of rows, to be collected, or NULL */
};

/* Where the answer goes.  A zeroed one, but for left_out and take, is ready. */
struct pages_answer {
	struct left_out *left_out;
	/* Takes the next piece of the document, in order. */
	int (*take)(void *context, struct str text, struct err *err);
	void		*context;
	struct arena	 arena;
	struct str	*ids; /* in the arena */
	size_t		 id_count, id_capacity;
	uint64_t	 objects; /* rows, or what is counted of the call */
	struct aws_fault fault; /* what the service said when it refused; code "" when it did not */
};

int  pages_ask(struct aws_client *client, struct aws_http *http,
	       const struct pages_question *question, struct pages_answer *answer,
	       struct err *err) MUST_USE;
void pages_answer_done(struct pages_answer *answer);
