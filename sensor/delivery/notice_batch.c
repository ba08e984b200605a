/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/notice_batch.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"

struct batch {
	uint64_t      number, torn;
	struct notice notices[NOTICE_BATCH_MAX];
	bool	      refused[NOTICE_BATCH_MAX];
	size_t	      count;
};

/* The next lines of the segment that are one batch; what is no event is not in it, but counts for its size. */
static bool cut_batch(struct str *rest, const struct notice_sender *sender, struct batch *batch)
{
	size_t lines = 0, bytes = 0;

	batch->count = batch->torn = 0;
	memset(batch->refused, 0, sizeof(batch->refused));
	while (lines < sender->lines_max) {
		struct str	    ahead = *rest;
		struct segment_line line;
		struct err	    err;

		if (!segment_next(&ahead, &line) ||
		    (lines && bytes + line.text.len > sender->bytes_max))
			break;
		*rest = ahead;
		lines++;
		bytes += line.text.len;
		if (notice_read(line.text, &batch->notices[batch->count], &err) < 0)
			batch->torn++;
		else
			batch->count++;
	}
	return lines > 0;
}

static void drop_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		notice_done(&batch->notices[i]);
	batch->count = 0;
}

static bool is_in_progress(const struct notice_progress *progress, const struct segment *segment)
{
	return progress->segment[0] && strcmp(progress->segment, segment->name) == 0 &&
	       progress->batch == segment->acked;
}

static void begin_progress(struct notice_progress *progress, const struct segment *segment)
{
	*progress = (struct notice_progress){ .batch = segment->acked };
	snprintf(progress->segment, sizeof(progress->segment), "%s", segment->name);
}

static enum notice_fate send_parcel(const struct notice_sender *sender,
				    struct notice_parcel *parcel, struct err *err)
{
	enum notice_fate fate = sender->send(sender->self, parcel, err);

	if (fate == NOTICE_REFUSED || fate == NOTICE_PARTLY)
		board_say(&sender->board->failure, clock_seconds(clock_now().wall),
			  str_of(err->text));
	return fate;
}

/* From where it was left. */
static int send_singly(const struct segment *segment, const struct notice_sender *sender,
		       struct batch *batch, struct err *err)
{
	struct notice_progress *progress = sender->progress;

	for (; progress->done < batch->count; progress->done++) {
		bool		    *refused = &progress->refused[progress->done];
		struct notice_parcel parcel = { .segment = segment->name,
						.batch = batch->number,
						.notices = &batch->notices[progress->done],
						.count = 1,
						.refused = refused };
		enum notice_fate     fate = send_parcel(sender, &parcel, err);

		if (fate == NOTICE_LATER)
			return -1;
		*refused |= fate == NOTICE_REFUSED;
	}
	memcpy(batch->refused, progress->refused, sizeof(batch->refused));
	return 0;
}

/* 0: its end is known, batch->refused says of which events it was that one. */
static int send_batch(const struct segment *segment, const struct notice_sender *sender,
		      struct batch *batch, struct err *err)
{
	struct notice_parcel parcel = { .segment = segment->name,
					.batch = batch->number,
					.notices = batch->notices,
					.count = batch->count,
					.refused = batch->refused };

	if (!is_in_progress(sender->progress, segment)) {
		enum notice_fate fate = send_parcel(sender, &parcel, err);

		if (fate == NOTICE_LATER)
			return -1;
		if (fate != NOTICE_REFUSED || batch->count == 1) {
			batch->refused[0] |= fate == NOTICE_REFUSED;
			return 0;
		}
		begin_progress(sender->progress, segment);
	}
	return send_singly(segment, sender, batch, err);
}

static int deliver_batch(struct segment *segment, const struct notice_sender *sender,
			 struct batch *batch, struct err *err)
{
	uint64_t taken = 0, bytes = 0;

	/* What may have been sent before a kill is sent again in any case: there is no need to mark its begin. */
	if (batch->count && send_batch(segment, sender, batch, err) < 0)
		return -1;
	for (size_t i = 0; i < batch->count; i++) {
		taken += !batch->refused[i];
		bytes += batch->refused[i] ? 0 : batch->notices[i].text.len;
	}
	if (segment_ack(segment, taken, bytes, err) < 0)
		return -1;
	*sender->progress = (struct notice_progress){ 0 };
	board_add(&sender->board->dropped[BOARD_REFUSED], batch->count - taken);
	board_add(&sender->board->dropped[BOARD_TORN], batch->torn);
	return 0;
}

int notices_deliver(struct segment *segment, const struct notice_sender *sender, struct err *err)
{
	struct str   rest = segment->text;
	struct batch batch = { 0 };
	int	     result = 0;

	for (; result == 0 && cut_batch(&rest, sender, &batch); batch.number++) {
		if (batch.number >= segment->acked)
			result = deliver_batch(segment, sender, &batch, err);
		drop_batch(&batch);
	}
	return result;
}
