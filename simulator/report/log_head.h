/* SPDX-License-Identifier: Apache-2.0 */
/* The first lines of an answer about flow logs: what was read, and what of it is left out. */
#pragma once

#include <cjson/cJSON.h>
#include <stdio.h>

#include "simulator/flows/period.h"
#include "simulator/flows/sums.h"

struct log_head {
	struct sums all;
	uint64_t    files, nodata, skipdata, bad_lines;
	uint64_t    outside, timeless; /* records that --since and --until leave out */
	bool	    partial;	       /* interrupted: what was read until then */
};

void log_head_print(const struct log_head *head, FILE *out);
void log_head_put(cJSON *root, const struct log_head *head, const struct period *period);

/* Null when it is 0: no record told one. */
void log_head_put_time(cJSON *object, const char *name, uint64_t time_s);
