/* SPDX-License-Identifier: Apache-2.0 */
/* Many records judged at once on the compiled rules: record_judge_known's answers, faster. */
#pragma once

#include "policies/match/matcher.h"
#include "policies/match/record.h"

struct record_query {
	const struct record *record; /* borrowed */
	enum role	     known;  /* as record_judge_known's */
};

/* The world is the matcher's; it may be one of matcher_open.  judge may be NULL. */
void records_judge(struct matcher *matcher, const struct judge *judge,
		   const struct record_query *queries, size_t count, struct record_answer *answers);
