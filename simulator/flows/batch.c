/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/batch.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

struct batch {
	struct openers	    *openers;
	struct batch_item    items[BATCH_MAX];
	struct record_query  queries[BATCH_MAX];
	struct record_answer answers[BATCH_MAX];
	size_t		     count;
};

struct batch *batch_new(void)
{
	struct batch *batch = mem_alloc(sizeof(*batch));

	batch->openers = openers_new();
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	openers_free(batch->openers);
	free(batch);
}

void batch_free_at(struct batch **batch)
{
	batch_free(*batch);
}

enum reader_result batch_fill(struct batch *batch, struct reader *reader, struct err *err)
{
	enum reader_result result;

	batch->count = 0;
	do {
		struct batch_item *item = &batch->items[batch->count];

		result = reader_next(reader, &item->record, err);
		if (result != READER_RECORD)
			return result;
		item->line = reader_line(reader);
		item->line_number = reader_line_number(reader);
		openers_learn(batch->openers, &item->record);
		batch->count++;
	} while (batch->count < BATCH_MAX && reader_has_line(reader));
	return READER_RECORD;
}

size_t batch_count(const struct batch *batch)
{
	return batch->count;
}

const struct batch_item *batch_item(const struct batch *batch, size_t index)
{
	assert(index < batch->count);
	return &batch->items[index];
}

void batch_judge(struct batch *batch, struct matcher *matcher, const struct judge *judge)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct record *record = &batch->items[i].record;

		batch->queries[i] = (struct record_query){
			.record = record, .known = openers_role(batch->openers, record)
		};
	}
	records_judge(matcher, judge, batch->queries, batch->count, batch->answers);
}

const struct record_answer *batch_answer(const struct batch *batch, size_t index)
{
	assert(index < batch->count);
	return &batch->answers[index];
}

uint64_t batch_not_learned(const struct batch *batch)
{
	return openers_not_learned(batch->openers);
}
