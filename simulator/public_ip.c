/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/public_ip.h"

/* An interface's association; of a NAT gateway whose interface is not in the snapshot its own document says it. */
struct pair {
	struct ip inside, outside;
	uint32_t  vpc_idx;
};

static bool pair_of_eni(const struct world *world, uint32_t eni_idx, struct ip ip, struct pair *out)
{
	const struct eni *eni = eni_idx == WORLD_NONE ? NULL : &world->enis[eni_idx];

	for (uint32_t i = 0; eni && i < eni->address_count; i++) {
		const struct address *address = &eni->addresses[i];

		if (address->public_ip.family == IP_NONE ||
		    !(ip_eq(address->ip, ip) || ip_eq(address->public_ip, ip)))
			continue;
		*out = (struct pair){ address->ip, address->public_ip, eni->vpc_idx };
		return true;
	}
	return false;
}

/* vpc_idx WORLD_NONE: whichever VPC it is. */
static bool pair_of_nat(const struct world *world, uint32_t vpc_idx, struct ip ip, struct pair *out)
{
	for (uint32_t i = 0; i < world->counts[WORLD_NAT]; i++) {
		const struct nat *nat = &world->nats[i];
		uint32_t	  home = nat->vpc_idx;

		if (home == WORLD_NONE || (vpc_idx != WORLD_NONE && home != vpc_idx))
			continue;
		for (uint32_t j = 0; j < nat->address_count; j++) {
			const struct nat_address *address = &nat->addresses[j];

			if (address->public_ip.family == IP_NONE ||
			    !(ip_eq(address->public_ip, ip) ||
			      (vpc_idx != WORLD_NONE && ip_eq(address->private_ip, ip))))
				continue;
			*out = (struct pair){ address->private_ip, address->public_ip, home };
			/* A regional gateway shows no private address: it is known by the public one. */
			if (out->inside.family == IP_NONE)
				out->inside = address->public_ip;
			return true;
		}
	}
	return false;
}

struct ip public_ip_of(const struct world *world, uint32_t vpc_idx, struct ip inside)
{
	struct pair pair;

	if (inside.family == IP_V6)
		return inside; /* a unique local address too: the gateway refuses it */
	if (pair_of_eni(world, world_eni_in_vpc(world, vpc_idx, inside), inside, &pair) ||
	    pair_of_nat(world, vpc_idx, inside, &pair))
		return pair.outside;
	return (struct ip){ 0 };
}

static bool pair_outside(const struct world *world, struct ip outside, struct pair *out)
{
	uint32_t eni_idx;

	return (lpm_find(&world->public_enis, outside, &eni_idx, NULL) &&
		pair_of_eni(world, eni_idx, outside, out)) ||
	       pair_of_nat(world, WORLD_NONE, outside, out);
}

struct ip public_ip_inside(const struct world *world, uint32_t vpc_idx, struct ip outside)
{
	struct pair pair;

	if (outside.family == IP_V6)
		return outside;
	if (pair_outside(world, outside, &pair) && pair.vpc_idx == vpc_idx)
		return pair.inside;
	return (struct ip){ 0 };
}

uint32_t public_ip_vpc(const struct world *world, struct ip outside)
{
	struct pair pair;
	uint32_t    eni_idx;

	if (outside.family == IP_V6) {
		eni_idx = world_eni_by_peer(world, WORLD_NONE, outside);
		return eni_idx == WORLD_NONE ? WORLD_NONE : world->enis[eni_idx].vpc_idx;
	}
	return pair_outside(world, outside, &pair) ? pair.vpc_idx : WORLD_NONE;
}
