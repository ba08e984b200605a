/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 20, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t		    size, used;
	_Alignas(ALIGNMENT) char bytes[];
};

static struct arena_block *block_new(const struct arena_block *last, size_t at_least)
{
	size_t		    size = last ? last->size * 2 : BLOCK_MIN;
	struct arena_block *block;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size < at_least)
		size = at_least;
	block = mem_alloc(sizeof(*block) + size);
	block->size = size;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t		    rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	struct arena_block *block = arena->blocks;
	void		   *ptr;

	if (!block || block->size - block->used < rounded) {
		block = block_new(block, rounded);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	ptr = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return ptr;
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
	void *ptr = arena_alloc(arena, size);

	if (size)
		memcpy(ptr, from, size);
	return ptr;
}

struct str arena_str(struct arena *arena, struct str text)
{
	char *ptr = arena_alloc(arena, text.len + 1);

	if (text.len)
		memcpy(ptr, text.ptr, text.len);
	return (struct str){ .ptr = ptr, .len = text.len };
}

void arena_done(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	*arena = (struct arena){ 0 };
}
