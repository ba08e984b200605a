/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/matrix.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* 400 MB of cells. */
enum { CLASSES_MAX = 10000, SLOTS_MIN = 256 };

/* Parties made of the same kinds. */
struct class {
	const struct party *first, *second; /* two of them; second: NULL when there is one */
	size_t		    count;
	uint32_t	    group;
};

struct matrix {
	struct reach	     *reach;
	const struct parties *parties;
	uint32_t	      asked;
	struct arena	      arena;
	struct class	     *classes;
	size_t		      class_count, class_capacity;
	uint32_t	     *party_classes;
	const uint32_t	     *order;  /* of parties, as they are shown */
	uint32_t	     *cells;  /* of each two classes: which of values */
	struct cell	     *values; /* each kept once */
	size_t		      value_count, value_capacity;
	uint32_t	     *slots; /* value + 1, by hash */
	size_t		      slot_count;
	uint64_t	     *sums; /* of each class, while they are folded: see sum_of */
	struct matrix_group  *groups;
	size_t		      group_count;
};

static const uint32_t *order_parties(struct matrix *matrix)
{
	size_t	  count = matrix->parties->count, filled = 0;
	uint32_t *order = arena_alloc(&matrix->arena, (count + 1) * sizeof(*order));

	for (uint32_t i = 0; i < count; i++)
		if (matrix->parties->items[i].scope != KIND_INTERFACES)
			order[filled++] = i;
	for (uint32_t i = 0; i < count; i++)
		if (matrix->parties->items[i].scope == KIND_INTERFACES)
			order[filled++] = i;
	return order;
}

/* What makes the class of a party, as bytes. */
static struct str key_of(struct matrix *matrix, const struct party *party)
{
	size_t	  count = 1 + 2 * party->kind_count;
	uint64_t *key = arena_alloc(&matrix->arena, count * sizeof(*key));

	key[0] = (uint64_t)party->scope << 2 | (uint64_t)party->is_rest << 1 | party->is_host;
	for (size_t i = 0; i < party->kind_count; i++) {
		key[1 + 2 * i] = party->kinds[i].kind;
		key[2 + 2 * i] = party->kinds[i].count;
	}
	return (struct str){ (const char *)key, count * sizeof(*key) };
}

static void find_classes(struct matrix *matrix)
{
	size_t	   count = matrix->parties->count;
	struct map found = { 0 };

	matrix->party_classes = mem_alloc((count + 1) * sizeof(*matrix->party_classes));
	for (size_t i = 0; i < count; i++) {
		const struct party *party = &matrix->parties->items[matrix->order[i]];
		struct str	    key = key_of(matrix, party);
		uint32_t class = (uint32_t)matrix->class_count;

		if (!map_get(&found, key, &class)) {
			map_put(&found, key, class);
			matrix->classes = mem_grow(matrix->classes, matrix->class_count++,
						   &matrix->class_capacity,
						   sizeof(*matrix->classes));
			matrix->classes[class] = (struct class){ .first = party };
		}
		if (matrix->classes[class].count++ == 1)
			matrix->classes[class].second = party;
		matrix->party_classes[matrix->order[i]] = class;
	}
	map_done(&found);
}

static uint64_t hash_of(const struct cell *cell)
{
	const uint64_t parts[] = {
		cell->set,   cell->common,     cell->unknown,	       cell->unintended,
		cell->pairs, cell->open_pairs, cell->unintended_pairs, cell->silent
	};
	uint64_t hash = cell->undecided_pairs;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		hash = (hash ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

static bool is_same(const struct cell *a, const struct cell *b)
{
	return a->set == b->set && a->common == b->common && a->unknown == b->unknown &&
	       a->unintended == b->unintended && a->silent == b->silent && a->pairs == b->pairs &&
	       a->open_pairs == b->open_pairs && a->undecided_pairs == b->undecided_pairs &&
	       a->unintended_pairs == b->unintended_pairs;
}

static size_t find_slot(const struct matrix *matrix, const struct cell *cell)
{
	size_t at = hash_of(cell) & (matrix->slot_count - 1);

	while (matrix->slots[at] && !is_same(&matrix->values[matrix->slots[at] - 1], cell))
		at = (at + 1) & (matrix->slot_count - 1);
	return at;
}

static void grow_slots(struct matrix *matrix)
{
	free(matrix->slots);
	matrix->slot_count = matrix->slot_count ? 2 * matrix->slot_count : SLOTS_MIN;
	matrix->slots = mem_alloc(matrix->slot_count * sizeof(*matrix->slots));
	for (size_t i = 0; i < matrix->value_count; i++)
		matrix->slots[find_slot(matrix, &matrix->values[i])] = (uint32_t)i + 1;
}

static uint32_t put_value(struct matrix *matrix, const struct cell *cell)
{
	size_t slot;

	if (2 * (matrix->value_count + 1) > matrix->slot_count)
		grow_slots(matrix);
	slot = find_slot(matrix, cell);
	if (matrix->slots[slot] == 0) {
		matrix->values = mem_grow(matrix->values, matrix->value_count,
					  &matrix->value_capacity, sizeof(*matrix->values));
		matrix->values[matrix->value_count++] = *cell;
		matrix->slots[slot] = (uint32_t)matrix->value_count;
	}
	return matrix->slots[slot] - 1;
}

/* Of a class with itself: two different hosts of it, or the party itself. */
static const struct party *partner_of(const struct class *src, const struct class *dst)
{
	if (src != dst || !src->first->is_host)
		return dst->first;
	return src->second ? src->second : src->first;
}

static void fill_cells(struct matrix *matrix)
{
	size_t		  count = matrix->class_count;
	struct cell_parts parts = { 0 };

	matrix->cells = mem_alloc((count * count + 1) * sizeof(*matrix->cells));
	for (size_t i = 0; i < count * count; i++) {
		const struct class *src = &matrix->classes[i / count];
		const struct class *dst = &matrix->classes[i % count];
		struct cell	    cell;

		cell_parts_fill(&parts, matrix->reach, src->first, partner_of(src, dst),
				matrix->asked);
		cell = cell_of_parts(matrix->reach, &parts);
		matrix->cells[i] = put_value(matrix, &cell);
	}
	cell_parts_done(&parts);
}

static const struct cell *cell_at(const struct matrix *matrix, size_t src, size_t dst)
{
	return &matrix->values[matrix->cells[src * matrix->class_count + dst]];
}

static bool looks_same(const struct cell *a, const struct cell *b)
{
	return a->set == b->set && a->common == b->common && a->unknown == b->unknown &&
	       a->unintended == b->unintended && a->silent == b->silent &&
	       (a->pairs == 0) == (b->pairs == 0);
}

/* A host that is alone in its class has no cell with its like. */
static bool has_own_cell(const struct class *class)
{
	return !class->first->is_host || class->second;
}

static uint64_t mix(const struct cell *cell, uint64_t salt)
{
	uint64_t hash = (uint64_t)cell->set << 32 | cell->common;

	hash = (hash + salt) * UINT64_C(0x9e3779b97f4a7c15) ^ cell->unintended ^
	       (uint64_t)cell->unknown << 40;
	hash = (hash ^ hash >> 31 ^ (cell->pairs != 0)) * UINT64_C(0xbf58476d1ce4e5b9);
	return hash ^ hash >> 29;
}

static uint64_t mix_both(const struct cell *to, const struct cell *from)
{
	return mix(to, 1) + mix(from, 2);
}

static uint64_t salt_of(size_t class)
{
	return (2 * (uint64_t) class + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Of all cells of a class with others, each by the class that it is with. */
static uint64_t sum_of(const struct matrix *matrix, size_t class)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < matrix->class_count; i++)
		if (i != class)
			sum += salt_of(i) *
			       mix_both(cell_at(matrix, class, i), cell_at(matrix, i, class));
	return sum;
}

/*
 * Whether the cells that two classes have with all others differ for certain: what they have with each other,
 * both ways the same, is taken out of the sums.  Most that are not alike are told apart without looking at
 * every cell.
 */
static bool sums_differ(const struct matrix *matrix, size_t a, size_t b, const struct cell *between)
{
	uint64_t own = mix_both(between, between);

	return matrix->sums[a] - salt_of(b) * own != matrix->sums[b] - salt_of(a) * own;
}

/*
 * Whether no cell tells two classes apart: each is to all others as the other is, and what is between them is
 * as what is inside each.
 */
static bool is_alike(const struct matrix *matrix, size_t a, size_t b)
{
	const struct class *of_a = &matrix->classes[a], *of_b = &matrix->classes[b];
	const struct cell  *between = cell_at(matrix, a, b);

	if (of_a->first->scope != of_b->first->scope || of_a->first->is_rest ||
	    of_b->first->is_rest || of_a->first->is_host != of_b->first->is_host ||
	    !looks_same(between, cell_at(matrix, b, a)) ||
	    (has_own_cell(of_a) && !looks_same(between, cell_at(matrix, a, a))) ||
	    (has_own_cell(of_b) && !looks_same(between, cell_at(matrix, b, b))) ||
	    sums_differ(matrix, a, b, between))
		return false;
	for (size_t i = 0; i < matrix->class_count; i++)
		if (i != a && i != b &&
		    (!looks_same(cell_at(matrix, a, i), cell_at(matrix, b, i)) ||
		     !looks_same(cell_at(matrix, i, a), cell_at(matrix, i, b))))
			return false;
	return true;
}

/*
 * Equal of classes that are alike: how often which cell is in the row and the column of one of its parties,
 * whomever they are with.
 */
static uint64_t signature_of(const struct matrix *matrix, size_t class)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < matrix->class_count; i++) {
		size_t others = matrix->classes[i].count - (i == class);

		if (i == class && !matrix->classes[i].first->is_host)
			others = matrix->classes[i].count;
		sum += others * mix_both(cell_at(matrix, class, i), cell_at(matrix, i, class));
	}
	return sum;
}

/* Gives each class the number of its group; in the order of the classes. */
static void number_groups(struct matrix *matrix)
{
	struct map seen = { 0 }; /* signature → the first class of the last group that has it */
	uint32_t  *nexts = mem_alloc((matrix->class_count + 1) * sizeof(*nexts));

	matrix->sums = mem_alloc((matrix->class_count + 1) * sizeof(*matrix->sums));
	for (size_t class = 0; class < matrix->class_count; class ++)
		matrix->sums[class] = sum_of(matrix, class);
	for (uint32_t class = 0; class < matrix->class_count; class ++) {
		uint64_t  *signature = arena_alloc(&matrix->arena, sizeof(*signature));
		struct str key = { (const char *)signature, sizeof(*signature) };
		uint32_t   last = WORLD_NONE, leader;

		*signature = signature_of(matrix, class);
		(void)map_get(&seen, key, &last);
		for (leader = last; leader != WORLD_NONE; leader = nexts[leader])
			if (is_alike(matrix, leader, class))
				break;
		if (leader != WORLD_NONE) {
			matrix->classes[class].group = matrix->classes[leader].group;
			continue;
		}
		matrix->classes[class].group = (uint32_t)matrix->group_count++;
		nexts[class] = last;
		map_put(&seen, key, class);
	}
	map_done(&seen);
	free(nexts);
}

/* Room for what each group has, of which the counts are known. */
static void make_room(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->group_count; i++) {
		struct matrix_group *group = &matrix->groups[i];

		group->members = arena_alloc(&matrix->arena,
					     group->count * sizeof(*group->members));
		group->classes = arena_alloc(&matrix->arena,
					     group->class_count * sizeof(*group->classes));
		group->count = group->class_count = 0;
	}
}

static void fold(struct matrix *matrix)
{
	size_t count = matrix->parties->count;

	number_groups(matrix);
	matrix->groups = mem_alloc((matrix->group_count + 1) * sizeof(*matrix->groups));
	for (size_t i = 0; i < matrix->class_count; i++) {
		matrix->groups[matrix->classes[i].group].class_count++;
		matrix->groups[matrix->classes[i].group].count += matrix->classes[i].count;
	}
	make_room(matrix);
	for (uint32_t i = 0; i < matrix->class_count; i++) {
		struct matrix_group *group = &matrix->groups[matrix->classes[i].group];

		group->classes[group->class_count++] = i;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t class = matrix->party_classes[matrix->order[i]];
		struct matrix_group *group = &matrix->groups[matrix->classes[class].group];

		group->members[group->count++] = &matrix->parties->items[matrix->order[i]];
	}
}

static void list_apart(struct matrix *matrix)
{
	matrix->group_count = matrix->parties->count;
	matrix->groups = mem_alloc((matrix->group_count + 1) * sizeof(*matrix->groups));
	for (size_t i = 0; i < matrix->group_count; i++)
		matrix->groups[i].count = matrix->groups[i].class_count = 1;
	make_room(matrix);
	for (size_t i = 0; i < matrix->group_count; i++) {
		struct matrix_group *group = &matrix->groups[i];

		group->members[group->count++] = &matrix->parties->items[matrix->order[i]];
		group->classes = &matrix->party_classes[matrix->order[i]];
		group->class_count = 1;
	}
}

struct matrix *matrix_new(struct reach *reach, const struct parties *parties,
			  const struct matrix_options *options, struct err *err)
{
	auto_matrix struct matrix *matrix = mem_alloc(sizeof(*matrix));

	matrix->reach = reach;
	matrix->parties = parties;
	matrix->asked = options->asked;
	matrix->order = order_parties(matrix);
	find_classes(matrix);
	if (matrix->class_count > CLASSES_MAX) {
		err_set(err, ERR_USAGE,
			"--by %s: %zu that all differ, more than %d: ask by what has fewer",
			party_by_text(parties->by), matrix->class_count, CLASSES_MAX);
		return NULL;
	}
	fill_cells(matrix);
	if (options->folded)
		fold(matrix);
	else
		list_apart(matrix);
	return TAKE(matrix);
}

void matrix_free(struct matrix *matrix)
{
	if (!matrix)
		return;
	free(matrix->classes);
	free(matrix->party_classes);
	free(matrix->cells);
	free(matrix->values);
	free(matrix->slots);
	free(matrix->sums);
	free(matrix->groups);
	arena_done(&matrix->arena);
	free(matrix);
}

void matrix_free_at(struct matrix **matrix)
{
	matrix_free(*matrix);
}

size_t matrix_group_count(const struct matrix *matrix)
{
	return matrix->group_count;
}

const struct matrix_group *matrix_group(const struct matrix *matrix, size_t idx)
{
	return &matrix->groups[idx];
}

static void add_pairs(struct cell *sum, const struct cell *cell, uint64_t times)
{
	sum->pairs += times * cell->pairs;
	sum->open_pairs += times * cell->open_pairs;
	sum->undecided_pairs += times * cell->undecided_pairs;
	sum->unintended_pairs += times * cell->unintended_pairs;
}

/* How many pairs of different parties, or of parties with themselves where they are no hosts. */
static uint64_t times_of(const struct matrix *matrix, const struct matrix_group *from,
			 const struct matrix_group *to, uint32_t src, uint32_t dst)
{
	const struct class *of_src = &matrix->classes[src], *of_dst = &matrix->classes[dst];

	if (from->count == 1 && to->count == 1)
		return from->members[0] != to->members[0] || !of_src->first->is_host;
	return of_src->count * (uint64_t)(of_dst->count - (src == dst && of_src->first->is_host));
}

struct cell matrix_cell(const struct matrix *matrix, size_t src, size_t dst)
{
	const struct matrix_group *from = &matrix->groups[src], *to = &matrix->groups[dst];
	struct cell		   sum = { 0 };

	for (size_t i = 0; i < from->class_count; i++)
		for (size_t j = 0; j < to->class_count; j++) {
			const struct cell *cell = cell_at(matrix, from->classes[i], to->classes[j]);
			uint64_t	   times = times_of(matrix, from, to, from->classes[i],
							    to->classes[j]);

			if (times == 0 || cell->pairs == 0)
				continue;
			sum.set = cell->set;
			sum.common = cell->common;
			sum.unknown = cell->unknown;
			sum.unintended = cell->unintended;
			sum.silent = cell->silent;
			add_pairs(&sum, cell, times);
		}
	return sum;
}

void matrix_parts(const struct matrix *matrix, size_t src, size_t dst, struct cell_parts *out)
{
	const struct matrix_group *from = &matrix->groups[src], *to = &matrix->groups[dst];
	struct cell_parts	   parts = { 0 };

	cell_parts_clear(out);
	for (size_t i = 0; i < from->class_count; i++)
		for (size_t j = 0; j < to->class_count; j++) {
			const struct class *of_src = &matrix->classes[from->classes[i]];
			const struct class *of_dst = &matrix->classes[to->classes[j]];
			uint64_t	    times = times_of(matrix, from, to, from->classes[i],
							     to->classes[j]);

			if (times == 0)
				continue;
			cell_parts_fill(&parts, matrix->reach, of_src->first,
					partner_of(of_src, of_dst), matrix->asked);
			for (size_t k = 0; k < parts.count; k++) {
				parts.items[k].pairs *= times;
				cell_parts_add(out, &parts.items[k]);
			}
		}
	cell_parts_done(&parts);
}

struct matrix_pair matrix_sample(const struct matrix *matrix, size_t src, size_t dst)
{
	const struct matrix_group *from = &matrix->groups[src], *to = &matrix->groups[dst];
	bool			   other = src == dst && to->members[0]->is_host && to->count > 1;

	return (struct matrix_pair){ from->members[0], to->members[other] };
}
