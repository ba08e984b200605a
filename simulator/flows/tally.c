/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/tally.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/rules/service.h"
#include "simulator/flows/cause.h"

/* Places that are no group, and then the groups. */
enum {
	PLACE_NODATA,
	PLACE_SKIPDATA,
	PLACE_LEFT_OUT,
	PLACE_GROUPS = PLACE_LEFT_OUT + RECORD_VERDICT_COUNT
};
enum { HASHES_MAX = 1 << 21, NO_GROUP = UINT32_MAX };

/* Groups that differ only in their port. */
struct family {
	uint32_t port_count;
	uint32_t many; /* the group of those for which there was no room, or NO_GROUP */
};

/* What makes two records one group.  Compared bytewise, so it has no padding. */
struct key {
	uint8_t	    verdict, action, layer, other, intent, has_model, has_port, zero;
	int16_t	    protocol;
	uint16_t    port;
	uint32_t    src, dst, sg_idx, nacl_idx, causes;
	const void *sg_rule, *nacl_rule, *statement, *expired, *why, *note;
};

_Static_assert(sizeof(struct key) == 32 + 6 * sizeof(void *), "no padding");

struct tally {
	const struct world    *world;
	const struct judge    *judge;
	struct arena	       arena; /* of keys */
	struct ends	      *ends;
	struct map	       group_index, family_index;
	struct tally_group    *groups;
	struct family	      *families;
	size_t		       group_count, group_capacity, family_count, family_capacity;
	struct distinct_budget budget;
	struct sums	       fixed[PLACE_GROUPS];
	struct tally_answer    answer;
};

struct tally *tally_new(const struct world *world, const struct judge *judge)
{
	struct tally *tally = mem_alloc(sizeof(*tally));

	tally->world = world;
	tally->judge = judge;
	tally->ends = ends_new(world, judge);
	tally->budget = distinct_budget(HASHES_MAX);
	return tally;
}

static void drop_group(struct tally *tally, struct tally_group *group)
{
	distinct_done(&group->sources, &tally->budget);
	distinct_done(&group->destinations, &tally->budget);
	distinct_done(&group->ports, &tally->budget);
	free(group->example);
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; i < tally->group_count; i++)
		drop_group(tally, &tally->groups[i]);
	ends_free(tally->ends);
	map_done(&tally->group_index);
	map_done(&tally->family_index);
	arena_done(&tally->arena);
	free(tally->groups);
	free(tally->families);
	free(tally);
}

void tally_free_at(struct tally **tally)
{
	tally_free(*tally);
}

/* Traffic with a service that no rule filters: the peer's address is one of few, and says what it is. */
static bool is_exempt(const struct record_answer *answer)
{
	return answer->has_model && answer->model.is_exempt && !service_is_dhcp(&answer->packet);
}

/* The numbers of the two ends as the connection was opened. */
static void find_ends(struct tally *tally, const struct record_answer *answer, uint32_t *src,
		      uint32_t *dst)
{
	bool		 egress = answer->direction == DIRECTION_EGRESS;
	bool		 is_reply = answer->reading == ROLE_REPLY;
	struct end_query from = { .tiers = answer->src_tiers,
				  .eni_idx = egress ? answer->eni_idx : answer->peer_eni_idx,
				  .ip = answer->packet.src,
				  .is_exempt = is_exempt(answer) };
	struct end_query to = { .tiers = answer->dst_tiers,
				.eni_idx = egress ? answer->peer_eni_idx : answer->eni_idx,
				.ip = answer->packet.dst,
				.is_exempt = is_exempt(answer) };

	*src = ends_find(tally->ends, is_reply ? &to : &from);
	*dst = ends_find(tally->ends, is_reply ? &from : &to);
}

/* What the layer that did not decide says of it. */
static enum verdict other_of(const struct interface_decision *model, enum layer layer)
{
	if (layer == LAYER_NONE || (layer == LAYER_SG && !model->nacl_crossed))
		return VERDICT_COUNT;
	return layer == LAYER_SG ? model->nacl.verdict : model->sg.verdict;
}

static void set_model(struct tally_group *group, const struct interface_decision *model)
{
	if (model->overall.verdict != VERDICT_ALLOW)
		group->layer = model->overall.layer;
	group->other = other_of(model, group->layer);
	group->sg_rule = model->sg.sg_rule;
	group->sg_idx = model->sg.object_idx;
	if (group->layer == LAYER_NACL) {
		group->nacl_rule = model->nacl.nacl_rule;
		group->nacl_idx = model->nacl.object_idx;
	}
}

static struct tally_group group_of(const struct tally *tally, const struct judged *judged)
{
	const struct record_answer *answer = judged->answer;
	struct tally_group	    group = {
			 .verdict = answer->verdict,
			 .action = (enum action)judged->record->action,
			 .protocol = (int16_t)judged->record->protocol,
			 .dst_port = answer->opening.dst_port,
			 .other = VERDICT_COUNT,
			 .sg_idx = WORLD_NONE,
			 .nacl_idx = WORLD_NONE,
			 .statement = answer->intent.statement,
			 .intent = answer->intent.verdict,
			 .expired = answer->intent.expired,
			 .has_model = answer->has_model,
			 .causes = causes_of(tally->world, judged->record, answer),
			 .answer = *answer,
	};

	if (!proto_has_ports(group.protocol))
		group.dst_port = 0;
	if (answer->has_model)
		set_model(&group, &answer->model);
	return group;
}

static struct key key_of(const struct tally_group *group, uint32_t src, uint32_t dst)
{
	struct key key = { 0 };

	key.verdict = (uint8_t)group->verdict;
	key.action = (uint8_t)group->action;
	key.layer = (uint8_t)group->layer;
	key.other = (uint8_t)group->other;
	key.intent = (uint8_t)group->intent;
	key.has_model = group->has_model;
	key.protocol = group->protocol;
	key.src = src;
	key.dst = dst;
	key.sg_idx = group->sg_idx;
	key.nacl_idx = group->nacl_idx;
	key.causes = group->causes;
	key.sg_rule = group->sg_rule;
	key.nacl_rule = group->nacl_rule;
	key.statement = group->statement;
	key.expired = group->expired;
	key.why = group->answer.why;
	key.note = group->answer.model.overall.note;
	return key;
}

static struct str bytes_of(const struct key *key)
{
	return (struct str){ .ptr = (const char *)key, .len = sizeof(*key) };
}

static uint32_t find_family(struct tally *tally, const struct key *key)
{
	uint32_t idx;

	if (map_get(&tally->family_index, bytes_of(key), &idx))
		return idx;
	idx = (uint32_t)tally->family_count;
	tally->families = mem_grow(tally->families, tally->family_count, &tally->family_capacity,
				   sizeof(*tally->families));
	tally->families[tally->family_count++] = (struct family){ .many = NO_GROUP };
	map_put(&tally->family_index, arena_str(&tally->arena, bytes_of(key)), idx);
	return idx;
}

/* A new group, or NO_GROUP when there are too many.  model: what it is like. */
static uint32_t open_group(struct tally *tally, const struct tally_group *model)
{
	struct tally_group *group;

	if (tally->group_count >= TALLY_GROUPS_MAX)
		return NO_GROUP;
	tally->groups = mem_grow(tally->groups, tally->group_count, &tally->group_capacity,
				 sizeof(*tally->groups));
	group = &tally->groups[tally->group_count];
	*group = *model;
	group->sums = (struct sums){ 0 };
	group->sources = group->destinations = group->ports = (struct distinct){ 0 };
	group->example = NULL;
	group->example_len = group->example_capacity = 0;
	return (uint32_t)tally->group_count++;
}

/* The group of a family for the ports that have none of their own. */
static uint32_t find_many(struct tally *tally, const struct tally_group *model)
{
	struct tally_group like = *model;

	if (tally->families[model->family].many != NO_GROUP)
		return tally->families[model->family].many;
	like.has_ports = true;
	like.dst_port = 0;
	tally->families[model->family].many = open_group(tally, &like);
	return tally->families[model->family].many;
}

/* Finds or opens the group that is like model, or NO_GROUP. */
static uint32_t find_group(struct tally *tally, struct tally_group *model, uint32_t src,
			   uint32_t dst)
{
	struct key key = key_of(model, src, dst);
	uint32_t   idx;

	if (model->has_ports || proto_has_ports(model->protocol)) {
		key.has_port = true;
		key.port = model->dst_port;
	}
	if (!model->has_ports && map_get(&tally->group_index, bytes_of(&key), &idx)) {
		model->family = tally->groups[idx].family;
		return idx;
	}
	key.has_port = false;
	key.port = 0;
	model->family = find_family(tally, &key);
	if (model->has_ports || tally->families[model->family].port_count >= TALLY_PORTS_MAX)
		return find_many(tally, model);
	idx = open_group(tally, model);
	if (idx == NO_GROUP)
		return idx;
	tally->families[model->family].port_count++;
	key.has_port = proto_has_ports(model->protocol);
	key.port = model->dst_port;
	map_put(&tally->group_index, arena_str(&tally->arena, bytes_of(&key)), idx);
	return idx;
}

/* Every set of addresses and ports within the bound of memory. */
static void fit_sets(struct tally *tally)
{
	auto_free struct distinct **sets = mem_alloc((3 * tally->group_count + 1) * sizeof(*sets));
	size_t			    count = 0;

	for (size_t i = 0; i < tally->group_count; i++) {
		sets[count++] = &tally->groups[i].sources;
		sets[count++] = &tally->groups[i].destinations;
		sets[count++] = &tally->groups[i].ports;
	}
	distinct_fit(sets, count, &tally->budget);
}

/* The example is the record that comes first in the input, whoever looks at it first; one whose line is known, if any. */
static bool comes_first(const struct tally_group *group, size_t line_len, uint32_t file,
			uint64_t line)
{
	if (!group->example || (line_len == 0) != (group->example_len == 0))
		return !group->example || line_len;
	return file < group->example_file ||
	       (file == group->example_file && line < group->example_line);
}

void tally_set_line(struct tally_group *group, struct str line)
{
	line = str_head(line, TALLY_EXAMPLE_MAX);
	if (!group->example || line.len > group->example_capacity) {
		group->example_capacity = line.len + 1;
		group->example = mem_resize(group->example, group->example_capacity, 1);
	}
	memcpy(group->example, line.ptr ? line.ptr : "", line.len);
	group->example_len = line.len;
}

static void set_example(struct tally_group *group, const struct judged *judged)
{
	tally_set_line(group, judged->line);
	group->example_path = judged->path;
	group->example_file = judged->file;
	group->example_line = judged->line_number;
	group->answer = *judged->answer;
}

static void note_record(struct tally *tally, struct tally_group *group, const struct judged *judged)
{
	if (comes_first(group, judged->line.len, judged->file, judged->line_number))
		set_example(group, judged);
	if (group->has_ports &&
	    distinct_add(&group->ports, distinct_hash_port(judged->answer->opening.dst_port),
			 &tally->budget))
		fit_sets(tally);
}

uint64_t tally_note(struct tally *tally, uint32_t place, const struct judged_end *end)
{
	struct tally_group *group;
	struct distinct	   *set;

	if (place < PLACE_GROUPS)
		return 0;
	group = &tally->groups[place - PLACE_GROUPS];
	set = end->is_opener ? &group->sources : &group->destinations;
	if (distinct_add(set, distinct_hash_ip(end->ip), &tally->budget))
		fit_sets(tally);
	return distinct_bound(set);
}

uint32_t tally_place(struct tally *tally, const struct judged *judged)
{
	const struct record *record = judged->record;
	struct tally_group   model;
	uint32_t	     src, dst, idx;

	if (record_has(record, FIELD_LOG_STATUS) && record->log_status != LOG_STATUS_OK)
		return record->log_status == LOG_STATUS_NODATA ? PLACE_NODATA : PLACE_SKIPDATA;
	model = group_of(tally, judged);
	find_ends(tally, judged->answer, &src, &dst);
	model.src = *ends_at(tally->ends, src);
	model.dst = *ends_at(tally->ends, dst);
	idx = find_group(tally, &model, src, dst);
	if (idx == NO_GROUP)
		return PLACE_LEFT_OUT + (uint32_t)model.verdict;
	note_record(tally, &tally->groups[idx], judged);
	return PLACE_GROUPS + idx;
}

void tally_add(struct tally *tally, uint32_t place, const struct sums *sums)
{
	if (place < PLACE_GROUPS)
		sums_join(&tally->fixed[place], sums);
	else
		sums_join(&tally->groups[place - PLACE_GROUPS].sums, sums);
}

/* Takes the sets, sums and example of a group that goes into another; the port becomes one of many. */
static bool join_group(struct tally *tally, struct tally_group *into, struct tally_group *from)
{
	bool full;

	sums_join(&into->sums, &from->sums);
	full = distinct_join(&into->sources, &from->sources, &tally->budget);
	full = distinct_join(&into->destinations, &from->destinations, &tally->budget) || full;
	full = distinct_join(&into->ports, &from->ports, &tally->budget) || full;
	if (into->has_ports && !from->has_ports)
		full = distinct_add(&into->ports, distinct_hash_port(from->dst_port),
				    &tally->budget) ||
		       full;
	if (!comes_first(into, from->example_len, from->example_file, from->example_line))
		return full;
	free(into->example);
	into->example_len = from->example_len;
	into->example_capacity = from->example_capacity;
	into->example = TAKE(from->example);
	into->example_path = from->example_path;
	into->example_file = from->example_file;
	into->example_line = from->example_line;
	into->answer = from->answer;
	return full;
}

void tally_merge(struct tally *into, struct tally *from)
{
	for (int i = 0; i < PLACE_GROUPS; i++)
		sums_join(&into->fixed[i], &from->fixed[i]);
	if (from->budget.keep < into->budget.keep)
		into->budget.keep = from->budget.keep;
	for (size_t i = 0; i < from->group_count; i++) {
		struct tally_group *group = &from->groups[i];
		struct tally_group  model = *group;
		uint32_t	    src = ends_put(into->ends, &group->src);
		uint32_t	    dst = ends_put(into->ends, &group->dst);
		uint32_t	    idx;

		model.src = *ends_at(into->ends, src);
		model.dst = *ends_at(into->ends, dst);
		idx = find_group(into, &model, src, dst);
		if (idx == NO_GROUP)
			sums_join(&into->fixed[PLACE_LEFT_OUT + group->verdict], &group->sums);
		else if (join_group(into, &into->groups[idx], group))
			fit_sets(into);
	}
}

/* Ports that have a group of their own in a family of many go to the others. */
static void fold_families(struct tally *tally)
{
	size_t kept = 0;

	for (size_t i = 0; i < tally->group_count; i++) {
		struct tally_group *group = &tally->groups[i];
		uint32_t	    many = tally->families[group->family].many;

		if (many != NO_GROUP && !group->has_ports)
			join_group(tally, &tally->groups[many], group);
	}
	for (size_t i = 0; i < tally->group_count; i++) {
		struct tally_group *group = &tally->groups[i];

		if (tally->families[group->family].many != NO_GROUP && !group->has_ports)
			drop_group(tally, group);
		else
			tally->groups[kept++] = *group;
	}
	tally->group_count = kept;
}

static int rank_of(enum record_verdict verdict)
{
	static const int ranks[RECORD_VERDICT_COUNT] = {
		[RECORD_UNEXPECTED] = 0, [RECORD_CONTRADICTION] = 1, [RECORD_UNKNOWN] = 2,
		[RECORD_REJECTED] = 3,	 [RECORD_EXPECTED] = 4,
	};

	return ranks[verdict];
}

/* Each record is the example of one group at most, so the last two tell any two apart. */
static int compare_groups(const void *a, const void *b)
{
	const struct tally_group *x = a, *y = b;
	int			  order = rank_of(x->verdict) - rank_of(y->verdict);

	if (order)
		return order;
	if (x->sums.records != y->sums.records)
		return x->sums.records < y->sums.records ? 1 : -1;
	order = str_cmp(x->src.text, y->src.text);
	order = order ? order : str_cmp(x->dst.text, y->dst.text);
	order = order ? order : x->protocol - y->protocol;
	order = order ? order : x->dst_port - y->dst_port;
	if (order)
		return order;
	if (x->example_file != y->example_file)
		return x->example_file < y->example_file ? -1 : 1;
	return (x->example_line > y->example_line) - (x->example_line < y->example_line);
}

static void add_up(struct tally *tally)
{
	struct tally_answer *answer = &tally->answer;

	for (size_t i = 0; i < tally->group_count; i++)
		sums_join(&answer->totals[tally->groups[i].verdict], &tally->groups[i].sums);
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++) {
		sums_join(&answer->totals[i], &tally->fixed[PLACE_LEFT_OUT + i]);
		answer->left_out += tally->fixed[PLACE_LEFT_OUT + i].records;
	}
	sums_join(&answer->totals[RECORD_UNKNOWN], &tally->fixed[PLACE_NODATA]);
	sums_join(&answer->totals[RECORD_UNKNOWN], &tally->fixed[PLACE_SKIPDATA]);
	answer->nodata = tally->fixed[PLACE_NODATA].records;
	answer->skipdata = tally->fixed[PLACE_SKIPDATA].records;
	answer->undecided = answer->totals[RECORD_UNKNOWN].records - answer->nodata;
	for (int i = 0; i < RECORD_VERDICT_COUNT; i++)
		sums_join(&answer->all, &answer->totals[i]);
}

const struct tally_answer *tally_finish(struct tally *tally)
{
	struct tally_answer *answer = &tally->answer;

	assert(!answer->groups);
	fold_families(tally);
	fit_sets(tally);
	add_up(tally);
	if (tally->group_count)
		qsort(tally->groups, tally->group_count, sizeof(*tally->groups), compare_groups);
	answer->groups = tally->groups;
	answer->count = tally->group_count;
	return answer;
}
