/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/world.h"

#include <assert.h>
#include <stdlib.h>

/* An id's value in the map: kind in the upper bits, index below. */
enum { KIND_SHIFT = 27 };

_Static_assert(WORLD_OBJECTS_MAX == 1 << KIND_SHIFT && WORLD_KIND_COUNT <= 32, "fits in 32 bits");

bool world_find(const struct world *world, struct str id, enum world_kind *kind, uint32_t *idx)
{
	uint32_t value;

	if (id.len == 0 || !map_get(&world->ids, id, &value))
		return false;
	*kind = (enum world_kind)(value >> KIND_SHIFT);
	*idx = value & ((1U << KIND_SHIFT) - 1);
	return true;
}

void world_put(struct world *world, struct str id, enum world_kind kind, uint32_t idx)
{
	assert(idx < WORLD_OBJECTS_MAX);
	map_put(&world->ids, id, (uint32_t)kind << KIND_SHIFT | idx);
}

uint32_t world_index(const struct world *world, enum world_kind kind, struct str id)
{
	enum world_kind found;
	uint32_t	idx;

	return world_find(world, id, &found, &idx) && found == kind ? idx : WORLD_NONE;
}

const struct object *world_object(const struct world *world, enum world_kind kind, uint32_t idx)
{
	assert(idx < world->counts[kind]);
	switch (kind) {
	case WORLD_VPC:
		return &world->vpcs[idx].object;
	case WORLD_SUBNET:
		return &world->subnets[idx].object;
	case WORLD_SG:
		return &world->sgs[idx].object;
	case WORLD_NACL:
		return &world->nacls[idx].object;
	case WORLD_ENI:
		return &world->enis[idx].object;
	case WORLD_INSTANCE:
		return &world->instances[idx].object;
	case WORLD_RTB:
		return &world->rtbs[idx].object;
	case WORLD_PREFIX_LIST:
		return &world->prefix_lists[idx].object;
	case WORLD_KIND_COUNT:
		break;
	}
	abort();
}

static bool any_has(const struct cidr *cidrs, uint32_t count, struct ip ip)
{
	for (uint32_t i = 0; i < count; i++)
		if (cidr_has(cidrs[i], ip))
			return true;
	return false;
}

bool world_vpc_has(const struct vpc *vpc, struct ip ip)
{
	return any_has(vpc->cidrs, vpc->cidr_count, ip);
}

bool world_subnet_has(const struct subnet *subnet, struct ip ip)
{
	return any_has(subnet->cidrs, subnet->cidr_count, ip);
}

uint32_t world_eni_in_vpc(const struct world *world, uint32_t vpc_idx, struct ip ip)
{
	uint32_t eni_idx;

	if (vpc_idx == WORLD_NONE || !lpm_find(&world->vpcs[vpc_idx].enis, ip, &eni_idx, NULL))
		return WORLD_NONE;
	return eni_idx;
}

uint32_t world_eni_by_peer(const struct world *world, uint32_t vpc_idx, struct ip ip)
{
	uint32_t found = world_eni_in_vpc(world, vpc_idx, ip);

	if (found != WORLD_NONE ||
	    (vpc_idx != WORLD_NONE && world_vpc_has(&world->vpcs[vpc_idx], ip)))
		return found;
	for (uint32_t i = 0; i < world->counts[WORLD_VPC]; i++) {
		uint32_t eni_idx = i == vpc_idx ? WORLD_NONE : world_eni_in_vpc(world, i, ip);

		if (eni_idx == WORLD_NONE)
			continue;
		if (found != WORLD_NONE)
			return WORLD_NONE;
		found = eni_idx;
	}
	return found;
}

bool world_has_family(const struct world *world, const char *key)
{
	for (size_t i = 0; i < world->family_count; i++)
		if (str_is(world->families[i].key, key))
			return true;
	return false;
}

struct str world_eni_label(const struct world *world, uint32_t eni_idx)
{
	const struct eni *eni = &world->enis[eni_idx];

	if (eni->instance_idx != WORLD_NONE && world->instances[eni->instance_idx].object.name.len)
		return world->instances[eni->instance_idx].object.name;
	return eni->object.name.len ? eni->object.name : eni->object.id;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		lpm_done(&world->vpcs[i].enis);
	free(world->vpcs);
	free(world->subnets);
	free(world->sgs);
	free(world->nacls);
	free(world->enis);
	free(world->instances);
	free(world->rtbs);
	free(world->prefix_lists);
	free(world->families);
	free(world->notes);
	map_done(&world->ids);
	arena_done(&world->arena);
	free(world);
}

void world_free_at(struct world **world)
{
	world_free(*world);
}
