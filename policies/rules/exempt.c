/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/exempt.h"

static const struct {
	struct ip   ip;
	const char *what;
} services[] = {
	{ { IP_V4, { 169, 254, 169, 253 } }, "Amazon DNS is never filtered" },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x53 } },
	  "Amazon DNS is never filtered" },
	{ { IP_V4, { 169, 254, 169, 254 } }, "instance metadata is never filtered" },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54 } },
	  "instance metadata is never filtered" },
	{ { IP_V4, { 169, 254, 170, 2 } }, "task metadata is never filtered" },
	{ { IP_V4, { 169, 254, 169, 123 } }, "Amazon Time Sync is never filtered" },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x01, [15] = 0x23 } },
	  "Amazon Time Sync is never filtered" },
	{ { IP_V6, { 0xfe, 0x80, 0x0e, 0xc2, [15] = 0x01 } },
	  "the VPC router's address is never filtered" },
	{ { IP_V4, { 169, 254, 169, 250 } }, "Windows activation is never filtered" },
	{ { IP_V4, { 169, 254, 169, 251 } }, "Windows activation is never filtered" },
};

static bool is_dhcp(const struct packet *packet)
{
	static const uint16_t ports[][2] = { { 67, 68 }, { 546, 547 } };

	for (size_t i = 0; packet->protocol == PROTO_UDP && i < ARRAY_LEN(ports); i++)
		if ((packet->src_port == ports[i][0] && packet->dst_port == ports[i][1]) ||
		    (packet->src_port == ports[i][1] && packet->dst_port == ports[i][0]))
			return true;
	return false;
}

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

const char *exempt_from_rules(const struct world *world, uint32_t subnet_idx, struct ip peer,
			      const struct packet *packet)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (ip_eq(peer, services[i].ip))
			return services[i].what;
	if (is_dhcp(packet))
		return "DHCP is never filtered";
	return reserved_in_vpc(world, subnet_idx, peer);
}
