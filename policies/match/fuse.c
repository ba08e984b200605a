/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/fuse.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/rules/sg.h"

/* A policy beyond these is left to policies/rules: cells of the largest sheet there could be. */
enum { CELLS_MAX = 1 << 24, EDGE_CELLS_MAX = 1 << 24 };

/* A remap costs a second search and pays when memory is what is waited for. */
enum { REMAP_GAIN = 4 };

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
	/* While one family's references are laid over. */
	struct rows grounds;	  /* combinations of the other layers' rows */
	uint32_t   *row_of_who;	  /* NULL: no references */
	uint32_t   *ground_of;	  /* interval of a remap → ground */
	bool	    always_remap; /* for tests */
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

/* The rows of an address in the layers before the references are laid over it. */
static uint32_t put_ground(void *context, const uint32_t *values)
{
	struct fusion *fusion = context;

	return rows_put(&fusion->grounds, values);
}

static uint32_t row_of_who(void *context, const uint32_t *values)
{
	const struct fusion *fusion = context;

	return fusion->row_of_who[values[0]];
}

/* Without references every address has the row of a rule that matches nothing. */
static struct spans lay_references(struct fusion *fusion, const struct view *view,
				   enum span_family family)
{
	size_t		    width = fusion->draft->axis.count;
	auto_free uint32_t *nothing = NULL;

	if (view) {
		const struct spans *parts[] = { &view->spans[family] };

		return spans_zip(parts, 1, row_of_who, fusion);
	}
	nothing = mem_resize(NULL, width, sizeof(*nothing));
	for (size_t i = 0; i < width; i++)
		nothing[i] = SG_NOTHING;
	return spans_constant(rows_put(&fusion->groups.rows, nothing));
}

/* Gives each row that a who value can have a class; false when there are more than a byte holds. */
static bool class_whos(struct fusion *fusion)
{
	struct remap	   *remap = &fusion->fused->remap;
	size_t		    rows = fusion->groups.rows.count;
	auto_free uint32_t *class_of_row = mem_resize(NULL, rows, sizeof(*class_of_row));

	memset(class_of_row, 0xff, rows * sizeof(*class_of_row));
	remap->class_of = mem_resize(NULL, remap->who_count, sizeof(*remap->class_of));
	for (size_t who = 0; who < remap->who_count; who++) {
		uint32_t *class = &class_of_row[fusion->row_of_who[who]];

		if (*class == UINT32_MAX)
			*class = (uint32_t)remap->class_count++;
		if (remap->class_count > UINT8_MAX)
			return false;
		remap->class_of[who] = (uint8_t) * class;
	}
	return true;
}

/* Whether a table of intervals and classes is so much smaller than all members' intervals. */
static bool is_worth_it(const struct fusion *fusion, size_t intervals, const struct view *view)
{
	const struct remap *remap = &fusion->fused->remap;
	size_t		    apart = intervals * remap->class_count + remap->who_count / 4;

	if (intervals > UINT16_MAX)
		return false;
	return fusion->always_remap || apart * REMAP_GAIN < view->spans[SPAN_V4].count;
}

/* values: interval, who. */
static uint32_t put_remapped(void *context, const uint32_t *values)
{
	struct fusion  *fusion = context;
	struct remap   *remap = &fusion->fused->remap;
	const uint32_t *ground = rows_at(&fusion->grounds, fusion->ground_of[values[0]]);
	const uint32_t	stack[LAYERS] = { [LAYER_BLOCKS] = ground[0],
					  [LAYER_REFERENCES] = fusion->row_of_who[values[1]],
					  [LAYER_EDGE] = ground[1] };
	size_t		at = remap->class_of[values[1]] * remap->interval_count + values[0];

	if (remap->rows[at] == UINT32_MAX)
		remap->rows[at] = rows_put(&fusion->stacks, stack);
	return 0;
}

/* IPv4 with the members' addresses left to the directory; false when it is not to be. */
static bool remap_v4(struct fusion *fusion, const struct view *view, const struct spans *blocks,
		     const struct spans *edge)
{
	struct remap	   *remap = &fusion->fused->remap;
	const struct spans *layers[] = { blocks, edge };
	struct spans	    intervals = spans_zip(layers, ARRAY_LEN(layers), put_ground, fusion);
	const struct spans *parts[] = { &intervals, &view->spans[SPAN_V4] };
	struct spans	    none;

	if (!class_whos(fusion) || !is_worth_it(fusion, intervals.count, view)) {
		free(remap->class_of);
		*remap = (struct remap){ 0 };
		spans_done(&intervals);
		return false;
	}
	remap->interval_count = intervals.count;
	remap->rows = mem_resize(NULL, intervals.count * remap->class_count, sizeof(uint32_t));
	memset(remap->rows, 0xff, intervals.count * remap->class_count * sizeof(uint32_t));
	fusion->ground_of = mem_resize(NULL, intervals.count, sizeof(uint32_t));
	for (size_t i = 0; i < intervals.count; i++) {
		fusion->ground_of[i] = intervals.items[i].value;
		intervals.items[i].value = (uint32_t)i;
	}
	none = spans_zip(parts, ARRAY_LEN(parts), put_remapped, fusion);
	spans_done(&none);
	free(fusion->ground_of);
	fusion->fused->spans[SPAN_V4] = intervals;
	return true;
}

/* The stacks of one family's addresses; for IPv4 in the remap when that is worth it. */
static struct spans stack_family(struct fusion *fusion, struct owners *owners,
				 enum span_family family)
{
	const struct draft *draft = fusion->draft;
	const struct view  *view = NULL;
	struct spans	    references, stacks = { 0 };
	bool		    is_remapped = false;

	if (draft_has_references(draft)) {
		view = owners_view(owners, draft->eni->vpc_idx);
		fusion->row_of_who = sheet_references(draft, owners, &fusion->groups.rows, family);
	}
	if (view && family == SPAN_V4)
		is_remapped = remap_v4(fusion, view, &fusion->groups.spans[family],
				       &fusion->edge.spans[family]);
	if (!is_remapped) {
		const struct spans *layers[LAYERS] = {
			[LAYER_BLOCKS] = &fusion->groups.spans[family],
			[LAYER_REFERENCES] = &references,
			[LAYER_EDGE] = &fusion->edge.spans[family],
		};

		references = lay_references(fusion, view, family);
		stacks = spans_zip(layers, LAYERS, put_stack, fusion);
		spans_done(&references);
	}
	free(fusion->row_of_who);
	fusion->row_of_who = NULL;
	return stacks;
}

/* What no address has leads to any row. */
static void fuse_remap(const struct fusion *fusion, struct remap *remap)
{
	for (size_t i = 0; i < remap->interval_count * remap->class_count; i++)
		remap->rows[i] = remap->rows[i] == UINT32_MAX
					 ? 0
					 : fusion->row_of_stack[remap->rows[i]];
}

static void lay_over(struct fusion *fusion, struct owners *owners)
{
	struct fused *fused = fusion->fused;
	struct spans  stacks[SPAN_FAMILY_COUNT];

	sheet_blocks(fusion->draft, &fusion->groups);
	sheet_edge(fusion->draft, owners, &fusion->edge);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		stacks[family] = stack_family(fusion, owners, (enum span_family)family);
	fuse_rows(fusion);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		const struct spans *parts[] = { &stacks[family] };

		if (family == SPAN_V4 && fused->remap.class_of)
			fuse_remap(fusion, &fused->remap);
		else
			fused->spans[family] = spans_zip(parts, 1, row_of_stack, fusion);
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
	rows_init(&fusion.grounds, 2);
	fused->remap.who_count = owners_who_count(owners);
	fusion.always_remap = owners_always_remap(owners);
	lay_over(&fusion, owners);
	sheet_done(&fusion.groups);
	sheet_done(&fusion.edge);
	rows_done(&fusion.stacks);
	rows_done(&fusion.pairs);
	rows_done(&fusion.grounds);
	free(fusion.row_of_stack);
	return true;
}

void fused_done(struct fused *fused)
{
	rows_done(&fused->rows);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans_done(&fused->spans[family]);
	free(fused->remap.class_of);
	free(fused->remap.rows);
	free(fused->answers);
}
