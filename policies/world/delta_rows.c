/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/delta_rows.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

bool rows_eq(const struct row_type *type, unsigned role, struct holder a, struct holder b)
{
	for (const struct member *member = type->members; member->type != MEMBER_END; member++)
		if ((member->role & role) == role && !value_eq(member, a, b))
			return false;
	return true;
}

/* A row that has no partner yet. */
struct single {
	const void *row;
	struct str  key; /* ptr NULL: it has none in this round */
	uint32_t    order;
};

struct singles {
	struct single	   *items;
	size_t		    count;
	const struct world *world;
};

/* The pairs while they are found, and the keys of all. */
struct matching {
	const struct row_type *type;
	struct singles	       singles[2];
	struct keyed {
		struct row_pair pair;
		struct str	key;
	} * pairs;
	size_t	     count, capacity;
	struct arena arena;
};

static void add_pair(struct matching *matching, const void *a, const void *b)
{
	matching->pairs = mem_grow(matching->pairs, matching->count, &matching->capacity,
				   sizeof(*matching->pairs));
	matching->pairs[matching->count++] = (struct keyed){ .pair.rows = { a, b } };
}

static void add_key(const struct row_type *type, unsigned role, struct holder holder,
		    struct buf *out)
{
	for (const struct member *member = type->members; member->type != MEMBER_END; member++)
		if ((member->role & role) == role)
			value_key(member, holder, out);
}

static bool has_key(const struct row_type *type, unsigned role, struct holder holder)
{
	for (const struct member *member = type->members; member->type != MEMBER_END; member++)
		if ((member->role & role) == role && !value_is_empty(member, holder))
			return true;
	return role == 0;
}

static int compare_singles(const void *a, const void *b)
{
	const struct single *x = a, *y = b;
	int		     order = str_cmp(x->key, y->key);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void sort_by_key(struct matching *matching, unsigned role, struct singles *singles)
{
	auto_buf struct buf key = buf_make(SIZE_MAX);

	for (size_t i = 0; i < singles->count; i++) {
		struct single *single = &singles->items[i];
		struct holder  holder = { singles->world, single->row };

		buf_clear(&key);
		single->key = (struct str){ 0 };
		if (!has_key(matching->type, role, holder))
			continue;
		add_key(matching->type, role, holder, &key);
		single->key = arena_str(&matching->arena, buf_str(&key));
	}
	qsort(singles->items, singles->count, sizeof(*singles->items), compare_singles);
}

/* Takes the singles that meet out of both lists, and makes pairs of them unless they are equal anyway. */
static void pair_up(struct matching *matching, unsigned role)
{
	struct singles *a = &matching->singles[0], *b = &matching->singles[1];
	size_t		i = 0, j = 0, left_a = 0, left_b = 0;

	for (size_t side = 0; side < 2; side++)
		sort_by_key(matching, role, &matching->singles[side]);
	while (i < a->count || j < b->count) {
		int order = i == a->count   ? 1
			    : j == b->count ? -1
					    : str_cmp(a->items[i].key, b->items[j].key);

		if (order == 0 && a->items[i].key.ptr) {
			if (role)
				add_pair(matching, a->items[i].row, b->items[j].row);
			i++;
			j++;
			continue;
		}
		if (order <= 0)
			a->items[left_a++] = a->items[i++];
		if (order >= 0)
			b->items[left_b++] = b->items[j++];
	}
	a->count = left_a;
	b->count = left_b;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int		    order = str_cmp(x->key, y->key);

	return order ? order : (x->pair.rows[0] == NULL) - (y->pair.rows[0] == NULL);
}

static void sort_pairs(struct matching *matching)
{
	auto_buf struct buf key = buf_make(SIZE_MAX);

	for (size_t i = 0; i < matching->count; i++) {
		struct keyed *keyed = &matching->pairs[i];
		size_t	      side = keyed->pair.rows[1] ? 1 : 0;
		struct holder holder = { matching->singles[side].world, keyed->pair.rows[side] };

		buf_clear(&key);
		add_key(matching->type, MEMBER_KEY, holder, &key);
		add_key(matching->type, MEMBER_MATTERS, holder, &key);
		keyed->key = arena_str(&matching->arena, buf_str(&key));
	}
	qsort(matching->pairs, matching->count, sizeof(*matching->pairs), compare_pairs);
}

static struct holder row_at(const struct row_type *type, const struct row_list *list, uint32_t idx)
{
	return (struct holder){ list->world, list->rows + idx * type->size };
}

/* What is equal at both ends of the lists is out of the way without a key. */
static void take_middle(struct matching *matching, const struct row_list lists[2])
{
	const struct row_type *type = matching->type;
	const struct row_list *a = &lists[0], *b = &lists[1];
	uint32_t	       start = 0, ends[2] = { a->count, b->count };

	while (start < ends[0] && start < ends[1] &&
	       rows_eq(type, 0, row_at(type, a, start), row_at(type, b, start)))
		start++;
	while (start < ends[0] && start < ends[1] &&
	       rows_eq(type, 0, row_at(type, a, ends[0] - 1), row_at(type, b, ends[1] - 1))) {
		ends[0]--;
		ends[1]--;
	}
	for (size_t side = 0; side < 2; side++) {
		struct singles *singles = &matching->singles[side];

		*singles = (struct singles){ .world = lists[side].world,
					     .count = ends[side] - start };
		if (singles->count)
			singles->items = mem_alloc(singles->count * sizeof(*singles->items));
		for (uint32_t i = 0; i < singles->count; i++)
			singles->items[i] = (struct single){
				.row = row_at(type, &lists[side], start + i).at, .order = i
			};
	}
}

/* A row that is new in the whole, or gone. */
static void add_singles(struct matching *matching)
{
	for (size_t side = 0; side < 2; side++) {
		const struct singles *singles = &matching->singles[side];

		for (size_t i = 0; i < singles->count; i++)
			add_pair(matching, side ? NULL : singles->items[i].row,
				 side ? singles->items[i].row : NULL);
	}
}

void rows_compare(const struct row_type *type, const struct row_list lists[2],
		  struct row_pairs *out)
{
	static const unsigned rounds[] = { 0, MEMBER_KEY, MEMBER_MATTERS };
	struct matching	      matching = { .type = type };

	*out = (struct row_pairs){ 0 };
	take_middle(&matching, lists);
	if (matching.singles[0].count + matching.singles[1].count == 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rounds); i++)
		pair_up(&matching, rounds[i]);
	add_singles(&matching);
	sort_pairs(&matching);
	out->items = mem_alloc((matching.count + 1) * sizeof(*out->items));
	for (; out->count < matching.count; out->count++)
		out->items[out->count] = matching.pairs[out->count].pair;
	for (size_t side = 0; side < 2; side++)
		free(matching.singles[side].items);
	free(matching.pairs);
	arena_done(&matching.arena);
}
