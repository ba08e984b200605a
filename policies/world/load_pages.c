/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists that AWS cut into pages.  A document with a NextToken has its next page beside it, in the same folder:
 * that another folder has the whole list of another account or Region says nothing of this one.
 */
#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/world/load.h"

static struct load_pages *pages_of(struct loader *loader, size_t family)
{
	auto_buf struct buf key = buf_make(loader->folder.len + 64);
	uint32_t	    at;

	buf_add_u64(&key, family);
	buf_add_char(&key, '/');
	buf_add_str(&key, loader->folder);
	if (map_get(&loader->pages_by_home, buf_str(&key), &at))
		return &loader->pages[at];
	map_put(&loader->pages_by_home, arena_str(&loader->world->arena, buf_str(&key)),
		(uint32_t)loader->pages_count);
	loader->pages = mem_grow(loader->pages, loader->pages_count, &loader->pages_capacity,
				 sizeof(*loader->pages));
	loader->pages[loader->pages_count] = (struct load_pages){
		.family = family, .folder = arena_str(&loader->world->arena, loader->folder)
	};
	return &loader->pages[loader->pages_count++];
}

void load_pages_note(struct loader *loader)
{
	struct load_pages *pages;

	if (loader->document_family < 0)
		return;
	pages = pages_of(loader, (size_t)loader->document_family);
	pages->is_whole = pages->is_whole || !loader->document_cut;
	loader->document_family = -1;
}

void load_pages_end(struct loader *loader)
{
	struct err err;

	for (size_t i = 0; i < loader->pages_count; i++) {
		const struct load_pages	  *pages = &loader->pages[i];
		const struct world_family *family = &loader->world->families[pages->family];

		if (pages->is_whole || !family->modelled)
			continue;
		err_at(&err, pages->folder.ptr, 0, 0,
		       "%.*s ends in a NextToken, expected the last page too (fetch it without "
		       "--max-items)",
		       STR_ARG(family->key));
		err_list_add(loader->errors, &err);
	}
	map_done(&loader->pages_by_home);
	free(loader->pages);
}
