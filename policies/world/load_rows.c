/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers whose rows do not say whose they are: associations, propagations and routes of a transit gateway's
 * table, entries of a prefix list, health of a target group's targets.  They wait until their owner is known.
 */
#include <string.h>

#include "lib/base/mem.h"
#include "policies/world/load.h"

static const struct {
	const char   *key;
	enum row_kind kind;
} kinds[] = {
	{ "Associations", ROW_TGW_ASSOCIATION },
	{ "TransitGatewayRouteTablePropagations", ROW_TGW_PROPAGATION },
	{ "Routes", ROW_TGW_ROUTE },
	{ "Entries", ROW_PREFIX_LIST_ENTRY },
	{ "TargetHealthDescriptions", ROW_TARGET },
	{ "Attributes", ROW_ATTRIBUTE },
};

static enum row_kind kind_of(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].key, key) == 0)
			return kinds[i].kind;
	return ROW_KIND_COUNT;
}

static int load_route(struct loader *loader, const cJSON *object, struct tgw_route *route,
		      struct err *err)
{
	route->prefix_list_id = load_text(loader, object, "PrefixListId");
	if (!route->prefix_list_id.len &&
	    load_cidr(object, "DestinationCidrBlock", &route->cidr, err) < 0)
		return -1;
	route->is_static = str_is(json_text(object, "Type"), "static");
	route->is_blackhole = str_is(json_text(object, "State"), "blackhole");
	route->attachment_ids = load_texts(loader,
					   load_list(loader, object, "TransitGatewayAttachments"),
					   "TransitGatewayAttachmentId", &route->attachment_count);
	return 0;
}

static int load_target(struct loader *loader, const cJSON *object, struct target *target,
		       struct err *err)
{
	const cJSON *inner = json_object(object, "Target");
	int64_t	     port = 0;

	if (json_int(inner, "Port", 0, 65535, &port) < 0)
		return err_set(err, ERR_INPUT, "Port: expected a number from 0 to 65535");
	target->id = load_text(loader, inner, "Id");
	target->port = (uint16_t)port;
	target->health = load_text(loader, json_object(object, "TargetHealth"), "State");
	return 0;
}

int load_row(struct loader *loader, const cJSON *object, struct err *err)
{
	struct pending_row row = { .kind = kind_of(loader->row->key) };
	int		   result = 0;

	if (load_is_dead(loader, json_text(object, "State")))
		return 0;
	if (row.kind == ROW_TGW_ROUTE)
		result = load_route(loader, object, &row.route, err);
	else if (row.kind == ROW_PREFIX_LIST_ENTRY)
		result = load_cidr(object, "Cidr", &row.entry, err);
	else if (row.kind == ROW_TARGET)
		result = load_target(loader, object, &row.target, err);
	else if (row.kind == ROW_ATTRIBUTE)
		row.attribute = (struct tag){ load_text(loader, object, "Key"),
					      load_text(loader, object, "Value") };
	else
		row.attachment_id = load_text(loader, object, "TransitGatewayAttachmentId");
	if (result < 0)
		return -1;
	loader->rows = mem_grow(loader->rows, loader->row_count, &loader->row_capacity,
				sizeof(*loader->rows));
	loader->rows[loader->row_count++] = row;
	return 0;
}

void load_no_rows(struct loader *loader)
{
	struct pending_row row = { .kind = kind_of(loader->row->key), .is_empty = true };

	loader->rows = mem_grow(loader->rows, loader->row_count, &loader->row_capacity,
				sizeof(*loader->rows));
	loader->rows[loader->row_count++] = row;
}

void load_rows_own(struct loader *loader)
{
	struct str owner = loader->document_id.len ? loader->document_id : loader->path_id;

	if (loader->document_rows < loader->row_count && owner.len == 0)
		load_note(loader->world,
			  "a document has rows that do not say whose they are (expected a member "
			  "like TransitGatewayRouteTableId beside them, or the id in the file's "
			  "name): left out");
	owner = arena_str(&loader->world->arena, owner);
	for (size_t i = loader->document_rows; i < loader->row_count; i++) {
		loader->rows[i].owner_id = owner;
		loader->rows[i].is_cut = loader->document_cut;
	}
	loader->document_rows = loader->row_count;
	loader->document_id = (struct str){ 0 };
	loader->document_cut = false;
}

/* Attributes are of either kind; the ARN tells. */
static enum world_kind owner_kind(const struct pending_row *row)
{
	enum row_kind kind = row->kind;
	size_t	      at = 0;

	while (kind == ROW_ATTRIBUTE && at < row->owner_id.len &&
	       !str_starts(str_skip(row->owner_id, at), ":targetgroup/"))
		at++;
	if (kind == ROW_ATTRIBUTE)
		return at < row->owner_id.len ? WORLD_TARGET_GROUP : WORLD_LB;
	return kind == ROW_PREFIX_LIST_ENTRY ? WORLD_PREFIX_LIST
	       : kind == ROW_TARGET	     ? WORLD_TARGET_GROUP
					     : WORLD_TGW_RTB;
}

/* Makes room for one more in an array of the arena that this file alone fills; doubles at powers of two. */
static void *grow(struct arena *arena, void *array, uint32_t count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return array;
	bigger = arena_alloc(arena, (count ? count * 2 : 1) * size);
	if (count)
		memcpy(bigger, array, count * size);
	return bigger;
}

static void add_attachment(struct arena *arena, struct str **ids, uint32_t *count, struct str id)
{
	*ids = grow(arena, *ids, *count, sizeof(**ids));
	(*ids)[(*count)++] = id;
}

static void give_to_table(struct arena *arena, struct tgw_rtb *rtb, const struct pending_row *row)
{
	if (row->kind == ROW_TGW_ASSOCIATION) {
		add_attachment(arena, &rtb->association_ids, &rtb->association_count,
			       row->attachment_id);
	} else if (row->kind == ROW_TGW_PROPAGATION) {
		add_attachment(arena, &rtb->propagation_ids, &rtb->propagation_count,
			       row->attachment_id);
	} else if (row->kind == ROW_TGW_ROUTE) {
		rtb->routes = grow(arena, rtb->routes, rtb->route_count, sizeof(*rtb->routes));
		rtb->routes[rtb->route_count++] = row->route;
	}
}

static void give_to_list(struct arena *arena, struct prefix_list *list,
			 const struct pending_row *row)
{
	list->entries = grow(arena, list->entries, list->entry_count, sizeof(*list->entries));
	list->entries[list->entry_count++] = row->entry;
}

static void give_to_group(struct arena *arena, struct target_group *group,
			  const struct pending_row *row)
{
	group->targets = grow(arena, group->targets, group->target_count, sizeof(*group->targets));
	group->targets[group->target_count++] = row->target;
}

static void give_attribute(struct world *world, const struct pending_row *row, uint32_t idx)
{
	struct str key = row->attribute.key, value = row->attribute.value;

	if (owner_kind(row) == WORLD_LB) {
		if (str_is(key, "load_balancing.cross_zone.enabled"))
			world->lbs[idx].cross_zone = value;
		return;
	}
	if (str_is(key, "load_balancing.cross_zone.enabled"))
		world->target_groups[idx].cross_zone = value;
	else if (str_is(key, "preserve_client_ip.enabled"))
		world->target_groups[idx].preserve_client_ip = value;
}

/* Rows are the whole truth about their owner: what its own object had of them is replaced. */
static void begin(struct world *world, const struct pending_row *row, uint32_t idx)
{
	if (row->kind != ROW_PREFIX_LIST_ENTRY)
		return;
	world->prefix_lists[idx].has_entries = false;
	world->prefix_lists[idx].entries = NULL;
	world->prefix_lists[idx].entry_count = 0;
}

/* The last page has no NextToken; without it there are rows that are not in the snapshot. */
static void complete(struct world *world, const struct pending_row *row, uint32_t idx)
{
	if (row->is_cut)
		return;
	if (row->kind == ROW_TGW_ROUTE)
		world->tgw_rtbs[idx].has_routes = true;
	else if (row->kind == ROW_TARGET)
		world->target_groups[idx].has_targets = true;
	else if (row->kind == ROW_PREFIX_LIST_ENTRY)
		world->prefix_lists[idx].has_entries = true;
}

static void give(struct world *world, const struct pending_row *row, uint32_t idx)
{
	if (row->kind == ROW_PREFIX_LIST_ENTRY)
		give_to_list(&world->arena, &world->prefix_lists[idx], row);
	else if (row->kind == ROW_TARGET)
		give_to_group(&world->arena, &world->target_groups[idx], row);
	else if (row->kind == ROW_ATTRIBUTE)
		give_attribute(world, row, idx);
	else
		give_to_table(&world->arena, &world->tgw_rtbs[idx], row);
}

void link_rows(struct loader *loader)
{
	struct world *world = loader->world;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < loader->row_count; i++) {
			const struct pending_row *row = &loader->rows[i];
			uint32_t idx = world_index(world, owner_kind(row), row->owner_id);

			if (idx != WORLD_NONE && pass == 0)
				begin(world, row, idx);
			else if (idx != WORLD_NONE && !row->is_empty)
				give(world, row, idx);
			if (idx != WORLD_NONE && pass == 1)
				complete(world, row, idx);
			if (idx == WORLD_NONE && pass == 0 && row->owner_id.len)
				load_note(world,
					  "rows belong to %.*s, which is not in the snapshot",
					  STR_ARG(row->owner_id));
		}
	}
}
