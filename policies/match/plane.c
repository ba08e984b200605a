/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/plane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "policies/match/draft.h"
#include "policies/match/fuse.h"
#include "policies/rules/exempt.h"

enum { LINE = 64, WORD = 8 };

/* What a plane is made of.  The trees are aligned to cache lines: they come first, and are whole lines. */
enum part {
	PART_V4_TREE,
	PART_PORT_TREE,
	PART_V6_TREE,
	PART_CELLS,
	PART_ROWS_V4,
	PART_CLASSES,
	PART_COLUMNS,
	PART_ROWS_V6,
	PART_LOWS,
	PART_LOW_STARTS,
	PART_LOW_ROWS,
	PART_ANSWERS,
	PART_COUNT
};

/* A plane while its parts are measured and then filled. */
struct packing {
	const struct fused *fused;
	const struct axis  *axis;
	uint32_t	   *column_of; /* column of the axis → distinct column */
	uint32_t	   *first_of; /* distinct column → the first column of the axis like it */
	size_t		    column_count; /* distinct ones */
	uint32_t	   *port_starts;  /* intervals of the axis whose columns differ */
	uint32_t	   *port_columns;
	size_t		    port_count;
	uint64_t	   *his;     /* IPv6: starts of the intervals of the upper 64 bits */
	uint32_t	   *hi_rows; /* a row, or ROW_IS_LOWS | index */
	size_t		    hi_count;
	struct lows	   *lows;
	uint64_t	   *low_starts;
	uint32_t	   *low_rows;
	size_t		    lows_count, low_count;
	size_t		    at[PART_COUNT + 1]; /* offsets */
};

/* Columns that are equal in every row are one. */
static void merge_columns(struct packing *packing)
{
	const struct rows *rows = &packing->fused->rows;
	size_t		   width = packing->axis->count;
	struct rows	   columns;
	uint32_t	  *column = mem_resize(NULL, rows->count, sizeof(*column));

	rows_init(&columns, rows->count);
	packing->column_of = mem_resize(NULL, width, sizeof(uint32_t));
	packing->first_of = mem_resize(NULL, width, sizeof(uint32_t));
	packing->port_starts = mem_resize(NULL, width, sizeof(uint32_t));
	packing->port_columns = mem_resize(NULL, width, sizeof(uint32_t));
	for (size_t i = 0; i < width; i++) {
		for (size_t j = 0; j < rows->count; j++)
			column[j] = rows_at(rows, j)[i];
		packing->column_of[i] = rows_put(&columns, column);
		if (columns.count > packing->column_count)
			packing->first_of[packing->column_count++] = (uint32_t)i;
		if (i && packing->column_of[i] == packing->column_of[i - 1])
			continue;
		packing->port_starts[packing->port_count] = packing->axis->starts[i];
		packing->port_columns[packing->port_count++] = packing->column_of[i];
	}
	rows_done(&columns);
	free(column);
}

/*
 * IPv6: the upper 64 bits of an address lead to its row, but for the few values of them in which longer
 * prefixes begin; of these the lower 64 bits decide.
 */
static void split_v6(struct packing *packing)
{
	const struct spans *spans = &packing->fused->spans[SPAN_V6];
	size_t		    room = 2 * spans->count + 1;

	packing->his = mem_resize(NULL, room, sizeof(*packing->his));
	packing->hi_rows = mem_resize(NULL, room, sizeof(*packing->hi_rows));
	packing->lows = mem_resize(NULL, room, sizeof(*packing->lows));
	packing->low_starts = mem_resize(NULL, room, sizeof(*packing->low_starts));
	packing->low_rows = mem_resize(NULL, room, sizeof(*packing->low_rows));
	for (size_t i = 0, same; i < spans->count; i += same) {
		const struct span *span = &spans->items[i];
		uint64_t	   hi = span->start.hi;
		struct lows	   lows = { .first = (uint32_t)packing->low_count };

		for (same = 1; i + same < spans->count && span[same].start.hi == hi;)
			same++;
		if (same == 1 && span->start.lo == 0) {
			packing->his[packing->hi_count] = hi;
			packing->hi_rows[packing->hi_count++] = span->value;
			continue;
		}
		if (span->start.lo) { /* what was before goes on up to there */
			packing->low_starts[packing->low_count] = 0;
			packing->low_rows[packing->low_count++] = span[-1].value;
		}
		for (size_t j = 0; j < same; j++) {
			packing->low_starts[packing->low_count] = span[j].start.lo;
			packing->low_rows[packing->low_count++] = span[j].value;
		}
		lows.count = (uint32_t)packing->low_count - lows.first;
		packing->his[packing->hi_count] = hi;
		packing->hi_rows[packing->hi_count++] = ROW_IS_LOWS | (uint32_t)packing->lows_count;
		packing->lows[packing->lows_count++] = lows;
		if (hi == UINT64_MAX || (i + same < spans->count && span[same].start.hi == hi + 1 &&
					 span[same].start.lo == 0))
			continue;
		packing->his[packing->hi_count] = hi + 1;
		packing->hi_rows[packing->hi_count++] = span[same - 1].value;
	}
}

/* How many rows an IPv4 interval has. */
static size_t row_factor(const struct packing *packing)
{
	const struct remap *remap = &packing->fused->remap;

	return remap->class_of ? remap->class_count : 1;
}

static void measure(struct packing *packing)
{
	const struct remap *remap = &packing->fused->remap;
	size_t v4 = packing->fused->spans[SPAN_V4].count, sizes[PART_COUNT] = { 0 }, at;

	sizes[PART_V4_TREE] = tree32_room(v4) * sizeof(int32_t);
	sizes[PART_PORT_TREE] = tree32_room(packing->port_count) * sizeof(int32_t);
	sizes[PART_V6_TREE] = tree64_room(packing->hi_count) * sizeof(int64_t);
	sizes[PART_CELLS] = packing->fused->rows.count * packing->column_count * sizeof(uint16_t);
	sizes[PART_ROWS_V4] = v4 * row_factor(packing) * sizeof(uint32_t);
	sizes[PART_CLASSES] = remap->class_of ? remap->who_count : 0;
	sizes[PART_COLUMNS] = packing->port_count * sizeof(uint16_t);
	sizes[PART_ROWS_V6] = packing->hi_count * sizeof(uint32_t);
	sizes[PART_LOWS] = packing->lows_count * sizeof(struct lows);
	sizes[PART_LOW_STARTS] = packing->low_count * sizeof(uint64_t);
	sizes[PART_LOW_ROWS] = packing->low_count * sizeof(uint32_t);
	sizes[PART_ANSWERS] = packing->fused->answer_count * sizeof(struct plane_answer);
	at = (sizeof(struct plane) + LINE - 1) / LINE * LINE;
	for (size_t i = 0; i < PART_COUNT; i++) {
		packing->at[i] = at;
		at += (sizes[i] + WORD - 1) / WORD * WORD;
	}
	packing->at[PART_COUNT] = at;
}

static void *part(struct plane *plane, const struct packing *packing, enum part which)
{
	return (char *)plane + packing->at[which];
}

static void pack_cells(const struct packing *packing, struct plane *plane)
{
	const struct rows *rows = &packing->fused->rows;
	uint16_t	  *cells = part(plane, packing, PART_CELLS), *cell = cells;
	uint16_t	  *columns = part(plane, packing, PART_COLUMNS);

	for (size_t i = 0; i < rows->count; i++)
		for (size_t j = 0; j < packing->column_count; j++)
			*cell++ = (uint16_t)rows_at(rows, i)[packing->first_of[j]];
	for (size_t i = 0; i < packing->port_count; i++)
		columns[i] = (uint16_t)packing->port_columns[i];
	plane->cells = cells;
	plane->columns = columns;
	plane->ports = tree32_build(packing->port_starts, packing->port_count,
				    part(plane, packing, PART_PORT_TREE));
}

static void pack_v6(const struct packing *packing, struct plane *plane)
{
	uint32_t     stride = (uint32_t)packing->column_count;
	uint32_t    *rows = part(plane, packing, PART_ROWS_V6);
	struct lows *lows = part(plane, packing, PART_LOWS);
	uint64_t    *low_starts = part(plane, packing, PART_LOW_STARTS);
	uint32_t    *low_rows = part(plane, packing, PART_LOW_ROWS);

	for (size_t i = 0; i < packing->hi_count; i++) {
		uint32_t row = packing->hi_rows[i];

		rows[i] = row & ROW_IS_LOWS ? row : row * stride;
	}
	for (size_t i = 0; i < packing->lows_count; i++)
		lows[i] = packing->lows[i];
	for (size_t i = 0; i < packing->low_count; i++) {
		low_starts[i] = packing->low_starts[i];
		low_rows[i] = packing->low_rows[i] * stride;
	}
	plane->rows_v6 = rows;
	plane->lows = lows;
	plane->low_starts = low_starts;
	plane->low_rows = low_rows;
	plane->v6 = tree64_build(packing->his, packing->hi_count,
				 part(plane, packing, PART_V6_TREE));
}

static void pack_v4(const struct packing *packing, struct plane *plane)
{
	const struct spans *v4 = &packing->fused->spans[SPAN_V4];
	uint32_t	   *starts = mem_resize(NULL, v4->count, sizeof(*starts));
	uint32_t	   *rows = part(plane, packing, PART_ROWS_V4);
	const struct remap *remap = &packing->fused->remap;
	size_t		    factor = row_factor(packing);
	uint8_t		   *classes = part(plane, packing, PART_CLASSES);

	for (size_t i = 0; i < v4->count; i++) {
		starts[i] = (uint32_t)(v4->items[i].start.hi >> 32);
		rows[i] = v4->items[i].value;
	}
	if (remap->class_of) {
		memcpy(rows, remap->rows, v4->count * factor * sizeof(*rows));
		memcpy(classes, remap->class_of, remap->who_count);
	}
	for (size_t i = 0; i < v4->count * factor; i++)
		rows[i] *= (uint32_t)packing->column_count;
	plane->class_of = classes;
	plane->interval_count = remap->class_of ? (uint16_t)v4->count : 0;
	plane->rows_v4 = rows;
	plane->v4 = tree32_build(starts, v4->count, part(plane, packing, PART_V4_TREE));
	free(starts);
}

static void packing_done(struct packing *packing)
{
	free(packing->column_of);
	free(packing->first_of);
	free(packing->port_starts);
	free(packing->port_columns);
	free(packing->his);
	free(packing->hi_rows);
	free(packing->lows);
	free(packing->low_starts);
	free(packing->low_rows);
}

static struct plane *pack(const struct fused *fused, const struct axis *axis, struct pool *pool)
{
	struct packing	     packing = { .fused = fused, .axis = axis };
	struct plane	    *plane;
	struct plane_answer *answers;

	merge_columns(&packing);
	split_v6(&packing);
	measure(&packing);
	plane = pool_take(pool, packing.at[PART_COUNT]);
	memset(plane, 0, sizeof(*plane));
	plane->pool = pool_hold(pool);
	plane->holders = 1;
	plane->size_bytes = packing.at[PART_COUNT];
	pack_v4(&packing, plane);
	pack_cells(&packing, plane);
	pack_v6(&packing, plane);
	plane->v4_keys = plane->v4.keys;
	plane->port_keys = plane->ports.keys;
	plane->v4_levels = plane->v4.level_count;
	plane->v4_halves = plane->v4.halves;
	plane->port_levels = plane->ports.level_count;
	plane->port_halves = plane->ports.halves;
	answers = part(plane, &packing, PART_ANSWERS);
	if (fused->answer_count)
		memcpy(answers, fused->answers, fused->answer_count * sizeof(*answers));
	plane->answers = answers;
	plane->answer_count = (uint32_t)fused->answer_count;
	packing_done(&packing);
	return plane;
}

/* Everything is left to policies/rules. */
static void make_asking(const struct axis *axis, struct fused *fused)
{
	uint32_t *row = mem_resize(NULL, axis->count, sizeof(*row));

	*fused = (struct fused){ 0 };
	for (size_t i = 0; i < axis->count; i++)
		row[i] = ANSWER_ASK;
	rows_init(&fused->rows, axis->count);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		fused->spans[family] = spans_constant(rows_put(&fused->rows, row));
	free(row);
}

struct plane *plane_new(const struct world *world, struct owners *owners, struct pool *pool,
			uint32_t eni_idx, bool egress)
{
	struct draft  draft;
	struct fused  fused;
	struct plane *plane;

	draft_init(&draft, world, eni_idx, egress);
	if (!fused_make(&draft, owners, eni_idx, &fused))
		make_asking(&draft.axis, &fused);
	plane = pack(&fused, &draft.axis, pool);
	plane->eni_idx = eni_idx;
	plane->egress = egress;
	plane->unmatched = sg_unmatched(world, eni_idx, egress);
	if (fused.remap.class_of)
		plane->directory = directory_hold(owners_directory(owners, draft.eni->vpc_idx));
	fused_done(&fused);
	draft_done(&draft);
	return plane;
}

struct plane *plane_new_asking(struct pool *pool)
{
	struct axis   axis = { 0 };
	struct fused  fused;
	struct plane *plane;

	axis_close(&axis);
	make_asking(&axis, &fused);
	plane = pack(&fused, &axis, pool);
	fused_done(&fused);
	axis_done(&axis);
	return plane;
}

struct plane *plane_hold(struct plane *plane)
{
	__atomic_add_fetch(&plane->holders, 1, __ATOMIC_RELAXED);
	return plane;
}

void plane_drop(struct plane *plane)
{
	if (!plane || __atomic_sub_fetch(&plane->holders, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	directory_drop(plane->directory);
	pool_drop(plane->pool);
}

static struct decision decide_sg(const struct plane *plane, const struct world *world,
				 const struct plane_answer *answer)
{
	const struct sg_rule *rule;

	if (answer->sg == SG_IS_UNMATCHED)
		return plane->unmatched;
	rule = &world->sgs[answer->sg_idx].rules[answer->rule_idx];
	if (answer->sg == SG_IS_UNDECIDED)
		return sg_undecided(answer->sg_idx, rule);
	return sg_allowed(answer->sg_idx, rule, answer->sg == SG_IS_ASSUMED);
}

static const char *exempt_text(const struct world *world, uint32_t subnet_idx, uint32_t peer_idx)
{
	static const struct packet plain = { .protocol = PROTO_TCP };
	struct ip		   peers[EXEMPT_PEERS_MAX];

	exempt_peers(world, subnet_idx, peers);
	return exempt_from_rules(world, subnet_idx, peers[peer_idx], &plain);
}

static bool is_exempt(const struct plane_answer *answer)
{
	return answer->edge >= EDGE_EXEMPT && answer->edge < EDGE_RULE;
}

bool plane_is_exempt(const struct plane *plane, uint32_t answer)
{
	return is_exempt(&plane->answers[answer & ANSWERS_MAX]);
}

struct interface_decision plane_decide(const struct plane *plane, const struct world *world,
				       uint32_t answer)
{
	const struct plane_answer *found = &plane->answers[answer & ANSWERS_MAX];
	uint32_t		   subnet_idx = world->enis[plane->eni_idx].subnet_idx, nacl_idx;
	uint32_t		   edge = found->edge;
	struct decision		   sg;

	assert((answer & ANSWERS_MAX) < plane->answer_count);
	if (is_exempt(found))
		return interface_exempt(exempt_text(world, subnet_idx, edge - EDGE_EXEMPT));
	sg = decide_sg(plane, world, found);
	if (edge == EDGE_INSIDE)
		return interface_inside(sg);
	if (edge == EDGE_NO_NACL)
		return interface_crossed(sg, nacl_missing());
	nacl_idx = world->subnets[subnet_idx].nacl_idx;
	if (edge == EDGE_UNMATCHED)
		return interface_crossed(sg, nacl_decided(nacl_idx, NULL));
	edge -= EDGE_RULE;
	if (edge % 2)
		return interface_crossed(
			sg, nacl_undecided(nacl_idx, &world->nacls[nacl_idx].rules[edge / 2]));
	return interface_crossed(sg,
				 nacl_decided(nacl_idx, &world->nacls[nacl_idx].rules[edge / 2]));
}
