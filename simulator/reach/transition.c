/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/transition.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { PARTS = 5 }; /* the sets of a transition */

struct transitions {
	struct packet_sets *sets;
	enum verdict	    unknown_as;
	struct transition  *items;
	size_t		    count, capacity;
	struct map	    numbers; /* before and after → number */
	struct arena	    arena;
	uint8_t		   *unknown; /* by set: 0 not looked at, 1 no, 2 yes */
	size_t		    unknown_count;
};

struct transitions *transitions_new(struct packet_sets *sets, enum verdict unknown_as)
{
	struct transitions *transitions = mem_alloc(sizeof(*transitions));

	transitions->sets = sets;
	transitions->unknown_as = unknown_as;
	return transitions;
}

void transitions_free(struct transitions *transitions)
{
	if (!transitions)
		return;
	free(transitions->items);
	free(transitions->unknown);
	map_done(&transitions->numbers);
	arena_done(&transitions->arena);
	free(transitions);
}

static enum verdict seen(const struct transitions *transitions, enum verdict verdict)
{
	return verdict == VERDICT_UNKNOWN ? transitions->unknown_as : verdict;
}

/* The verdicts of the five sets where one world says `before` and the other `after`. */
static void verdicts_of(enum verdict before, enum verdict after, enum verdict out[PARTS])
{
	bool unknown = before == VERDICT_UNKNOWN || after == VERDICT_UNKNOWN;
	bool moved = before != after;

	out[0] = before;
	out[1] = after;
	out[2] = moved && !unknown && after == VERDICT_ALLOW ? VERDICT_ALLOW : VERDICT_DENY;
	out[3] = moved && !unknown && after == VERDICT_DENY ? VERDICT_ALLOW : VERDICT_DENY;
	out[4] = moved && unknown ? VERDICT_ALLOW : VERDICT_DENY;
}

/* Both sets are walked along together: a cut of the result where either has one. */
static struct transition compare(struct transitions *transitions, uint32_t before, uint32_t after)
{
	struct packet_sets	    *sets = transitions->sets;
	size_t			     counts[2], i = 0, j = 0, count = 0;
	const struct packet_cut	    *a = packet_sets_cuts(sets, before, &counts[0]);
	const struct packet_cut	    *b = packet_sets_cuts(sets, after, &counts[1]);
	size_t			     room = counts[0] + counts[1];
	auto_free struct packet_cut *cuts = mem_alloc(room * PARTS * sizeof(*cuts));
	struct transition	     result = { 0 };
	uint32_t		     parts[PARTS];

	while (i < counts[0] || j < counts[1]) {
		uint32_t     key = i == counts[0]	 ? b[j].key
				   : j == counts[1]	 ? a[i].key
				   : a[i].key < b[j].key ? a[i].key
							 : b[j].key;
		enum verdict verdicts[PARTS];

		i += i < counts[0] && a[i].key == key;
		j += j < counts[1] && b[j].key == key;
		verdicts_of(seen(transitions, a[i - 1].verdict),
			    seen(transitions, b[j - 1].verdict), verdicts);
		result.stays_unknown = result.stays_unknown || (verdicts[0] == VERDICT_UNKNOWN &&
								verdicts[1] == VERDICT_UNKNOWN);
		for (size_t part = 0; part < PARTS; part++)
			cuts[part * room + count] = (struct packet_cut){ key, verdicts[part] };
		count++;
	}
	for (size_t part = 0; part < PARTS; part++)
		parts[part] = packet_sets_put(sets, cuts + part * room, count);
	result.before = parts[0];
	result.after = parts[1];
	result.opened = parts[2];
	result.closed = parts[3];
	result.undecided = parts[4];
	return result;
}

uint32_t transitions_put(struct transitions *transitions, uint32_t before, uint32_t after)
{
	uint32_t   key[2] = { before, after }, number;
	struct str bytes = { (const char *)key, sizeof(key) };

	if (map_get(&transitions->numbers, bytes, &number))
		return number;
	number = (uint32_t)transitions->count;
	map_put(&transitions->numbers, arena_str(&transitions->arena, bytes), number);
	transitions->items = mem_grow(transitions->items, transitions->count,
				      &transitions->capacity, sizeof(*transitions->items));
	transitions->items[transitions->count++] = compare(transitions, before, after);
	return number;
}

const struct transition *transitions_at(const struct transitions *transitions, uint32_t number)
{
	return &transitions->items[number];
}

bool transition_is_change(const struct transition *transition)
{
	return transition->opened != PACKET_SET_DENY || transition->closed != PACKET_SET_DENY ||
	       transition->undecided != PACKET_SET_DENY;
}

static bool has_unknown(const struct packet_sets *sets, uint32_t set)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);

	for (size_t i = 0; i < count; i++)
		if (cuts[i].verdict == VERDICT_UNKNOWN)
			return true;
	return false;
}

bool transitions_is_unknown(struct transitions *transitions, uint32_t set)
{
	size_t count = packet_sets_count(transitions->sets);

	if (transitions->unknown_as != VERDICT_UNKNOWN)
		return false;
	if (set >= transitions->unknown_count) {
		transitions->unknown = mem_resize(transitions->unknown, count * 2, 1);
		for (size_t i = transitions->unknown_count; i < count * 2; i++)
			transitions->unknown[i] = 0;
		transitions->unknown_count = count * 2;
	}
	if (transitions->unknown[set] == 0)
		transitions->unknown[set] = has_unknown(transitions->sets, set) ? 2 : 1;
	return transitions->unknown[set] == 2;
}
