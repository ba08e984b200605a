/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_OUT_OF_MEMORY = 70 };

void mem_none(void)
{
	fputs("out of memory\n", stderr);
	exit(EXIT_OUT_OF_MEMORY);
}

void *mem_alloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);

	if (!ptr)
		mem_none();
	return ptr;
}

void *mem_aligned(size_t size, size_t alignment)
{
	void *ptr = aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);

	if (!ptr)
		mem_none();
	return ptr;
}

void *mem_resize(void *ptr, size_t count, size_t item_size)
{
	size_t size;

	if (__builtin_mul_overflow(count, item_size, &size))
		mem_none();
	ptr = realloc(ptr, size ? size : 1);
	if (!ptr)
		mem_none();
	return ptr;
}

char *mem_copy_str(const char *text)
{
	size_t size = strlen(text) + 1;
	char  *copy = mem_alloc(size);

	memcpy(copy, text, size);
	return copy;
}

void *mem_grow(void *array, size_t count, size_t *capacity, size_t item_size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 8;
	return mem_resize(array, *capacity, item_size);
}

void mem_free_at(void *place)
{
	void *ptr;

	memcpy(&ptr, place, sizeof(ptr));
	free(ptr);
}

void mem_close_at(const int *place)
{
	if (*place >= 0)
		close(*place);
}
