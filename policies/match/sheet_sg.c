/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the groups say.  A code is the rule's place in the order of the plain evaluation, rules that only may
 * match behind all that match for certain: the first rule for certain, else the first that may, is then the
 * smallest code, and the row of a block is its own rules' codes and those of the block around it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/match/draft.h"
#include "policies/rules/reference.h"
#include "policies/rules/sg.h"

static uint32_t code_of(size_t rule_idx, bool maybe)
{
	return (uint32_t)rule_idx << SG_SHIFT | (maybe ? SG_MAYBE : 0);
}

/* Puts a rule into a row. */
static void apply(const struct draft *draft, uint32_t code, uint32_t *row)
{
	const struct draft_rule *rule = &draft->rules[(code & ~SG_MAYBE) >> SG_SHIFT];

	for (size_t i = 0; i < rule->column_count; i++) {
		const struct cover *columns = &rule->columns[i];
		uint32_t	    now = code;

		/* On what address a rule counts matters only where it counts for certain. */
		if (columns->maybe || (code & SG_MAYBE))
			now = (code | SG_MAYBE) & ~(uint32_t)SG_ASSUMED;
		for (uint32_t column = columns->first; column <= columns->last; column++)
			row[column] = row[column] < now ? row[column] : now;
	}
}

static void clear(uint32_t *row, size_t width)
{
	memset(row, 0xff, width * sizeof(*row)); /* SG_NOTHING */
}

/* A sweep over blocks: the rows of the blocks around the place, outermost first. */
struct sweep {
	const struct draft *draft;
	struct rows	   *rows;
	uint32_t	   *nested;
	size_t		    nested_depth; /* how many there is room for */
};

static uint32_t row_of_block(void *context, unsigned depth, const struct peer_block *blocks,
			     size_t count)
{
	struct sweep *sweep = context;
	size_t	      width = sweep->rows->width;
	uint32_t     *row;

	if (depth >= sweep->nested_depth) {
		sweep->nested_depth = depth + 8;
		sweep->nested = mem_resize(sweep->nested, sweep->nested_depth,
					   width * sizeof(*sweep->nested));
	}
	row = sweep->nested + depth * width;
	if (depth == 0)
		clear(row, width);
	else
		memcpy(row, row - width, width * sizeof(*row));
	for (size_t i = 0; i < count; i++)
		apply(sweep->draft, blocks[i].item, row);
	return rows_put(sweep->rows, row);
}

static bool family_fits(const struct sg_rule *rule, enum span_family family)
{
	return sg_family_fits(rule->protocol, family == SPAN_V4 ? IP_V4 : IP_V6);
}

static void add_list(const struct draft *draft, size_t rule_idx,
		     struct blocks lists[static SPAN_FAMILY_COUNT])
{
	static const struct cidr  everywhere[] = { { { IP_V4, { 0 } }, 0 },
						   { { IP_V6, { 0 } }, 0 } };
	const struct sg_rule	 *rule = draft->rules[rule_idx].rule;
	const struct prefix_list *list = rule->peer_idx == WORLD_NONE
						 ? NULL
						 : &draft->world->prefix_lists[rule->peer_idx];

	if (!list || !list->has_entries) {
		for (size_t i = 0; i < ARRAY_LEN(everywhere); i++)
			if (family_fits(rule, span_family(everywhere[i].base)))
				blocks_add(lists, everywhere[i], code_of(rule_idx, true));
		return;
	}
	for (uint32_t i = 0; i < list->entry_count; i++)
		if (family_fits(rule, span_family(list->entries[i].base)))
			blocks_add(lists, list->entries[i], code_of(rule_idx, rule->disputed));
}

void sheet_blocks(const struct draft *draft, struct sheet *sheet)
{
	struct blocks lists[SPAN_FAMILY_COUNT] = { 0 };
	struct sweep  sweep = { .draft = draft, .rows = &sheet->rows };

	for (size_t i = 0; i < draft->rule_count; i++) {
		const struct sg_rule *rule = draft->rules[i].rule;

		if (rule->peer_kind == PEER_PREFIX_LIST)
			add_list(draft, i, lists);
		else if (rule->peer_kind == PEER_CIDR &&
			 family_fits(rule, span_family(rule->cidr.base)))
			blocks_add(lists, rule->cidr, code_of(i, rule->disputed));
	}
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		sheet->spans[family] = spans_sweep(&lists[family], row_of_block, &sweep);
		blocks_done(&lists[family]);
	}
	free(sweep.nested);
}

/* One family's rows of references while they are made: the row of each who value. */
struct roll {
	const struct draft *draft;
	const struct view  *view;
	enum span_family    family;
	uint32_t	   *row_of; /* who → row; UINT32_MAX: nothing */
	uint32_t	   *cells;
	size_t		    used, capacity, width;
};

static uint32_t *roll_row(struct roll *roll, uint32_t who)
{
	if (roll->row_of[who] == UINT32_MAX) {
		roll->cells = mem_grow(roll->cells, roll->used, &roll->capacity,
				       roll->width * sizeof(*roll->cells));
		clear(roll->cells + roll->used * roll->width, roll->width);
		roll->row_of[who] = (uint32_t)roll->used++;
	}
	return roll->cells + roll->row_of[who] * roll->width;
}

/* Asks the specification about one address of that kind: it stands for all of them. */
static void ask(struct roll *roll, size_t rule_idx, uint32_t who)
{
	const struct sg_rule *rule = roll->draft->rules[rule_idx].rule;
	struct ip	      peer;
	enum match	      match;
	uint32_t	      code;

	if (!roll->view->seen[roll->family][who])
		return;
	peer = point_ip(roll->view->places[roll->family][who], roll->family);
	match = reference_match(roll->draft->world, roll->draft->eni, rule, peer);
	if (match == MATCH_NO)
		return;
	code = code_of(rule_idx, match == MATCH_MAYBE || rule->disputed);
	if (who >= WHO_IDENTITY && (who - WHO_IDENTITY) % 2)
		code |= SG_ASSUMED;
	apply(roll->draft, code, roll_row(roll, who));
}

static void roll_family(struct roll *roll, struct owners *owners, size_t whos)
{
	roll->row_of = mem_resize(NULL, whos, sizeof(*roll->row_of));
	memset(roll->row_of, 0xff, whos * sizeof(*roll->row_of));
	for (size_t i = 0; i < roll->draft->rule_count; i++) {
		const struct sg_rule  *rule = roll->draft->rules[i].rule;
		const struct carriers *carriers = owners_carriers(owners, rule->peer_id);

		if (rule->peer_kind != PEER_GROUP || !family_fits(rule, roll->family))
			continue;
		ask(roll, i, WHO_UNKNOWN);
		for (size_t j = 0; j < carriers->count; j++) {
			ask(roll, i, WHO_IDENTITY + 2 * carriers->identities[j]);
			ask(roll, i, WHO_IDENTITY + 2 * carriers->identities[j] + 1);
		}
	}
}

uint32_t *sheet_references(const struct draft *draft, struct owners *owners, struct rows *rows,
			   enum span_family family)
{
	size_t	    whos = owners_who_count(owners);
	struct roll roll = { .draft = draft,
			     .view = owners_view(owners, draft->eni->vpc_idx),
			     .family = family,
			     .width = draft->axis.count };
	uint32_t   *empty = mem_resize(NULL, roll.width, sizeof(*empty));
	uint32_t    nothing;

	roll_family(&roll, owners, whos);
	clear(empty, roll.width);
	nothing = rows_put(rows, empty);
	for (size_t who = 0; who < whos; who++)
		roll.row_of[who] = roll.row_of[who] == UINT32_MAX
					   ? nothing
					   : rows_put(rows,
						      roll.cells + roll.row_of[who] * roll.width);
	free(empty);
	free(roll.cells);
	return roll.row_of;
}
