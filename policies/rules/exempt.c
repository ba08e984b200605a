/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/exempt.h"

/* Whether an IPv4 address is that far behind the base of a block, which is of IPv4 only if so. */
static bool is_behind(struct ip base, uint8_t offset, struct ip ip)
{
	return base.family == ip.family && ip.bytes[3] == (uint8_t)(base.bytes[3] + offset) &&
	       ip_eq(ip, ip_add(base, offset));
}

/* The VPC's resolver is its primary block's base + 2; the router is base + 1 of the subnet. */
static const char *reserved_in_vpc(const struct world *world, uint32_t subnet_idx, struct ip peer)
{
	const struct subnet *subnet;
	const struct vpc    *vpc;

	if (subnet_idx == WORLD_NONE || peer.family != IP_V4)
		return NULL;
	subnet = &world->subnets[subnet_idx];
	if (is_behind(subnet->cidrs[0].base, 1, peer))
		return "the VPC router's address is never filtered";
	if (subnet->vpc_idx == WORLD_NONE)
		return NULL;
	vpc = &world->vpcs[subnet->vpc_idx];
	if (vpc->cidr_count && is_behind(vpc->cidrs[0].base, 2, peer))
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
