/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/peers.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/reach/asked.h"

/* About a second of them, over all rows; what is left unnamed then is told. */
enum { WALKS_MAX = 200000, ROW_WALKS_MIN = 32 };

struct search {
	struct peers	   *peers;
	const struct kinds *kinds;
	struct intents	   *intents;
	bool		   *in_party; /* by kind */
	struct asked	    asked;
	size_t *reached; /* of the row in hand, beside asked.items: how many have a peer there */
};

/* Ends of one kind that are peers of the same kinds. */
struct peer_ends {
	uint32_t kind;
	size_t	 count;	  /* 0: addresses outside */
	uint32_t eni_idx; /* whose they are, where that takes something away; else WORLD_NONE */
};

static int check_addresses(const struct search *search, struct err *err)
{
	const struct endpoint *endpoint = search->peers->query.endpoint;

	for (size_t i = 0; i < endpoint->own_count; i++)
		if (endpoint->ends[i].eni_idx == WORLD_NONE)
			return err_set(err, ERR_USAGE,
				       "the interface that has the public address '%s' is not in "
				       "the snapshot",
				       endpoint->query);
	for (size_t i = 0; i < endpoint->count; i++)
		if (endpoint->ends[i].ip.family != IP_NONE &&
		    kinds_find(search->kinds, &endpoint->ends[i]) == WORLD_NONE)
			return err_set(err, ERR_USAGE,
				       "'%s' is nobody's address: no interface of the snapshot has "
				       "it, and it is neither the internet's nor a private one "
				       "outside the VPCs",
				       endpoint->query);
	return 0;
}

/* Whether an end is somebody's, and not only what others pass through (see struct parties). */
static bool is_party(const struct search *search, const struct end *end)
{
	return end->eni_idx == WORLD_NONE || search->in_party[kinds_find(search->kinds, end)];
}

static void find_ends(struct search *search)
{
	struct peers	      *peers = search->peers;
	const struct endpoint *endpoint = peers->query.endpoint;
	bool		       any = false;

	for (size_t i = 0; i < endpoint->count; i++)
		any = any || is_party(search, &endpoint->ends[i]);
	peers->ends = mem_alloc(endpoint->count * sizeof(*peers->ends));
	for (size_t i = 0; i < endpoint->count; i++)
		if (!any || is_party(search, &endpoint->ends[i]))
			peers->ends[peers->end_count++] = endpoint->ends[i];
}

static void add_foreign(struct peer_fact *fact, uint32_t kind)
{
	/* Kind by kind: the last is the only one that may be there. */
	if (fact->foreign_count && fact->foreign[fact->foreign_count - 1] == kind)
		return;
	fact->foreign = mem_grow(fact->foreign, fact->foreign_count, &fact->foreign_capacity,
				 sizeof(*fact->foreign));
	fact->foreign[fact->foreign_count++] = kind;
}

/* Joined to the one that is the same but for its packets, when there is one. */
static struct peer_fact *fact_at(struct peer_row *row, const struct peer_fact *fact,
				 struct packet_sets *sets)
{
	for (size_t i = 0; i < row->fact_count; i++) {
		struct peer_fact *known = &row->facts[i];

		if (decider_is_same(&known->decider, &fact->decider) &&
		    intent_answers_eq(&known->intent, &fact->intent)) {
			known->decider.set = packet_sets_either(sets, known->decider.set,
								fact->decider.set);
			return known;
		}
	}
	row->facts = mem_grow(row->facts, row->fact_count, &row->fact_capacity,
			      sizeof(*row->facts));
	row->facts[row->fact_count] = *fact;
	return &row->facts[row->fact_count++];
}

static void add_fact(struct search *search, struct peer_row *row, const uint32_t pair[2],
		     const struct peer_fact *fact)
{
	uint32_t	  peer = pair[search->peers->query.is_src];
	struct peer_fact *known = fact_at(row, fact, reach_sets(search->peers->reach));

	if (search->kinds->items[peer].scope != KIND_INTERFACES)
		add_foreign(known, peer);
}

static void add_facts(struct search *search, struct peer_row *row, const uint32_t pair[2],
		      const struct decider *decider)
{
	struct packet_sets	 *sets = reach_sets(search->peers->reach);
	const struct kind	 *items = search->kinds->items;
	size_t			  count;
	const struct intent_part *parts = intents_parts(search->intents, items[pair[0]].tiers,
							items[pair[1]].tiers, &count);
	struct peer_fact	  fact = { .decider = *decider };

	if (count == 0)
		add_fact(search, row, pair, &fact);
	for (size_t i = 0; i < count; i++) {
		fact.decider.set = packet_sets_both(sets, parts[i].set, decider->set);
		fact.intent = parts[i].answer;
		if (fact.decider.set != PACKET_SET_DENY)
			add_fact(search, row, pair, &fact);
	}
}

/* What of a set no decider was found for. */
static void add_rest(struct search *search, struct peer_row *row, const uint32_t pair[2],
		     uint32_t set)
{
	static const enum verdict verdicts[] = { VERDICT_ALLOW, VERDICT_UNKNOWN };
	struct packet_sets	 *sets = reach_sets(search->peers->reach);

	row->is_cut = true;
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		struct decider rest = { .verdict = verdicts[i], .sg_idx = WORLD_NONE };

		rest.set = packet_sets_both(sets, set, packet_sets_where(sets, set, verdicts[i]));
		if (rest.set != PACKET_SET_DENY)
			add_facts(search, row, pair, &rest);
	}
}

/* What two kinds are to each other, source and destination, added to a row. */
static void add_pair(struct search *search, struct peer_row *row, const uint32_t pair[2],
		     uint32_t set)
{
	struct reach	   *reach = search->peers->reach;
	struct packet_sets *sets = reach_sets(reach);
	uint32_t not_intended = packet_sets_not(sets, reach_intended(reach, pair[0], pair[1]));
	const struct decider_list *deciders;
	uint32_t		   rest = set;

	row->set = packet_sets_either(sets, row->set, set);
	row->unintended = packet_sets_either(sets, row->unintended,
					     packet_sets_both(sets, set, not_intended));
	row->silent = packet_sets_either(
		sets, row->silent,
		packet_sets_both(sets, set, reach_silent(reach, pair[0], pair[1])));
	if (!search->peers->deciders || !row->party)
		return;
	deciders = deciders_between(search->peers->deciders, pair[0], pair[1], set);
	for (size_t i = 0; i < deciders->count; i++) {
		rest = packet_sets_both(
			sets, rest, packet_sets_where(sets, deciders->items[i].set, VERDICT_DENY));
		add_facts(search, row, pair, &deciders->items[i]);
	}
	if (deciders->is_cut)
		add_rest(search, row, pair, rest);
}

static void count_ends(struct peer_row *row, const struct peer_ends *ends, enum verdict best)
{
	row->of += ends->count;
	row->ends += best == VERDICT_ALLOW ? ends->count : 0;
	row->undecided += best == VERDICT_UNKNOWN ? ends->count : 0;
	if (best > row->verdict)
		row->verdict = best;
	if (ends->count || best == VERDICT_DENY)
		return;
	row->foreign = mem_grow(row->foreign, row->foreign_count, &row->foreign_capacity,
				sizeof(*row->foreign));
	row->foreign[row->foreign_count++] = (struct peer_foreign){ ends->kind, best };
}

static void add_ends(struct search *search, struct peer_row *row, const struct peer_ends *ends)
{
	struct reach	   *reach = search->peers->reach;
	struct packet_sets *sets = reach_sets(reach);
	bool		    is_src = search->peers->query.is_src, is_peer = false;
	enum verdict	    best = VERDICT_DENY;

	for (size_t i = 0; i < search->asked.count; i++) {
		const struct asked_kind *asked = &search->asked.items[i];
		const uint32_t		 pair[2] = { is_src ? asked->kind : ends->kind,
					     is_src ? ends->kind : asked->kind };
		size_t	     others = asked_others(&search->asked, asked, ends->eni_idx);
		uint32_t     set;
		enum verdict now;

		if ((asked->count && others == 0) ||
		    kinds_pairs(search->kinds, pair[0], pair[1]) == 0)
			continue;
		is_peer = true;
		set = packet_sets_family(sets, reach_between(reach, pair[0], pair[1]),
					 search->kinds->items[ends->kind].family);
		set = packet_sets_both(sets, set, search->peers->query.asked);
		now = packet_sets_best(sets, set);
		if (now == VERDICT_DENY)
			continue;
		if (now > best)
			best = now;
		if (others > search->reached[i])
			search->reached[i] = others;
		add_pair(search, row, pair, set);
	}
	if (is_peer)
		count_ends(row, ends, best);
}

/* What an interface is of by instance, as parties_new has it: an instance may be known by its id only. */
static struct str host_of(const struct world *world, const struct eni *eni)
{
	if (eni->instance_idx != WORLD_NONE)
		return world->instances[eni->instance_idx].object.id;
	return eni->instance_id.len ? eni->instance_id : eni->object.id;
}

static bool has_eni(const struct search *search, const struct peer_row *row, uint32_t eni_idx)
{
	const struct world *world = search->kinds->world;

	/* Of every other sort of parties a kind is in one with all its ends, or with none. */
	if (!row->party || search->peers->query.by != PARTY_BY_INSTANCE)
		return true;
	return str_eq(row->party->id, host_of(world, &world->enis[eni_idx]));
}

/* The ends of one kind in a party; those of which less can be asked are asked about one by one. */
static void add_kind(struct search *search, struct peer_row *row, const struct party_kind *item)
{
	const struct kind *kind = &search->kinds->items[item->kind];
	/* An interface may list a group twice. */
	struct peer_ends ends = { .kind = item->kind,
				  .count = item->count < kind->count ? item->count : kind->count,
				  .eni_idx = WORLD_NONE };

	if (kind->scope != KIND_INTERFACES) {
		add_ends(search, row, &ends);
		return;
	}
	for (size_t i = search->asked.own_first[item->kind];
	     i < search->asked.own_count && search->asked.own[i].kind == item->kind; i++) {
		const struct peer_ends one = { .kind = item->kind,
					       .count = 1,
					       .eni_idx = search->asked.own[i].eni_idx };

		if (!has_eni(search, row, one.eni_idx))
			continue;
		ends.count--;
		add_ends(search, row, &one);
	}
	if (ends.count)
		add_ends(search, row, &ends);
}

/* What gets through before what is undecided; else as they were found. */
static void sort_facts(struct peer_row *row)
{
	auto_free struct peer_fact *sorted = mem_alloc((row->fact_count + 1) * sizeof(*sorted));
	size_t			    count = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < row->fact_count; i++)
			if ((row->facts[i].decider.verdict == VERDICT_ALLOW) == (pass == 0))
				sorted[count++] = row->facts[i];
	for (size_t i = 0; i < count; i++)
		row->facts[i] = sorted[i];
}

static struct peer_row find_row(struct search *search, const struct party *party,
				const struct party_kind *items, size_t count)
{
	struct peer_row row = { .party = party,
				.set = PACKET_SET_DENY,
				.unintended = PACKET_SET_DENY,
				.silent = PACKET_SET_DENY,
				.verdict = VERDICT_DENY };

	for (size_t i = 0; i < search->asked.count; i++)
		search->reached[i] = 0;
	for (size_t i = 0; i < count; i++)
		add_kind(search, &row, &items[i]);
	for (size_t i = 0; i < search->asked.count; i++)
		row.query_ends += search->reached[i];
	sort_facts(&row);
	return row;
}

static void row_done(struct peer_row *row)
{
	for (size_t i = 0; i < row->fact_count; i++)
		free(row->facts[i].foreign);
	free(row->foreign);
	free(row->facts);
}

static void add_row(struct peers *peers, struct peer_row *row)
{
	if (row->party->scope == KIND_INTERNET)
		peers->internet = row->verdict;
	else if (row->party->scope == KIND_ON_PREMISES)
		peers->on_premises = row->verdict;
	else
		peers->party_count++;
	if (row->verdict > peers->verdict)
		peers->verdict = row->verdict;
	if (row->verdict == VERDICT_DENY)
		row_done(row);
	else
		peers->rows[peers->row_count++] = *row;
}

static void find_rows(struct search *search)
{
	struct peers		    *peers = search->peers;
	const struct kinds	    *kinds = search->kinds;
	auto_free struct party_kind *all = mem_alloc((kinds->count + 1) * sizeof(*all));
	size_t			     count = 0, walks = WALKS_MAX / (peers->parties->count + 1);

	peers->rows = mem_alloc((peers->parties->count + 1) * sizeof(*peers->rows));
	for (size_t i = 0; i < peers->parties->count; i++) {
		const struct party *party = &peers->parties->items[i];
		struct peer_row	    row;

		if (peers->deciders)
			deciders_allow(peers->deciders,
				       walks > ROW_WALKS_MIN ? walks : ROW_WALKS_MIN);
		row = find_row(search, party, party->kinds, party->kind_count);
		add_row(peers, &row);
	}
	for (uint32_t kind = 0; kind < kinds->count; kind++)
		if (search->in_party[kind] && kinds->items[kind].scope == KIND_INTERFACES)
			all[count++] = (struct party_kind){ kind, kinds->items[kind].count };
	peers->total = find_row(search, NULL, all, count);
}

static void find_in_party(struct search *search)
{
	const struct parties *parties = search->peers->parties;

	search->in_party = mem_alloc(search->kinds->count + 1);
	for (size_t i = 0; i < parties->count; i++)
		for (size_t j = 0; j < parties->items[i].kind_count; j++)
			search->in_party[parties->items[i].kinds[j].kind] = true;
}

static void search_done(struct search *search)
{
	intents_free(search->intents);
	free(search->in_party);
	free(search->reached);
	asked_done(&search->asked);
}

int peers_find(struct reach *reach, const struct peers_query *query, struct peers *out,
	       struct err *err)
{
	const struct kinds *kinds = reach_kinds(reach);
	struct search	    search = { .kinds = kinds };
	struct peers	    peers = { .reach = reach, .query = *query };

	search.peers = &peers;
	if (check_addresses(&search, err) < 0)
		return -1;
	peers.parties = parties_new(reach, query->judge, query->by);
	find_in_party(&search);
	find_ends(&search);
	asked_find(kinds, peers.ends, peers.end_count, &search.asked);
	peers.query_ends = search.asked.end_count;
	search.reached = mem_alloc((search.asked.count + 1) * sizeof(*search.reached));
	if (!query->is_brief) {
		peers.deciders = deciders_new(reach);
		search.intents = intents_new(query->judge, query->day, reach_sets(reach));
	}
	find_rows(&search);
	if (peers.verdict == VERDICT_DENY && parties_are_nobody(peers.parties))
		peers.verdict = VERDICT_UNKNOWN;
	search_done(&search);
	*out = peers;
	return 0;
}

void peers_done(struct peers *peers)
{
	for (size_t i = 0; i < peers->row_count; i++)
		row_done(&peers->rows[i]);
	free(peers->rows);
	free(peers->ends);
	deciders_free(peers->deciders);
	row_done(&peers->total);
	parties_free(peers->parties);
	*peers = (struct peers){ 0 };
}
