/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network interface: its source/destination check, its groups, and who is behind it.  A route may also
 * point at one, whose host then forwards what is not for itself (aws-semantics.md 4.3).
 */
#include "simulator/lb_targets.h"
#include "simulator/walk.h"

static struct hop *add(struct walk *walk, uint32_t eni_idx, enum direction direction,
		       struct decision decision)
{
	struct hop *hop = walk_add(walk, HOP_NETWORK_INTERFACE, eni_idx, decision);

	hop->direction = direction;
	return hop;
}

/* With the check on, an interface passes only what is from, or for, one of its own addresses. */
static void check(struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	const struct eni *eni = &walk->world->enis[eni_idx];
	struct ip	  own = direction == DIRECTION_EGRESS ? walk->packet.src : walk->packet.dst;

	if (eni->source_dest_check && !world_eni_has(eni, own))
		add(walk, eni_idx, direction,
		    walk_deny(REASON_ENI_SOURCE_DEST_CHECK_RESTRICTION, NULL));
}

/* One of its addresses is another interface's too: one of them has it no more. */
static void doubt_owner(struct walk *walk, uint32_t eni_idx, enum direction direction)
{
	const struct eni *eni = &walk->world->enis[eni_idx];
	struct ip	  own = direction == DIRECTION_EGRESS ? walk->packet.src : walk->packet.dst;

	for (uint32_t i = 0; i < eni->address_count; i++)
		if (eni->addresses[i].is_disputed && ip_eq(eni->addresses[i].ip, own))
			add(walk, eni_idx, direction,
			    walk_unknown(REASON_UNKNOWN_RESOURCE,
					 "another interface of the snapshot has the same address"));
}

/* Endpoints answer; they open nothing.  The API spells the type in two ways. */
static bool is_endpoint(const struct eni *eni)
{
	return str_is(eni->type, "vpc_endpoint") || str_is(eni->type, "vpcEndpoint");
}

static struct step outward(struct walk *walk, uint32_t eni_idx)
{
	const struct eni *eni = &walk->world->enis[eni_idx];

	walk->place = (struct place){ eni->vpc_idx, eni->subnet_idx };
	if (!walk->asked && is_endpoint(eni))
		add(walk, eni_idx, DIRECTION_EGRESS,
		    walk_deny(REASON_VPCE_INTRA_VPC_TRAFFIC, NULL));
	check(walk, eni_idx, DIRECTION_EGRESS);
	doubt_owner(walk, eni_idx, DIRECTION_EGRESS);
	return walk_to(&hop_sg_ops, DIRECTION_EGRESS, eni_idx);
}

static struct step inward(struct walk *walk, uint32_t eni_idx)
{
	check(walk, eni_idx, DIRECTION_INGRESS);
	doubt_owner(walk, eni_idx, DIRECTION_INGRESS);
	return walk_to(&hop_sg_ops, DIRECTION_INGRESS, eni_idx);
}

static uint32_t count_interfaces(const struct world *world, const struct eni *eni)
{
	return eni->instance_idx == WORLD_NONE ? 1 : world->instances[eni->instance_idx].eni_count;
}

static bool is_stopped(const struct world *world, const struct eni *eni)
{
	struct str state = { 0 };

	if (eni->instance_idx != WORLD_NONE)
		state = world->instances[eni->instance_idx].state;
	return state.len && !str_is(state, "running");
}

/* What is not for the interface itself is forwarded, if the host does that. */
static struct step forward(struct walk *walk, uint32_t eni_idx)
{
	const struct eni *eni = &walk->world->enis[eni_idx];

	if (count_interfaces(walk->world, eni) > 1) {
		add(walk, eni_idx, DIRECTION_UNKNOWN,
		    walk_unknown(REASON_UNSUPPORTED_COMPONENT,
				 "which of the appliance's interfaces it leaves by is not known"));
		return walk_end();
	}
	if (is_stopped(walk->world, eni))
		add(walk, eni_idx, DIRECTION_UNKNOWN,
		    walk_unknown(REASON_BAD_STATE, "the appliance's instance is not running"));
	else
		add(walk, eni_idx, DIRECTION_UNKNOWN,
		    decision_allow("assumed: the appliance forwards the packet as it is"));
	walk->identity_lost = true;
	walk->doubt = "stops the packet if the appliance forwards it as it is";
	return walk_to(&hop_eni_ops, DIRECTION_EGRESS, eni_idx);
}

struct step walk_behind(struct walk *walk, uint32_t eni_idx)
{
	const struct eni *eni = &walk->world->enis[eni_idx];
	uint32_t	  lb_idx;
	bool is_nat = str_is(eni->type, "nat_gateway") || str_is(eni->type, "natGateway");
	bool is_other;

	if (is_nat || eni->nat_idx != WORLD_NONE) {
		walk_add(walk, HOP_NAT_GATEWAY, eni->nat_idx,
			 walk_deny(REASON_NGW_DEST_ADDRESS_PRESERVATION,
				   "it lets in only what answers a connection from behind it"))
			->direction = DIRECTION_INGRESS;
		return walk_end();
	}
	if (!world_eni_has(eni, walk->packet.dst))
		return eni->source_dest_check ? walk_dead_end(walk) : forward(walk, eni_idx);
	is_other = walk->to.eni_idx != WORLD_NONE && walk->to.eni_idx != eni_idx;
	lb_idx = walk->asked || is_other ? WORLD_NONE : lb_of_eni(walk->world, eni_idx);
	if (lb_idx != WORLD_NONE) {
		walk->node_idx = eni_idx;
		return walk_to(&hop_lb_ops, DIRECTION_INGRESS, lb_idx);
	}
	if (!is_other) {
		walk->arrival = ARRIVAL_INTERFACE;
		walk->to.eni_idx = eni_idx;
		return walk_end();
	}
	add(walk, eni_idx, DIRECTION_INGRESS,
	    walk_deny(REASON_NO_POSSIBLE_DESTINATION,
		      "here another interface has this address than the one asked for"));
	return walk_end();
}

const struct hop_ops hop_eni_ops = { .name = "network-interface",
				     .label = "interface",
				     .table = WORLD_ENI,
				     .outward = outward,
				     .inward = inward };
