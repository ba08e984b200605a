/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/namer.h"

#include <stdlib.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

/* A power of two.  An address that shares its place with another takes turns with it. */
enum { PLACES = 1 << 14 };

struct place {
	struct ip  ip; /* IP_NONE: free */
	uint32_t   vpc_idx;
	struct str tier, name;
};

struct namer {
	const struct world *world;
	const struct judge *judge;
	struct place	   *places;
};

struct namer *namer_new(const struct world *world, const struct judge *judge)
{
	struct namer *namer = mem_alloc(sizeof(*namer));

	namer->world = world;
	namer->judge = judge;
	namer->places = mem_alloc(PLACES * sizeof(*namer->places));
	return namer;
}

void namer_free(struct namer *namer)
{
	if (!namer)
		return;
	free(namer->places);
	free(namer);
}

static uint32_t vpc_of(const struct namer *namer, const struct columns *columns, uint32_t row)
{
	uint32_t eni_idx;

	if (!columns->at[FIELD_INTERFACE_ID].text || !(columns->has[row] >> FIELD_INTERFACE_ID & 1))
		return WORLD_NONE;
	eni_idx = world_index(namer->world, WORLD_ENI, columns->at[FIELD_INTERFACE_ID].text[row]);
	return eni_idx == WORLD_NONE ? WORLD_NONE : namer->world->enis[eni_idx].vpc_idx;
}

/* The address of who sent or received the packet; none where the row has none. */
static struct ip end_of(const struct columns *columns, uint32_t row, bool is_dst)
{
	enum field packet = is_dst ? FIELD_PKT_DSTADDR : FIELD_PKT_SRCADDR;
	enum field own = is_dst ? FIELD_DSTADDR : FIELD_SRCADDR;

	if (columns->at[packet].ip && (columns->has[row] >> packet & 1))
		return columns->at[packet].ip[row];
	if (columns->at[own].ip && (columns->has[row] >> own & 1))
		return columns->at[own].ip[row];
	return (struct ip){ 0 };
}

static const struct place *look_up(struct namer *namer, uint32_t vpc_idx, struct ip ip)
{
	uint64_t      hash = map_hash(&ip, sizeof(ip)) ^ vpc_idx;
	struct place *place = &namer->places[hash & (PLACES - 1)];
	uint32_t      eni_idx;

	if (place->vpc_idx == vpc_idx && ip_eq(place->ip, ip))
		return place;
	eni_idx = world_eni_by_peer(namer->world, vpc_idx, ip);
	*place = (struct place){ .ip = ip, .vpc_idx = vpc_idx };
	if (namer->judge)
		place->tier = judge_tier_name(namer->judge, judge_tiers(namer->judge, eni_idx, ip));
	if (eni_idx != WORLD_NONE)
		place->name = world_eni_label(namer->world, eni_idx);
	return place;
}

void namer_fill(struct namer *namer, struct subject subject, const struct columns *columns,
		struct str *out)
{
	for (uint32_t row = 0; row < columns->count; row++) {
		struct ip	    ip = end_of(columns, row, subject.is_dst);
		const struct place *place;

		out[row] = (struct str){ 0 };
		if (ip.family == IP_NONE)
			continue;
		place = look_up(namer, vpc_of(namer, columns, row), ip);
		out[row] = subject.kind == SUBJECT_TIER ? place->tier : place->name;
	}
}
