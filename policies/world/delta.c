/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/delta.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/world/delta_rows.h"

/* One object that is in both worlds. */
struct twin {
	enum world_kind kind;
	struct str	id;
	struct holder	holders[2];
};

static struct delta_change *add(struct delta *delta, struct delta_change change)
{
	change.cosmetic = change.cosmetic || kind_is_decoration(change.kind);
	delta->cosmetic_count += change.cosmetic;
	delta->changes = mem_grow(delta->changes, delta->count, &delta->capacity,
				  sizeof(*delta->changes));
	delta->changes[delta->count] = change;
	return &delta->changes[delta->count++];
}

static struct delta_change change_of(const struct twin *twin, enum delta_part part,
				     const struct member *member)
{
	return (struct delta_change){
		.what = DELTA_CHANGED,
		.part = part,
		.kind = twin->kind,
		.id = twin->id,
		.objects = { twin->holders[0].at, twin->holders[1].at },
		.member = member->name,
	};
}

static struct str text_of(struct delta *delta, const struct member *member, struct holder holder)
{
	auto_buf struct buf text = buf_make(SIZE_MAX);

	value_print(member, holder, &text);
	return arena_str(&delta->arena, buf_str(&text));
}

/* "10.0.1.10 public 203.0.113.7": the keys bare, what else is there by name. */
static struct str row_text(struct delta *delta, const struct row_type *type, struct holder row)
{
	auto_buf struct buf text = buf_make(SIZE_MAX);

	if (!row.at)
		return (struct str){ 0 };
	for (const struct member *member = type->members; member->type != MEMBER_END; member++) {
		if (value_is_empty(member, row))
			continue;
		if (text.len)
			buf_add_char(&text, ' ');
		if (!(member->role & MEMBER_KEY))
			buf_printf(&text, "%s ", member->name);
		value_print(member, row, &text);
	}
	return arena_str(&delta->arena, buf_str(&text));
}

static void add_value(struct delta *delta, const struct twin *twin, const struct member *member)
{
	struct delta_change change = change_of(twin, DELTA_MEMBER, member);

	change.before = text_of(delta, member, twin->holders[0]);
	change.after = text_of(delta, member, twin->holders[1]);
	change.cosmetic = !(member->role & MEMBER_MATTERS);
	add(delta, change);
}

static void add_row(struct delta *delta, const struct twin *twin, const struct member *list,
		    const struct row_pair *pair)
{
	static const enum delta_part parts[] = {
		[ROW_TEXT] = DELTA_ELEMENT,    [ROW_TAG] = DELTA_ELEMENT,
		[ROW_SG_RULE] = DELTA_SG_RULE, [ROW_NACL_RULE] = DELTA_NACL_RULE,
		[ROW_ROUTE] = DELTA_ROUTE,     [ROW_TGW_ROUTE] = DELTA_TGW_ROUTE,
	};
	const struct row_type *type = list->rows;
	struct holder	       rows[2] = { { delta->worlds[0], pair->rows[0] },
					   { delta->worlds[1], pair->rows[1] } };
	struct delta_change    change = change_of(twin, parts[type->part], list);

	if (!rows[0].at)
		change.what = DELTA_ADDED;
	else if (!rows[1].at)
		change.what = DELTA_REMOVED;
	change.cosmetic = !(list->role & MEMBER_MATTERS) ||
			  (change.what == DELTA_CHANGED &&
			   rows_eq(type, MEMBER_MATTERS, rows[0], rows[1]));
	change.rows[0] = rows[0].at;
	change.rows[1] = rows[1].at;
	if (change.part == DELTA_ELEMENT) {
		change.before = row_text(delta, type, rows[0]);
		change.after = row_text(delta, type, rows[1]);
	}
	add(delta, change);
}

static struct row_list list_of(const struct member *list, struct holder holder)
{
	const char *at = holder.at;

	return (struct row_list){ .world = holder.world,
				  .rows = *(const char *const *)(at + list->offset),
				  .count = *(const uint32_t *)(at + list->count_offset) };
}

/* What one snapshot does not have cannot be compared; that it does not is a member of its own. */
static bool both_know(const struct member *list, const struct twin *twin)
{
	const bool *flags[2];

	for (size_t side = 0; side < 2; side++)
		flags[side] = (const bool *)((const char *)twin->holders[side].at +
					     list->known_offset);
	for (size_t i = 0; i < list->known_count; i++)
		if (flags[0][i] != flags[1][i])
			return false;
	return true;
}

/* The Name tag is told as the name. */
static bool is_name(const struct twin *twin, const struct row_pair *pair)
{
	for (size_t side = 0; side < 2; side++) {
		const struct tag    *tag = pair->rows[side];
		const struct object *object = twin->holders[side].at;

		if (tag && !(str_is(tag->key, "Name") && str_eq(tag->value, object->name)))
			return false;
	}
	return true;
}

/* A rule whose id only one snapshot tells is the same rule. */
static bool is_told_id(const struct row_type *type, const struct sg_rule *a,
		       const struct sg_rule *b)
{
	struct sg_rule same;

	if (!a || !b || (a->id.len && b->id.len))
		return false;
	same = *b;
	same.id = a->id;
	return rows_eq(type, 0, (struct holder){ NULL, a }, (struct holder){ NULL, &same });
}

static bool is_news(const struct twin *twin, const struct row_type *type,
		    const struct row_pair *pair)
{
	if (type->part == ROW_TAG)
		return !is_name(twin, pair);
	if (type->part == ROW_SG_RULE)
		return !is_told_id(type, pair->rows[0], pair->rows[1]);
	return true;
}

static void compare_list(struct delta *delta, const struct twin *twin, const struct member *list)
{
	struct row_list	 lists[2] = { list_of(list, twin->holders[0]),
				      list_of(list, twin->holders[1]) };
	struct row_pairs pairs;

	if (!both_know(list, twin))
		return;
	rows_compare(list->rows, lists, &pairs);
	for (size_t i = 0; i < pairs.count; i++)
		if (is_news(twin, list->rows, &pairs.items[i]))
			add_row(delta, twin, list, &pairs.items[i]);
	free(pairs.items);
}

static void compare_members(struct delta *delta, const struct twin *twin,
			    const struct member *members)
{
	for (const struct member *member = members; member->type != MEMBER_END; member++) {
		if (member->type == MEMBER_ROWS)
			compare_list(delta, twin, member);
		else if (!value_eq(member, twin->holders[0], twin->holders[1]))
			add_value(delta, twin, member);
	}
}

/* Block Public Access has no id: it is that of an account and Region. */
static struct str key_of(struct delta *delta, enum world_kind kind, const struct object *object)
{
	auto_buf struct buf key = buf_make(SIZE_MAX);

	if (kind != WORLD_BPA)
		return object->id;
	buf_add_str(&key, object->owner);
	buf_add_char(&key, '/');
	buf_add_str(&key, object->region);
	return arena_str(&delta->arena, buf_str(&key));
}

/* Whether a snapshot has any document that would tell of objects of that kind. */
static bool tells(const struct world *world, enum world_kind kind)
{
	if (world->counts[kind])
		return true;
	for (size_t i = 0; i < world->family_count; i++)
		if (world_family_kind(world->families[i].key) == kind)
			return true;
	return false;
}

static void add_object(struct delta *delta, enum world_kind kind, size_t side, uint32_t idx)
{
	const struct object *object = world_object(delta->worlds[side], kind, idx);
	struct delta_change  change = { .what = side ? DELTA_ADDED : DELTA_REMOVED,
					.part = DELTA_OBJECT,
					.kind = kind,
					.id = key_of(delta, kind, object) };

	change.objects[side] = object;
	add(delta, change);
}

/* The index of an object in B by its key. */
struct finder {
	const struct world *world;
	enum world_kind	    kind;
	struct map	    keys; /* of objects without an id */
};

static uint32_t find(const struct finder *finder, struct str key)
{
	uint32_t idx;

	if (finder->kind != WORLD_BPA)
		return world_index(finder->world, finder->kind, key);
	return map_get(&finder->keys, key, &idx) ? idx : WORLD_NONE;
}

static struct finder finder_of(struct delta *delta, enum world_kind kind, size_t side)
{
	struct finder finder = { .world = delta->worlds[side], .kind = kind };

	for (uint32_t i = 0; kind == WORLD_BPA && i < finder.world->counts[kind]; i++)
		map_put(&finder.keys, key_of(delta, kind, world_object(finder.world, kind, i)), i);
	return finder;
}

/* An interface that nothing is left of but its instance's word that it has it. */
static bool is_name_only(enum world_kind kind, const struct object *object)
{
	const struct eni *eni = (const void *)object;

	return kind == WORLD_ENI && eni->from_instance && eni->address_count == 0 &&
	       eni->sg_count == 0 && eni->subnet_id.len == 0 && eni->vpc_id.len == 0;
}

static void compare_twins(struct delta *delta, const struct twin *twin, uint32_t idx[2])
{
	bool bare[2];

	for (size_t side = 0; side < 2; side++)
		bare[side] = is_name_only(twin->kind, twin->holders[side].at);
	if (bare[0] != bare[1]) {
		add_object(delta, twin->kind, bare[0], idx[bare[0]]);
		return;
	}
	compare_members(delta, twin, object_members);
	compare_members(delta, twin, kind_members(twin->kind));
}

static void compare_kind(struct delta *delta, enum world_kind kind)
{
	const struct world *a = delta->worlds[0], *b = delta->worlds[1];
	struct finder	    finders[2] = { finder_of(delta, kind, 0), finder_of(delta, kind, 1) };
	bool		    both = tells(a, kind) && tells(b, kind);

	for (uint32_t i = 0; i < a->counts[kind] && both; i++) {
		struct twin twin = { .kind = kind, .holders = { { .world = a }, { .world = b } } };
		uint32_t    other;

		twin.holders[0].at = world_object(a, kind, i);
		twin.id = key_of(delta, kind, twin.holders[0].at);
		other = find(&finders[1], twin.id);
		if (other == WORLD_NONE) {
			add_object(delta, kind, 0, i);
			continue;
		}
		twin.holders[1].at = world_object(b, kind, other);
		compare_twins(delta, &twin, (uint32_t[2]){ i, other });
	}
	for (uint32_t i = 0; i < b->counts[kind] && both; i++)
		if (find(&finders[0], key_of(delta, kind, world_object(b, kind, i))) == WORLD_NONE)
			add_object(delta, kind, 1, i);
	map_done(&finders[0].keys);
	map_done(&finders[1].keys);
}

static struct str count_of(struct delta *delta, const struct world_family *family)
{
	auto_buf struct buf text = buf_make(STR_U64_SIZE);

	buf_add_u64(&text, family->objects);
	return arena_str(&delta->arena, buf_str(&text));
}

static void compare_families(struct delta *delta)
{
	for (size_t side = 0; side < 2; side++) {
		const struct world *world = delta->worlds[side], *other = delta->worlds[!side];

		for (size_t i = 0; i < world->family_count; i++) {
			const struct world_family *family = &world->families[i];
			struct delta_change change = { .what = side ? DELTA_ADDED : DELTA_REMOVED,
						       .part = DELTA_FAMILY,
						       .kind = world_family_kind(family->key),
						       .id = family->key };

			if (world_has_family(other, family->key.ptr))
				continue;
			*(side ? &change.after : &change.before) = count_of(delta, family);
			add(delta, change);
		}
	}
}

/* Where a change goes among the others. */
struct position {
	const struct delta_change *change;
	size_t			   order; /* in which it was found: that of the members */
};

static int compare_objects(const struct delta_change *a, const struct delta_change *b)
{
	if ((a->part == DELTA_FAMILY) != (b->part == DELTA_FAMILY))
		return a->part == DELTA_FAMILY ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return str_cmp(a->id, b->id);
}

static int compare_positions(const void *a, const void *b)
{
	const struct position *x = a, *y = b;
	int		       order = compare_objects(x->change, y->change);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void sort(struct delta *delta)
{
	struct delta_change	  *sorted = mem_alloc((delta->count + 1) * sizeof(*sorted));
	auto_free struct position *positions = mem_alloc((delta->count + 1) * sizeof(*positions));

	for (size_t i = 0; i < delta->count; i++)
		positions[i] = (struct position){ &delta->changes[i], i };
	qsort(positions, delta->count, sizeof(*positions), compare_positions);
	for (size_t i = 0; i < delta->count; i++)
		sorted[i] = *positions[i].change;
	free(delta->changes);
	delta->changes = sorted;
	delta->capacity = delta->count + 1;
}

void delta_init(struct delta *delta, const struct world *a, const struct world *b)
{
	*delta = (struct delta){ .worlds = { a, b } };
	compare_families(delta);
	for (int kind = 0; kind < WORLD_KIND_COUNT; kind++)
		compare_kind(delta, (enum world_kind)kind);
	sort(delta);
}

void delta_done(struct delta *delta)
{
	free(delta->changes);
	arena_done(&delta->arena);
	*delta = (struct delta){ 0 };
}

const struct delta_change *delta_of(const struct delta *delta, enum world_kind kind, struct str id,
				    size_t *count)
{
	struct delta_change wanted = { .kind = kind, .id = id, .part = DELTA_OBJECT };
	size_t		    low = 0, high = delta->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_objects(&delta->changes[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < delta->count &&
	       compare_objects(&delta->changes[low + *count], &wanted) == 0)
		++*count;
	return *count ? &delta->changes[low] : NULL;
}
