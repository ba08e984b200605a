/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/event_limit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"

#define NS_PER_S UINT64_C(1000000000)

enum { SHARED = EVENT_PATHS_MAX, PLACES = EVENT_PATHS_MAX + 1, ENI_MAX = 64, SUFFIX_MAX = 64 };

/* What is to be said of a path when its interval is over: the first that was left unsaid. */
struct held {
	int64_t	 time_s;
	size_t	 eni_len, json_len, terminal_len;
	uint64_t others; /* left unsaid beside it */
	char	 eni[ENI_MAX], json[EVENT_JSON_MAX], terminal[EVENT_TERMINAL_MAX];
};

struct place {
	bool	    is_taken, is_held;
	uint64_t    path;
	struct mono said; /* when something was, last */
};

struct event_limit {
	uint64_t		  interval_ns;
	event_fn		 *say;
	void			 *context;
	struct event_limit_counts counts;
	struct place		  places[PLACES];
	struct held		 *held;	 /* by place; memory is touched when it is needed */
	size_t			  taken; /* of event_limit_take, for the put; PLACES: none */
	struct buf		  json, terminal;
};

struct event_limit *event_limit_new(uint32_t interval_s, event_fn *say, void *context)
{
	struct event_limit *limit = mem_alloc(sizeof(*limit));

	limit->interval_ns = interval_s * NS_PER_S;
	limit->say = say;
	limit->context = context;
	limit->held = mem_alloc(PLACES * sizeof(*limit->held));
	limit->taken = PLACES;
	limit->json = buf_make(EVENT_JSON_MAX + SUFFIX_MAX);
	limit->terminal = buf_make(EVENT_TERMINAL_MAX + SUFFIX_MAX);
	return limit;
}

void event_limit_free(struct event_limit *limit)
{
	if (!limit)
		return;
	buf_done(&limit->json);
	buf_done(&limit->terminal);
	free(limit->held);
	free(limit);
}

size_t event_limit_memory_bytes(void)
{
	return sizeof(struct event_limit) + PLACES * sizeof(struct held);
}

/* suppressed is told last, in the object too. */
static void say(struct event_limit *limit, const struct event_line *line, uint64_t suppressed)
{
	struct event_line whole = *line;

	limit->counts.said++;
	if (suppressed) {
		assert(line->json.len && line->json.ptr[line->json.len - 1] == '}');
		buf_clear(&limit->json);
		buf_clear(&limit->terminal);
		buf_add(&limit->json, line->json.ptr, line->json.len - 1);
		buf_printf(&limit->json, ",\"suppressed\":%llu}", (unsigned long long)suppressed);
		buf_add_str(&limit->terminal, line->terminal);
		buf_printf(&limit->terminal, "  suppressed %llu", (unsigned long long)suppressed);
		whole.json = buf_str(&limit->json);
		whole.terminal = buf_str(&limit->terminal);
	}
	limit->say(limit->context, &whole);
}

static void say_held(struct event_limit *limit, size_t at)
{
	const struct held      *held = &limit->held[at];
	const struct event_line line = { .time_s = held->time_s,
					 .eni = { held->eni, held->eni_len },
					 .json = { held->json, held->json_len },
					 .terminal = { held->terminal, held->terminal_len } };

	limit->places[at].is_held = false;
	limit->counts.suppressed--;
	say(limit, &line, held->others);
}

/* Its place, a free one, or the one that is shared. */
static size_t find_place(const struct event_limit *limit, uint64_t path)
{
	size_t found = SHARED;

	for (size_t i = 0; i < EVENT_PATHS_MAX; i++) {
		if (limit->places[i].is_taken && limit->places[i].path == path)
			return i;
		if (!limit->places[i].is_taken && found == SHARED)
			found = i;
	}
	return found;
}

bool event_limit_take(struct event_limit *limit, uint64_t path, struct mono now)
{
	size_t	      at;
	struct place *place;

	assert(limit->taken == PLACES);
	event_limit_turn(limit, now);
	at = find_place(limit, path);
	place = &limit->places[at];
	if (place->is_taken) {
		limit->counts.suppressed++;
		if (place->is_held) {
			limit->held[at].others++;
			return false;
		}
	}
	place->path = path;
	if (!place->is_taken)
		place->said = now;
	limit->taken = at;
	return true;
}

static size_t keep(char *place, size_t size, struct str text)
{
	assert(text.len <= size);
	if (text.len)
		memcpy(place, text.ptr, text.len);
	return text.len;
}

void event_limit_put(struct event_limit *limit, const struct event_line *line)
{
	size_t	      at = limit->taken;
	struct place *place = &limit->places[at];
	struct held  *held = &limit->held[at];

	assert(at < PLACES);
	limit->taken = PLACES;
	if (!place->is_taken) {
		place->is_taken = true;
		say(limit, line, 0);
		return;
	}
	place->is_held = true;
	held->time_s = line->time_s;
	held->others = 0;
	held->eni_len = keep(held->eni, sizeof(held->eni), str_head(line->eni, ENI_MAX));
	held->json_len = keep(held->json, sizeof(held->json), line->json);
	held->terminal_len = keep(held->terminal, sizeof(held->terminal), line->terminal);
}

void event_limit_turn(struct event_limit *limit, struct mono now)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &limit->places[i];

		if (!place->is_taken || now.ns - place->said.ns < limit->interval_ns)
			continue;
		if (place->is_held) {
			place->said = now;
			say_held(limit, i);
		} else {
			place->is_taken = false;
		}
	}
}

void event_limit_flush(struct event_limit *limit)
{
	for (size_t i = 0; i < PLACES; i++)
		if (limit->places[i].is_held)
			say_held(limit, i);
}

struct event_limit_counts event_limit_counts(const struct event_limit *limit)
{
	return limit->counts;
}
