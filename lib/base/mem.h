/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap memory that never returns NULL: running out ends the program with a message and status 70, in one
 * place.  The sensor allocates only before its loop.
 *
 * Locals clean themselves: `auto_free char *p = …`.  Leaving the scope alive is spelled TAKE(p).
 */
#pragma once

#include <stddef.h>

#include "lib/base/mark.h"

void *mem_alloc(size_t size) MUST_USE;			   /* zeroed */
void *mem_aligned(size_t size, size_t alignment) MUST_USE; /* not zeroed */
void *mem_resize(void *ptr, size_t count, size_t item_size) MUST_USE;
char *mem_copy_str(const char *text) MUST_USE;

/* Ends the program as above, for memory that is taken in other ways. */
NO_RETURN void mem_none(void);

/*
 * Room for one more item in a growing array: returns the array, moved if need be, with *capacity updated.
 * Doubles, so appending costs amortised constant time.
 */
void *mem_grow(void *array, size_t count, size_t *capacity, size_t item_size) MUST_USE;

void mem_free_at(void *place);	     /* frees *(void **)place */
void mem_close_at(const int *place); /* closes *place unless it is negative */

#define auto_free  __attribute__((cleanup(mem_free_at)))
#define auto_close __attribute__((cleanup(mem_close_at)))

/* The value of p; p itself becomes NULL, so its cleanup does nothing. */
#define TAKE(p)                                                                                    \
	__extension__({                                                                            \
		__typeof__(p) take_value = (p);                                                    \
		(p) = NULL;                                                                        \
		take_value;                                                                        \
	})
