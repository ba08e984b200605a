/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix_findings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/explain.h"

/* Packets that are walked for a row, and pairs of kinds between which; what is left goes without a reason. */
enum { WALKS_MAX = 64, PAIRS_MAX = 16 };

/* The row that is being looked at. */
struct finder {
	const struct matrix_answer *answer;
	enum matrix_finding_kind    kind;
	struct matrix_findings	   *out;
	const struct matrix_row	   *row;
	struct cell_parts	    sample; /* of two parties of its first groups */
	struct cell_parts	    parts;
	size_t			    first; /* of the row's findings */
	uint32_t		    kinds[2];
};

/* What of a cell, or of two kinds, is found. */
static uint32_t mask_of(const struct finder *finder, uint32_t unknown, uint32_t unintended)
{
	return finder->kind == MATRIX_OPENING ? packet_sets_where(reach_sets(finder->answer->reach),
								  unintended, VERDICT_ALLOW)
					      : unknown;
}

static uint32_t mask_of_kinds(const struct finder *finder)
{
	struct reach	   *reach = finder->answer->reach;
	struct packet_sets *sets = reach_sets(reach);
	uint32_t set = reach_between(reach, finder->kinds[0], finder->kinds[1]), unwanted;

	unwanted = packet_sets_not(sets, reach_intended(reach, finder->kinds[0], finder->kinds[1]));
	return mask_of(finder, packet_sets_where(sets, set, VERDICT_UNKNOWN),
		       packet_sets_both(sets, set, unwanted));
}

/* False: there is no more of it. */
static bool first_key(const struct packet_sets *sets, uint32_t mask, uint32_t *key)
{
	size_t			 count;
	const struct packet_cut *cuts = packet_sets_cuts(sets, mask, &count);

	for (size_t i = 0; i < count; i++)
		if (cuts[i].verdict == VERDICT_ALLOW) {
			*key = cuts[i].key;
			return true;
		}
	return false;
}

static void put(struct finder *finder, const struct matrix_finding *finding)
{
	struct packet_sets     *sets = reach_sets(finder->answer->reach);
	struct matrix_findings *out = finder->out;

	for (size_t i = finder->first; i < out->count; i++) {
		struct matrix_finding *known = &out->items[i];

		if (!decider_is_same(&known->decider, &finding->decider) ||
		    known->intent.verdict != finding->intent.verdict ||
		    known->intent.statement != finding->intent.statement)
			continue;
		known->set = packet_sets_either(sets, known->set, finding->set);
		return;
	}
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = *finding;
}

/* Packets of one decider, apart by what the policy says of them. */
static void add_packets(struct finder *finder, const struct decider *decider, uint32_t mask)
{
	struct packet_sets	    *sets = reach_sets(finder->answer->reach);
	size_t			     count;
	const struct packet_cut	    *borrowed = packet_sets_cuts(sets, mask, &count);
	auto_free struct packet_cut *cuts = mem_alloc(count * sizeof(*cuts));

	memcpy(cuts, borrowed, count * sizeof(*cuts));
	for (size_t i = 0; i < count; i++) {
		uint32_t	      end = i + 1 < count ? cuts[i + 1].key : PACKET_KEY_END;
		struct matrix_finding finding = { .row = finder->row, .decider = *decider };
		struct question	      question;

		if (cuts[i].verdict != VERDICT_ALLOW)
			continue;
		finding.set = packet_sets_range(sets, cuts[i].key, end - 1, VERDICT_ALLOW);
		if (finder->kind == MATRIX_OPENING) {
			question = reach_question(finder->answer->reach, finder->kinds[0],
						  finder->kinds[1], cuts[i].key);
			finding.intent = path_intent(&question);
		}
		put(finder, &finding);
	}
}

/* What of the mask is between the two kinds that are looked at. */
static void add_kinds(struct finder *finder, uint32_t mask)
{
	struct packet_sets	  *sets = reach_sets(finder->answer->reach);
	uint32_t		   asked = mask, left = mask;
	const struct decider_list *list;

	if (finder->kind == MATRIX_DOUBT)
		asked = packet_sets_both(sets, mask, PACKET_SET_UNKNOWN);
	list = deciders_between(finder->out->deciders, finder->kinds[0], finder->kinds[1], asked);
	for (size_t i = 0; i < list->count; i++) {
		uint32_t set = packet_sets_not(
			sets, packet_sets_where(sets, list->items[i].set, VERDICT_DENY));

		add_packets(finder, &list->items[i], set);
		left = packet_sets_both(sets, left, packet_sets_not(sets, set));
	}
	add_packets(finder, &(struct decider){ 0 }, left);
}

static void count_pairs(struct finder *finder, struct matrix_finding *finding)
{
	struct packet_sets *sets = reach_sets(finder->answer->reach);

	for (size_t i = 0; i < finder->parts.count; i++) {
		const struct cell_part *part = &finder->parts.items[i];
		uint32_t		mask = mask_of(finder, part->unknown, part->unintended);

		finding->of += part->pairs;
		if (packet_sets_both(sets, mask, finding->set) != PACKET_SET_DENY)
			finding->pairs += part->pairs;
	}
}

static void count_all(struct finder *finder)
{
	const struct matrix_row *row = finder->row;

	for (size_t i = 0; i < row->src_count * row->dst_count; i++) {
		matrix_parts(finder->answer->matrix, row->srcs[i / row->dst_count],
			     row->dsts[i % row->dst_count], &finder->parts);
		for (size_t j = finder->first; j < finder->out->count; j++)
			count_pairs(finder, &finder->out->items[j]);
	}
}

/* Takes from the mask what is between two kinds, until nothing is left. */
static void add_row(struct finder *finder, uint32_t mask)
{
	const struct matrix_answer *answer = finder->answer;
	struct packet_sets	   *sets = reach_sets(answer->reach);
	struct matrix_pair	    sample = matrix_sample(answer->matrix, finder->row->srcs[0],
							   finder->row->dsts[0]);
	struct cell_search	    search = { .verdict = VERDICT_UNKNOWN };

	if (finder->kind == MATRIX_OPENING)
		search = (struct cell_search){ .verdict = VERDICT_ALLOW, .is_unintended = true };
	finder->first = finder->out->count;
	deciders_allow(finder->out->deciders, WALKS_MAX);
	cell_parts_fill(&finder->sample, answer->reach, sample.src, sample.dst, PACKET_SET_ALLOW);
	for (int i = 0; i < PAIRS_MAX && first_key(sets, mask, &search.key); i++) {
		uint32_t found;

		if (!cell_parts_find(&finder->sample, answer->reach, &search, finder->kinds))
			break;
		found = packet_sets_both(sets, mask, mask_of_kinds(finder));
		add_kinds(finder, found);
		mask = packet_sets_both(sets, mask, packet_sets_not(sets, found));
	}
	add_packets(finder, &(struct decider){ 0 }, mask);
	count_all(finder);
}

void matrix_findings_of(const struct matrix_answer *answer, const struct matrix_rows *rows,
			enum matrix_finding_kind kind, struct matrix_findings *out)
{
	struct finder finder = { .answer = answer, .kind = kind, .out = out };

	*out = (struct matrix_findings){ .deciders = deciders_new(answer->reach) };
	for (size_t i = 0; i < rows->count; i++) {
		const struct cell *cell = &rows->items[i].cell;
		uint32_t	   mask = mask_of(&finder, cell->unknown, cell->unintended);

		finder.row = &rows->items[i];
		if (mask == PACKET_SET_DENY)
			continue;
		if (answer->limit && out->count >= answer->limit)
			out->rows_left_out++;
		else
			add_row(&finder, mask);
	}
	cell_parts_done(&finder.sample);
	cell_parts_done(&finder.parts);
	if (answer->limit && out->count > answer->limit) {
		out->count = answer->limit;
		out->rows_left_out++;
	}
}

void matrix_findings_done(struct matrix_findings *findings)
{
	free(findings->items);
	deciders_free(findings->deciders);
	*findings = (struct matrix_findings){ 0 };
}

static void add_word(struct str word, const char *before, struct buf *out)
{
	if (word.len && out->len)
		buf_add_text(out, before);
	buf_add_visible(out, word);
}

void matrix_add_reason(const struct world *world, const struct matrix_finding *finding,
		       struct buf *out)
{
	const struct decider *decider = &finding->decider;

	if (decider->doubt)
		explain_doubt(world, decider->doubt, out);
	if (decider->rule && decider->sg_idx != WORLD_NONE)
		buf_add_visible(out, world->sgs[decider->sg_idx].object.name);
	if (decider->rule) {
		add_word(decider->rule->id, " ", out);
		buf_add_text(out, out->len ? "  " : "");
		rule_text_sg_in(world, decider->rule, out);
		if (decider->rule->description.len) {
			add_word(decider->rule->description, "  \"", out);
			buf_add_char(out, '"');
		}
	}
	if (decider->note)
		add_word(str_of(decider->note), "  ", out);
}

void matrix_add_intent(const struct matrix_finding *finding, struct buf *out)
{
	buf_add_text(out, intent_verdict_text(finding->intent.verdict));
	if (finding->intent.statement)
		buf_printf(out, " by line %u", finding->intent.statement->line);
}
