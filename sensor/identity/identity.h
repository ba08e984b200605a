/* SPDX-License-Identifier: Apache-2.0 */
/* Whose packets these are: what records, objects and findings say of where they were made. */
#pragma once

#include <stddef.h>

#include "lib/net/cidr.h"

enum { IDENTITY_CIDRS_MAX = 16, ACCOUNT_ID_SIZE = 16 };

/* Of the instance; "" and none: not known. */
struct identity {
	char	    account_id[ACCOUNT_ID_SIZE], region[64], az_id[32];
	char	    vpc_id[32], subnet_id[32], instance_id[32];
	struct cidr vpc_cidrs[IDENTITY_CIDRS_MAX]; /* the primary one first */
	size_t	    vpc_cidr_count;
};
