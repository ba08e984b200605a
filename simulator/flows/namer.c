/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/namer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

/* Spreads what differs in few bits; what is made to meet costs time, but never more than a lookup each. */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

/* What shares a place with another takes turns with it. */
enum { PLACE_BITS = 16, ENI_PLACE_BITS = 10, ROWS_AHEAD = 32 };

struct place {
	struct ip ip; /* IP_NONE: free */
	uint32_t  vpc_idx, eni_idx;
	uint64_t  tiers;
};

struct namer {
	const struct world *world;
	const struct judge *judge;
	struct place	   *places;
	uint32_t	    enis[1 << ENI_PLACE_BITS]; /* by id: 1 + index; 0 free */
};

struct namer *namer_new(const struct world *world, const struct judge *judge)
{
	struct namer *namer = mem_alloc(sizeof(*namer));

	namer->world = world;
	namer->judge = judge;
	namer->places = mem_alloc((size_t)sizeof(*namer->places) << PLACE_BITS);
	return namer;
}

void namer_free(struct namer *namer)
{
	if (!namer)
		return;
	free(namer->places);
	free(namer);
}

static uint32_t eni_of(struct namer *namer, struct str id)
{
	uint64_t  last = 0;
	uint32_t *known;
	uint32_t  eni_idx;

	if (id.len >= sizeof(last))
		memcpy(&last, id.ptr + id.len - sizeof(last), sizeof(last));
	known = &namer->enis[last * SPREAD >> (64 - ENI_PLACE_BITS)];
	if (*known && str_eq(namer->world->enis[*known - 1].object.id, id))
		return *known - 1;
	eni_idx = world_index(namer->world, WORLD_ENI, id);
	if (eni_idx != WORLD_NONE)
		*known = eni_idx + 1;
	return eni_idx;
}

static uint32_t vpc_of(struct namer *namer, const struct columns *columns, uint32_t row)
{
	uint32_t eni_idx;

	if (!columns_has(columns, row, FIELD_INTERFACE_ID))
		return WORLD_NONE;
	eni_idx = eni_of(namer, columns->at[FIELD_INTERFACE_ID].text[row]);
	return eni_idx == WORLD_NONE ? WORLD_NONE : namer->world->enis[eni_idx].vpc_idx;
}

/* The address of who sent or received the packet; none where the row has none. */
static struct ip end_of(const struct columns *columns, uint32_t row, bool is_dst)
{
	enum field packet = is_dst ? FIELD_PKT_DSTADDR : FIELD_PKT_SRCADDR;
	enum field own = is_dst ? FIELD_DSTADDR : FIELD_SRCADDR;

	if (columns_has(columns, row, packet))
		return columns->at[packet].ip[row];
	if (columns_has(columns, row, own))
		return columns->at[own].ip[row];
	return (struct ip){ 0 };
}

static struct place *place_of(const struct namer *namer, struct place wanted)
{
	uint64_t words[2];

	memcpy(words, wanted.ip.bytes, sizeof(words));
	words[0] = (words[0] ^ wanted.vpc_idx) * SPREAD ^ words[1];
	return &namer->places[words[0] * SPREAD >> (64 - PLACE_BITS)];
}

static void look_up(const struct namer *namer, struct place wanted, struct place *place)
{
	if (place->vpc_idx == wanted.vpc_idx && ip_eq(place->ip, wanted.ip))
		return;
	wanted.eni_idx = world_eni_by_peer(namer->world, wanted.vpc_idx, wanted.ip);
	if (namer->judge)
		wanted.tiers = judge_tiers(namer->judge, wanted.eni_idx, wanted.ip);
	*place = wanted;
}

static struct str text_of(const struct namer *namer, enum subject_kind kind,
			  const struct place *place)
{
	if (kind == SUBJECT_TIER)
		return judge_tier_name(namer->judge, place->tiers);
	if (place->eni_idx == WORLD_NONE)
		return (struct str){ 0 };
	return world_eni_label(namer->world, place->eni_idx);
}

/* All places are asked for before the first is looked at: their memory comes while others are worked out. */
void namer_fill(struct namer *namer, struct subject subject, const struct columns *columns,
		struct str *out)
{
	struct place  wanted[ROWS_AHEAD];
	struct place *places[ROWS_AHEAD];

	for (uint32_t first = 0; first < columns->count; first += ROWS_AHEAD) {
		uint32_t rest = columns->count - first;
		uint32_t count = rest < ROWS_AHEAD ? rest : ROWS_AHEAD;

		for (uint32_t i = 0; i < count; i++) {
			wanted[i] = (struct place){
				.ip = end_of(columns, first + i, subject.is_dst),
				.vpc_idx = vpc_of(namer, columns, first + i),
			};
			places[i] = place_of(namer, wanted[i]);
			__builtin_prefetch(places[i]);
		}
		for (uint32_t i = 0; i < count; i++) {
			out[first + i] = (struct str){ 0 };
			if (wanted[i].ip.family == IP_NONE)
				continue;
			look_up(namer, wanted[i], places[i]);
			out[first + i] = text_of(namer, subject.kind, places[i]);
		}
	}
}
