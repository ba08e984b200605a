/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that operands name, in a fixed order: that of the operands, sorted within each.  An operand is a
 * file, a folder of any of AWS's layouts in S3 (plain, hourly, Hive: folders are folders), a pattern that the
 * shell did not expand, an object or a prefix in S3 ("s3://BUCKET/KEY"), or "-".  A file that two operands name is there once.
 *
 * Below a folder nothing is judged by its name, but names that start with a dot, empty files (S3's folders) and
 * the aws-logs-write-test that an export task of CloudWatch Logs leaves are no logs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum { LOG_LIST_MAX = 4000000 }; /* files */

struct log_list {
	char	**paths;
	uint64_t *sizes; /* bytes when the list was made; 0 for what is no regular file */
	size_t	  count;
	uint64_t  total_bytes;
	struct err_list
		unread; /* operands, and folders that a pattern looks into, that cannot be */
};

/*
 * operands ends in NULL.  What cannot be read stands in unread where something else can; fails when nothing can,
 * or an operand is none at all.
 */
int  log_list_open(struct log_list *list, char **operands, struct err *err) MUST_USE;
void log_list_close(struct log_list *list);

#define auto_log_list __attribute__((cleanup(log_list_close)))
