/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/log_batch.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static int compare_i64(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By interface and time; in the segment's order where both are the same. */
static int compare_events(const void *left, const void *right)
{
	const struct log_event *a = left, *b = right;
	int			order = str_cmp(a->eni, b->eni);

	if (order == 0)
		order = compare_i64(a->start_s, b->start_s);
	return order ? order : compare_i64((intptr_t)a->text.ptr, (intptr_t)b->text.ptr);
}

static bool fits(const struct log_batch *batch, const struct log_event *event)
{
	return str_eq(batch->eni, event->eni) && batch->count < AWS_LOGS_BATCH_EVENTS_MAX &&
	       batch->bytes + event->text.len + AWS_LOGS_EVENT_BYTES <= AWS_LOGS_BATCH_BYTES_MAX &&
	       event->start_s - batch->events[0].start_s <= AWS_LOGS_SPAN_MAX_S;
}

static void add_event(struct log_batches *batches, struct log_event *event)
{
	struct log_batch *last = batches->count ? &batches->list[batches->count - 1] : NULL;

	if (!last || !fits(last, event)) {
		batches->list = mem_grow(batches->list, batches->count, &batches->capacity,
					 sizeof(*batches->list));
		last = &batches->list[batches->count++];
		*last = (struct log_batch){ .eni = event->eni, .events = event };
	}
	last->count++;
	last->bytes += event->text.len + AWS_LOGS_EVENT_BYTES;
}

void log_batches_make(struct log_batches *batches, const struct segment *segment)
{
	struct str	    rest = segment->text;
	struct segment_line line;

	*batches = (struct log_batches){ 0 };
	while (segment_next(&rest, &line)) {
		if (line.text.len == 0 ||
		    line.text.len > AWS_LOGS_BATCH_BYTES_MAX - AWS_LOGS_EVENT_BYTES) {
			batches->unfit++;
			continue;
		}
		batches->events = mem_grow(batches->events, batches->event_count,
					   &batches->event_capacity, sizeof(*batches->events));
		batches->events[batches->event_count++] = (struct log_event){ line.eni, line.text,
									      line.start_s };
	}
	if (batches->event_count)
		qsort(batches->events, batches->event_count, sizeof(*batches->events),
		      compare_events);
	for (size_t i = 0; i < batches->event_count; i++)
		add_event(batches, &batches->events[i]);
}

void log_batches_done(struct log_batches *batches)
{
	free(batches->list);
	free(batches->events);
	*batches = (struct log_batches){ 0 };
}

struct log_batch log_batch_of_time(const struct log_batch *batch, int64_t now_s)
{
	struct log_batch part = *batch;

	while (part.count && part.events[0].start_s < now_s - AWS_LOGS_PAST_MAX_S) {
		part.bytes -= part.events[0].text.len + AWS_LOGS_EVENT_BYTES;
		part.events++;
		part.count--;
	}
	while (part.count && part.events[part.count - 1].start_s > now_s + AWS_LOGS_FUTURE_MAX_S) {
		part.count--;
		part.bytes -= part.events[part.count].text.len + AWS_LOGS_EVENT_BYTES;
	}
	return part;
}

void log_stream_name(struct str eni, struct str host, struct buf *out)
{
	struct str name = str_is(eni, "-") ? host : eni;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		buf_add_char(out, (unsigned char)c <= ' ' || c == ':' || c == '*' || c == 0x7f ? '_'
											       : c);
	}
	buf_add_text(out, "-all");
}
