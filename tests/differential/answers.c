/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/flows/tally.h"
#include "simulator/flows/usage.h"

enum { TEXT_MAX = 1 << 26 };

/* The places of a record, one for each consumer. */
struct places_of {
	uint32_t book, tally, usage;
};

struct answers {
	struct book	 *book;
	struct tally	 *tally;
	struct usage	 *usage;
	bool		  asks_interfaces;
	struct arena	  arena;
	struct map	  index;
	struct places_of *places;
	size_t		  count, capacity;
	struct buf	  text; /* of what tally and usage answer */
};

struct answers *answers_new(const struct world *world, const struct judge *judge,
			    bool asks_interfaces)
{
	struct answers *answers = mem_alloc(sizeof(*answers));

	answers->book = book_new(world, judge, asks_interfaces);
	answers->tally = tally_new(world, judge);
	answers->asks_interfaces = asks_interfaces;
	answers->usage = usage_new(world);
	answers->text = buf_make(TEXT_MAX);
	return answers;
}

void answers_free(struct answers *answers)
{
	book_free(answers->book);
	tally_free(answers->tally);
	usage_free(answers->usage);
	map_done(&answers->index);
	arena_done(&answers->arena);
	buf_done(&answers->text);
	free(answers->places);
	free(answers);
}

uint32_t answers_place(struct answers *answers, const struct judged *judged)
{
	struct places_of places = { book_place(answers->book, judged),
				    tally_place(answers->tally, judged),
				    answers->asks_interfaces ? usage_place(answers->usage, judged)
							     : 0 };
	struct str	 key = { (const char *)&places, sizeof(places) };
	uint32_t	 at;

	if (map_get(&answers->index, key, &at))
		return at;
	at = (uint32_t)answers->count;
	answers->places = mem_grow(answers->places, answers->count++, &answers->capacity,
				   sizeof(*answers->places));
	answers->places[at] = places;
	key.ptr = arena_copy(&answers->arena, &places, sizeof(places));
	map_put(&answers->index, key, at);
	return at;
}

void answers_note(struct answers *answers, uint32_t place, const struct judged_end *end)
{
	struct places_of places = answers->places[place];

	book_note(answers->book, places.book, end);
	tally_note(answers->tally, places.tally, end);
	if (answers->asks_interfaces)
		usage_note(answers->usage, places.usage, end);
}

void answers_add(struct answers *answers, uint32_t place, const struct sums *sums)
{
	struct places_of places = answers->places[place];

	book_add(answers->book, places.book, sums);
	tally_add(answers->tally, places.tally, sums);
	if (answers->asks_interfaces)
		usage_add(answers->usage, places.usage, sums);
}

void answers_merge(struct answers *into, struct answers *from)
{
	book_merge(into->book, from->book);
	tally_merge(into->tally, from->tally);
	usage_merge(into->usage, from->usage);
}

static void print_sums(const struct sums *sums, struct buf *out)
{
	buf_printf(out, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, sums->records,
		   sums->packets, sums->bytes, sums->start, sums->end);
}

/* All but the example: of records that waited, the first whose line is known is shown. */
static void print_group(const struct tally_group *group, struct buf *out)
{
	buf_printf(out, "%s %d ", record_verdict_text(group->verdict), (int)group->action);
	buf_add_str(out, group->src.text);
	buf_add_text(out, " > ");
	buf_add_str(out, group->dst.text);
	buf_printf(out, " %d/%u many %d layer %d other %d rules %p %p policy %p %p causes %x: ",
		   group->protocol, group->dst_port, group->has_ports, (int)group->layer,
		   (int)group->other, (const void *)group->sg_rule, (const void *)group->nacl_rule,
		   (const void *)group->statement, (const void *)group->expired, group->causes);
	print_sums(&group->sums, out);
	buf_printf(out, " of %" PRIu64 " to %" PRIu64 " ports %" PRIu64 "\n",
		   distinct_count(&group->sources), distinct_count(&group->destinations),
		   distinct_count(&group->ports));
}

static void print_tally(const struct tally_answer *answer, struct buf *out)
{
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++) {
		buf_printf(out, "%s: ", record_verdict_text((enum record_verdict)i));
		print_sums(&answer->totals[i], out);
		buf_add_char(out, '\n');
	}
	buf_printf(out, "%" PRIu64 " NODATA, %" PRIu64 " SKIPDATA, %" PRIu64 " undecided\n",
		   answer->nodata, answer->skipdata, answer->undecided);
	for (size_t i = 0; i < answer->count; i++)
		print_group(&answer->groups[i], out);
}

static void print_usage(const struct usage_answer *answer, struct buf *out)
{
	buf_printf(out,
		   "%" PRIu64 " contradictions, %" PRIu64 " unknown, %" PRIu64 " of %" PRIu64
		   " interfaces\n",
		   answer->contradictions, answer->unknown, answer->eni_covered, answer->eni_count);
	for (size_t i = 0; i < answer->count; i++) {
		const struct usage_rule *rule = &answer->rules[i];

		buf_printf(out, "rule %zu: ", i);
		print_sums(&rule->hits, out);
		buf_add_text(out, "; only ");
		print_sums(&rule->only, out);
		buf_printf(out,
			   "; %" PRIu64 " peers, %u of %u interfaces %" PRIu64 "-%" PRIu64 "\n",
			   distinct_count(&rule->peers), rule->eni_covered, rule->eni_count,
			   rule->covered_start, rule->covered_end);
	}
}

void answers_finish(struct answers *answers)
{
	print_tally(tally_finish(answers->tally), &answers->text);
	print_usage(usage_finish(answers->usage), &answers->text);
}

/* The lines of one that are not at the same place in the other. */
static void print_others(const char *who, struct str a, struct str b)
{
	while (a.len) {
		struct str line = str_head(a, str_find(a, '\n')),
			   other = str_head(b, str_find(b, '\n'));

		if (!str_eq(line, other))
			fprintf(stderr, "%s: %.*s\n", who, (int)line.len, line.ptr);
		a = str_skip(a, line.len + 1);
		b = str_skip(b, other.len + 1);
	}
}

bool answers_equal(const struct answers *plain, const struct answers *fast, bool quiet)
{
	struct str a = buf_str(&plain->text), b = buf_str(&fast->text);
	bool	   same = str_eq(a, b);

	if (!same && !quiet) {
		print_others("plain", a, b);
		print_others("fast", b, a);
	}
	return book_equal(plain->book, fast->book, quiet) && same;
}
