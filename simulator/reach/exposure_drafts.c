/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/exposure_drafts.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/reach/cuts.h"

/* Internet kinds of which all that a receiver tells is the same. */
struct sender_group {
	uint32_t  set;
	uint64_t  tiers;
	uint32_t *kinds;
	size_t	  count, capacity;
};

/* What decides of one stretch of packets, and for which senders. */
struct sighting {
	struct exposure_facts facts;
	uint32_t	     *kinds;
	size_t		      count, capacity;
};

/* The packets of a draft, while they are collected. */
struct draft {
	struct exposure_draft draft;
	struct packet_cut    *cuts;
	size_t		      count, capacity;
};

struct finding {
	const struct exposure_question *question;
	struct exposure_rows	       *rows;
	struct exposure_receiver	receiver;
	uint32_t			kind, filter;
	struct sender_group	       *groups;
	size_t				group_count, group_capacity;
	struct sighting		       *sightings;
	size_t				sighting_count, sighting_capacity;
	struct draft		       *drafts;
	size_t				draft_count, draft_capacity;
};

static void add_kind(uint32_t **kinds, size_t *count, size_t *capacity, uint32_t kind)
{
	*kinds = mem_grow(*kinds, *count, capacity, sizeof(**kinds));
	(*kinds)[(*count)++] = kind;
}

static void add_sender(struct finding *finding, uint32_t kind, uint32_t set)
{
	uint64_t tiers = reach_kinds(finding->question->reach)->items[kind].tiers;
	size_t	 i = 0;

	while (i < finding->group_count &&
	       (finding->groups[i].set != set || finding->groups[i].tiers != tiers))
		i++;
	if (i == finding->group_count) {
		finding->groups = mem_grow(finding->groups, i, &finding->group_capacity,
					   sizeof(*finding->groups));
		finding->groups[finding->group_count++] = (struct sender_group){ .set = set,
										 .tiers = tiers };
	}
	add_kind(&finding->groups[i].kinds, &finding->groups[i].count, &finding->groups[i].capacity,
		 kind);
}

static void find_senders(struct finding *finding)
{
	struct reach	   *reach = finding->question->reach;
	const struct kinds *kinds = reach_kinds(reach);

	for (uint32_t kind = 0; kind < kinds->count; kind++) {
		uint32_t set;

		if (kinds->items[kind].scope != KIND_INTERNET ||
		    kinds->items[kind].family != finding->receiver.kind->family)
			continue;
		set = packet_sets_both(reach_sets(reach), reach_between(reach, kind, finding->kind),
				       finding->filter);
		if (set != PACKET_SET_DENY)
			add_sender(finding, kind, set);
	}
}

/* Between two of these keys all packets of a sender have the same facts. */
static struct cuts find_cuts(const struct finding *finding)
{
	struct packet_sets *sets = reach_sets(finding->question->reach);
	struct cuts	    cuts = { 0 };

	for (size_t i = 0; i < finding->group_count; i++) {
		size_t			 count;
		const struct packet_cut *items = packet_sets_cuts(sets, finding->groups[i].set,
								  &count);

		for (size_t j = 0; j < count; j++)
			cuts_add_key(&cuts, items[j].key);
	}
	exposure_receiver_cuts(&finding->receiver, &cuts);
	cuts_close(&cuts);
	return cuts;
}

static void sight(struct finding *finding, const struct exposure_facts *facts, uint32_t kind)
{
	struct sighting *sighting;
	size_t		 i = 0;

	while (i < finding->sighting_count &&
	       !exposure_facts_eq(&finding->sightings[i].facts, facts))
		i++;
	if (i == finding->sighting_count) {
		finding->sightings = mem_grow(finding->sightings, i, &finding->sighting_capacity,
					      sizeof(*finding->sightings));
		finding->sightings[finding->sighting_count++] = (struct sighting){
			.facts = *facts
		};
	}
	sighting = &finding->sightings[i];
	add_kind(&sighting->kinds, &sighting->count, &sighting->capacity, kind);
}

static void sight_group(struct finding *finding, const struct sender_group *group, uint32_t key)
{
	struct packet_sets   *sets = reach_sets(finding->question->reach);
	const struct kinds   *kinds = reach_kinds(finding->question->reach);
	struct exposure_facts facts = { .verdict = packet_sets_at(sets, group->set, key) };

	if (facts.verdict == VERDICT_DENY)
		return;
	facts.intent = exposure_receiver_intent(&finding->receiver, group->tiers);
	for (size_t i = 0; i < group->count; i++) {
		struct ip src = kinds->items[group->kinds[i]].ends[0].ip;

		facts.sg_rule = NULL;
		facts.nacl_rule = NULL;
		exposure_receiver_rules(&finding->receiver, src, &facts);
		sight(finding, &facts, group->kinds[i]);
	}
}

static void extend(struct finding *finding, const struct sighting *sighting, uint32_t first,
		   uint32_t end)
{
	uint32_t sources = exposure_rows_sources(finding->rows, sighting->kinds, sighting->count);
	struct draft *draft;
	size_t	      i = 0;

	while (i < finding->draft_count &&
	       (finding->drafts[i].draft.sources != sources ||
		!exposure_facts_eq(&finding->drafts[i].draft.facts, &sighting->facts)))
		i++;
	if (i == finding->draft_count) {
		finding->drafts = mem_grow(finding->drafts, i, &finding->draft_capacity,
					   sizeof(*finding->drafts));
		finding->drafts[finding->draft_count++] = (struct draft){
			.draft = { .facts = sighting->facts,
				   .sources = sources,
				   .src_kind = sighting->kinds[0],
				   .key = first }
		};
	}
	draft = &finding->drafts[i];
	for (int j = 0; j < 2; j++) {
		draft->cuts = mem_grow(draft->cuts, draft->count, &draft->capacity,
				       sizeof(*draft->cuts));
		draft->cuts[draft->count++] = (struct packet_cut){ .key = j ? end : first,
								   .verdict = j ? VERDICT_DENY
										: VERDICT_ALLOW };
	}
}

static void sight_stretch(struct finding *finding, uint32_t first, uint32_t end)
{
	finding->sighting_count = 0;
	exposure_receiver_turn(&finding->receiver, first);
	for (size_t i = 0; i < finding->group_count; i++)
		sight_group(finding, &finding->groups[i], first);
	for (size_t i = 0; i < finding->sighting_count; i++) {
		extend(finding, &finding->sightings[i], first, end);
		free(finding->sightings[i].kinds);
	}
}

/* The packets of a draft as a set: its stretches ascend, and some touch. */
static uint32_t set_of(struct packet_sets *sets, const struct draft *draft)
{
	auto_free struct packet_cut *cuts = mem_alloc((draft->count + 1) * sizeof(*cuts));
	size_t			     count = 0;

	cuts[count++] = (struct packet_cut){ .key = 0, .verdict = VERDICT_DENY };
	for (size_t i = 0; i < draft->count; i++) {
		if (draft->cuts[i].key == PACKET_KEY_END)
			continue;
		if (cuts[count - 1].key == draft->cuts[i].key)
			count--;
		cuts[count++] = draft->cuts[i];
	}
	return packet_sets_put(sets, cuts, count);
}

static void finding_done(struct finding *finding)
{
	for (size_t i = 0; i < finding->group_count; i++)
		free(finding->groups[i].kinds);
	free(finding->groups);
	free(finding->sightings);
	for (size_t i = 0; i < finding->draft_count; i++)
		free(finding->drafts[i].cuts);
	free(finding->drafts);
	exposure_receiver_done(&finding->receiver);
}

struct exposure_draft *exposure_drafts_of(const struct exposure_question *question,
					  struct exposure_rows *rows, uint32_t kind,
					  uint32_t filter, size_t *count)
{
	struct finding	       finding = { .question = question,
					   .rows = rows,
					   .receiver = exposure_receiver_of(question, kind),
					   .kind = kind,
					   .filter = filter };
	struct cuts	       cuts;
	struct exposure_draft *out;

	find_senders(&finding);
	cuts = find_cuts(&finding);
	for (size_t i = 0; i < cuts.count; i++)
		sight_stretch(&finding, cuts.keys[i],
			      i + 1 < cuts.count ? cuts.keys[i + 1] : PACKET_KEY_END);
	out = mem_alloc((finding.draft_count + 1) * sizeof(*out));
	for (size_t i = 0; i < finding.draft_count; i++) {
		out[i] = finding.drafts[i].draft;
		out[i].set = set_of(reach_sets(question->reach), &finding.drafts[i]);
	}
	*count = finding.draft_count;
	cuts_done(&cuts);
	finding_done(&finding);
	return out;
}
