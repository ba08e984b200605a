/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/rules/interface.h"

#include "policies/rules/exempt.h"

bool interface_crosses_edge(const struct world *world, uint32_t eni_idx, struct ip peer)
{
	const struct eni *eni = &world->enis[eni_idx];
	uint32_t	  peer_idx = world_eni_in_vpc(world, eni->vpc_idx, peer);

	if (eni->subnet_idx == WORLD_NONE)
		return true;
	if (peer_idx != WORLD_NONE && world->enis[peer_idx].subnet_idx == eni->subnet_idx)
		return false;
	return !world_subnet_has(&world->subnets[eni->subnet_idx], peer);
}

struct decision interface_edge(const struct world *world, uint32_t subnet_idx, bool egress,
			       const struct packet *packet)
{
	const char *exempt = exempt_from_rules(world, subnet_idx,
					       egress ? packet->dst : packet->src, packet);

	if (exempt)
		return decision_allow(exempt);
	return nacl_decide(
		world, subnet_idx == WORLD_NONE ? WORLD_NONE : world->subnets[subnet_idx].nacl_idx,
		egress, packet);
}

struct interface_decision interface_exempt(const char *what)
{
	struct decision decision = decision_allow(what);

	return (struct interface_decision){
		.overall = decision, .sg = decision, .nacl = decision, .is_exempt = true
	};
}

struct interface_decision interface_crossed(struct decision sg, struct decision nacl)
{
	return (struct interface_decision){
		.overall = decision_and(sg, nacl), .sg = sg, .nacl = nacl, .nacl_crossed = true
	};
}

struct interface_decision interface_inside(struct decision sg)
{
	struct interface_decision result = interface_crossed(
		sg, decision_allow("same subnet: the network ACL has no say"));

	result.nacl_crossed = false;
	return result;
}

/* Replies pass by state: what counts is whether the packet they answer was let through. */
static struct decision decide_sg(const struct world *world, uint32_t eni_idx, bool egress,
				 const struct packet *packet, bool as_reply)
{
	struct packet asked;

	if (!as_reply)
		return sg_decide(world, eni_idx, egress, packet);
	asked = packet_asked(packet);
	return sg_decide(world, eni_idx, !egress, &asked);
}

struct interface_decision interface_decide(const struct world *world, uint32_t eni_idx, bool egress,
					   const struct packet *packet, bool as_reply)
{
	const struct eni *eni = &world->enis[eni_idx];
	struct ip	  peer = egress ? packet->dst : packet->src;
	const char	 *exempt = exempt_from_rules(world, eni->subnet_idx, peer, packet);
	uint32_t	  nacl_idx = eni->subnet_idx == WORLD_NONE
					     ? WORLD_NONE
					     : world->subnets[eni->subnet_idx].nacl_idx;
	struct decision	  sg;

	if (exempt)
		return interface_exempt(exempt);
	sg = decide_sg(world, eni_idx, egress, packet, as_reply);
	if (!interface_crosses_edge(world, eni_idx, peer))
		return interface_inside(sg);
	return interface_crossed(sg, nacl_decide(world, nacl_idx, egress, packet));
}
