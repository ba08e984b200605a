/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CELLS_A_WORLD = 6 };

struct view {
	struct reach	   *reach;
	const struct kinds *kinds;
	const struct judge *judge;
	enum party_by	    by;
};

/* By id: what the snapshot lacks is a party all the same. */
static bool has_group(const struct eni *eni, struct str id)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (str_eq(eni->sg_ids[i], id))
			return true;
	return false;
}

static bool has_tier(const struct view *view, const struct end *end, struct str name)
{
	const struct intent *policy = judge_policy(view->judge);
	uint64_t	     tiers = judge_tiers(view->judge, end->eni_idx, end->ip);

	for (uint32_t i = 0; i < policy->tier_count; i++)
		if ((tiers >> i & 1) && str_eq(policy->tiers[i].name, name))
			return true;
	return false;
}

static bool is_in(const struct view *view, const struct party *party, const struct end *end)
{
	const struct eni *eni = &view->kinds->world->enis[end->eni_idx];

	if (str_is(eni->type, "nat_gateway"))
		return false;
	switch (view->by) {
	case PARTY_BY_INSTANCE:
		return str_eq(eni->instance_id.len ? eni->instance_id : eni->object.id, party->id);
	case PARTY_BY_SG:
		return has_group(eni, party->id);
	case PARTY_BY_SUBNET:
		return str_eq(eni->subnet_id, party->id);
	case PARTY_BY_VPC:
		return str_eq(eni->vpc_id, party->id);
	case PARTY_BY_TIER:
		return has_tier(view, end, party->label);
	case PARTY_BY_COUNT:
		break;
	}
	return false;
}

static void add_pair(const struct view *view, uint32_t src_kind, uint32_t dst_kind,
		     struct cell *cell)
{
	struct packet_sets *sets = reach_sets(view->reach);
	uint32_t	    set = reach_between(view->reach, src_kind, dst_kind);
	uint32_t	    unwanted = packet_sets_both(
			   sets, set, packet_sets_not(sets, reach_intended(view->reach, src_kind, dst_kind)));

	cell->pairs++;
	cell->set = packet_sets_either(sets, cell->set, set);
	cell->common = packet_sets_both(sets, cell->common, set);
	cell->unintended = packet_sets_either(sets, cell->unintended, unwanted);
	cell->silent = packet_sets_either(
		sets, cell->silent,
		packet_sets_both(sets, set, reach_silent(view->reach, src_kind, dst_kind)));
	cell->open_pairs += packet_sets_best(sets, set) == VERDICT_ALLOW;
	cell->undecided_pairs += packet_sets_best(sets, set) == VERDICT_UNKNOWN;
	cell->unintended_pairs += packet_sets_best(sets, unwanted) == VERDICT_ALLOW;
}

static struct cell cell_of_ends(const struct view *view, const struct party *src,
				const struct party *dst)
{
	const struct kinds *kinds = view->kinds;
	uint32_t	    total = kinds->eni_ends[kinds->world->counts[WORLD_ENI]];
	struct cell	    cell = { .common = PACKET_SET_ALLOW };

	for (uint32_t i = 0; i < total; i++)
		for (uint32_t j = 0; j < total; j++)
			if (kinds->ends[i].eni_idx != kinds->ends[j].eni_idx &&
			    kinds->ends[i].ip.family == kinds->ends[j].ip.family &&
			    is_in(view, src, &kinds->ends[i]) && is_in(view, dst, &kinds->ends[j]))
				add_pair(view, kinds->end_kinds[i], kinds->end_kinds[j], &cell);
	if (cell.pairs == 0)
		cell.common = PACKET_SET_DENY;
	return cell;
}

static bool check_cell(const struct view *view, const struct party *src, const struct party *dst)
{
	struct cell fast = parties_cell(view->reach, src, dst);
	struct cell plain = cell_of_ends(view, src, dst);

	if (src == dst && src->is_host) /* what a host sends to itself never reaches AWS */
		plain = (struct cell){ .common = PACKET_SET_DENY };
	if (fast.set == plain.set && fast.common == plain.common &&
	    fast.unintended == plain.unintended && fast.silent == plain.silent &&
	    fast.pairs == plain.pairs && fast.open_pairs == plain.open_pairs &&
	    fast.undecided_pairs == plain.undecided_pairs &&
	    fast.unintended_pairs == plain.unintended_pairs)
		return true;
	fprintf(stderr,
		"by %s, %.*s to %.*s: sets %u %u, common %u %u, unintended %u %u, pairs %" PRIu64
		" %" PRIu64 ", open %" PRIu64 " %" PRIu64 ", undecided %" PRIu64 " %" PRIu64 "\n",
		party_by_text(view->by), STR_ARG(src->label), STR_ARG(dst->label), fast.set,
		plain.set, fast.common, plain.common, fast.unintended, plain.unintended, fast.pairs,
		plain.pairs, fast.open_pairs, plain.open_pairs, fast.undecided_pairs,
		plain.undecided_pairs);
	return false;
}

/* Of interfaces only, and with a name to know them by. */
static bool is_plain(const struct kinds *kinds, const struct party *party)
{
	for (size_t i = 0; i < party->kind_count; i++)
		if (kinds->items[party->kinds[i].kind].scope != KIND_INTERFACES)
			return false;
	return party->scope == KIND_INTERFACES && !party->is_rest;
}

bool random_cells_agree(struct dice *dice, struct reach *reach, const struct judge *judge,
			uint64_t *count)
{
	struct view view = {
		.reach = reach,
		.kinds = reach_kinds(reach),
		.judge = judge,
		.by = (enum party_by)dice_roll(dice, judge ? PARTY_BY_COUNT : PARTY_BY_TIER),
	};
	auto_parties struct parties *parties = parties_new(reach, judge, view.by);
	bool			     ok = true;

	for (size_t i = 0; ok && i < CELLS_A_WORLD; i++) {
		const struct party *src = &parties->items[dice_roll(dice, parties->count)];
		const struct party *dst = &parties->items[dice_roll(dice, parties->count)];

		if (!is_plain(view.kinds, src) || !is_plain(view.kinds, dst))
			continue;
		ok = check_cell(&view, src, dst);
		++*count;
	}
	return ok;
}
