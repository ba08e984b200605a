/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/cell.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { SLOTS_MIN = 16 };

/* Two parties, and which way foreign ends are looked at. */
struct filling {
	struct reach	  *reach;
	struct cell_parts *parts;
	uint32_t	   asked;
};

static uint64_t hash_of(const struct cell_part *part)
{
	uint64_t hash = (uint64_t)part->set << 32 | part->common;

	hash ^= (uint64_t)part->unknown << 16;
	hash = (hash ^ part->unintended) * UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ part->silent) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static size_t find_slot(const struct cell_parts *parts, const struct cell_part *part)
{
	size_t at = hash_of(part) & (parts->slot_count - 1);

	for (;; at = (at + 1) & (parts->slot_count - 1)) {
		const struct cell_part *other;

		if (parts->slots[at] == 0)
			return at;
		other = &parts->items[parts->slots[at] - 1];
		if (other->set == part->set && other->common == part->common &&
		    other->unknown == part->unknown && other->unintended == part->unintended &&
		    other->silent == part->silent)
			return at;
	}
}

static void grow_slots(struct cell_parts *parts)
{
	free(parts->slots);
	parts->slot_count = parts->slot_count ? 2 * parts->slot_count : SLOTS_MIN;
	parts->slots = mem_alloc(parts->slot_count * sizeof(*parts->slots));
	for (size_t i = 0; i < parts->count; i++)
		parts->slots[find_slot(parts, &parts->items[i])] = (uint32_t)i + 1;
}

void cell_parts_add(struct cell_parts *parts, const struct cell_part *part)
{
	size_t slot;

	if (2 * (parts->count + 1) > parts->slot_count)
		grow_slots(parts);
	slot = find_slot(parts, part);
	if (parts->slots[slot]) {
		parts->items[parts->slots[slot] - 1].pairs += part->pairs;
		return;
	}
	parts->items = mem_grow(parts->items, parts->count, &parts->capacity,
				sizeof(*parts->items));
	parts->items[parts->count++] = *part;
	parts->slots[slot] = (uint32_t)parts->count;
}

void cell_parts_clear(struct cell_parts *parts)
{
	for (size_t i = parts->count; i > 0; i--)
		parts->slots[find_slot(parts, &parts->items[i - 1])] = 0;
	parts->count = 0;
}

void cell_parts_done(struct cell_parts *parts)
{
	free(parts->items);
	free(parts->slots);
	*parts = (struct cell_parts){ 0 };
}

/*
 * All ends of a kind are in one party or, by instance, in as many as there are; parties of hosts share no
 * interface, so that every end of the one makes a pair with every end of the other.
 */
static uint64_t count_pairs(const struct kinds *kinds, const struct party_kind *src,
			    const struct party_kind *dst)
{
	const struct kind *from = &kinds->items[src->kind], *to = &kinds->items[dst->kind];

	if (src->count == from->count && dst->count == to->count)
		return kinds_pairs(kinds, src->kind, dst->kind);
	return from->family == to->family ? (uint64_t)src->count * dst->count : 0;
}

static struct cell_part part_of(const struct filling *filling, uint32_t src_kind, uint32_t dst_kind)
{
	struct packet_sets *sets = reach_sets(filling->reach);
	uint32_t	    set = reach_between(filling->reach, src_kind, dst_kind), wanted, silent;

	set = packet_sets_both(sets, set, filling->asked);
	if (set == PACKET_SET_DENY)
		return (struct cell_part){ 0 };
	wanted = reach_intended(filling->reach, src_kind, dst_kind);
	silent = reach_silent(filling->reach, src_kind, dst_kind);
	return (struct cell_part){
		.set = set,
		.common = set,
		.unknown = packet_sets_where(sets, set, VERDICT_UNKNOWN),
		.unintended = packet_sets_both(sets, set, packet_sets_not(sets, wanted)),
		.silent = packet_sets_both(sets, set, silent),
	};
}

static bool is_foreign(const struct filling *filling, const struct party_kind *item)
{
	return reach_kinds(filling->reach)->items[item->kind].scope != KIND_INTERFACES;
}

/* The foreign ends of a party, as one, and an interface's kind of the other. */
static void add_foreign(const struct filling *filling, const struct party *party,
			const struct party_kind *here, bool is_out)
{
	struct packet_sets *sets = reach_sets(filling->reach);
	const struct kinds *kinds = reach_kinds(filling->reach);
	struct cell_part    sum = { .common = PACKET_SET_ALLOW,
				    .src_kind = is_out ? here->kind : WORLD_NONE,
				    .dst_kind = is_out ? WORLD_NONE : here->kind };

	for (size_t i = 0; i < party->kind_count; i++) {
		uint32_t	 kind = party->kinds[i].kind;
		struct cell_part part;

		if (!is_foreign(filling, &party->kinds[i]) ||
		    kinds->items[kind].family != kinds->items[here->kind].family)
			continue;
		part = part_of(filling, is_out ? here->kind : kind, is_out ? kind : here->kind);
		sum.set = packet_sets_either(sets, sum.set, part.set);
		sum.common = packet_sets_both(sets, sum.common, part.common);
		sum.unknown = packet_sets_either(sets, sum.unknown, part.unknown);
		sum.unintended = packet_sets_either(sets, sum.unintended, part.unintended);
		sum.silent = packet_sets_either(sets, sum.silent, part.silent);
		sum.pairs = here->count;
	}
	if (sum.pairs)
		cell_parts_add(filling->parts, &sum);
}

static void add_pair(const struct filling *filling, const struct party_kind *src,
		     const struct party_kind *dst)
{
	uint64_t	 pairs;
	struct cell_part part;

	if (is_foreign(filling, src) || is_foreign(filling, dst))
		return;
	pairs = count_pairs(reach_kinds(filling->reach), src, dst);
	if (pairs == 0)
		return;
	part = part_of(filling, src->kind, dst->kind);
	part.pairs = pairs;
	part.src_kind = src->kind;
	part.dst_kind = dst->kind;
	cell_parts_add(filling->parts, &part);
}

void cell_parts_fill(struct cell_parts *parts, struct reach *reach, const struct party *src,
		     const struct party *dst, uint32_t asked)
{
	struct filling filling = { .reach = reach, .parts = parts, .asked = asked };

	cell_parts_clear(parts);
	parts->src = src;
	parts->dst = dst;
	if (src == dst && src->is_host)
		return;
	for (size_t i = 0; i < src->kind_count; i++)
		for (size_t j = 0; j < dst->kind_count; j++)
			add_pair(&filling, &src->kinds[i], &dst->kinds[j]);
	for (size_t j = 0; j < dst->kind_count; j++)
		if (!is_foreign(&filling, &dst->kinds[j]))
			add_foreign(&filling, src, &dst->kinds[j], false);
	for (size_t i = 0; i < src->kind_count; i++)
		if (!is_foreign(&filling, &src->kinds[i]))
			add_foreign(&filling, dst, &src->kinds[i], true);
}

struct cell cell_of_parts(struct reach *reach, const struct cell_parts *parts)
{
	struct packet_sets *sets = reach_sets(reach);
	struct cell	    cell = { .common = parts->count ? PACKET_SET_ALLOW : PACKET_SET_DENY };

	for (size_t i = 0; i < parts->count; i++) {
		const struct cell_part *part = &parts->items[i];

		cell.pairs += part->pairs;
		cell.common = packet_sets_both(sets, cell.common, part->common);
		cell.set = packet_sets_either(sets, cell.set, part->set);
		cell.unknown = packet_sets_either(sets, cell.unknown, part->unknown);
		cell.unintended = packet_sets_either(sets, cell.unintended, part->unintended);
		cell.silent = packet_sets_either(sets, cell.silent, part->silent);
		if (packet_sets_best(sets, part->set) == VERDICT_ALLOW)
			cell.open_pairs += part->pairs;
		else if (packet_sets_best(sets, part->set) == VERDICT_UNKNOWN)
			cell.undecided_pairs += part->pairs;
		if (packet_sets_best(sets, part->unintended) == VERDICT_ALLOW)
			cell.unintended_pairs += part->pairs;
	}
	return cell;
}

static bool is_found(const struct cell_part *part, const struct packet_sets *sets,
		     const struct cell_search *search)
{
	uint32_t set = search->is_unintended ? part->unintended : part->set;

	if (!search->is_unintended && search->verdict == VERDICT_UNKNOWN)
		return packet_sets_at(sets, part->unknown, search->key) == VERDICT_ALLOW;
	return packet_sets_at(sets, set, search->key) == search->verdict;
}

/* Which of the foreign addresses it is for which a part has what is searched. */
static bool find_foreign(const struct filling *filling, const struct party *party,
			 const struct cell_search *search, uint32_t kinds[static 2])
{
	bool		    is_out = kinds[1] == WORLD_NONE;
	uint32_t	    here = kinds[!is_out];
	const struct kinds *all = reach_kinds(filling->reach);

	for (size_t i = 0; i < party->kind_count; i++) {
		uint32_t	 kind = party->kinds[i].kind;
		struct cell_part part;

		if (!is_foreign(filling, &party->kinds[i]) ||
		    all->items[kind].family != all->items[here].family)
			continue;
		part = part_of(filling, is_out ? here : kind, is_out ? kind : here);
		if (is_found(&part, reach_sets(filling->reach), search)) {
			kinds[is_out] = kind;
			return true;
		}
	}
	return false;
}

bool cell_parts_find(const struct cell_parts *parts, struct reach *reach,
		     const struct cell_search *search, uint32_t kinds[static 2])
{
	const struct filling filling = { .reach = reach, .asked = PACKET_SET_ALLOW };

	for (size_t i = 0; i < parts->count; i++) {
		const struct cell_part *part = &parts->items[i];

		if (!is_found(part, reach_sets(reach), search))
			continue;
		kinds[0] = part->src_kind;
		kinds[1] = part->dst_kind;
		if (kinds[0] != WORLD_NONE && kinds[1] != WORLD_NONE)
			return true;
		if (find_foreign(&filling, kinds[0] == WORLD_NONE ? parts->src : parts->dst, search,
				 kinds))
			return true;
	}
	return false;
}
