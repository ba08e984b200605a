/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/group_sets.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/reference.h"

/* A rule that names groups or blocks, and the packets that it covers. */
struct entry {
	const struct sg_rule *rule;
	uint32_t	      set;
};

/* One direction of a set of groups. */
struct side {
	bool	      is_ready;
	uint32_t      base;			/* what holds where no rule matches */
	struct spans  spans[SPAN_FAMILY_COUNT]; /* what rules that name blocks let through */
	struct entry *references;
	size_t	      reference_count, reference_capacity;
};

struct group_sets {
	const struct kinds *kinds;
	struct packet_sets *sets;
	struct side	   *sides; /* two of each set of groups: ingress, egress */
};

struct group_sets *group_sets_new(const struct kinds *kinds, struct packet_sets *sets)
{
	struct group_sets *group_sets = mem_alloc(sizeof(*group_sets));

	group_sets->kinds = kinds;
	group_sets->sets = sets;
	group_sets->sides = mem_alloc((2 * kinds->group_set_count + 1) *
				      sizeof(*group_sets->sides));
	return group_sets;
}

void group_sets_free(struct group_sets *group_sets)
{
	if (!group_sets)
		return;
	for (size_t i = 0; i < 2 * group_sets->kinds->group_set_count; i++) {
		for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
			spans_done(&group_sets->sides[i].spans[family]);
		free(group_sets->sides[i].references);
	}
	free(group_sets->sides);
	free(group_sets);
}

/* Rules that name blocks, while a side is made: a block's item is the index of its entry. */
struct making {
	struct packet_sets *sets;
	struct entry	   *entries;
	size_t		    count, capacity;
	struct blocks	    lists[SPAN_FAMILY_COUNT];
	uint32_t	    nested[BLOCK_DEPTH_MAX];
};

static uint32_t set_of_rule(struct packet_sets *sets, const struct sg_rule *rule)
{
	uint32_t set = packet_sets_header(sets, rule->protocol, rule->ports, rule->icmp_type,
					  rule->icmp_code);

	return rule->disputed ? packet_sets_both(sets, set, PACKET_SET_UNKNOWN) : set;
}

static void add_block(struct making *making, const struct sg_rule *rule, struct cidr cidr,
		      uint32_t item)
{
	if (sg_family_fits(rule->protocol, cidr.base.family))
		blocks_add(making->lists, cidr, item);
}

/* A list whose entries are not known may hold any address. */
static void add_list(struct making *making, const struct world *world, const struct sg_rule *rule,
		     uint32_t item)
{
	static const struct cidr  everywhere[] = { { { IP_V4, { 0 } }, 0 },
						   { { IP_V6, { 0 } }, 0 } };
	const struct prefix_list *list = rule->peer_idx == WORLD_NONE
						 ? NULL
						 : &world->prefix_lists[rule->peer_idx];

	if (list && list->has_entries) {
		for (uint32_t i = 0; i < list->entry_count; i++)
			add_block(making, rule, list->entries[i], item);
		return;
	}
	making->entries[item].set = packet_sets_both(making->sets, making->entries[item].set,
						     PACKET_SET_UNKNOWN);
	for (size_t i = 0; i < ARRAY_LEN(everywhere); i++)
		add_block(making, rule, everywhere[i], item);
}

static void add_rule(struct making *making, const struct world *world, struct side *side,
		     const struct sg_rule *rule)
{
	struct entry entry = { .rule = rule, .set = set_of_rule(making->sets, rule) };

	if (rule->peer_kind == PEER_GROUP) {
		side->references = mem_grow(side->references, side->reference_count,
					    &side->reference_capacity, sizeof(*side->references));
		side->references[side->reference_count++] = entry;
		return;
	}
	making->entries = mem_grow(making->entries, making->count, &making->capacity,
				   sizeof(entry));
	making->entries[making->count++] = entry;
	if (rule->peer_kind == PEER_PREFIX_LIST)
		add_list(making, world, rule, (uint32_t)making->count - 1);
	else
		add_block(making, rule, rule->cidr, (uint32_t)making->count - 1);
}

/* Inside blocks all that the blocks around them let through passes too. */
static uint32_t set_of_blocks(void *context, unsigned depth, const struct peer_block *blocks,
			      size_t count)
{
	struct making *making = context;
	uint32_t       set = depth ? making->nested[depth - 1] : PACKET_SET_DENY;

	for (size_t i = 0; i < count; i++)
		set = packet_sets_either(making->sets, set, making->entries[blocks[i].item].set);
	making->nested[depth] = set;
	return set;
}

static void make_side(struct group_sets *group_sets, uint32_t eni_idx, bool egress,
		      struct side *side)
{
	const struct world *world = group_sets->kinds->world;
	const struct eni   *eni = &world->enis[eni_idx];
	struct making	    making = { .sets = group_sets->sets };

	side->is_ready = true;
	side->base = sg_unmatched(world, eni_idx, egress).verdict;
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			if (sg->rules[j].egress == egress)
				add_rule(&making, world, side, &sg->rules[j]);
	}
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		side->spans[family] = spans_sweep(&making.lists[family], set_of_blocks, &making);
		blocks_done(&making.lists[family]);
	}
	free(making.entries);
}

static uint32_t ask_reference(const struct group_sets *group_sets, const struct eni *eni,
			      const struct entry *entry, struct ip ip, struct sg_peer peer)
{
	const struct world *world = group_sets->kinds->world;
	enum match	    match;

	if (!sg_family_fits(entry->rule->protocol, ip.family))
		return PACKET_SET_DENY;
	match = peer.is_known ? reference_match_member(world, eni, entry->rule, peer.eni_idx)
			      : reference_match(world, eni, entry->rule, ip);
	if (match == MATCH_NO)
		return PACKET_SET_DENY;
	return match == MATCH_YES
		       ? entry->set
		       : packet_sets_both(group_sets->sets, entry->set, PACKET_SET_UNKNOWN);
}

uint32_t group_sets_ask(struct group_sets *group_sets, uint32_t groups, bool egress, struct ip ip,
			struct sg_peer peer)
{
	uint32_t	  eni_idx = group_sets->kinds->group_enis[groups];
	const struct eni *eni = &group_sets->kinds->world->enis[eni_idx];
	struct side	 *side = &group_sets->sides[2 * groups + egress];
	uint32_t	  set;

	if (!side->is_ready)
		make_side(group_sets, eni_idx, egress, side);
	set = packet_sets_either(group_sets->sets, side->base,
				 spans_at(&side->spans[span_family(ip)], point_of(ip)));
	for (size_t i = 0; i < side->reference_count; i++)
		set = packet_sets_either(
			group_sets->sets, set,
			ask_reference(group_sets, eni, &side->references[i], ip, peer));
	return set;
}
