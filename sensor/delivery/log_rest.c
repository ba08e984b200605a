/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/log_rest.h"

#include <stdlib.h>

#include "lib/base/mem.h"

/* An event of the batch; the list of them is sorted, so that one is found by what it says. */
struct place {
	const struct aws_logs_event *event;
	bool			     is_there;
};

struct search {
	struct place *places;
	size_t	      count;
};

static int compare_events(const struct aws_logs_event *a, const struct aws_logs_event *b)
{
	if (a->time_ms != b->time_ms)
		return a->time_ms < b->time_ms ? -1 : 1;
	return str_cmp(a->message, b->message);
}

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int		    order = compare_events(a->event, b->event);

	return order ? order : (a->event > b->event) - (a->event < b->event);
}

static int visit(void *context, const struct aws_logs_event *event, struct err *err)
{
	struct search *search = context;
	size_t	       low = 0, high = search->count;

	(void)err;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_events(search->places[middle].event, event) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < search->count; low++) {
		struct place *place = &search->places[low];

		if (compare_events(place->event, event) != 0)
			break;
		if (place->is_there)
			continue;
		place->is_there = true;
		break;
	}
	return 0;
}

int log_rest_find(const struct aws_logs *logs, struct str stream, struct aws_logs_event *events,
		  size_t *count, struct err *err)
{
	struct search		      search = { .count = *count };
	const struct aws_logs_visitor visitor = { .visit = visit, .context = &search };
	struct aws_logs_range	      range = { .stream = stream };
	auto_free struct place	     *places = mem_alloc((*count + 1) * sizeof(*places));
	auto_free bool		     *gone = mem_alloc(*count + 1);
	size_t			      kept = 0;

	if (*count == 0)
		return 0;
	range.start_ms = events[0].time_ms;
	range.end_ms = events[*count - 1].time_ms + 1;
	for (size_t i = 0; i < *count; i++)
		places[i].event = &events[i];
	qsort(places, *count, sizeof(*places), compare_places);
	search.places = places;
	if (aws_logs_read(logs, &range, &visitor, err) < 0)
		return -1;
	for (size_t i = 0; i < *count; i++)
		gone[places[i].event - events] = places[i].is_there;
	for (size_t i = 0; i < *count; i++)
		if (!gone[i])
			events[kept++] = events[i];
	*count = kept;
	return 0;
}
