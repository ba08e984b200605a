/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A NAT gateway (aws-semantics.md 4.3): the source becomes its own address, and 64:ff9b::/96 the IPv4 address
 * that is written in it; replies find back.  Zonal ones stand in a subnet, whose ACL and route table apply;
 * regional ones have a table of their own.
 */
#include "simulator/walk.h"

/* TCP, UDP and the ICMP of the packet's own family. */
static bool is_translated(const struct packet *packet)
{
	return proto_has_ports(packet->protocol) ||
	       packet->protocol == (packet->dst.family == IP_V6 ? PROTO_ICMPV6 : PROTO_ICMP);
}

static bool entered_by(const struct walk *walk, const struct hop_ops *ops)
{
	return walk->way_in.ops == ops;
}

/* What leads a packet back to a gateway that has sent it here does so again and again. */
static bool is_circle(const struct walk *walk, uint32_t nat_idx)
{
	for (size_t i = 0; i < walk->translation_count; i++) {
		const struct translation *translation = &walk->translations[i];

		if (translation->back.ops == &hop_nat_ops && translation->back.idx == nat_idx &&
		    ip_eq(translation->before.dst, walk->packet.dst))
			return true;
	}
	return false;
}

static struct decision decide(const struct walk *walk)
{
	const struct packet *packet = &walk->packet;

	if (walk->asked)
		return walk_deny(REASON_NGW_SOURCE_ADDRESS_REASSIGN,
				 "the reply leaves by a NAT gateway, from whose address nobody "
				 "awaits it");
	if (!is_translated(packet))
		return walk_deny(REASON_PROTOCOL_RESTRICTION,
				 "a NAT gateway translates TCP, UDP and ICMP");
	if (packet->dst.family == IP_V6 && !ip_nat64_inside(packet->dst).family)
		return walk_deny(REASON_PROTOCOL_RESTRICTION,
				 "of IPv6 a NAT gateway translates only 64:ff9b::/96");
	if (!walk_is_from_here(walk) && !entered_by(walk, &hop_tgw_ops))
		return walk_deny(REASON_NGW_REQUIRES_SOURCE_IN_VPC, NULL);
	return decision_allow(NULL);
}

/* The gateway's own address for what comes from a zone; NULL: none there. */
static const struct nat_address *address_for(const struct walk *walk, const struct nat *nat)
{
	struct str az = { 0 };

	if (walk->az_subnet_idx != WORLD_NONE)
		az = walk->world->subnets[walk->az_subnet_idx].az;
	for (uint32_t i = 0; i < nat->address_count; i++) {
		const struct nat_address *address = &nat->addresses[i];

		if ((nat->subnet_id.len || az.len == 0 || address->az.len == 0 ||
		     str_eq(address->az, az)) &&
		    (nat->is_private || address->public_ip.family != IP_NONE))
			return address;
	}
	return NULL;
}

/* 64:ff9b::a.b.c.d → a.b.c.d, and ICMPv6 becomes ICMP. */
static void to_ipv4(struct packet *packet)
{
	packet->dst = ip_nat64_inside(packet->dst);
	if (packet->protocol != PROTO_ICMPV6)
		return;
	packet->protocol = PROTO_ICMP;
	packet->icmp_type = packet->icmp_type == 128 ? 8 : packet->icmp_type == 129 ? 0 : -1;
	packet->icmp_code = packet->icmp_type < 0 ? -1 : 0;
}

static void translate(struct walk *walk, uint32_t nat_idx, const struct nat_address *address,
		      struct hop *hop)
{
	const struct nat   *nat = &walk->world->nats[nat_idx];
	struct translation *translation = &walk->translations[walk->translation_count++];

	*translation = (struct translation){
		.back = walk_to(&hop_nat_ops, DIRECTION_INGRESS, nat_idx),
		.vpc_idx = walk->place.vpc_idx,
		.subnet_idx = world_index(walk->world, WORLD_SUBNET, nat->subnet_id),
		.address = address->private_ip.family ? address->private_ip : address->public_ip,
		.before = walk->packet,
	};
	hop->new_src = walk->packet.src = translation->address;
	if (walk->packet.dst.family == IP_V6) {
		to_ipv4(&walk->packet);
		hop->new_dst = walk->packet.dst;
	}
	walk->identity_lost = true;
	if (nat->address_count > 1)
		walk->doubt = "stops the packet if the NAT gateway takes this one of its addresses";
}

/* On from the gateway: out of its subnet, or by its own table. */
static struct step go_on(struct walk *walk, const struct nat *nat)
{
	if (nat->subnet_id.len) {
		walk->place.subnet_idx = world_index(walk->world, WORLD_SUBNET, nat->subnet_id);
		return walk_leave(walk);
	}
	walk->place.subnet_idx = WORLD_NONE;
	return walk_to(&hop_rtb_ops, DIRECTION_EGRESS,
		       world_index(walk->world, WORLD_RTB, nat->rtb_id));
}

/* In its subnet already, when it is zonal. */
static struct step outward(struct walk *walk, uint32_t nat_idx)
{
	const struct nat	 *nat = &walk->world->nats[nat_idx];
	const struct nat_address *address = address_for(walk, nat);
	struct decision		  decision = decide(walk);
	struct hop		 *hop;

	if (!walk->asked && is_circle(walk, nat_idx)) {
		walk_add(walk, HOP_NAT_GATEWAY, nat_idx,
			 walk_deny(REASON_NO_POSSIBLE_DESTINATION,
				   "the route of its own subnet leads back to it"))
			->direction = DIRECTION_EGRESS;
		return walk_dead_end(walk);
	}
	if (decision.verdict == VERDICT_ALLOW && !address)
		decision = walk_unknown(nat->subnet_id.len
						? REASON_UNKNOWN_RESOURCE
						: REASON_REGIONAL_NGW_ROUTE_AZ_RESTRICTION,
					"the NAT gateway has no address in the sender's zone yet");
	if (walk->translation_count == TRANSLATIONS_MAX && decision.verdict == VERDICT_ALLOW)
		decision = walk_unknown(REASON_UNSUPPORTED_COMPONENT,
					"more NAT gateways in a row than are followed");
	hop = walk_add(walk, HOP_NAT_GATEWAY, nat_idx, decision);
	hop->direction = DIRECTION_EGRESS;
	if (!address || walk->asked || walk->translation_count == TRANSLATIONS_MAX ||
	    (walk->packet.dst.family == IP_V6 && !ip_nat64_inside(walk->packet.dst).family))
		return walk_end();
	translate(walk, nat_idx, address, hop);
	return go_on(walk, nat);
}

/* A reply: it becomes what the one behind the gateway awaits. */
static struct step inward(struct walk *walk, uint32_t nat_idx)
{
	const struct translation *translation =
		&walk->asked->translations[--walk->translation_count];
	struct hop *hop = walk_add(walk, HOP_NAT_GATEWAY, nat_idx, decision_allow(NULL));

	hop->direction = DIRECTION_INGRESS;
	walk->packet = packet_reply(&translation->before);
	hop->new_dst = walk->packet.dst;
	if (hop->packet.src.family != walk->packet.src.family)
		hop->new_src = walk->packet.src;
	walk->way_in = (struct step){ 0 };
	return go_on(walk, &walk->world->nats[nat_idx]);
}

const struct hop_ops hop_nat_ops = { .name = "nat-gateway",
				     .label = "nat",
				     .table = WORLD_NAT,
				     .outward = outward,
				     .inward = inward };
