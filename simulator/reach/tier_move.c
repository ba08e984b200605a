/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/tier_move.h"

#include <string.h>

static uint64_t tiers_at(const struct joint *joint, size_t side, uint32_t kind_idx)
{
	return reach_kinds(joint->reaches[side])->items[joint->items[kind_idx].kinds[side]].tiers;
}

bool tier_moved(const struct joint *joint, uint32_t kind_idx)
{
	const struct joint_kind *kind = &joint->items[kind_idx];

	return kind->kinds[0] != WORLD_NONE && kind->kinds[1] != WORLD_NONE &&
	       tiers_at(joint, 0, kind_idx) != tiers_at(joint, 1, kind_idx);
}

struct tier_verdicts tier_verdicts_of(const struct joint *joint, uint32_t src, uint32_t dst,
				      uint32_t before, uint32_t after)
{
	struct packet_sets *sets = reach_sets(joint->reaches[0]);
	uint32_t	    common = packet_sets_both(sets, before, after), forbidden[2];

	common = packet_sets_where(sets, common, VERDICT_ALLOW);
	for (size_t side = 0; side < 2; side++)
		forbidden[side] = packet_sets_where(sets,
						    reach_intended(joint->reaches[side],
								   joint->items[src].kinds[side],
								   joint->items[dst].kinds[side]),
						    VERDICT_DENY);
	return (struct tier_verdicts){
		.forbidden = packet_sets_both(
			sets, common,
			packet_sets_both(sets, forbidden[1], packet_sets_not(sets, forbidden[0]))),
		.permitted = packet_sets_both(
			sets, common,
			packet_sets_both(sets, forbidden[0], packet_sets_not(sets, forbidden[1]))),
	};
}

static bool is_tag_of(const struct selector *selector, const struct delta_change *change)
{
	if (selector->kind != SELECT_TAG)
		return false;
	if (strcmp(change->member, "name") == 0)
		return str_is(selector->key, "Name");
	for (size_t side = 0; strcmp(change->member, "tag") == 0 && side < 2; side++) {
		const struct tag *tag = change->rows[side];

		if (tag && str_eq(tag->key, selector->key))
			return true;
	}
	return false;
}

/* Whether a selector may take the object for another because of the change. */
static bool speaks_of(const struct selector *selector, const struct delta_change *change)
{
	static const struct {
		enum selector_kind kind;
		const char	  *member;
	} members[] = {
		{ SELECT_NAME, "name" },	 { SELECT_SUBNET, "subnet" },
		{ SELECT_SG, "group" },		 { SELECT_VPC, "VPC" },
		{ SELECT_INSTANCE, "instance" }, { SELECT_INSTANCE, "name" },
		{ SELECT_ENI, "name" },		 { SELECT_CIDR, "address" },
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (selector->kind == members[i].kind &&
		    strcmp(change->member, members[i].member) == 0)
			return true;
	return is_tag_of(selector, change);
}

static bool is_of_tiers(const void *query, const struct delta_change *change)
{
	const struct intent *intent = query;

	for (uint32_t i = 0; change->member && i < intent->tier_count; i++)
		for (uint32_t j = 0; j < intent->tiers[i].selector_count; j++)
			if (speaks_of(&intent->tiers[i].selectors[j], change))
				return true;
	return false;
}

void tier_changes_find(const struct joint *joint, const struct delta *delta,
		       const struct judge *judge, uint32_t kind_idx, struct change_set *out)
{
	const struct joint_kind *kind = &joint->items[kind_idx];
	struct change_filter	 filter = { delta, is_of_tiers, judge_policy(judge) };

	for (size_t i = 0; i < kind->count; i++)
		for (size_t side = 0; side < 2; side++) {
			const struct world *world = delta->worlds[side];
			const struct end   *end = &joint_member(joint, kind, i)->ends[side];
			const struct eni   *eni = &world->enis[end->eni_idx];

			change_set_pick_even_cosmetic(filter, WORLD_ENI, eni->object.id, out);
			change_set_pick_even_cosmetic(filter, WORLD_INSTANCE, eni->instance_id,
						      out);
		}
}
