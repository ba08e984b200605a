/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one sink of several found no room for, to be told it when there is room again: a SKIPDATA record for each
 * interface, over all windows concerned.
 */
#pragma once

#include <stdbool.h>

#include "lib/flow/record.h"

enum { OWED_MAX = 64, OWED_ENI_SIZE = 64 };

struct owed_span {
	char	eni[OWED_ENI_SIZE];
	int64_t start_s, end_s;
};

/* All zeros: nothing is owed. */
struct owed {
	struct record	 common; /* of the last that was refused; borrows as that did */
	size_t		 count;
	struct owed_span spans[OWED_MAX]; /* the last one also takes up interfaces over the limit */
};

/* interval_s: whole windows are told. */
void owed_add(struct owed *owed, const struct record *refused, uint32_t interval_s);

/* What is owed first, good until the next change; false: nothing. */
bool owed_first(const struct owed *owed, struct record *out);
void owed_forget_first(struct owed *owed);
