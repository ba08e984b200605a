/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/load_pages.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/world/load.h"

static struct load_home *home_of(struct loader *loader, size_t family)
{
	struct load_pages  *pages = &loader->pages;
	struct arena	   *arena = &loader->world->arena;
	auto_buf struct buf key = buf_make(loader->folder.len + 64);
	uint32_t	    at;

	buf_add_u64(&key, family);
	buf_add_char(&key, '/');
	buf_add_str(&key, loader->folder);
	if (map_get(&pages->by_home, buf_str(&key), &at))
		return &pages->homes[at];
	map_put(&pages->by_home, arena_str(arena, buf_str(&key)), (uint32_t)pages->count);
	pages->homes = mem_grow(pages->homes, pages->count, &pages->capacity,
				sizeof(*pages->homes));
	pages->homes[pages->count] = (struct load_home){
		.family = family, .folder = arena_str(arena, loader->folder)
	};
	return &pages->homes[pages->count++];
}

void load_pages_note(struct loader *loader)
{
	struct load_home *home;

	if (loader->document_family < 0)
		return;
	home = home_of(loader, (size_t)loader->document_family);
	home->is_whole = home->is_whole || !loader->document_cut;
	loader->document_family = -1;
}

/* The owner of such rows knows that they are not all: what it lacks is not known (load_rows.c). */
static bool may_be_cut(struct str key)
{
	static const char *const keys[] = { "Routes", "Entries", "TargetHealthDescriptions" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (str_is(key, keys[i]))
			return true;
	return false;
}

void load_pages_end(struct loader *loader)
{
	struct load_pages *pages = &loader->pages;
	struct err	   err;

	for (size_t i = 0; i < pages->count; i++) {
		const struct load_home	  *home = &pages->homes[i];
		const struct world_family *family = &loader->world->families[home->family];

		if (home->is_whole || !family->modelled || may_be_cut(family->key))
			continue;
		err_at(&err, home->folder.ptr, 0, 0,
		       "%.*s ends in a NextToken, expected the last page too (fetch it without "
		       "--max-items)",
		       STR_ARG(family->key));
		err_list_add(loader->errors, &err);
	}
	map_done(&pages->by_home);
	free(pages->homes);
}
