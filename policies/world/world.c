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

void **world_rows(struct world *world, enum world_kind kind, size_t *size)
{
	const struct {
		void  *rows; /* address of the typed pointer */
		size_t size;
	} tables[WORLD_KIND_COUNT] = {
		[WORLD_VPC] = { &world->vpcs, sizeof(*world->vpcs) },
		[WORLD_SUBNET] = { &world->subnets, sizeof(*world->subnets) },
		[WORLD_SG] = { &world->sgs, sizeof(*world->sgs) },
		[WORLD_NACL] = { &world->nacls, sizeof(*world->nacls) },
		[WORLD_ENI] = { &world->enis, sizeof(*world->enis) },
		[WORLD_INSTANCE] = { &world->instances, sizeof(*world->instances) },
		[WORLD_RTB] = { &world->rtbs, sizeof(*world->rtbs) },
		[WORLD_PREFIX_LIST] = { &world->prefix_lists, sizeof(*world->prefix_lists) },
		[WORLD_IGW] = { &world->igws, sizeof(*world->igws) },
		[WORLD_EIGW] = { &world->eigws, sizeof(*world->eigws) },
		[WORLD_VGW] = { &world->vgws, sizeof(*world->vgws) },
		[WORLD_CAGW] = { &world->cagws, sizeof(*world->cagws) },
		[WORLD_NAT] = { &world->nats, sizeof(*world->nats) },
		[WORLD_PCX] = { &world->pcxs, sizeof(*world->pcxs) },
		[WORLD_TGW] = { &world->tgws, sizeof(*world->tgws) },
		[WORLD_TGW_ATTACHMENT] = { &world->tgw_attachments,
					   sizeof(*world->tgw_attachments) },
		[WORLD_TGW_RTB] = { &world->tgw_rtbs, sizeof(*world->tgw_rtbs) },
		[WORLD_VPN] = { &world->vpns, sizeof(*world->vpns) },
		[WORLD_CGW] = { &world->cgws, sizeof(*world->cgws) },
		[WORLD_VPCE] = { &world->vpces, sizeof(*world->vpces) },
		[WORLD_EIP] = { &world->eips, sizeof(*world->eips) },
		[WORLD_LB] = { &world->lbs, sizeof(*world->lbs) },
		[WORLD_LISTENER] = { &world->listeners, sizeof(*world->listeners) },
		[WORLD_LB_RULE] = { &world->lb_rules, sizeof(*world->lb_rules) },
		[WORLD_TARGET_GROUP] = { &world->target_groups, sizeof(*world->target_groups) },
		[WORLD_FLOW_LOG] = { &world->flow_logs, sizeof(*world->flow_logs) },
		[WORLD_AZ] = { &world->azs, sizeof(*world->azs) },
		[WORLD_BPA] = { &world->bpas, sizeof(*world->bpas) },
		[WORLD_BPA_EXCLUSION] = { &world->bpa_exclusions, sizeof(*world->bpa_exclusions) },
	};

	assert(kind < WORLD_KIND_COUNT && tables[kind].size);
	if (size)
		*size = tables[kind].size;
	return tables[kind].rows;
}

const struct object *world_object(const struct world *world, enum world_kind kind, uint32_t idx)
{
	size_t	    size;
	const char *rows = *world_rows((struct world *)(uintptr_t)world, kind, &size);

	assert(idx < world->counts[kind]);
	return (const struct object *)(rows + idx * size);
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

bool world_eni_has_address(const struct eni *eni, struct ip ip)
{
	for (uint32_t i = 0; i < eni->address_count; i++)
		if (ip_eq(eni->addresses[i].ip, ip))
			return true;
	return false;
}

bool world_eni_has(const struct eni *eni, struct ip ip)
{
	return world_eni_has_address(eni, ip) || any_has(eni->prefixes, eni->prefix_count, ip);
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

bool world_vpcs_have(const struct world *world, struct ip ip)
{
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return true;
	for (size_t i = 0; i < world->counts[WORLD_PCX]; i++) {
		const struct pcx *pcx = &world->pcxs[i];

		if (any_has(pcx->requester.cidrs, pcx->requester.cidr_count, ip) ||
		    any_has(pcx->accepter.cidrs, pcx->accepter.cidr_count, ip))
			return true;
	}
	return false;
}

bool world_internet_has(const struct world *world, struct ip ip)
{
	if (ip.family == IP_NONE || ip_is_private(ip))
		return false;
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return false;
	return true;
}

bool world_has_family(const struct world *world, const char *key)
{
	for (size_t i = 0; i < world->family_count; i++)
		if (str_is(world->families[i].key, key))
			return !world->families[i].denied;
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
	lpm_done(&world->public_enis);
	for (int kind = 0; kind < WORLD_KIND_COUNT; kind++)
		free(*world_rows(world, (enum world_kind)kind, NULL));
	free(world->families);
	free(world->denials);
	free(world->notes);
	map_done(&world->ids);
	arena_done(&world->arena);
	free(world);
}

void world_free_at(struct world **world)
{
	world_free(*world);
}
