/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/usage.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/flows/usage_maybe.h"

enum { HASHES_MAX = 1 << 21 };

/* What a record is to its interface. */
enum part {
	PART_JUDGED,
	PART_CONTRADICTION,
	PART_UNKNOWN,
	PART_BLIND_ACCEPTED, /* not even asked of the rules, as what lacks its ports */
	PART_BLIND_REJECTED,
	PART_NODATA,
	PART_SKIPDATA
};

/*
 * Records of one interface that hit the same rules.  The key of the index: part, interface, and then the hits, a
 * word each; it lives in the arena.
 */
enum { KEY_PART, KEY_ENI, KEY_HITS };

struct place {
	const uint32_t *key;
	size_t		key_words;
	struct sums	sums;
};

struct usage {
	const struct world    *world;
	struct arena	       arena;
	struct map	       index;
	struct place	      *places;
	size_t		       place_count, place_capacity;
	struct usage_rules     rules;
	struct usage_hits      key; /* of the record at hand */
	struct distinct_budget budget;
	struct usage_answer    answer;
};

struct usage *usage_new(const struct world *world)
{
	struct usage *usage = mem_alloc(sizeof(*usage));

	usage->world = world;
	usage->budget = distinct_budget(HASHES_MAX);
	usage_rules_open(&usage->rules, world);
	return usage;
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	for (size_t i = 0; i < usage->rules.count; i++)
		distinct_done(&usage->rules.items[i].peers, &usage->budget);
	usage_rules_close(&usage->rules);
	map_done(&usage->index);
	arena_done(&usage->arena);
	free(usage->places);
	free(usage->key.items);
	free(usage);
}

void usage_free_at(struct usage **usage)
{
	usage_free(*usage);
}

static void fit_sets(struct usage *usage)
{
	auto_free struct distinct **sets = mem_alloc((usage->rules.count + 1) * sizeof(*sets));

	for (size_t i = 0; i < usage->rules.count; i++)
		sets[i] = &usage->rules.items[i].peers;
	distinct_fit(sets, usage->rules.count, &usage->budget);
}

static enum part part_of(const struct judged *judged)
{
	const struct record *record = judged->record;

	if (record_has(record, FIELD_LOG_STATUS) && record->log_status != LOG_STATUS_OK)
		return record->log_status == LOG_STATUS_NODATA ? PART_NODATA : PART_SKIPDATA;
	if (judged->answer->verdict == RECORD_CONTRADICTION)
		return PART_CONTRADICTION;
	if (judged->answer->verdict != RECORD_UNKNOWN)
		return PART_JUDGED;
	if (judged->answer->has_model || record_has(record, FIELD_REJECT_REASON))
		return PART_UNKNOWN;
	return record_has(record, FIELD_ACTION) && record->action == ACTION_REJECT
		       ? PART_BLIND_REJECTED
		       : PART_BLIND_ACCEPTED;
}

/* Of NODATA there is nothing to judge, but the interface is known. */
static uint32_t eni_of(const struct usage *usage, const struct judged *judged)
{
	if (judged->answer->eni_idx != WORLD_NONE ||
	    !record_has(judged->record, FIELD_INTERFACE_ID))
		return judged->answer->eni_idx;
	return world_index(usage->world, WORLD_ENI, judged->record->text[FIELD_INTERFACE_ID]);
}

static uint32_t find_place(struct usage *usage, const uint32_t *key, size_t words)
{
	struct str text = { .ptr = (const char *)key, .len = words * sizeof(*key) };
	uint32_t   idx;

	if (map_get(&usage->index, text, &idx))
		return idx;
	text = arena_str(&usage->arena, text);
	idx = (uint32_t)usage->place_count;
	usage->places = mem_grow(usage->places, usage->place_count, &usage->place_capacity,
				 sizeof(*usage->places));
	usage->places[usage->place_count++] = (struct place){
		.key = (const uint32_t *)(const void *)text.ptr, .key_words = words
	};
	map_put(&usage->index, text, idx);
	return idx;
}

static void push(struct usage_hits *key, uint32_t word)
{
	key->items = mem_grow(key->items, key->count, &key->capacity, sizeof(*key->items));
	key->items[key->count++] = word;
}

uint32_t usage_place(struct usage *usage, const struct judged *judged)
{
	struct usage_hits *key = &usage->key;

	key->count = 0;
	push(key, part_of(judged));
	push(key, eni_of(usage, judged));
	usage_rules_hit(&usage->rules, judged->answer, key);
	usage_maybe(&usage->rules, judged->record, judged->answer, key);
	return find_place(usage, key->items, key->count);
}

uint64_t usage_note(struct usage *usage, uint32_t place, const struct judged_end *end)
{
	const struct place *at = &usage->places[place];
	uint64_t	    hash = distinct_hash_ip(end->ip), bound = 0;
	bool		    full = false;

	if (!end->is_peer)
		return 0;
	for (size_t i = KEY_HITS; i < at->key_words; i++) {
		struct distinct *peers = &usage->rules.items[usage_hit_rule(at->key[i])].peers;

		if (usage_hit_kind(at->key[i]) == USAGE_HIT_MAYBE)
			continue;
		full = distinct_add(peers, hash, &usage->budget) || full;
		if (distinct_bound(peers) > bound)
			bound = distinct_bound(peers);
	}
	if (full)
		fit_sets(usage);
	return bound;
}

void usage_add(struct usage *usage, uint32_t place, const struct sums *sums)
{
	assert(place < usage->place_count);
	sums_join(&usage->places[place].sums, sums);
}

void usage_merge(struct usage *into, const struct usage *from)
{
	bool full = false;

	for (size_t i = 0; i < from->place_count; i++) {
		const struct place *place = &from->places[i];

		usage_add(into, find_place(into, place->key, place->key_words), &place->sums);
	}
	if (from->budget.keep < into->budget.keep)
		into->budget.keep = from->budget.keep;
	for (size_t i = 0; i < from->rules.count; i++)
		full = distinct_join(&into->rules.items[i].peers, &from->rules.items[i].peers,
				     &into->budget) ||
		       full;
	if (full)
		fit_sets(into);
}

static void add_to_rules(struct usage *usage, const struct place *place)
{
	for (size_t i = KEY_HITS; i < place->key_words; i++) {
		struct usage_rule *rule = &usage->rules.items[usage_hit_rule(place->key[i])];
		enum usage_hit	   hit = usage_hit_kind(place->key[i]);

		if (hit == USAGE_HIT_MAYBE) {
			rule->maybe += place->sums.records;
			continue;
		}
		sums_join(&rule->hits, &place->sums);
		if (hit == USAGE_HIT_ONLY)
			sums_join(&rule->only, &place->sums);
	}
}

static void add_to_answer(struct usage_answer *answer, const struct place *place)
{
	sums_join(&answer->all, &place->sums);
	switch ((enum part)place->key[KEY_PART]) {
	case PART_JUDGED:
		break;
	case PART_CONTRADICTION:
		answer->contradictions += place->sums.records;
		break;
	case PART_UNKNOWN:
	case PART_BLIND_ACCEPTED:
	case PART_BLIND_REJECTED:
		answer->unknown += place->sums.records;
		if (place->key[KEY_ENI] == WORLD_NONE)
			answer->elsewhere += place->sums.records;
		break;
	case PART_NODATA:
		answer->nodata += place->sums.records;
		break;
	case PART_SKIPDATA:
		answer->skipdata += place->sums.records;
		break;
	}
}

/* SKIPDATA covers nothing: it tells of records that were lost.  Nor does what could not be judged. */
static void add_cover(struct usage_cover *cover, const struct place *place)
{
	switch ((enum part)place->key[KEY_PART]) {
	case PART_JUDGED:
	case PART_CONTRADICTION:
	case PART_UNKNOWN:
	case PART_NODATA:
		sums_join(&cover->covered, &place->sums);
		break;
	case PART_BLIND_ACCEPTED:
		cover->accepted += place->sums.records;
		break;
	case PART_BLIND_REJECTED:
		cover->rejected += place->sums.records;
		break;
	case PART_SKIPDATA:
		break;
	}
}

static void cover(struct usage *usage)
{
	struct usage_answer	     *answer = &usage->answer;
	size_t			      enis = usage->world->counts[WORLD_ENI];
	auto_free struct usage_cover *covers = mem_alloc((enis + 1) * sizeof(*covers));

	for (size_t i = 0; i < usage->place_count; i++)
		if (usage->places[i].key[KEY_ENI] != WORLD_NONE)
			add_cover(&covers[usage->places[i].key[KEY_ENI]], &usage->places[i]);
	answer->eni_count = enis;
	for (size_t i = 0; i < enis; i++)
		answer->eni_covered += covers[i].covered.records > 0;
	usage_rules_cover(&usage->rules, covers);
}

const struct usage_answer *usage_finish(struct usage *usage)
{
	struct usage_answer *answer = &usage->answer;

	assert(!answer->rules);
	for (size_t i = 0; i < usage->place_count; i++) {
		add_to_rules(usage, &usage->places[i]);
		add_to_answer(answer, &usage->places[i]);
	}
	fit_sets(usage);
	cover(usage);
	answer->rules = usage->rules.items;
	answer->count = usage->rules.count;
	return answer;
}
