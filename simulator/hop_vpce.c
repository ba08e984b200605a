/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VPC endpoint as a route's target (aws-semantics.md 4.3).  A gateway endpoint leads to an AWS service at
 * its public addresses.  Behind any other stand appliances or a firewall, which are not modelled: if they
 * let the packet through, it goes on from the endpoint's subnet.  An interface endpoint is an interface.
 */
#include "simulator/walk.h"

bool vpce_is_gateway(const struct vpce *vpce)
{
	return vpce->type.len == 0 || str_is(vpce->type, "Gateway");
}

static struct decision decide(const struct walk *walk, int16_t icmp_type)
{
	const struct packet *packet = &walk->packet;

	if (packet->protocol != PROTO_TCP &&
	    !(packet->protocol == PROTO_ICMP && packet->icmp_type == icmp_type))
		return walk_deny(REASON_VPCE_GATEWAY_PROTOCOL_RESTRICTION, NULL);
	return decision_allow(NULL);
}

enum { ECHO_REQUEST = 8, ECHO_REPLY = 0 };

/* It serves the interfaces of its own VPC. */
static struct step to_service(struct walk *walk, uint32_t vpce_idx)
{
	struct decision decision = decide(walk, ECHO_REQUEST);

	if (!walk_is_from_here(walk))
		decision = walk_deny(REASON_NO_POSSIBLE_DESTINATION,
				     "a gateway endpoint serves its own VPC only");
	walk_add(walk, HOP_VPC_ENDPOINT, vpce_idx, decision)->direction = DIRECTION_EGRESS;
	walk->way_out = walk_to(&hop_vpce_ops, DIRECTION_INGRESS, vpce_idx);
	walk->way_out_vpc_idx = walk->place.vpc_idx;
	walk->place = (struct place){ WORLD_NONE, WORLD_NONE };
	if (walk->to.eni_idx == WORLD_NONE)
		walk->arrival = ARRIVAL_ENDPOINT;
	return walk_end();
}

struct step walk_to_vpce(struct walk *walk, uint32_t vpce_idx)
{
	const struct vpce *vpce = &walk->world->vpces[vpce_idx];
	struct step	   step = walk_to(&hop_vpce_ops, DIRECTION_EGRESS, vpce_idx);

	if (vpce_is_gateway(vpce))
		return step;
	return walk_enter(walk,
			  vpce->subnet_count
				  ? world_index(walk->world, WORLD_SUBNET, vpce->subnet_ids[0])
				  : WORLD_NONE,
			  step);
}

static struct step outward(struct walk *walk, uint32_t vpce_idx)
{
	if (vpce_is_gateway(&walk->world->vpces[vpce_idx]))
		return to_service(walk, vpce_idx);
	walk_add(walk, HOP_VPC_ENDPOINT, vpce_idx,
		 walk_unknown(REASON_UNSUPPORTED_COMPONENT,
			      "appliances behind a Gateway Load Balancer and rules of a Network "
			      "Firewall are not modelled"))
		->direction = DIRECTION_EGRESS;
	walk->identity_lost = true;
	walk->doubt = "stops the packet if what is behind the endpoint lets it through unchanged";
	return walk->place.subnet_idx == WORLD_NONE ? walk_end() : walk_leave(walk);
}

/* A reply of the service. */
static struct step inward(struct walk *walk, uint32_t vpce_idx)
{
	walk_add(walk, HOP_VPC_ENDPOINT, vpce_idx, decide(walk, ECHO_REPLY))->direction =
		DIRECTION_INGRESS;
	walk->way_in = walk_to(&hop_vpce_ops, DIRECTION_INGRESS, vpce_idx);
	return walk_deliver(walk);
}

const struct hop_ops hop_vpce_ops = { .name = "vpc-endpoint",
				      .label = "endpoint",
				      .table = WORLD_VPCE,
				      .outward = outward,
				      .inward = inward };
