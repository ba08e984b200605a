/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/coverage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "sensor/window.h"

/*
 * Open at a time are the window that ends, the one after it, and what a set clock or a capture that is out
 * of order adds to that.
 */
enum { TALLY_COUNT = 8, SPAN_COUNT = 4 };

#define NS_PER_S INT64_C(1000000000)

/* Of one interface in one window. */
struct eni_tally {
	bool	 recorded, lossy;
	uint64_t lost[STAT_COUNT];
};

struct tally {
	bool		  used;
	int64_t		  window;
	struct eni_tally *enis;
};

struct span {
	uint64_t    number; /* they go up, from 1 on */
	struct wall from, to;
};

/* From when to when an interface was there.  Of two times in different spans the wall clock says nothing. */
struct stay {
	bool	    used, ended;
	uint64_t    from_span, to_span; /* by number */
	struct wall from, to;
};

struct coverage {
	size_t		  eni_count;
	uint32_t	  interval_s;
	struct eni_tally *eni_tallies; /* of all tallies */
	struct tally	  tallies[TALLY_COUNT];
	struct span	  spans[SPAN_COUNT]; /* in the order they began */
	size_t		  span_count;
	uint64_t	  span_number; /* of the newest */
	struct stay	 *stays;       /* of each interface */
};

struct coverage *coverage_new(size_t eni_count, uint32_t interval_s)
{
	struct coverage *coverage = mem_alloc(sizeof(*coverage));

	coverage->eni_count = eni_count;
	coverage->interval_s = interval_s;
	coverage->eni_tallies = mem_alloc(TALLY_COUNT * eni_count * sizeof(struct eni_tally));
	coverage->stays = mem_alloc(eni_count * sizeof(*coverage->stays));
	for (size_t i = 0; i < TALLY_COUNT; i++)
		coverage->tallies[i].enis = coverage->eni_tallies + i * eni_count;
	return coverage;
}

void coverage_free(struct coverage *coverage)
{
	if (!coverage)
		return;
	free(coverage->eni_tallies);
	free(coverage->stays);
	free(coverage);
}

size_t coverage_memory_bytes(size_t eni_count)
{
	return sizeof(struct coverage) + eni_count * sizeof(struct stay) +
	       TALLY_COUNT * eni_count * sizeof(struct eni_tally);
}

/* Of more spans than there is room for the oldest is forgotten: its windows have long been written. */
void coverage_begin(struct coverage *coverage, struct wall from)
{
	if (coverage->span_count == SPAN_COUNT) {
		memmove(coverage->spans, coverage->spans + 1,
			(SPAN_COUNT - 1) * sizeof(coverage->spans[0]));
		coverage->span_count--;
	}
	coverage->spans[coverage->span_count++] = (struct span){ ++coverage->span_number, from,
								 from };
}

void coverage_extend(struct coverage *coverage, struct wall to)
{
	assert(coverage->span_count);
	coverage->spans[coverage->span_count - 1].to = to;
}

void coverage_forget_before_last(struct coverage *coverage)
{
	assert(coverage->span_count);
	coverage->spans[0] = coverage->spans[coverage->span_count - 1];
	coverage->span_count = 1;
}

void coverage_leave_out(struct coverage *coverage, int64_t from, int64_t to)
{
	coverage_extend(coverage, window_start(from, coverage->interval_s));
	coverage_begin(coverage, window_start(to, coverage->interval_s));
}

void coverage_take_window(struct coverage *coverage, int64_t window)
{
	struct wall end = window_start(window + 1, coverage->interval_s);
	struct wall last = { .ns = INT64_MIN };

	if (coverage->span_count)
		last = coverage->spans[coverage->span_count - 1].to;
	if (end.ns <= last.ns)
		return;
	if (!coverage->span_count ||
	    window - window_of(last, coverage->interval_s) > COVERAGE_GAP_MAX)
		coverage_begin(coverage, window_start(window, coverage->interval_s));
	coverage_extend(coverage, end);
}

static const struct span *newest(const struct coverage *coverage)
{
	return coverage->span_count ? &coverage->spans[coverage->span_count - 1] : NULL;
}

void coverage_add_eni(struct coverage *coverage, size_t eni, struct wall from)
{
	struct stay *stay = &coverage->stays[eni];

	stay->ended = false;
	if (stay->used)
		return;
	*stay = (struct stay){ .used = true,
			       .from_span = coverage->span_number,
			       .from = newest(coverage) ? from : (struct wall){ INT64_MIN } };
}

void coverage_end_eni(struct coverage *coverage, size_t eni)
{
	struct stay *stay = &coverage->stays[eni];

	if (!newest(coverage))
		return;
	stay->ended = true;
	stay->to_span = coverage->span_number;
	stay->to = newest(coverage)->to;
}

bool coverage_is_over(const struct coverage *coverage, size_t eni, int64_t window)
{
	const struct stay *stay = &coverage->stays[eni];
	struct wall	   last = { .ns = stay->to.ns - 1 };

	if (!stay->used || !stay->ended)
		return false;
	return window_of(last, coverage->interval_s) < window ||
	       (stay->to_span < coverage->span_number && stay->to.ns > newest(coverage)->to.ns);
}

void coverage_remove_eni(struct coverage *coverage, size_t eni)
{
	coverage->stays[eni] = (struct stay){ 0 };
	for (size_t i = 0; i < TALLY_COUNT; i++)
		coverage->tallies[i].enis[eni] = (struct eni_tally){ 0 };
}

/* What of a span the interface was there: nothing of it when it ends before it begins. */
static struct span limit(struct span span, const struct stay *stay)
{
	if (!stay->used || span.number < stay->from_span ||
	    (stay->ended && span.number > stay->to_span))
		span.to.ns = INT64_MIN;
	if (span.number == stay->from_span && span.from.ns < stay->from.ns)
		span.from = stay->from;
	if (stay->ended && span.number == stay->to_span && span.to.ns > stay->to.ns)
		span.to = stay->to;
	return span;
}

int64_t coverage_next(const struct coverage *coverage, int64_t from)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < coverage->span_count; i++) {
		struct wall to = { .ns = coverage->spans[i].to.ns - 1 };
		int64_t	    first = window_of(coverage->spans[i].from, coverage->interval_s);

		if (first < from)
			first = from;
		if (first <= window_of(to, coverage->interval_s) && first < next)
			next = first;
	}
	return next;
}

bool coverage_of(const struct coverage *coverage, size_t eni, int64_t window, int64_t seconds[2])
{
	int64_t start_ns = window_start(window, coverage->interval_s).ns;
	int64_t end_ns = window_start(window + 1, coverage->interval_s).ns;
	int64_t from = INT64_MAX, to = INT64_MIN;

	for (size_t i = 0; i < coverage->span_count; i++) {
		struct span span = limit(coverage->spans[i], &coverage->stays[eni]);

		if (span.from.ns < start_ns)
			span.from.ns = start_ns;
		if (span.to.ns > end_ns)
			span.to.ns = end_ns;
		if (span.from.ns >= span.to.ns)
			continue;
		from = span.from.ns < from ? span.from.ns : from;
		to = span.to.ns > to ? span.to.ns : to;
	}
	if (from >= to) {
		seconds[0] = clock_seconds((struct wall){ .ns = start_ns });
		seconds[1] = clock_seconds((struct wall){ .ns = end_ns - 1 });
		return false;
	}
	seconds[0] = clock_seconds((struct wall){ .ns = from });
	seconds[1] = clock_seconds((struct wall){ .ns = to - 1 });
	return true;
}

static uint64_t distance(int64_t a, int64_t b)
{
	return a < b ? (uint64_t)b - (uint64_t)a : (uint64_t)a - (uint64_t)b;
}

/* That of the window, else a free one, else the nearest. */
static struct tally *tally_of(struct coverage *coverage, int64_t window)
{
	struct tally *free_one = NULL, *nearest = &coverage->tallies[0];

	for (size_t i = 0; i < TALLY_COUNT; i++) {
		struct tally *tally = &coverage->tallies[i];

		if (!tally->used)
			free_one = tally;
		else if (tally->window == window)
			return tally;
		else if (distance(tally->window, window) < distance(nearest->window, window))
			nearest = tally;
	}
	if (!free_one)
		return nearest;
	free_one->used = true;
	free_one->window = window;
	return free_one;
}

void coverage_note_record(struct coverage *coverage, size_t eni, int64_t window)
{
	tally_of(coverage, window)->enis[eni].recorded = true;
}

/* Whether the interface was there in the window, as far as one clock tells. */
static bool may_be_of(const struct coverage *coverage, size_t eni, int64_t window)
{
	const struct stay *stay = &coverage->stays[eni];

	if (!stay->used ||
	    (stay->ended && stay->to.ns <= window_start(window, coverage->interval_s).ns))
		return false;
	return stay->from_span != coverage->span_number ||
	       stay->from.ns < window_start(window + 1, coverage->interval_s).ns;
}

void coverage_note_loss(struct coverage *coverage, int eni, int64_t window, unsigned stat,
			uint64_t amount)
{
	struct tally *tally = tally_of(coverage, window);

	assert(stat < STAT_COUNT);
	for (size_t i = 0; i < coverage->eni_count; i++) {
		bool concerned = eni == COVERAGE_ALL_ENIS ? may_be_of(coverage, i, window)
							  : (size_t)eni == i;

		if (!concerned)
			continue;
		tally->enis[i].lossy = true;
		tally->enis[i].lost[stat] += amount;
	}
}

static const struct tally *find_tally(const struct coverage *coverage, int64_t window)
{
	for (size_t i = 0; i < TALLY_COUNT; i++)
		if (coverage->tallies[i].used && coverage->tallies[i].window == window)
			return &coverage->tallies[i];
	return NULL;
}

struct coverage_note coverage_note_of(const struct coverage *coverage, size_t eni, int64_t window)
{
	const struct tally *tally = find_tally(coverage, window);
	struct eni_tally   *noted = tally ? &tally->enis[eni] : NULL;

	if (!noted)
		return (struct coverage_note){ 0 };
	return (struct coverage_note){ .recorded = noted->recorded,
				       .lost = noted->lossy ? noted->lost : NULL };
}

int64_t coverage_oldest_note(const struct coverage *coverage)
{
	int64_t oldest = INT64_MAX;

	for (size_t i = 0; i < TALLY_COUNT; i++)
		if (coverage->tallies[i].used && coverage->tallies[i].window < oldest)
			oldest = coverage->tallies[i].window;
	return oldest;
}

void coverage_forget_notes(struct coverage *coverage, int64_t window)
{
	for (size_t i = 0; i < TALLY_COUNT; i++) {
		struct tally *tally = &coverage->tallies[i];

		if (!tally->used || tally->window != window)
			continue;
		tally->used = false;
		memset(tally->enis, 0, coverage->eni_count * sizeof(*tally->enis));
	}
}
