/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is taken piece by piece and given back in one call.  Blocks double up to 1 MiB. */
#pragma once

#include <stddef.h>

#include "lib/base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t		    used;   /* bytes handed out, for reports */
};

/* A zeroed struct arena is ready for use. */
void *arena_alloc(struct arena *arena, size_t size) MUST_USE; /* zeroed, aligned for any type */
void *arena_copy(struct arena *arena, const void *from, size_t size) MUST_USE;

/* A copy that also ends in NUL. */
struct str arena_str(struct arena *arena, struct str text) MUST_USE;
void	   arena_done(struct arena *arena);
