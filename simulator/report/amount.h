/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and moments as tables for people show them. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/table.h"
#include "simulator/flows/distinct.h"

void amount_add_time(struct buf *out, uint64_t time_s); /* 2026-10-02T08:00:00Z; "-" for 0 */

void amount_cell(struct table *table, uint64_t value);
void amount_cell_size(struct table *table, uint64_t bytes);
void amount_cell_time(struct table *table, uint64_t time_s);
void amount_cell_distinct(struct table *table, const struct distinct *set); /* 3; ~17,200 */

/* "1 file", "2 files" */
void amount_add_of(struct buf *out, uint64_t value, const char *noun);
