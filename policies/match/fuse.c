/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/fuse.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/sg.h"

/* A policy beyond these is left to policies/rules: cells of the largest sheet there could be. */
enum { CELLS_MAX = 1 << 24, EDGE_CELLS_MAX = 1 << 24 };

enum { LAYER_BLOCKS, LAYER_REFERENCES, LAYER_EDGE, LAYERS };

/* The work of one fusion. */
struct fusion {
	const struct draft *draft;
	struct fused	   *fused;
	struct sheet	    groups, edge;
	struct rows	    stacks; /* combinations of the layers' rows */
	struct rows	    pairs;  /* of what groups and edge say; index: of the answer */
	enum verdict	    unmatched;
	uint32_t	   *row_of_stack;
};

static bool is_too_large(const struct draft *draft, const struct owners *owners)
{
	size_t width = draft->axis.count, blocks = 1;

	for (size_t i = 0; i < draft->rule_count; i++) {
		const struct sg_rule *rule = draft->rules[i].rule;

		blocks++;
		if (rule->peer_kind == PEER_PREFIX_LIST && rule->peer_idx != WORLD_NONE)
			blocks += draft->world->prefix_lists[rule->peer_idx].entry_count;
	}
	if (draft_has_references(draft))
		blocks += owners_who_count(owners);
	return blocks * width > CELLS_MAX ||
	       (draft->nacl && (size_t)draft->nacl->rule_count * width > EDGE_CELLS_MAX);
}

static enum verdict verdict_of_sg(const struct fusion *fusion, uint32_t code)
{
	if (code == SG_NOTHING)
		return fusion->unmatched;
	return code & SG_MAYBE ? VERDICT_UNKNOWN : VERDICT_ALLOW;
}

static enum verdict verdict_of_edge(const struct fusion *fusion, uint32_t code)
{
	if (code == EDGE_UNMATCHED)
		return VERDICT_DENY;
	if (code == EDGE_NO_NACL)
		return VERDICT_UNKNOWN;
	if (code < EDGE_RULE)
		return VERDICT_ALLOW;
	code -= EDGE_RULE;
	if (code % 2)
		return VERDICT_UNKNOWN;
	return fusion->draft->nacl->rules[code / 2].allow ? VERDICT_ALLOW : VERDICT_DENY;
}

static void add_answer(struct fusion *fusion, uint32_t sg, uint32_t edge)
{
	struct fused	   *fused = fusion->fused;
	struct plane_answer answer = { .edge = edge, .sg = SG_IS_UNMATCHED };

	if (sg != SG_NOTHING) {
		const struct draft_rule *rule =
			&fusion->draft->rules[(sg & ~(uint32_t)SG_MAYBE) >> SG_SHIFT];

		answer.sg_idx = rule->sg_idx;
		answer.rule_idx = (uint32_t)(rule->rule -
					     fusion->draft->world->sgs[rule->sg_idx].rules);
		answer.sg = sg & SG_MAYBE     ? SG_IS_UNDECIDED
			    : sg & SG_ASSUMED ? SG_IS_ASSUMED
					      : SG_IS_ALLOWED;
	}
	fused->answers = mem_grow(fused->answers, fused->answer_count, &fused->answer_capacity,
				  sizeof(*fused->answers));
	fused->answers[fused->answer_count++] = answer;
}

/* The answer to what the groups and the edge say together. */
static uint32_t answer_to(struct fusion *fusion, uint32_t sg, uint32_t edge)
{
	uint32_t     pair[2] = { sg, edge }, index;
	enum verdict by_sg, by_edge;

	if (edge == EDGE_ASK)
		return ANSWER_ASK;
	if (edge >= EDGE_EXEMPT && edge < EDGE_RULE)
		pair[0] = sg = SG_NOTHING; /* has no say */
	index = rows_put(&fusion->pairs, pair);
	if (index >= ANSWERS_MAX)
		return ANSWER_ASK;
	if (index == fusion->fused->answer_count)
		add_answer(fusion, sg, edge);
	by_sg = edge >= EDGE_EXEMPT && edge < EDGE_RULE ? VERDICT_ALLOW : verdict_of_sg(fusion, sg);
	by_edge = verdict_of_edge(fusion, edge);
	return (uint32_t)(by_sg < by_edge ? by_sg : by_edge) << ANSWER_SHIFT | index;
}

static void fuse_rows(struct fusion *fusion)
{
	size_t	  width = fusion->draft->axis.count;
	uint32_t *row = mem_resize(NULL, width, sizeof(*row));

	fusion->row_of_stack = mem_resize(NULL, fusion->stacks.count, sizeof(uint32_t));
	for (size_t i = 0; i < fusion->stacks.count; i++) {
		const uint32_t *stack = rows_at(&fusion->stacks, i);
		const uint32_t *blocks = rows_at(&fusion->groups.rows, stack[LAYER_BLOCKS]);
		const uint32_t *references = rows_at(&fusion->groups.rows, stack[LAYER_REFERENCES]);
		const uint32_t *edge = rows_at(&fusion->edge.rows, stack[LAYER_EDGE]);
		uint32_t	last_sg = 0, last_edge = 0;

		for (size_t column = 0; column < width; column++) {
			uint32_t sg = blocks[column] < references[column] ? blocks[column]
									  : references[column];

			if (column && sg == last_sg && edge[column] == last_edge)
				row[column] = row[column - 1];
			else
				row[column] = answer_to(fusion, sg, edge[column]);
			last_sg = sg;
			last_edge = edge[column];
		}
		fusion->row_of_stack[i] = rows_put(&fusion->fused->rows, row);
	}
	free(row);
}

static uint32_t put_stack(void *context, const uint32_t *values)
{
	struct fusion *fusion = context;

	return rows_put(&fusion->stacks, values);
}

static uint32_t row_of_stack(void *context, const uint32_t *values)
{
	const struct fusion *fusion = context;

	return fusion->row_of_stack[values[0]];
}

/* Without references every address has the row of a rule that matches nothing. */
static void lay_references(struct fusion *fusion, struct owners *owners,
			   struct spans spans[static SPAN_FAMILY_COUNT])
{
	const struct draft *draft = fusion->draft;
	uint32_t	   *nothing;

	if (draft_has_references(draft)) {
		sheet_references(draft, owners, &fusion->groups.rows, spans);
		return;
	}
	nothing = mem_resize(NULL, draft->axis.count, sizeof(*nothing));
	for (size_t i = 0; i < draft->axis.count; i++)
		nothing[i] = SG_NOTHING;
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans[family] = spans_constant(rows_put(&fusion->groups.rows, nothing));
	free(nothing);
}

static void lay_over(struct fusion *fusion, struct owners *owners)
{
	struct spans references[SPAN_FAMILY_COUNT], stacks[SPAN_FAMILY_COUNT];

	sheet_blocks(fusion->draft, &fusion->groups);
	lay_references(fusion, owners, references);
	sheet_edge(fusion->draft, owners, &fusion->edge);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		const struct spans *layers[LAYERS] = {
			[LAYER_BLOCKS] = &fusion->groups.spans[family],
			[LAYER_REFERENCES] = &references[family],
			[LAYER_EDGE] = &fusion->edge.spans[family],
		};

		stacks[family] = spans_zip(layers, LAYERS, put_stack, fusion);
		spans_done(&references[family]);
	}
	fuse_rows(fusion);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		const struct spans *parts[] = { &stacks[family] };

		fusion->fused->spans[family] = spans_zip(parts, 1, row_of_stack, fusion);
		spans_done(&stacks[family]);
	}
}

bool fused_make(const struct draft *draft, struct owners *owners, uint32_t eni_idx,
		struct fused *fused)
{
	struct fusion fusion = { .draft = draft, .fused = fused };

	if (is_too_large(draft, owners))
		return false;
	*fused = (struct fused){ 0 };
	fusion.unmatched = sg_unmatched(draft->world, eni_idx, draft->egress).verdict;
	rows_init(&fused->rows, draft->axis.count);
	rows_init(&fusion.groups.rows, draft->axis.count);
	rows_init(&fusion.edge.rows, draft->axis.count);
	rows_init(&fusion.stacks, LAYERS);
	rows_init(&fusion.pairs, 2);
	lay_over(&fusion, owners);
	sheet_done(&fusion.groups);
	sheet_done(&fusion.edge);
	rows_done(&fusion.stacks);
	rows_done(&fusion.pairs);
	free(fusion.row_of_stack);
	return true;
}

void fused_done(struct fused *fused)
{
	rows_done(&fused->rows);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans_done(&fused->spans[family]);
	free(fused->answers);
}
