/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor judges by: a snapshot and a policy, loaded and compiled.  Nothing of it changes but what the matcher
 * compiles when it is asked, so it belongs to one thread at a time.
 */
#pragma once

#include "policies/intent/judge.h"
#include "policies/match/matcher.h"

/* All borrowed. */
struct model_args {
	const char *snapshot, *policy; /* as world_open and intent_open; policy may be NULL */
	uint64_t    memory_bytes;      /* that a model may take */
	const struct str
		*interface_ids; /* whose rules are compiled at once; others when asked about */
	size_t	 interface_count;
};

struct model {
	struct world   *world;
	struct intent  *intent; /* NULL: no policy */
	struct judge   *judge;	/* NULL: no policy */
	struct matcher *matcher;
	uint32_t	number;	    /* by which models are told apart */
	int64_t		snapshot_s; /* when the snapshot was taken, or later; 0: not known */
	uint64_t	rules;	    /* of groups and ACLs */
	uint64_t	bytes;	    /* that its tables take */
};

/*
 * A snapshot takes less memory than that many times its JSON while it is loaded, as the AWS CLI and `weir fetch`
 * write it (measured: 0.6 to 2.2 times).
 */
enum { MODEL_MEMORY_FACTOR = 4 };

/* NULL with every error (bounded) in *errors. */
struct model *model_load(const struct model_args *args, struct err_list *errors) MUST_USE;
void	      model_free(struct model *model); /* accepts NULL */

/* Another number when a file was written, has come, gone or been replaced. */
uint64_t model_stamp(const struct model_args *args);
