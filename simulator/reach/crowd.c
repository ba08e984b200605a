/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/crowd.h"

/* Pairs that one interface has in both. */
static uint64_t count_own(const struct crowd *from, const struct crowd *to)
{
	uint64_t count = 0;
	size_t	 j = 0;

	for (size_t i = 0; i < from->count;) {
		uint32_t owner = from->owners[i];
		size_t	 ours = 0, theirs = 0;

		for (; i < from->count && from->owners[i] == owner; i++)
			ours++;
		while (j < to->count && to->owners[j] < owner)
			j++;
		for (; j < to->count && to->owners[j] == owner; j++)
			theirs++;
		count += (uint64_t)ours * theirs;
	}
	return count;
}

uint64_t crowd_pairs(const struct crowd *from, const struct crowd *to, bool is_simple)
{
	bool from_here = from->scope == KIND_INTERFACES;
	bool to_here = to->scope == KIND_INTERFACES;
	bool is_same;

	if (from->family != to->family || (!from_here && !to_here))
		return 0;
	if (!from_here || !to_here)
		return from_here ? from->count : to->count;
	if (!is_simple)
		return (uint64_t)from->count * to->count - count_own(from, to);
	/* Only a crowd with itself has two members of one interface, each with itself. */
	is_same = from->owners == to->owners && from->count == to->count;
	return (uint64_t)from->count * to->count - (is_same ? from->count : 0);
}
