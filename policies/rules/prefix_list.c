/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/prefix_list.h"

enum match prefix_list_match(const struct world *world, uint32_t list_idx, struct ip ip)
{
	const struct prefix_list *list;

	if (list_idx == WORLD_NONE)
		return MATCH_MAYBE;
	list = &world->prefix_lists[list_idx];
	if (!list->has_entries)
		return MATCH_MAYBE;
	for (uint32_t i = 0; i < list->entry_count; i++)
		if (cidr_has(list->entries[i], ip))
			return MATCH_YES;
	return MATCH_NO;
}
