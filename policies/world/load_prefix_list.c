/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PrefixLists: managed lists, whose entries (Entries: GetManagedPrefixListEntries) or Cidrs
 * (DescribePrefixLists) may stand in the same object or in another document of the same list.
 */
#include "policies/world/load.h"

static int load_entries(struct loader *loader, const cJSON *list, const char *member,
			struct prefix_list *out, struct err *err)
{
	const cJSON *item;

	out->has_entries = true;
	out->entries = arena_alloc(&loader->world->arena,
				   (size_t)cJSON_GetArraySize(list) * sizeof(*out->entries));
	cJSON_ArrayForEach(item, list) {
		struct str text = member ? json_text(item, member)
					 : str_of(cJSON_IsString(item) ? item->valuestring : NULL);

		if (cidr_parse_masked(text, &out->entries[out->entry_count], err) < 0)
			return err_wrap(err, "%.*s: entry %u", STR_ARG(out->object.id),
					out->entry_count);
		out->entry_count++;
	}
	return 0;
}

int load_prefix_list(struct loader *loader, const cJSON *object, struct err *err)
{
	struct world *world = loader->world;
	uint32_t idx = world_index(world, WORLD_PREFIX_LIST, json_text(object, "PrefixListId"));
	struct prefix_list before = { 0 }, *list;
	const cJSON	  *entries = load_list(loader, object, "Entries");
	const cJSON	  *cidrs = load_strings(loader, object, "Cidrs");

	if (idx != WORLD_NONE)
		before = world->prefix_lists[idx];
	list = load_object(loader, WORLD_PREFIX_LIST, object, "PrefixListId", err);
	if (!list)
		return -1;
	list->object.name = load_text(loader, object, "PrefixListName");
	if (list->object.name.len == 0)
		list->object.name = before.object.name;
	if (entries)
		return load_entries(loader, entries, "Cidr", list, err);
	if (cidrs)
		return load_entries(loader, cidrs, NULL, list, err);
	list->has_entries = before.has_entries;
	list->entries = before.entries;
	list->entry_count = before.entry_count;
	return 0;
}
