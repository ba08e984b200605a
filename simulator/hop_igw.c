/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An internet gateway (aws-semantics.md 4.3): over IPv4 it puts the public address that is associated with a
 * private one in its place, one to one and both ways; over IPv6 addresses stay.  What enters by it may have a
 * route table of its own (4.4).
 */
#include "policies/rules/public_access.h"
#include "simulator/internet.h"
#include "simulator/public_ip.h"
#include "simulator/route.h"
#include "simulator/walk.h"

static const struct cidr rfc1918[] = { { { IP_V4, { 10 } }, 8 },
				       { { IP_V4, { 172, 16 } }, 12 },
				       { { IP_V4, { 192, 168 } }, 16 } };
static const struct cidr rfc6598 = { { IP_V4, { 100, 64 } }, 10 };

static bool is_rfc1918(struct ip ip)
{
	for (size_t i = 0; i < ARRAY_LEN(rfc1918); i++)
		if (cidr_has(rfc1918[i], ip))
			return true;
	return false;
}

static bool denies_gateways(const struct walk *walk, struct ip own)
{
	uint32_t eni_idx = world_eni_in_vpc(walk->world, walk->place.vpc_idx, own);

	return eni_idx != WORLD_NONE && walk->world->enis[eni_idx].denies_igw;
}

/* The table that is associated with a gateway, or WORLD_NONE. */
static uint32_t edge_table(const struct world *world, struct str gateway_id)
{
	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (uint32_t j = 0; j < world->rtbs[i].gateway_count; j++)
			if (str_eq(world->rtbs[i].gateway_ids[j], gateway_id))
				return i;
	return WORLD_NONE;
}

/* The route that a gateway's own table has for an address, or NULL: no such table, or no route. */
static const struct route *edge_route(const struct walk *walk, uint32_t igw_idx, struct ip ip)
{
	uint32_t rtb_idx = edge_table(walk->world, walk->world->igws[igw_idx].object.id);

	return rtb_idx == WORLD_NONE ? NULL : route_find(walk->world, rtb_idx, ip).route;
}

/* What enters for this subnet is sent to an appliance first; what leaves it by itself does not get out. */
static bool is_redirected(const struct walk *walk, uint32_t igw_idx)
{
	const struct route *route = edge_route(walk, igw_idx, walk->packet.src);
	uint32_t eni_idx = world_eni_in_vpc(walk->world, walk->place.vpc_idx, walk->packet.src);

	return route && !str_is(route->target, "local") && eni_idx != WORLD_NONE &&
	       walk->world->enis[eni_idx].subnet_idx == walk->az_subnet_idx;
}

/* A NAT gateway that may send out for a subnet that may not: AWS does not say what comes of it. */
static bool is_sender_blocked(const struct walk *walk)
{
	const struct world *world = walk->world;
	const struct eni   *eni = walk->from.eni_idx == WORLD_NONE ? NULL
								   : &world->enis[walk->from.eni_idx];

	return walk->translation_count && eni && eni->vpc_idx == walk->place.vpc_idx &&
	       public_access_of(world, eni->vpc_idx, eni->subnet_idx) == PUBLIC_ACCESS_BLOCK;
}

/* An exclusion that is not in the snapshot might let it pass. */
static struct decision blocked(const struct walk *walk, uint32_t subnet_idx)
{
	const struct vpc *vpc = walk_vpc(walk);

	if (!vpc || public_access_is_own(walk->world, walk->place.vpc_idx, subnet_idx) ||
	    walk_knows(walk->world, WORLD_BPA_EXCLUSION, "VpcBlockPublicAccessExclusions",
		       &vpc->object))
		return walk_deny(REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED, NULL);
	return walk_unknown(REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED,
			    "exclusions from Block Public Access are not in the snapshot");
}

struct decision walk_public_access(const struct walk *walk, bool is_egress_only)
{
	enum public_access mode = public_access_of(walk->world, walk->place.vpc_idx,
						   walk->az_subnet_idx);
	bool		   is_one_way = is_egress_only || walk->translation_count;

	if (walk->asked)
		return decision_allow(NULL);
	if (mode == PUBLIC_ACCESS_BLOCK || (mode == PUBLIC_ACCESS_BLOCK_INGRESS && !is_one_way))
		return blocked(walk, walk->az_subnet_idx);
	if (is_sender_blocked(walk))
		return walk_unknown(
			REASON_VPC_BLOCK_PUBLIC_ACCESS_ENABLED,
			"Block Public Access lets the NAT gateway's subnet out, and the "
			"sender's not");
	return decision_allow(NULL);
}

static struct decision ingress_access(const struct walk *walk, struct ip inside)
{
	uint32_t eni_idx = world_eni_in_vpc(walk->world, walk->place.vpc_idx, inside);
	uint32_t subnet_idx = eni_idx == WORLD_NONE ? WORLD_NONE
						    : walk->world->enis[eni_idx].subnet_idx;

	if (walk->asked ||
	    public_access_of(walk->world, walk->place.vpc_idx, subnet_idx) == PUBLIC_ACCESS_OPEN)
		return decision_allow(NULL);
	return blocked(walk, subnet_idx);
}

static struct decision decide_out(const struct walk *walk, uint32_t igw_idx, struct ip public_ip)
{
	struct ip	dst = walk->packet.dst;
	struct decision access = walk_public_access(walk, false);

	if (access.verdict == VERDICT_DENY)
		return access;
	if (is_rfc1918(dst))
		return walk_deny(REASON_IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS, NULL);
	if (cidr_has(rfc6598, dst))
		return walk_deny(REASON_IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS, NULL);
	if (public_ip.family == IP_NONE || ip_is_private(public_ip))
		return walk_deny(REASON_IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS, NULL);
	if (denies_gateways(walk, walk->packet.src))
		return walk_deny(REASON_IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS,
				 "the interface denies all traffic of internet gateways");
	if (access.verdict != VERDICT_ALLOW)
		return access;
	if (is_redirected(walk, igw_idx))
		return walk_unknown(
			REASON_INGRESS_RTB_TRAFFIC_REDIRECTION,
			"what enters for this subnet goes to an appliance: it should get "
			"out by that only");
	return decision_allow(NULL);
}

static struct step outward(struct walk *walk, uint32_t igw_idx)
{
	struct ip public_ip = public_ip_of(walk->world, walk->place.vpc_idx, walk->packet.src);
	struct decision decision = decide_out(walk, igw_idx, public_ip);
	struct hop     *hop = walk_add(walk, HOP_INTERNET_GATEWAY, igw_idx, decision);

	hop->direction = DIRECTION_EGRESS;
	if (decision.verdict == VERDICT_DENY && !internet_routes(walk->packet.dst))
		return walk_dead_end(walk);
	walk->way_out = walk_to(&hop_igw_ops, DIRECTION_INGRESS, igw_idx);
	walk->way_out_vpc_idx = walk->place.vpc_idx;
	walk->place = (struct place){ WORLD_NONE, WORLD_NONE };
	if (public_ip.family != IP_NONE && !ip_eq(public_ip, walk->packet.src))
		hop->new_src = walk->packet.src = public_ip;
	return walk_to(&hop_internet_ops, DIRECTION_EGRESS, WORLD_NONE);
}

/* An appliance that a gateway's table points at must have a public address of its own. */
static bool lacks_public_ip(const struct walk *walk, uint32_t igw_idx, struct ip inside)
{
	const struct route *route = edge_route(walk, igw_idx, inside);
	uint32_t eni_idx = route ? world_index(walk->world, WORLD_ENI, route->target) : WORLD_NONE;
	const struct eni *eni = eni_idx == WORLD_NONE ? NULL : &walk->world->enis[eni_idx];

	for (uint32_t i = 0; eni && i < eni->address_count; i++)
		if (eni->addresses[i].public_ip.family != IP_NONE)
			return false;
	return eni && inside.family == IP_V4;
}

static struct decision decide_in(const struct walk *walk, uint32_t igw_idx, struct ip inside)
{
	struct ip	src = walk->packet.src;
	struct decision access = ingress_access(walk, inside);

	if (access.verdict == VERDICT_DENY)
		return access;
	if (is_rfc1918(src))
		return walk_deny(REASON_IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS, NULL);
	if (cidr_has(rfc6598, src))
		return walk_deny(REASON_IGW_SOURCE_ADDRESS_NOT_IN_RFC6598_INGRESS, NULL);
	if (world_vpc_has(walk_vpc(walk), src))
		return walk_deny(REASON_GATEWAY_REJECTS_SPOOFED_TRAFFIC, NULL);
	if (inside.family == IP_NONE)
		return walk_deny(REASON_IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS, NULL);
	/* An IPv4 address is known to be of the VPC by its association, a regional NAT gateway's too. */
	if (inside.family == IP_V6 && !world_vpc_has(walk_vpc(walk), inside) &&
	    !walk_vpc(walk)->is_implied)
		return walk_deny(REASON_IGW_DESTINATION_ADDRESS_IN_VPC_CIDRS, NULL);
	if (denies_gateways(walk, inside))
		return walk_deny(REASON_IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS,
				 "the interface denies all traffic of internet gateways");
	if (lacks_public_ip(walk, igw_idx, inside))
		return walk_deny(REASON_INGRESS_RTB_NO_PUBLIC_IP, NULL);
	return access;
}

struct step walk_edge(struct walk *walk, struct str gateway_id)
{
	uint32_t rtb_idx = edge_table(walk->world, gateway_id);

	if (rtb_idx == WORLD_NONE)
		return walk_deliver(walk);
	return walk_to(&hop_rtb_ops, DIRECTION_EGRESS, rtb_idx);
}

/* A reply to what was refused a public address still shows what else would stop it. */
static bool is_untranslated_reply(const struct walk *walk)
{
	return walk->asked && walk->packet.dst.family == IP_V4 &&
	       world_vpc_has(walk_vpc(walk), walk->packet.dst);
}

/* Documents of different times may give a public address to two: it is that one's which it is for. */
static struct ip inside_of(const struct walk *walk)
{
	const struct world *world = walk->world;
	const struct end   *to = &walk->to;
	uint32_t	    vpc_idx = walk->place.vpc_idx;

	if (is_untranslated_reply(walk))
		return walk->packet.dst;
	if (to->eni_idx != WORLD_NONE && world->enis[to->eni_idx].vpc_idx == vpc_idx &&
	    ip_eq(public_ip_of(world, vpc_idx, to->ip), walk->packet.dst))
		return to->ip;
	return public_ip_inside(world, vpc_idx, walk->packet.dst);
}

/* place is the VPC already. */
static struct step inward(struct walk *walk, uint32_t igw_idx)
{
	struct ip	inside = inside_of(walk);
	struct decision decision = decide_in(walk, igw_idx, inside);
	struct hop     *hop = walk_add(walk, HOP_INTERNET_GATEWAY, igw_idx, decision);

	hop->direction = DIRECTION_INGRESS;
	walk->identity_lost = true;
	walk->way_in = walk_to(&hop_igw_ops, DIRECTION_INGRESS, igw_idx);
	if (inside.family == IP_NONE)
		return walk_dead_end(walk);
	if (!ip_eq(inside, walk->packet.dst))
		hop->new_dst = walk->packet.dst = inside;
	return walk_edge(walk, walk->world->igws[igw_idx].object.id);
}

const struct hop_ops hop_igw_ops = { .name = "internet-gateway",
				     .label = "igw",
				     .table = WORLD_IGW,
				     .outward = outward,
				     .inward = inward };
