/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/exposure.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/explain.h"
#include "simulator/lb_targets.h"
#include "simulator/reach/exposure_drafts.h"
#include "simulator/reach/parties.h"

enum { DOUBT_MAX = 2048, NOT_ASKED = UINT32_MAX };

struct search {
	const struct exposure_question *question;
	const struct kinds	       *kinds;
	struct packet_sets	       *sets;
	struct exposure		       *out;
	struct exposure_rows		rows;
	uint32_t			filter;
	uint32_t		       *open; /* by kind: what any of the internet gets to it */
	bool			       *is_selected; /* by end; NULL: all are */
};

static void add_doubt(const struct world *world, const struct leg *leg, struct buf *out)
{
	for (size_t i = 0; i < leg->count && out->len == 0; i++)
		if (leg->hops[i].decision.verdict == VERDICT_UNKNOWN)
			explain_doubt(world, &leg->hops[i], out);
}

/* A transit gateway is told of in the direction in which it sends on. */
static bool is_gateway_in(const struct hop *hop)
{
	return hop->kind == HOP_TRANSIT_GATEWAY ||
	       ((hop->kind == HOP_INTERNET_GATEWAY || hop->kind == HOP_VPN_GATEWAY) &&
		hop->direction == DIRECTION_INGRESS);
}

/* What one packet of a draft tells of all: the gateway, and what is not known. */
static void walk_one(const struct search *search, uint32_t kind, const struct exposure_draft *draft,
		     struct exposure_row *row, struct buf *doubt)
{
	const struct world *world = search->kinds->world;
	struct question question = reach_question(search->question->reach, draft->src_kind, kind,
						  draft->key);
	struct path	path;

	path_walk(world, &question, &path);
	row->via_idx = WORLD_NONE;
	for (size_t i = 0; i < path.forward.count && row->lb_idx == WORLD_NONE; i++)
		if (is_gateway_in(&path.forward.hops[i])) {
			row->via_kind = path.forward.hops[i].kind;
			row->via_idx = path.forward.hops[i].object_idx;
			break;
		}
	if (row->verdict != VERDICT_UNKNOWN)
		return;
	add_doubt(world, &path.forward, doubt);
	add_doubt(world, &path.back, doubt);
	if (doubt->len == 0)
		buf_add_text(doubt, "not all of its targets are known");
}

/* Members of the kind that were asked about. */
static struct exposure_part members_of(const struct search *search, const struct kind *kind)
{
	const struct kinds  *kinds = search->kinds;
	struct exposure_part part = { kinds->members + kind->first, kind->count };
	uint32_t	    *kept;

	if (!search->is_selected)
		return part;
	kept = arena_alloc(&search->out->arena, part.count * sizeof(*kept));
	part = (struct exposure_part){ .ends = kept };
	for (size_t i = 0; i < kind->count; i++) {
		uint32_t end = kinds->members[kind->first + i];

		if (search->is_selected[end])
			kept[part.count++] = end;
	}
	return part;
}

/* What any address of the internet gets to a kind; worked out when it is asked for. */
static uint32_t open_of(struct search *search, uint32_t kind)
{
	uint32_t set = PACKET_SET_DENY;

	if (search->open[kind] != NOT_ASKED)
		return search->open[kind];
	for (uint32_t i = 0; i < search->kinds->count; i++) {
		const struct kind *src = &search->kinds->items[i];

		if (src->scope == KIND_INTERNET && src->family == search->kinds->items[kind].family)
			set = packet_sets_either(search->sets, set,
						 reach_between(search->question->reach, i, kind));
	}
	search->open[kind] = packet_sets_both(search->sets, set, search->filter);
	return search->open[kind];
}

/* The same of all IPv4 addresses of an interface. */
static uint32_t open_over_ipv4(struct search *search, uint32_t eni_idx)
{
	const struct kinds *kinds = search->kinds;
	uint32_t	    set = PACKET_SET_DENY;

	for (uint32_t i = kinds->eni_ends[eni_idx]; i < kinds->eni_ends[eni_idx + 1]; i++)
		if (kinds->ends[i].ip.family == IP_V4)
			set = packet_sets_either(search->sets, set,
						 open_of(search, kinds->end_kinds[i]));
	return set;
}

/*
 * The part of a set that is refused over IPv4 for certain.  ICMPv6 has no counterpart there: it counts when
 * nothing at all gets in over IPv4.
 */
static uint32_t ipv6_only(struct packet_sets *sets, uint32_t set, uint32_t over_ipv4)
{
	static const struct port_range all = { .min = 0, .max = UINT16_MAX };
	uint32_t closed = packet_sets_both(sets, set, packet_sets_not(sets, over_ipv4));

	if (over_ipv4 != PACKET_SET_DENY)
		closed = packet_sets_both(
			sets, closed,
			packet_sets_not(sets, packet_sets_header(sets, PROTO_ICMPV6, all, -1, -1)));
	return packet_sets_where(sets, closed, VERDICT_ALLOW);
}

static void add_rows(struct search *search, struct exposure_row *row, uint32_t over_ipv4,
		     struct exposure_part part)
{
	uint32_t whole = row->set, only = PACKET_SET_DENY;

	if (row->family == IP_V6)
		only = ipv6_only(search->sets, whole, over_ipv4);
	for (int i = 0; i < 2; i++) {
		row->is_ipv6_only = i;
		row->set = i ? only
			     : packet_sets_both(search->sets, whole,
						packet_sets_not(search->sets, only));
		if (row->set != PACKET_SET_DENY)
			exposure_rows_add(&search->rows, row, part);
	}
	row->set = whole;
}

/* Members that are open to the same packets over IPv4. */
struct twin {
	uint32_t  over_ipv4;
	uint32_t *ends;
	size_t	  count;
};

static void add_draft(struct search *search, uint32_t kind, const struct exposure_draft *draft,
		      const struct twin *twins, size_t count)
{
	const struct kind  *to = &search->kinds->items[kind];
	struct exposure_row row = { .family = to->family,
				    .verdict = draft->facts.verdict,
				    .set = draft->set,
				    .sources = draft->sources,
				    .sg_rule = draft->facts.sg_rule,
				    .sg_idx = draft->facts.sg_idx,
				    .nacl_rule = draft->facts.nacl_rule,
				    .nacl_idx = draft->facts.nacl_idx,
				    .lb_idx = lb_of_eni(search->kinds->world, to->ends[0].eni_idx),
				    .listener_idx = draft->facts.listener_idx,
				    .intent = draft->facts.intent };
	auto_buf struct buf doubt = buf_make(DOUBT_MAX);

	walk_one(search, kind, draft, &row, &doubt);
	row.doubt = buf_str(&doubt);
	for (size_t i = 0; i < count; i++)
		add_rows(search, &row, twins[i].over_ipv4,
			 (struct exposure_part){ twins[i].ends, twins[i].count });
}

/* Over IPv4 all members of a kind are one, of IPv6 those that have the same over IPv4. */
static struct twin *split(struct search *search, const struct kind *kind, struct exposure_part part,
			  size_t *count)
{
	struct twin *twins = NULL;
	size_t	     capacity = 0;

	*count = 0;
	for (size_t i = 0; i < part.count; i++) {
		uint32_t eni_idx = search->kinds->ends[part.ends[i]].eni_idx;
		uint32_t set = kind->family == IP_V6 ? open_over_ipv4(search, eni_idx)
						     : PACKET_SET_DENY;
		size_t	 j = 0;

		while (j < *count && twins[j].over_ipv4 != set)
			j++;
		if (j == *count) {
			twins = mem_grow(twins, *count, &capacity, sizeof(*twins));
			twins[(*count)++] = (struct twin){
				.over_ipv4 = set,
				.ends = arena_alloc(&search->out->arena,
						    part.count * sizeof(*part.ends)),
			};
		}
		twins[j].ends[twins[j].count++] = part.ends[i];
	}
	return twins;
}

static void find_kind(struct search *search, uint32_t kind)
{
	const struct kind		*item = &search->kinds->items[kind];
	struct exposure_part		 part = members_of(search, item);
	auto_free struct exposure_draft *drafts = NULL;
	auto_free struct twin		*twins = NULL;
	size_t				 count, twin_count;

	if (part.count == 0 ||
	    party_is_component(&search->kinds->world->enis[item->ends[0].eni_idx]) ||
	    open_of(search, kind) == PACKET_SET_DENY)
		return;
	twins = split(search, item, part, &twin_count);
	drafts = exposure_drafts_of(search->question, &search->rows, kind, search->filter, &count);
	for (size_t i = 0; i < count; i++)
		add_draft(search, kind, &drafts[i], twins, twin_count);
}

/* Marks the ends that were asked about. */
static void select_ends(struct search *search)
{
	const struct exposure_question *question = search->question;
	const struct kinds	       *kinds = search->kinds;

	if (!question->ends)
		return;
	search->is_selected = mem_alloc(kinds->eni_ends[kinds->world->counts[WORLD_ENI]] + 1);
	for (size_t i = 0; i < question->end_count; i++) {
		uint32_t at;

		if (question->ends[i].eni_idx == WORLD_NONE)
			continue;
		at = kinds_end_at(kinds, &question->ends[i]);
		if (at != WORLD_NONE)
			search->is_selected[at] = true;
	}
}

/* Interfaces of which an address was asked about. */
static size_t count_asked(const struct search *search)
{
	const struct kinds *kinds = search->kinds;
	size_t		    count = 0;

	for (uint32_t i = 0; i < kinds->world->counts[WORLD_ENI]; i++) {
		bool is_asked = !search->is_selected && kinds->eni_ends[i] < kinds->eni_ends[i + 1];

		for (uint32_t j = kinds->eni_ends[i]; !is_asked && j < kinds->eni_ends[i + 1]; j++)
			is_asked = search->is_selected[j];
		count += is_asked && !party_is_component(&kinds->world->enis[i]);
	}
	return count;
}

void exposure_find(const struct exposure_question *question, struct exposure *out)
{
	struct search search = { .question = question,
				 .kinds = reach_kinds(question->reach),
				 .sets = reach_sets(question->reach),
				 .out = out,
				 .rows = { .out = out } };

	*out = (struct exposure){ .reach = question->reach, .has_policy = question->judge != NULL };
	search.filter = question->ports ? packet_sets_ports(search.sets, question->ports)
					: PACKET_SET_ALLOW;
	search.open = mem_alloc((search.kinds->count + 1) * sizeof(*search.open));
	for (uint32_t kind = 0; kind < search.kinds->count; kind++)
		search.open[kind] = NOT_ASKED;
	select_ends(&search);
	out->asked = count_asked(&search);
	for (uint32_t kind = 0; kind < search.kinds->count; kind++)
		if (search.kinds->items[kind].scope == KIND_INTERFACES)
			find_kind(&search, kind);
	exposure_rows_finish(&search.rows);
	exposure_rows_done(&search.rows);
	free(search.open);
	free(search.is_selected);
}

void exposure_done(struct exposure *exposure)
{
	for (size_t i = 0; i < exposure->count; i++)
		free(exposure->rows[i].parts);
	for (size_t i = 0; i < exposure->source_count; i++)
		addresses_done(&exposure->sources[i]);
	free(exposure->rows);
	free(exposure->sources);
	arena_done(&exposure->arena);
	*exposure = (struct exposure){ 0 };
}

enum exposure_grade exposure_grade(const struct exposure *exposure, const struct exposure_row *row)
{
	enum intent_verdict word = row->intent.verdict;

	if (exposure->has_policy && (word == INTENT_ALLOWED || word == INTENT_WAIVED))
		return EXPOSURE_EXPECTED;
	return row->verdict == VERDICT_ALLOW && word != INTENT_UNDECIDED ? EXPOSURE_UNEXPECTED
									 : EXPOSURE_UNDECIDED;
}

const struct end *exposure_end(const struct exposure *exposure, const struct exposure_part *part,
			       size_t i)
{
	return &reach_kinds(exposure->reach)->ends[part->ends[i]];
}
