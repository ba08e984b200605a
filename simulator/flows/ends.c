/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/ends.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

enum { LABEL_MAX = 8192, NAME_OF_SEVERAL = UINT32_MAX };

struct ends {
	const struct world *world;
	const struct judge *judge;
	struct arena	    arena;
	struct flow_end	   *items;
	size_t		    count, capacity;
	struct map	    index;    /* kind and text → number */
	struct map	    sg_names; /* name → sg, or NAME_OF_SEVERAL */
	uint32_t	   *of_eni;   /* number + 1 of its groups or name; 0: not asked yet */
};

const char *end_kind_text(enum end_kind kind)
{
	static const char *const texts[END_KIND_COUNT] = {
		[END_TIER] = "tier",	       [END_GROUPS] = "security-group",
		[END_INTERFACE] = "interface", [END_ADDRESS] = "address",
		[END_INTERNET] = "internet",   [END_BLOCK] = "block",
	};

	assert(kind < END_KIND_COUNT);
	return texts[kind];
}

struct ends *ends_new(const struct world *world, const struct judge *judge)
{
	struct ends *ends = mem_alloc(sizeof(*ends));

	ends->world = world;
	ends->judge = judge;
	ends->of_eni = mem_alloc((world->counts[WORLD_ENI] + 1) * sizeof(*ends->of_eni));
	for (uint32_t i = 0; i < world->counts[WORLD_SG]; i++) {
		struct str name = world->sgs[i].object.name;
		uint32_t   other;

		map_put(&ends->sg_names, name,
			map_get(&ends->sg_names, name, &other) ? NAME_OF_SEVERAL : i);
	}
	return ends;
}

void ends_free(struct ends *ends)
{
	if (!ends)
		return;
	map_done(&ends->index);
	map_done(&ends->sg_names);
	arena_done(&ends->arena);
	free(ends->items);
	free(ends->of_eni);
	free(ends);
}

static void add_key(const struct flow_end *end, struct buf *out)
{
	buf_add_char(out, (char)('A' + (int)end->kind));
	buf_add_str(out, end->text);
}

static bool is_known(const struct ends *ends, const struct flow_end *end)
{
	auto_buf struct buf key = buf_make(LABEL_MAX + 4);
	uint32_t	    number;

	add_key(end, &key);
	return map_get(&ends->index, buf_str(&key), &number);
}

uint32_t ends_put(struct ends *ends, const struct flow_end *end)
{
	auto_buf struct buf key = buf_make(LABEL_MAX + 4);
	struct str	    kept;
	uint32_t	    number;

	add_key(end, &key);
	if (map_get(&ends->index, buf_str(&key), &number))
		return number;
	kept = arena_str(&ends->arena, buf_str(&key));
	number = (uint32_t)ends->count;
	ends->items = mem_grow(ends->items, ends->count, &ends->capacity, sizeof(*ends->items));
	ends->items[ends->count++] = (struct flow_end){ .kind = end->kind,
							.text = str_skip(kept, 1) };
	map_put(&ends->index, kept, number);
	return number;
}

const struct flow_end *ends_at(const struct ends *ends, uint32_t number)
{
	assert(number < ends->count);
	return &ends->items[number];
}

/* The name, or the id when the group is not in the snapshot or not the only one of its name. */
static struct str sg_label(const struct ends *ends, const struct eni *eni, uint32_t i)
{
	struct str name;
	uint32_t   found;

	if (eni->sg_idxs[i] == WORLD_NONE)
		return eni->sg_ids[i];
	name = ends->world->sgs[eni->sg_idxs[i]].object.name;
	if (name.len == 0 || !map_get(&ends->sg_names, name, &found) || found == NAME_OF_SEVERAL)
		return eni->sg_ids[i];
	return name;
}

static int compare_labels(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* An interface lists its groups in no particular order. */
static uint32_t find_eni(struct ends *ends, uint32_t eni_idx)
{
	const struct eni     *eni = &ends->world->enis[eni_idx];
	auto_buf struct buf   text = buf_make(LABEL_MAX);
	auto_free struct str *labels = NULL;

	if (ends->of_eni[eni_idx])
		return ends->of_eni[eni_idx] - 1;
	labels = mem_alloc((eni->sg_count + 1) * sizeof(*labels));
	for (uint32_t i = 0; i < eni->sg_count; i++)
		labels[i] = sg_label(ends, eni, i);
	if (eni->sg_count)
		qsort(labels, eni->sg_count, sizeof(*labels), compare_labels);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		buf_add_text(&text, i ? "+" : "sg:");
		buf_add_visible(&text, labels[i]);
	}
	if (eni->sg_count == 0)
		buf_add_visible(&text, world_eni_label(ends->world, eni_idx));
	ends->of_eni[eni_idx] = ends_put(ends,
					 &(struct flow_end){ .kind = eni->sg_count ? END_GROUPS
										   : END_INTERFACE,
							     .text = buf_str(&text) }) +
				1;
	return ends->of_eni[eni_idx] - 1;
}

static uint32_t find_address(struct ends *ends, const struct end_query *query)
{
	char		text[CIDR_TEXT_SIZE];
	struct flow_end end = { .kind = END_BLOCK };

	ip_print(query->ip, text);
	if (query->ip.family == IP_NONE) {
		end.kind = END_NONE;
	} else if (query->is_exempt) {
		end.kind = END_ADDRESS;
	} else if (world_internet_has(ends->world, query->ip)) {
		end.kind = END_INTERNET;
	} else {
		unsigned    len = query->ip.family == IP_V4 ? ENDS_BLOCK_V4 : ENDS_BLOCK_V6;
		struct cidr block = { .base = ip_mask(query->ip, len), .prefix_len = (uint8_t)len };

		cidr_print(block, text);
	}
	end.text = str_of(end.kind == END_INTERNET ? "internet" : text);
	if (end.kind == END_BLOCK && query->ip.family == IP_V6 && ends->count >= ENDS_MAX &&
	    !is_known(ends, &end))
		end.text = str_of("::/0");
	return ends_put(ends, &end);
}

uint32_t ends_find(struct ends *ends, const struct end_query *query)
{
	struct str tier = ends->judge ? judge_tier_name(ends->judge, query->tiers) : str_of("");
	struct flow_end end = { .kind = END_TIER, .text = tier };

	if (tier.len == 0)
		return query->eni_idx != WORLD_NONE ? find_eni(ends, query->eni_idx)
						    : find_address(ends, query);
	if (str_is(tier, "internet"))
		end.kind = END_INTERNET;
	return ends_put(ends, &end);
}
