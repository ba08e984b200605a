/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/directory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* Lines are a third full or more when they are as few as they can be: hardly one has no place. */
enum { LINE = 64, HASH_BITS = 32, FILL_MAX = 3 };

static uint32_t address_of(const struct span *span)
{
	return (uint32_t)(span->start.hi >> 32);
}

/* Whether it is of one address, and not like those around it. */
static bool is_single(const struct spans *spans, size_t i, const struct spans *rest)
{
	return i > 0 && i + 1 < spans->count &&
	       address_of(&spans->items[i + 1]) == address_of(&spans->items[i]) + 1 &&
	       rest->items[rest->count - 1].value != spans->items[i].value;
}

static size_t count_singles(const struct spans *spans)
{
	struct spans rest = { 0 };
	size_t	     count = 0;

	for (size_t i = 0; i < spans->count; i++) {
		if (i > 0 && is_single(spans, i, &rest))
			count++;
		else
			spans_put(&rest, spans->items[i].start, spans->items[i].value);
	}
	spans_done(&rest);
	return count;
}

/* false: the line is full. */
static bool put_single(const struct directory *directory, uint8_t *used, const struct span *span)
{
	uint32_t	       address = address_of(span);
	struct directory_line *lines = (struct directory_line *)(uintptr_t)directory->lines;
	size_t		       at = (size_t)(directory_line(directory, address) - lines);

	if (used[at] == DIRECTORY_LINE)
		return false;
	lines[at].addresses[used[at]] = address;
	lines[at].whos[used[at]++] = span->value;
	return true;
}

/* Puts single addresses into the lines; what is left. */
static struct spans hash_singles(const struct directory *directory, size_t line_count,
				 const struct spans *spans)
{
	struct directory_line *lines = (struct directory_line *)(uintptr_t)directory->lines;
	auto_free uint8_t     *used = mem_alloc(line_count);
	struct spans	       rest = { 0 };

	memset(lines, 0, line_count * sizeof(*lines));
	for (size_t i = 0; i < line_count; i++)
		for (size_t j = 0; j < DIRECTORY_LINE; j++)
			lines[i].whos[j] = spans->items[0].value;
	for (size_t i = 0; i < spans->count; i++)
		if (!is_single(spans, i, &rest) || !put_single(directory, used, &spans->items[i]))
			spans_put(&rest, spans->items[i].start, spans->items[i].value);
	return rest;
}

static void build_tree(struct directory *directory, const struct spans *rest)
{
	size_t		    tree_bytes = tree32_room(rest->count) * sizeof(int32_t);
	size_t		    bytes = tree_bytes + rest->count * sizeof(uint32_t);
	char		   *memory = mem_aligned((bytes + LINE - 1) / LINE * LINE, LINE);
	uint32_t	   *whos = (void *)(memory + tree_bytes);
	auto_free uint32_t *starts = mem_resize(NULL, rest->count, sizeof(*starts));

	for (size_t i = 0; i < rest->count; i++) {
		starts[i] = address_of(&rest->items[i]);
		whos[i] = rest->items[i].value;
	}
	directory->tree = tree32_build(starts, rest->count, (void *)memory);
	directory->whos = whos;
	directory->size_bytes += bytes;
}

struct directory *directory_new(const struct spans *spans)
{
	struct directory *directory = mem_alloc(sizeof(*directory));
	size_t		  singles = count_singles(spans), line_count = 2;
	struct spans	  rest;

	directory->shift = HASH_BITS - 1;
	while (line_count * FILL_MAX < singles && directory->shift > 0) {
		line_count *= 2;
		directory->shift--;
	}
	directory->holders = 1;
	directory->size_bytes = sizeof(*directory) + line_count * sizeof(*directory->lines);
	directory->lines = mem_aligned(line_count * sizeof(*directory->lines), LINE);
	rest = hash_singles(directory, line_count, spans);
	build_tree(directory, &rest);
	spans_done(&rest);
	return directory;
}

struct directory *directory_hold(struct directory *directory)
{
	__atomic_add_fetch(&directory->holders, 1, __ATOMIC_RELAXED);
	return directory;
}

void directory_drop(struct directory *directory)
{
	if (!directory || __atomic_sub_fetch(&directory->holders, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	free((void *)(uintptr_t)directory->lines);
	free((void *)(uintptr_t)directory->tree.keys);
	free(directory);
}
