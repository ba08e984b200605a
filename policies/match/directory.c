/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/directory.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { LINE = 64 };

struct directory *directory_new(const struct spans *spans)
{
	size_t		    tree_at = (sizeof(struct directory) + LINE - 1) / LINE * LINE;
	size_t		    whos_at = tree_at + tree32_room(spans->count) * sizeof(int32_t);
	size_t		    size = whos_at + spans->count * sizeof(uint32_t);
	char		   *memory = mem_aligned((size + LINE - 1) / LINE * LINE, LINE);
	struct directory   *directory = (void *)memory;
	uint32_t	   *whos = (void *)(memory + whos_at);
	auto_free uint32_t *starts = mem_resize(NULL, spans->count, sizeof(*starts));

	for (size_t i = 0; i < spans->count; i++) {
		starts[i] = (uint32_t)(spans->items[i].start.hi >> 32);
		whos[i] = spans->items[i].value;
	}
	*directory = (struct directory){ .whos = whos, .size_bytes = size, .holders = 1 };
	directory->tree = tree32_build(starts, spans->count, (void *)(memory + tree_at));
	return directory;
}

struct directory *directory_hold(struct directory *directory)
{
	__atomic_add_fetch(&directory->holders, 1, __ATOMIC_RELAXED);
	return directory;
}

void directory_drop(struct directory *directory)
{
	if (directory && __atomic_sub_fetch(&directory->holders, 1, __ATOMIC_ACQ_REL) == 0)
		free(directory);
}
