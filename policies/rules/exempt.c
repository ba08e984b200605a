/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/exempt.h"

/* The VPC's resolver is its primary block's base + 2; the router is base + 1 of the subnet. */
static const char *reserved_in_vpc(const struct world *world, uint32_t subnet_idx, struct ip peer)
{
	const struct subnet *subnet;
	const struct vpc    *vpc;

	if (subnet_idx == WORLD_NONE)
		return NULL;
	subnet = &world->subnets[subnet_idx];
	if (subnet->cidrs[0].base.family == IP_V4 && ip_eq(peer, ip_add(subnet->cidrs[0].base, 1)))
		return "the VPC router's address is never filtered";
	if (subnet->vpc_idx == WORLD_NONE)
		return NULL;
	vpc = &world->vpcs[subnet->vpc_idx];
	if (vpc->cidr_count && vpc->cidrs[0].base.family == IP_V4 &&
	    ip_eq(peer, ip_add(vpc->cidrs[0].base, 2)))
		return "Amazon DNS is never filtered";
	return NULL;
}

size_t exempt_peers(const struct world *world, uint32_t subnet_idx,
		    struct ip peers[static EXEMPT_PEERS_MAX])
{
	size_t count = service_peers(peers);

	if (subnet_idx != WORLD_NONE) {
		const struct subnet *subnet = &world->subnets[subnet_idx];
		const struct vpc    *vpc = subnet->vpc_idx == WORLD_NONE
						   ? NULL
						   : &world->vpcs[subnet->vpc_idx];

		peers[count++] = ip_add(subnet->cidrs[0].base, 1);
		if (vpc && vpc->cidr_count)
			peers[count++] = ip_add(vpc->cidrs[0].base, 2);
	}
	return count;
}

const char *exempt_from_rules(const struct world *world, uint32_t subnet_idx, struct ip peer,
			      const struct packet *packet)
{
	const char *what = service_at(peer);

	if (what)
		return what;
	if (service_is_dhcp(packet))
		return "DHCP is never filtered";
	return reserved_in_vpc(world, subnet_idx, peer);
}
