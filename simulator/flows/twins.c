/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/twins.h"

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { TEXT_MAX = 4096 };

static void print_kind(const struct world *world, const struct judge *judge, uint32_t eni_idx,
		       struct buf *out)
{
	const struct eni *eni = &world->enis[eni_idx];

	buf_printf(out, "%u %u %llx ", eni->vpc_idx, eni->subnet_idx,
		   judge ? (unsigned long long)judge_tiers(judge, eni_idx, (struct ip){ 0 }) : 0);
	buf_add_str(out, eni->vpc_id);
	buf_add_char(out, ' ');
	buf_add_str(out, eni->type);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		buf_add_char(out, ' ');
		buf_add_str(out, eni->sg_ids[i]);
	}
}

uint32_t *twins_new(const struct world *world, const struct judge *judge)
{
	uint32_t    *twins = mem_alloc((world->counts[WORLD_ENI] + 1) * sizeof(*twins));
	struct arena arena = { 0 };
	struct map   kinds = { 0 };

	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni   *eni = &world->enis[i];
		auto_buf struct buf text = buf_make(TEXT_MAX);

		twins[i] = i;
		print_kind(world, judge, i, &text);
		if (text.overflow || eni->sg_count == 0 || eni->prefix_count ||
		    map_get(&kinds, buf_str(&text), &twins[i]))
			continue;
		map_put(&kinds, arena_str(&arena, buf_str(&text)), i);
	}
	map_done(&kinds);
	arena_done(&arena);
	return twins;
}
