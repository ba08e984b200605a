/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdicts_parts.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/mem.h"

/* What a conversation that waited has, from the values of its row. */
static struct total total_of(const uint64_t *values)
{
	return (struct total){
		.sums = { .records = values[WAIT_RECORDS],
			  .packets = values[WAIT_PACKETS],
			  .bytes = values[WAIT_BYTES],
			  .start = values[WAIT_START] == UINT64_MAX ? 0 : values[WAIT_START],
			  .end = values[WAIT_END] },
		.first = values[WAIT_FIRST],
	};
}

/* The key of a conversation that waited becomes that of a kind, in the lot. */
static void settle(struct verdicts *verdicts, const uint64_t *words, enum width width)
{
	struct lot	  *lot = &verdicts->settled[width];
	struct verdict_key key = verdicts_key(words, width);
	uint32_t	   number = verdict_key_interface(&key);
	enum role	   known = ROLE_UNKNOWN;

	if (!openers_is_empty(verdicts->all_openers)) {
		struct record record;

		verdict_key_record(verdicts->run.scheme, &key,
				   interfaces_id(verdicts->interfaces, number), &record);
		known = openers_role(verdicts->all_openers, &record);
	}
	key.view = verdicts_view(verdicts, number);
	verdict_key_settle(verdicts->run.scheme, known, &key);
	memcpy(lot->keys + (size_t)lot->count * key.count, key.words,
	       key.count * sizeof(*key.words));
	lot->src_alone[lot->count] = key.src_alone;
	lot->dst_alone[lot->count] = key.dst_alone;
	lot->count++;
}

static void add_waited(struct verdicts *verdicts, const uint64_t *row, uint32_t i, enum width width)
{
	const struct lot  *lot = &verdicts->settled[width];
	uint32_t	   kind = lot->found[i];
	struct total	   what = total_of(row + verdicts_width_words[width]);
	struct verdict_key key = verdicts_key(row, width);
	struct miss	  *miss;
	struct ip	   src, dst;

	verdict_key_packet(&key, &src, &dst);
	if (kind != MEMO_NONE && what.first >= verdicts->totals[verdicts_place(kind)].first) {
		sums_join(&verdicts->totals[verdicts_place(kind)].sums, &what.sums);
		if (!lot->src_alone[i])
			verdicts_note(verdicts, kind, src, false);
		if (!lot->dst_alone[i])
			verdicts_note(verdicts, kind, dst, true);
		return;
	}
	key = verdicts_key(lot->keys + (size_t)i * verdicts_width_words[width], width);
	miss = verdicts_miss(verdicts, &key);
	miss->interface = interfaces_id(verdicts->interfaces, verdict_key_interface(&key));
	miss->path = verdicts->run.paths[what.first >> FILE_AT];
	miss->src = src;
	miss->dst = dst;
	miss->total = what;
}

static void settle_rows(struct verdicts *verdicts, const uint64_t *rows, size_t count,
			enum width width)
{
	struct lot *lot = &verdicts->settled[width];
	size_t	    row_words = verdicts_width_words[width] + WAIT_WORDS;

	for (size_t done = 0; done < count; done += lot->count, rows += lot->count * row_words) {
		size_t some = count - done < COLUMNS_ROWS_MAX ? count - done : COLUMNS_ROWS_MAX;

		lot->count = 0;
		for (size_t i = 0; i < some; i++)
			settle(verdicts, rows + i * row_words, width);
		memo_find(verdicts->kinds[width], lot->keys, lot->count, lot->found);
		for (uint32_t i = 0; i < lot->count; i++)
			add_waited(verdicts, rows + i * row_words, i, width);
	}
}

static void settle_narrow(void *verdicts, const uint64_t *rows, size_t count)
{
	settle_rows(verdicts, rows, count, NARROW);
}

static void settle_wide(void *verdicts, const uint64_t *rows, size_t count)
{
	settle_rows(verdicts, rows, count, WIDE);
}

static void *finish(void *verdicts_ptr)
{
	struct verdicts	       *verdicts = verdicts_ptr;
	struct verdicts_counts *counts = &verdicts->counts;

	counts->left_out += groups_each(verdicts->waits[NARROW], settle_narrow, verdicts) +
			    groups_each(verdicts->waits[WIDE], settle_wide, verdicts);
	for (int i = 0; i < WIDTH_COUNT; i++)
		counts->left_out += groups_left(verdicts->waits[i])[0];
	verdicts_judge(verdicts);
	for (size_t place = 0; place < verdicts->total_count; place++)
		if (verdicts->totals[place].sums.records)
			verdicts->consumer.add(verdicts->consumer.self, (uint32_t)place,
					       &verdicts->totals[place].sums);
	return NULL;
}

/* Each thread's on a thread of its own; where there is none to be had, on this one. */
void verdicts_finish(struct verdicts *const *threads, size_t count)
{
	auto_free pthread_t *running = mem_alloc(count * sizeof(*running));
	auto_free bool	    *is_running = mem_alloc(count * sizeof(*is_running));

	for (size_t i = 1; i < count; i++)
		openers_merge(threads[0]->openers, threads[i]->openers);
	for (size_t i = 0; i < count; i++) {
		threads[i]->all_openers = threads[0]->openers;
		if (i)
			is_running[i] = pthread_create(&running[i], NULL, finish, threads[i]) == 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (is_running[i])
			pthread_join(running[i], NULL);
		else
			finish(threads[i]);
	}
}
