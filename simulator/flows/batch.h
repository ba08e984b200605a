/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records that are in memory at once, looked at together before any is judged: what one tells of who
 * opened a connection helps the others.
 */
#pragma once

#include "lib/flow/reader.h"
#include "policies/match/opener.h"
#include "policies/match/records.h"

enum { BATCH_MAX = 4096 };

struct batch_item {
	struct record record;
	struct str    line;
	uint64_t      line_number;
};

struct batch;

struct batch *batch_new(void) MUST_USE;
void	      batch_free(struct batch *batch);
void	      batch_free_at(struct batch **batch);

/*
 * Fills the batch anew with what can be had without reading on.  READER_RECORD: there is at least one item;
 * READER_BAD_LINE: the items come before the line that *err is about; READER_END and READER_FAILED as
 * reader_next, after the items.
 */
enum reader_result batch_fill(struct batch *batch, struct reader *reader, struct err *err);

size_t			 batch_count(const struct batch *batch);
const struct batch_item *batch_item(const struct batch *batch, size_t index);

/* Judges all items, with what all batches so far tell of their roles.  judge may be NULL. */
void batch_judge(struct batch *batch, struct matcher *matcher, const struct judge *judge);
const struct record_answer *batch_answer(const struct batch *batch, size_t index);
uint64_t batch_not_learned(const struct batch *batch); /* see openers_not_learned */

#define auto_batch __attribute__((cleanup(batch_free_at)))
