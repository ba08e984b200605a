/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/path_changes.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/reach/change_cause.h"
#include "simulator/reach/number_lists.h"
#include "simulator/reach/tier_move.h"

/* What makes rows one: zeroed before it is filled, for it is compared as bytes. */
struct row_key {
	uint32_t	      src, dst; /* crowds */
	uint32_t	      transition, unintended, silent;
	unsigned	      presence;
	enum path_change_sign sign;
	/* Numbers of lists, when all pairs are known: its causes, its foreign kinds, its moved ones. */
	uint32_t causes, foreign, moved;
};

struct row {
	struct row_key	key;
	struct list	causes, foreign, moved;
	struct list	local;	     /* joint kinds beside the foreign ones */
	const uint32_t *last_causes; /* what was added last */
	uint64_t	pairs, untraced;
};

struct making {
	const struct path_question *question;
	struct causes		   *causes;
	struct row		   *rows;
	size_t			    count, capacity;
	struct map		    known; /* key → row */
	struct lists		    lists;
	uint32_t		   *counted; /* by interface: the count that had it last */
	uint32_t		    counts;
	struct path_changes	   *out;
	struct arena		    arena;
};

static bool is_new(const struct joint_kind *kind)
{
	return kind->kinds[0] == WORLD_NONE;
}

static bool is_gone(const struct joint_kind *kind)
{
	return kind->kinds[1] == WORLD_NONE;
}

static unsigned presence_of(const struct joint_kind *src, const struct joint_kind *dst)
{
	return (is_new(src) ? PRESENCE_SRC_NEW : 0) | (is_gone(src) ? PRESENCE_SRC_GONE : 0) |
	       (is_new(dst) ? PRESENCE_DST_NEW : 0) | (is_gone(dst) ? PRESENCE_DST_GONE : 0);
}

/* What the policy does not want of what was opened; in B, where it is open. */
static uint32_t unintended_of(const struct joint *joint, uint32_t src, uint32_t dst,
			      const struct transition *transition)
{
	struct packet_sets *sets = reach_sets(joint->reaches[1]);

	if (transition->opened == PACKET_SET_DENY)
		return PACKET_SET_DENY;
	return packet_sets_both(
		sets, transition->opened,
		packet_sets_not(sets, reach_intended(joint->reaches[1], joint->items[src].kinds[1],
						     joint->items[dst].kinds[1])));
}

/* Likewise what it does not speak of. */
static uint32_t silent_of(const struct joint *joint, uint32_t src, uint32_t dst,
			  const struct transition *transition)
{
	if (transition->opened == PACKET_SET_DENY)
		return PACKET_SET_DENY;
	return packet_sets_both(reach_sets(joint->reaches[1]), transition->opened,
				reach_silent(joint->reaches[1], joint->items[src].kinds[1],
					     joint->items[dst].kinds[1]));
}

static bool passes(const struct packet_sets *sets, uint32_t set)
{
	return packet_sets_best(sets, set) == VERDICT_ALLOW;
}

static enum path_change_sign sign_of(const struct packet_sets *sets,
				     const struct transition  *transition)
{
	bool opened = transition->opened != PACKET_SET_DENY;
	bool closed = transition->closed != PACKET_SET_DENY;

	if (!opened && !closed)
		return PATH_UNDECIDED;
	if (!passes(sets, transition->before))
		return PATH_OPENED;
	if (!passes(sets, transition->after))
		return PATH_CLOSED;
	return opened && closed ? PATH_CHANGED : opened ? PATH_WIDENED : PATH_NARROWED;
}

static struct row *row_at(struct making *making, const struct row_key *key)
{
	struct str bytes = { (const char *)key, sizeof(*key) };
	uint32_t   found;

	if (!map_get(&making->known, bytes, &found)) {
		found = (uint32_t)making->count;
		map_put(&making->known, arena_str(&making->arena, bytes), found);
		making->rows = mem_grow(making->rows, making->count, &making->capacity,
					sizeof(*making->rows));
		making->rows[making->count++] = (struct row){ .key = *key };
	}
	return &making->rows[found];
}

static bool is_foreign(const struct making *making, uint32_t crowd)
{
	return making->question->crowds->items[crowd].scope != KIND_INTERFACES;
}

/* Neighbouring pairs have the same causes as a rule. */
static void add_causes(struct row *row, const struct cause_list *causes)
{
	row->untraced += !causes->is_whole;
	if (row->last_causes == causes->items)
		return;
	row->last_causes = causes->items;
	for (size_t i = 0; i < causes->count; i++)
		list_add(&row->causes, causes->items[i]);
}

/* What differs between two joint kinds, and why. */
struct difference {
	uint32_t	  src, dst;
	struct row_key	  key; /* without crowds */
	struct cause_list causes;
};

static void add_kinds(struct making *making, const struct difference *difference, struct row *row)
{
	uint32_t src = difference->src, dst = difference->dst;
	bool	 from_abroad = is_foreign(making, row->key.src);

	if (from_abroad || is_foreign(making, row->key.dst)) {
		list_add(&row->foreign, from_abroad ? src : dst);
		list_add(&row->local, from_abroad ? dst : src);
	}
	if (row->key.sign != PATH_FORBIDDEN && row->key.sign != PATH_PERMITTED)
		return;
	if (tier_moved(making->question->joint, src))
		list_add(&row->moved, src);
	if (tier_moved(making->question->joint, dst))
		list_add(&row->moved, dst);
}

/* A pair of joint kinds that differs: a row for each pair of crowds that they are of. */
static void add_difference(struct making *making, const struct difference *difference)
{
	const struct crowds *crowds = making->question->crowds;
	uint32_t	     src = difference->src, dst = difference->dst;
	uint64_t	     pairs = joint_pairs(making->question->joint, src, dst);
	struct row_key	     key = difference->key;

	for (size_t i = 0; i < difference->causes.count; i++)
		making->out->is_cause[difference->causes.items[i]] = true;
	for (uint32_t i = crowds->kind_firsts[src]; i < crowds->kind_firsts[src + 1]; i++)
		for (uint32_t j = crowds->kind_firsts[dst]; j < crowds->kind_firsts[dst + 1]; j++) {
			struct row *row;

			key.src = crowds->kind_crowds[i];
			key.dst = crowds->kind_crowds[j];
			row = row_at(making, &key);
			row->pairs += pairs;
			add_causes(row, &difference->causes);
			add_kinds(making, difference, row);
		}
}

static void add_pair(struct making *making, uint32_t src, uint32_t dst, uint32_t number)
{
	const struct joint *joint = making->question->joint;
	struct transition   transition = *transitions_at(making->question->transitions, number);
	struct difference   difference = { .src = src, .dst = dst };

	memset(&difference.key, 0, sizeof(difference.key));
	difference.key.sign = sign_of(reach_sets(joint->reaches[0]), &transition);
	difference.key.transition = number;
	difference.key.unintended = unintended_of(joint, src, dst, &transition);
	difference.key.silent = silent_of(joint, src, dst, &transition);
	difference.key.presence = presence_of(&joint->items[src], &joint->items[dst]);
	difference.causes = causes_find(making->causes, src, dst, &transition);
	add_difference(making, &difference);
}

/* The same packets, judged otherwise. */
static void add_judged(struct making *making, struct difference *difference, uint32_t set,
		       enum path_change_sign sign)
{
	if (set == PACKET_SET_DENY)
		return;
	memset(&difference->key, 0, sizeof(difference->key));
	difference->key.sign = sign;
	difference->key.transition = transitions_put(making->question->transitions, set, set);
	difference->key.unintended = sign == PATH_FORBIDDEN ? set : PACKET_SET_DENY;
	add_difference(making, difference);
}

static void compare_tiers(struct making *making, uint32_t src, uint32_t dst, const uint32_t open[2])
{
	const struct joint  *joint = making->question->joint;
	const struct delta  *delta = making->question->delta;
	struct difference    difference = { .src = src, .dst = dst };
	struct change_set    found = { 0 };
	struct tier_verdicts verdicts;

	if (presence_of(&joint->items[src], &joint->items[dst]) ||
	    !(tier_moved(joint, src) || tier_moved(joint, dst)) ||
	    joint_pairs(joint, src, dst) == 0)
		return;
	verdicts = tier_verdicts_of(joint, src, dst, open[0], open[1]);
	if (verdicts.forbidden == PACKET_SET_DENY && verdicts.permitted == PACKET_SET_DENY)
		return;
	if (tier_moved(joint, src))
		tier_changes_find(joint, delta, making->question->judge, src, &found);
	if (tier_moved(joint, dst))
		tier_changes_find(joint, delta, making->question->judge, dst, &found);
	change_set_sort(&found);
	difference.causes = (struct cause_list){
		.items = found.count ? arena_copy(&making->arena, found.items,
						  found.count * sizeof(*found.items))
				     : NULL,
		.count = found.count,
		.is_whole = true, /* the move itself is told */
	};
	change_set_done(&found);
	add_judged(making, &difference, verdicts.forbidden, PATH_FORBIDDEN);
	add_judged(making, &difference, verdicts.permitted, PATH_PERMITTED);
}

/* Whether a packet can get from one to the other at all, as far as the kinds of kinds tell. */
static bool is_question(const struct joint_kind *src, const struct joint_kind *dst)
{
	return src->family == dst->family &&
	       (src->scope == KIND_INTERFACES || dst->scope == KIND_INTERFACES);
}

static void compare(struct making *making, uint32_t src, uint32_t dst)
{
	const struct joint *joint = making->question->joint;
	struct transitions *transitions = making->question->transitions;
	uint32_t	    before, after, number;

	if (!is_question(&joint->items[src], &joint->items[dst]))
		return;
	before = joint_between(joint, 0, src, dst);
	after = joint_between(joint, 1, src, dst);
	compare_tiers(making, src, dst, (uint32_t[2]){ before, after });
	if (before == after) {
		making->out->is_undecided = making->out->is_undecided ||
					    (transitions_is_unknown(transitions, before) &&
					     joint_pairs(joint, src, dst));
		return;
	}
	number = transitions_put(transitions, before, after);
	if (joint_pairs(joint, src, dst) == 0)
		return;
	if (transitions_at(transitions, number)->stays_unknown)
		making->out->is_undecided = true;
	if (transition_is_change(transitions_at(transitions, number)))
		add_pair(making, src, dst, number);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* A copy in the answer's memory; NULL when it is empty. */
static const uint32_t *keep(struct making *making, uint32_t number, size_t *count)
{
	const struct list *list = &making->lists.items[number];

	*count = list->count;
	return list->count ? arena_copy(&making->out->arena, list->items,
					list->count * sizeof(*list->items))
			   : NULL;
}

/* By all but the crowds. */
static int compare_content(const struct row_key *x, const struct row_key *y)
{
	int order = compare_numbers(x->transition, y->transition);

	if (!order)
		order = compare_numbers(x->sign, y->sign);
	if (!order)
		order = compare_numbers(x->moved, y->moved);
	if (!order)
		order = compare_numbers(x->unintended, y->unintended);
	if (!order)
		order = compare_numbers(x->silent, y->silent);
	if (!order)
		order = compare_numbers(x->presence, y->presence);
	if (!order)
		order = compare_numbers(x->causes, y->causes);
	return order ? order : compare_numbers(x->foreign, y->foreign);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row_key *x = &((const struct row *)a)->key, *y = &((const struct row *)b)->key;
	int		      order = compare_content(x, y);

	if (!order)
		order = compare_numbers(x->dst, y->dst);
	return order ? order : compare_numbers(x->src, y->src);
}

/* Rows with the same receiver and content: their senders. */
struct group {
	struct row_key key; /* of the first */
	uint32_t      *srcs, *dsts;
	size_t	       src_count, dst_count;
	uint64_t       pairs, pairs_total, untraced;
};

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int		    order = compare_content(&x->key, &y->key);

	if (!order)
		order = compare_numbers(x->src_count, y->src_count);
	for (size_t i = 0; !order && i < x->src_count; i++)
		order = compare_numbers(x->srcs[i], y->srcs[i]);
	return order ? order : compare_numbers(x->key.dst, y->key.dst);
}

/* All pairs of ends of two crowds. */
static uint64_t count_pairs(const struct path_question *question, uint32_t src, uint32_t dst)
{
	const struct crowd *from = &question->crowds->items[src];
	const struct crowd *to = &question->crowds->items[dst];
	uint64_t	    count = 0;

	for (size_t i = 0; i < from->kind_count; i++)
		for (size_t j = 0; j < to->kind_count; j++)
			count += joint_pairs(question->joint, from->kinds[i], to->kinds[j]);
	return count;
}

/* The interfaces that have ends of any of the joint kinds. */
static uint64_t count_hosts(struct making *making, const uint32_t *kinds, size_t kind_count)
{
	const struct joint *joint = making->question->joint;
	uint64_t	    count = 0;

	making->counts++;
	for (size_t i = 0; i < kind_count; i++) {
		const struct joint_kind *kind = &joint->items[kinds[i]];

		for (size_t j = 0; j < kind->count; j++) {
			uint32_t interface = joint_member(joint, kind, j)->interface;

			count += making->counted[interface] != making->counts;
			making->counted[interface] = making->counts;
		}
	}
	return count;
}

static void add_hosts(struct making *making, struct group *group, const struct row *row)
{
	const struct crowd *crowd =
		&making->question->crowds
			 ->items[is_foreign(making, row->key.src) ? row->key.dst : row->key.src];

	group->pairs += count_hosts(making, row->local.items, row->local.count);
	group->pairs_total += count_hosts(making, crowd->kinds, crowd->kind_count);
}

static void add_totals(struct making *making, struct group *group, const struct row *row)
{
	group->untraced += row->untraced;
	if (making->question->by == PARTY_BY_INSTANCE)
		return;
	if (row->local.count) {
		add_hosts(making, group, row);
		return;
	}
	group->pairs += row->pairs;
	group->pairs_total += count_pairs(making->question, row->key.src, row->key.dst);
}

static struct group *group_by_receiver(struct making *making, size_t *count)
{
	struct group *groups = mem_alloc((making->count + 1) * sizeof(*groups));
	uint32_t     *srcs = arena_alloc(&making->out->arena, (making->count + 1) * sizeof(*srcs));

	*count = 0;
	for (size_t i = 0; i < making->count; i++) {
		const struct row *row = &making->rows[i];
		struct group	 *group = *count ? &groups[*count - 1] : NULL;

		if (!group || compare_content(&group->key, &row->key) ||
		    group->key.dst != row->key.dst) {
			group = &groups[(*count)++];
			*group = (struct group){ .key = row->key, .srcs = srcs };
		}
		*srcs++ = row->key.src;
		group->src_count++;
		add_totals(making, group, row);
	}
	return groups;
}

static bool same_senders(const struct group *a, const struct group *b)
{
	return compare_content(&a->key, &b->key) == 0 && a->src_count == b->src_count &&
	       memcmp(a->srcs, b->srcs, a->src_count * sizeof(*a->srcs)) == 0;
}

/* Groups that only their receivers tell apart become one; returns how many are left. */
static size_t join_receivers(struct making *making, struct group *groups, size_t count)
{
	uint32_t *dsts = arena_alloc(&making->out->arena, (count + 1) * sizeof(*dsts));
	size_t	  kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct group *last = kept ? &groups[kept - 1] : NULL;

		if (last && same_senders(last, &groups[i])) {
			last->pairs += groups[i].pairs;
			last->pairs_total += groups[i].pairs_total;
			last->untraced += groups[i].untraced;
		} else {
			groups[kept] = groups[i];
			last = &groups[kept++];
			last->dsts = dsts;
		}
		*dsts++ = groups[i].key.dst;
		last->dst_count++;
	}
	return kept;
}

static int compare_changes(const void *a, const void *b)
{
	const struct path_change *x = a, *y = b;
	int			  order = compare_numbers(x->sign, y->sign);

	if (!order)
		order = compare_numbers(x->srcs[0], y->srcs[0]);
	if (!order)
		order = compare_numbers(x->dsts[0], y->dsts[0]);
	if (!order)
		order = compare_numbers(x->transition.after, y->transition.after);
	if (!order)
		order = compare_numbers(x->transition.before, y->transition.before);
	if (!order)
		order = compare_numbers(x->presence, y->presence);
	for (size_t i = 0; !order && i < x->cause_count && i < y->cause_count; i++)
		order = compare_numbers(x->causes[i], y->causes[i]);
	return order ? order : compare_numbers(x->cause_count, y->cause_count);
}

static void add_change(struct making *making, const struct group *group)
{
	struct path_changes *out = making->out;
	struct path_change  *change = &out->items[out->count++];

	*change = (struct path_change){
		.sign = group->key.sign,
		.transition = *transitions_at(making->question->transitions, group->key.transition),
		.unintended = group->key.unintended,
		.silent = group->key.silent,
		.presence = group->key.presence,
		.srcs = group->srcs,
		.dsts = group->dsts,
		.src_count = group->src_count,
		.dst_count = group->dst_count,
		.pairs = group->pairs,
		.pairs_total = group->pairs_total,
		.untraced = group->untraced,
	};
	change->causes = keep(making, group->key.causes, &change->cause_count);
	change->foreign = keep(making, group->key.foreign, &change->foreign_count);
	change->moved = keep(making, group->key.moved, &change->moved_count);
	out->untraced += change->untraced;
	out->counts[change->sign]++;
}

static void gather(struct making *making)
{
	struct path_changes    *out = making->out;
	size_t			count;
	auto_free struct group *groups = NULL;

	for (size_t i = 0; i < making->count; i++) {
		struct row *row = &making->rows[i];

		row->key.causes = lists_put(&making->lists, &row->causes);
		row->key.foreign = lists_put(&making->lists, &row->foreign);
		row->key.moved = lists_put(&making->lists, &row->moved);
	}
	if (making->count)
		qsort(making->rows, making->count, sizeof(*making->rows), compare_rows);
	groups = group_by_receiver(making, &count);
	if (count)
		qsort(groups, count, sizeof(*groups), compare_groups);
	count = join_receivers(making, groups, count);
	out->items = mem_alloc((count + 1) * sizeof(*out->items));
	for (size_t i = 0; i < count; i++)
		add_change(making, &groups[i]);
	if (count)
		qsort(out->items, count, sizeof(*out->items), compare_changes);
}

void path_changes_find(const struct path_question *question, struct path_changes *out)
{
	struct making making = { .question = question, .out = out };

	*out = (struct path_changes){ 0 };
	making.counted = mem_alloc((question->joint->interface_count + 1) *
				   sizeof(*making.counted));
	out->is_cause = mem_alloc(question->delta->count + 1);
	making.causes = causes_new(question->joint, question->delta);
	for (uint32_t src = 0; src < question->joint->count; src++)
		for (uint32_t dst = 0; dst < question->joint->count; dst++)
			compare(&making, src, dst);
	gather(&making);
	causes_free(making.causes);
	for (size_t i = 0; i < making.count; i++)
		free(making.rows[i].local.items);
	free(making.counted);
	free(making.rows);
	lists_done(&making.lists);
	map_done(&making.known);
	arena_done(&making.arena);
}

void path_changes_done(struct path_changes *changes)
{
	free(changes->items);
	free(changes->is_cause);
	arena_done(&changes->arena);
	*changes = (struct path_changes){ 0 };
}
