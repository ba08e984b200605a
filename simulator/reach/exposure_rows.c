/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/exposure_rows.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { KEY_MAX = 4096 };

/* What an interface or load balancer was seen with: grades, each a bit, and above them families. */
enum { SEEN_V4 = 1 << 3, SEEN_V6 = 1 << 4 };

void exposure_rows_done(struct exposure_rows *rows)
{
	map_done(&rows->sources);
	map_done(&rows->rows);
}

static int compare_kinds(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

uint32_t exposure_rows_sources(struct exposure_rows *rows, uint32_t *kinds, size_t count)
{
	struct exposure *out = rows->out;
	struct str	 key = { (const char *)kinds, count * sizeof(*kinds) };
	uint32_t	 found;

	qsort(kinds, count, sizeof(*kinds), compare_kinds);
	if (map_get(&rows->sources, key, &found))
		return found;
	out->sources = mem_grow(out->sources, out->source_count, &out->source_capacity,
				sizeof(*out->sources));
	out->sources[out->source_count] = addresses_of(reach_kinds(out->reach), kinds, count);
	map_put(&rows->sources, arena_str(&out->arena, key), (uint32_t)out->source_count);
	return (uint32_t)out->source_count++;
}

/* All that two rows must share to be one. */
static void add_key(const struct exposure_row *row, struct buf *out)
{
	const uint64_t words[] = {
		row->family,
		row->is_ipv6_only,
		row->verdict,
		row->set,
		row->sources,
		(uintptr_t)row->sg_rule,
		(uintptr_t)row->nacl_rule,
		row->via_kind,
		row->via_idx,
		row->lb_idx,
		row->listener_idx,
		row->intent.verdict,
		(uintptr_t)row->intent.statement,
		(uintptr_t)row->intent.expired,
	};

	buf_add(out, words, sizeof(words));
	buf_add_str(out, row->doubt);
}

void exposure_rows_add(struct exposure_rows *rows, const struct exposure_row *row,
		       struct exposure_part part)
{
	struct exposure	    *out = rows->out;
	auto_buf struct buf  key = buf_make(KEY_MAX);
	struct exposure_row *to;
	uint32_t	     idx;

	add_key(row, &key);
	if (!map_get(&rows->rows, buf_str(&key), &idx)) {
		out->rows = mem_grow(out->rows, out->count, &out->capacity, sizeof(*out->rows));
		idx = (uint32_t)out->count++;
		out->rows[idx] = *row;
		out->rows[idx].doubt = arena_str(&out->arena, row->doubt);
		map_put(&rows->rows, arena_str(&out->arena, buf_str(&key)), idx);
	}
	to = &out->rows[idx];
	to->parts = mem_grow(to->parts, to->part_count, &to->part_capacity, sizeof(*to->parts));
	to->parts[to->part_count++] = part;
	to->end_count += part.count;
}

static void note_name(struct exposure_row *row, struct str name, uint32_t end)
{
	if (!row->first_name.ptr || str_cmp_natural(name, row->first_name) < 0) {
		row->first_name = name;
		row->first_end = end;
	}
	if (!row->last_name.ptr || str_cmp_natural(name, row->last_name) > 0)
		row->last_name = name;
}

static void name_row(const struct exposure *out, struct exposure_row *row)
{
	const struct world *world = reach_kinds(out->reach)->world;

	if (row->lb_idx != WORLD_NONE) {
		const struct object *lb = &world->lbs[row->lb_idx].object;

		note_name(row, lb->name.len ? lb->name : lb->id, row->parts[0].ends[0]);
		return;
	}
	for (size_t i = 0; i < row->part_count; i++)
		for (size_t j = 0; j < row->parts[i].count; j++)
			note_name(row,
				  world_eni_label(world,
						  exposure_end(out, &row->parts[i], j)->eni_idx),
				  row->parts[i].ends[j]);
}

static void count_seen(const uint8_t *seen, size_t count, struct exposure_counts *out)
{
	for (size_t i = 0; i < count; i++) {
		bool over_v4 = seen[i] & SEEN_V4, over_v6 = seen[i] & SEEN_V6;
		int  grade = EXPOSURE_UNEXPECTED;

		if (!seen[i])
			continue;
		while (!(seen[i] >> grade & 1))
			grade++;
		out->grades[grade]++;
		out->both += over_v4 && over_v6;
		out->ipv4_only += over_v4 && !over_v6;
		out->ipv6_only += over_v6 && !over_v4;
	}
}

static void count_all(struct exposure *out)
{
	const struct world *world = reach_kinds(out->reach)->world;
	auto_free uint8_t  *enis = mem_alloc(world->counts[WORLD_ENI] + 1);
	auto_free uint8_t  *lbs = mem_alloc(world->counts[WORLD_LB] + 1);

	for (size_t i = 0; i < out->count; i++) {
		const struct exposure_row *row = &out->rows[i];
		uint8_t			   bits = (uint8_t)(1U << exposure_grade(out, row));

		if (row->verdict == VERDICT_ALLOW)
			bits |= row->family == IP_V4 ? SEEN_V4 : SEEN_V6;
		if (row->lb_idx != WORLD_NONE) {
			lbs[row->lb_idx] |= bits;
			continue;
		}
		for (size_t j = 0; j < row->part_count; j++)
			for (size_t k = 0; k < row->parts[j].count; k++)
				enis[exposure_end(out, &row->parts[j], k)->eni_idx] |= bits;
	}
	count_seen(enis, world->counts[WORLD_ENI], &out->interfaces);
	count_seen(lbs, world->counts[WORLD_LB], &out->lbs);
}

/* qsort has no context: what is compared is beside the row. */
struct order {
	struct exposure_row row;
	enum exposure_grade grade;
	uint32_t	    key; /* the first of its packets */
};

static int compare_rows(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	int		    order;

	if (x->grade != y->grade)
		return x->grade < y->grade ? -1 : 1;
	order = str_cmp_natural(x->row.first_name, y->row.first_name);
	if (order)
		return order;
	if (x->row.first_end != y->row.first_end)
		return x->row.first_end < y->row.first_end ? -1 : 1;
	if (x->row.family != y->row.family)
		return x->row.family < y->row.family ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->row.sources > y->row.sources) - (x->row.sources < y->row.sources);
}

void exposure_rows_finish(struct exposure_rows *rows)
{
	struct exposure		 *out = rows->out;
	const struct packet_sets *sets = reach_sets(out->reach);
	auto_free struct order	 *orders = mem_alloc((out->count + 1) * sizeof(*orders));

	for (size_t i = 0; i < out->count; i++) {
		struct exposure_row	*row = &out->rows[i];
		size_t			 count;
		const struct packet_cut *cuts = packet_sets_cuts(sets, row->set, &count);

		name_row(out, row);
		orders[i] = (struct order){ .row = *row,
					    .grade = exposure_grade(out, row),
					    .key = cuts[cuts[0].verdict == VERDICT_DENY].key };
	}
	qsort(orders, out->count, sizeof(*orders), compare_rows);
	for (size_t i = 0; i < out->count; i++)
		out->rows[i] = orders[i].row;
	count_all(out);
}
