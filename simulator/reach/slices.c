/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/slices.h"

#include <stdlib.h>

#include "lib/base/mem.h"

/* Where slices begin, ascending; the same one may be there several times. */
struct starts {
	struct ip *items;
	size_t	   count, capacity;
};

static void add_start(struct starts *starts, struct ip ip)
{
	starts->items = mem_grow(starts->items, starts->count, &starts->capacity,
				 sizeof(*starts->items));
	starts->items[starts->count++] = ip;
}

/* The ends of an interface, from and to which of the kinds'. */
static void find_range(const struct kinds *kinds, uint32_t eni_idx, uint32_t range[2])
{
	range[0] = eni_idx == WORLD_NONE ? 0 : kinds->eni_ends[eni_idx];
	range[1] = eni_idx == WORLD_NONE ? 0 : kinds->eni_ends[eni_idx + 1];
}

/* Behind the family's last address none begins; what the sum wraps to cuts nothing. */
static void add_starts(struct starts *starts, const struct kinds *kinds, uint32_t eni_idx)
{
	uint32_t range[2];

	find_range(kinds, eni_idx, range);
	for (uint32_t i = range[0]; i < range[1]; i++) {
		add_start(starts, kinds->ends[i].ip);
		add_start(starts, ip_add(kinds->end_lasts[i], 1));
	}
}

static int compare_ips(const void *a, const void *b)
{
	return ip_cmp(*(const struct ip *)a, *(const struct ip *)b);
}

/* The first that is behind an address. */
static size_t find_behind(const struct starts *starts, struct ip ip)
{
	size_t low = 0, high = starts->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_cmp(starts->items[middle], ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void put(struct slices *out, const struct slice *slice)
{
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = *slice;
}

/* Each start within the end is that of a slice. */
static void cut_end(const struct starts *starts, const struct kinds *kinds, uint32_t number,
		    struct slices *out)
{
	struct slice slice = { .first = kinds->ends[number].ip, .number = number };
	struct ip    last = kinds->end_lasts[number];
	size_t	     at = find_behind(starts, slice.first);

	for (; at < starts->count && ip_cmp(starts->items[at], last) <= 0; at++) {
		struct slice next = { .first = starts->items[at], .number = number };

		if (ip_eq(next.first, slice.first))
			continue;
		put(out, &slice);
		slice = next;
	}
	put(out, &slice);
}

void slices_cut(const struct kinds *const kinds[2], const uint32_t eni_idxs[2],
		struct slices out[2])
{
	struct starts starts = { 0 };
	uint32_t      range[2];

	for (size_t side = 0; side < 2; side++)
		add_starts(&starts, kinds[side], eni_idxs[side]);
	if (starts.count)
		qsort(starts.items, starts.count, sizeof(*starts.items), compare_ips);
	for (size_t side = 0; side < 2; side++) {
		out[side] = (struct slices){ 0 };
		find_range(kinds[side], eni_idxs[side], range);
		for (uint32_t i = range[0]; i < range[1]; i++)
			cut_end(&starts, kinds[side], i, &out[side]);
	}
	free(starts.items);
}

void slices_done(struct slices *slices)
{
	free(slices->items);
	*slices = (struct slices){ 0 };
}
