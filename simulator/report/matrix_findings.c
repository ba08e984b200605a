/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix_findings.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/explain.h"

/* One packet of a stretch is walked; of a cell with more stretches than these the others go without a reason. */
enum { WALKS_MAX = 16, TEXT_MAX = 2048 };

/* The row that is being looked at. */
struct finder {
	const struct matrix_answer *answer;
	enum matrix_finding_kind    kind;
	struct matrix_findings	   *out;
	const struct matrix_row	   *row;
	struct cell_parts	    sample; /* of two parties of its first groups */
	struct cell_parts	    parts;
	size_t			    first; /* of the row's findings */
	size_t			    walks;
};

static uint32_t mask_of(const struct finder *finder, const struct cell *cell)
{
	struct packet_sets *sets = reach_sets(finder->answer->reach);

	return finder->kind == MATRIX_OPENING
		       ? packet_sets_where(sets, cell->unintended, VERDICT_ALLOW)
		       : cell->unknown;
}

static void describe(struct matrix_findings *out, const struct world *world, const struct hop *hop,
		     struct matrix_finding *finding)
{
	const struct sg_rule *rule = hop->decision.sg_rule;
	auto_buf struct buf   text = buf_make(TEXT_MAX), id = buf_make(TEXT_MAX);

	finding->kind = str_of(explain_hop_kind(hop));
	finding->id = explain_hop_id(world, hop);
	finding->name = explain_hop_name(world, hop);
	if (hop->decision.verdict == VERDICT_UNKNOWN) {
		explain_hop_reason(world, hop, &text);
		finding->reason = arena_str(&out->arena, buf_str(&text));
		return;
	}
	explain_hop_rule_id(hop, &id);
	explain_hop_rule(world, hop, &text);
	finding->rule_id = arena_str(&out->arena, buf_str(&id));
	finding->rule_text = arena_str(&out->arena, buf_str(&text));
	if (rule)
		finding->description = rule->description;
}

/*
 * What a reader would change: the receiver's group rule; without one, on the way out of the model, the
 * sender's.  Of a doubt what is not known.
 */
static const struct hop *find_hop(const struct path *path, enum matrix_finding_kind kind)
{
	const struct leg *legs[] = { &path->forward, &path->back };
	const struct hop *found = NULL;

	for (size_t i = 0; i < ARRAY_LEN(legs); i++)
		for (size_t j = 0; j < legs[i]->count; j++) {
			const struct hop *hop = &legs[i]->hops[j];

			if (kind == MATRIX_DOUBT && hop->decision.verdict == VERDICT_UNKNOWN)
				return hop;
			if (kind == MATRIX_OPENING && i == 0 && hop->decision.sg_rule &&
			    (!found || hop->direction == DIRECTION_INGRESS))
				found = hop;
		}
	return found;
}

static void explain(struct finder *finder, uint32_t key, struct matrix_finding *finding)
{
	const struct matrix_answer *answer = finder->answer;
	struct cell_search search = { .key = key, .verdict = VERDICT_ALLOW, .is_unintended = true };
	uint32_t	   kinds[2];
	struct path	   path;
	const struct hop  *hop;

	if (finder->kind == MATRIX_DOUBT)
		search = (struct cell_search){ .key = key, .verdict = VERDICT_UNKNOWN };
	if (finder->walks++ >= WALKS_MAX ||
	    !cell_parts_find(&finder->sample, answer->reach, &search, kinds))
		return;
	finding->question = reach_question(answer->reach, kinds[0], kinds[1], key);
	path_walk(answer->world, &finding->question, &path);
	hop = find_hop(&path, finder->kind);
	if (hop)
		describe(finder->out, answer->world, hop, finding);
}

static bool is_same_reason(const struct matrix_finding *a, const struct matrix_finding *b)
{
	return str_eq(a->kind, b->kind) && str_eq(a->id, b->id) && str_eq(a->reason, b->reason) &&
	       str_eq(a->rule_id, b->rule_id) && str_eq(a->rule_text, b->rule_text) &&
	       path_intent(&a->question).verdict == path_intent(&b->question).verdict &&
	       path_intent(&a->question).statement == path_intent(&b->question).statement;
}

/* A stretch of keys; with one of the row that has the same reason, if there is one. */
static void add_stretch(struct finder *finder, uint32_t first, uint32_t last)
{
	struct packet_sets     *sets = reach_sets(finder->answer->reach);
	struct matrix_findings *out = finder->out;
	struct matrix_finding	finding = {
		  .row = finder->row, .set = packet_sets_range(sets, first, last, VERDICT_ALLOW)
	};

	explain(finder, first, &finding);
	for (size_t i = finder->first; i < out->count; i++)
		if (is_same_reason(&out->items[i], &finding)) {
			out->items[i].set = packet_sets_either(sets, out->items[i].set,
							       finding.set);
			return;
		}
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = finding;
}

static void count_pairs(struct finder *finder, struct matrix_finding *finding)
{
	struct packet_sets *sets = reach_sets(finder->answer->reach);

	for (size_t i = 0; i < finder->parts.count; i++) {
		const struct cell_part *part = &finder->parts.items[i];
		struct cell cell = { .unknown = part->unknown, .unintended = part->unintended };

		finding->of += part->pairs;
		if (packet_sets_both(sets, mask_of(finder, &cell), finding->set) != PACKET_SET_DENY)
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

static void add_row(struct finder *finder, uint32_t mask)
{
	struct matrix_pair	     sample;
	struct packet_sets	    *sets = reach_sets(finder->answer->reach);
	size_t			     count;
	const struct packet_cut	    *borrowed = packet_sets_cuts(sets, mask, &count);
	auto_free struct packet_cut *cuts = mem_alloc(count * sizeof(*cuts));

	for (size_t i = 0; i < count; i++)
		cuts[i] = borrowed[i];
	finder->first = finder->out->count;
	finder->walks = 0;
	sample = matrix_sample(finder->answer->matrix, finder->row->srcs[0], finder->row->dsts[0]);
	cell_parts_fill(&finder->sample, finder->answer->reach, sample.src, sample.dst,
			PACKET_SET_ALLOW);
	for (size_t i = 0; i < count; i++)
		if (cuts[i].verdict == VERDICT_ALLOW)
			add_stretch(finder, cuts[i].key,
				    (i + 1 < count ? cuts[i + 1].key : PACKET_KEY_END) - 1);
	count_all(finder);
}

void matrix_findings_of(const struct matrix_answer *answer, const struct matrix_rows *rows,
			enum matrix_finding_kind kind, struct matrix_findings *out)
{
	struct finder finder = { .answer = answer, .kind = kind, .out = out };

	*out = (struct matrix_findings){ 0 };
	for (size_t i = 0; i < rows->count; i++) {
		uint32_t mask = mask_of(&finder, &rows->items[i].cell);

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
	arena_done(&findings->arena);
	*findings = (struct matrix_findings){ 0 };
}

static void add_word(struct str word, const char *before, struct buf *out)
{
	if (word.len && out->len)
		buf_add_text(out, before);
	buf_add_visible(out, word);
}

void matrix_add_reason(const struct matrix_finding *finding, struct buf *out)
{
	if (finding->reason.len) {
		buf_add_visible(out, finding->kind);
		add_word(finding->id, " ", out);
		add_word(finding->reason, ": ", out);
		return;
	}
	buf_add_visible(out, finding->name.len ? finding->name : finding->id);
	add_word(finding->rule_id, " ", out);
	add_word(finding->rule_text, "  ", out);
	if (finding->description.len) {
		add_word(finding->description, "  \"", out);
		buf_add_char(out, '"');
	}
}

void matrix_add_intent(const struct matrix_finding *finding, struct buf *out)
{
	struct intent_answer intent = path_intent(&finding->question);

	buf_add_text(out, intent_verdict_text(intent.verdict));
	if (intent.statement)
		buf_printf(out, " by line %u", intent.statement->line);
}
