/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for the planes of one compilation.  Of many planes each flow meets another one, and with small pages
 * most of the time goes into finding where they are; so many planes share blocks that the kernel may map as
 * large pages.  Given back when nobody holds the pool.
 */
#pragma once

#include <stddef.h>

#include "lib/base/mark.h"

struct pool;

/* plane_count: how many planes there will be at most.  The caller holds the pool. */
struct pool *pool_new(size_t plane_count) MUST_USE;
struct pool *pool_hold(struct pool *pool);
void	     pool_drop(struct pool *pool);

void *pool_take(struct pool *pool, size_t size) MUST_USE; /* aligned to a cache line, not zeroed */
