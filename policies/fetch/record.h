/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a snapshot was made, for those who read it later: when, by whom, where, which calls were denied, which members
 * of answers are not kept.  policies/world/load_record reads it.
 */
#pragma once

#include "policies/fetch/fetch.h"

/* What the record of a snapshot that is there already says of it. */
struct record_past {
	int64_t taken_s;		/* since 1970 */
	bool	has_vpcs;		/* it was to be of all VPCs that are asked for now */
	bool	lacks[FETCH_CALLS_MAX]; /* by call: what it tells could not be had */
};

/* Of the snapshot at options->path.  false: there is none, or nothing can be read of it. */
bool record_read(const struct fetch_options *options, struct record_past *out);

void record_print(const struct fetch_options *options, const struct fetch_result *result,
		  struct buf *out);
