/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/base/mem.h"

enum { LINE = 64, BLOCK_BYTES = 2 << 20, FEW_PLANES = 16 };

struct pool {
	uint32_t holders;   /* atomic */
	bool	 is_shared; /* planes share blocks */
	void   **blocks;
	size_t	 block_count, block_capacity;
	char	*free; /* in the last shared block */
	size_t	 free_bytes;
};

struct pool *pool_new(size_t plane_count)
{
	struct pool *pool = mem_alloc(sizeof(*pool));

	pool->holders = 1;
	pool->is_shared = plane_count > FEW_PLANES;
	return pool;
}

struct pool *pool_hold(struct pool *pool)
{
	__atomic_add_fetch(&pool->holders, 1, __ATOMIC_RELAXED);
	return pool;
}

void pool_drop(struct pool *pool)
{
	if (!pool || __atomic_sub_fetch(&pool->holders, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (size_t i = 0; i < pool->block_count; i++)
		free(pool->blocks[i]);
	free(pool->blocks);
	free(pool);
}

static char *new_block(struct pool *pool, size_t size, size_t alignment)
{
	char *block = mem_aligned(size, alignment);

	pool->blocks = mem_grow(pool->blocks, pool->block_count, &pool->block_capacity,
				sizeof(*pool->blocks));
	pool->blocks[pool->block_count++] = block;
	return block;
}

void *pool_take(struct pool *pool, size_t size)
{
	char *taken;

	size = (size + LINE - 1) / LINE * LINE;
	if (!pool->is_shared || size > BLOCK_BYTES / 4)
		return new_block(pool, size, LINE);
	if (size > pool->free_bytes) {
		pool->free = new_block(pool, BLOCK_BYTES, BLOCK_BYTES);
		pool->free_bytes = BLOCK_BYTES;
		/* A kernel without large pages says no; nothing depends on it. */
		(void)madvise(pool->free, BLOCK_BYTES, MADV_HUGEPAGE);
	}
	taken = pool->free;
	pool->free += size;
	pool->free_bytes -= size;
	return taken;
}
