/* SPDX-License-Identifier: Apache-2.0 */
/* The first lines of an answer about flow logs: what was read, and what of it is left out. */
#pragma once

#include <cjson/cJSON.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "simulator/flows/period.h"
#include "simulator/flows/sums.h"

struct log_head {
	struct sums	       all;
	uint64_t	       files, nodata, skipdata, bad_lines;
	uint64_t	       outside, timeless; /* records that --since and --until leave out */
	uint64_t	       left_out;	  /* records that found no room */
	bool		       partial;		  /* interrupted: what was read until then */
	const struct err_list *unread;		  /* files not read, or not to their end */
};

void log_head_print(const struct log_head *head, FILE *out);
void log_head_put(cJSON *root, const struct log_head *head, const struct period *period);

/* unread_files, and of the first of them file and error. */
void log_head_put_unread(cJSON *root, const struct err_list *unread);

/* "1 FILE NOT READ to its end", the first with its error; nothing when all were. */
void log_head_print_unread(const struct err_list *unread, FILE *out);

/* Null when it is 0: no record told one. */
void log_head_put_time(cJSON *object, const char *name, uint64_t time_s);
