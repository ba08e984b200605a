/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sink missed, to be told it when that can be: a SKIPDATA record for each interface, over all windows
 * concerned.  Has its text to itself.
 */
#pragma once

#include <stdbool.h>

#include "lib/flow/record.h"

enum { OWED_MAX = 64, OWED_ENI_SIZE = 64, OWED_COMMON_SIZE = 256 };

/* What of a record is kept, beside the interface and the times: what is of no flow. */
#define OWED_FIELD(field) (UINT64_C(1) << FIELD_##field)
#define OWED_FIELDS                                                                                \
	(OWED_FIELD(ACCOUNT_ID) | OWED_FIELD(VPC_ID) | OWED_FIELD(SUBNET_ID) |                     \
	 OWED_FIELD(INSTANCE_ID) | OWED_FIELD(REGION) | OWED_FIELD(AZ_ID))

struct owed_span {
	char	eni[OWED_ENI_SIZE]; /* "": not known */
	char	common[OWED_COMMON_SIZE];
	int64_t start_s, end_s;
};

/* All zeros: nothing is owed. */
struct owed {
	size_t		 count;
	struct owed_span spans[OWED_MAX]; /* the last one also takes up interfaces over the limit */
};

/* interval_s: whole windows are told. */
void owed_add(struct owed *owed, const struct record *refused, uint32_t interval_s);

/* What is owed, the first is at 0; good until the next change.  False: there are not so many. */
bool owed_record(const struct owed *owed, size_t at, struct record *out);
void owed_forget_first(struct owed *owed);
