/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node of a load balancer, past its interface (aws-semantics.md 2.8): a listener takes the packet, and it
 * goes on to one target from the node.  Which target, the walk's `target_number` says; path.c tries all.
 */
#include "simulator/lb_targets.h"
#include "simulator/walk.h"

static struct hop *add(struct walk *walk, uint32_t lb_idx, struct decision decision)
{
	struct hop *hop = walk_add(walk, HOP_LOAD_BALANCER, lb_idx, decision);

	hop->direction = DIRECTION_INGRESS;
	return hop;
}

static struct step refuse(struct walk *walk, uint32_t lb_idx, struct decision decision)
{
	(void)add(walk, lb_idx, decision);
	return walk_end();
}

/* The load balancer itself is where the packet was to get. */
static struct step arrive(struct walk *walk, uint32_t lb_idx, struct decision decision)
{
	(void)add(walk, lb_idx, decision);
	walk->arrival = ARRIVAL_INTERFACE;
	walk->to.eni_idx = walk->node_idx;
	return walk_end();
}

static struct decision without_target(const struct lb_targets *targets)
{
	if (targets->is_incomplete)
		return walk_unknown(REASON_UNKNOWN_RESOURCE,
				    "the listener's targets are not in the snapshot");
	if (targets->elsewhere)
		return walk_deny(REASON_ELBV2_NO_TARGETS_IN_AZ, NULL);
	return walk_deny(REASON_ELBV2_LISTENER_HAS_NO_TG, NULL);
}

/* The address of the node that a target of that family sees. */
static struct ip node_ip(const struct walk *walk, struct ip target)
{
	const struct eni *node = &walk->world->enis[walk->node_idx];
	struct ip	  none = { 0 };

	for (uint32_t i = 0; i < node->address_count; i++)
		if (node->addresses[i].ip.family == target.family)
			return node->addresses[i].ip;
	return none;
}

/* On to the target, with the node's address as its source or, from a network load balancer, the client's. */
static void pass_on(struct walk *walk, uint32_t lb_idx, const struct lb_target *target,
		    struct hop *hop)
{
	const struct world *world = walk->world;
	bool		    is_assumed;
	bool keeps = lb_preserves_client(&world->lbs[lb_idx], target->group, &is_assumed);

	walk->translations[walk->translation_count++] = (struct translation){
		.back = walk_to(&hop_lb_ops, DIRECTION_EGRESS, lb_idx),
		.vpc_idx = walk->place.vpc_idx,
		.subnet_idx = world->enis[walk->node_idx].subnet_idx,
		.address = keeps ? walk->packet.src : node_ip(walk, target->ip),
		.before = walk->packet,
		.keeps_source = keeps,
	};
	if (!keeps)
		hop->new_src = walk->packet.src = node_ip(walk, target->ip);
	hop->new_dst = walk->packet.dst = target->ip;
	walk->packet.dst_port = target->port;
	hop->new_port = target->port;
	/* Groups see the node, whose groups may be referenced, and not the client. */
	walk->from = (struct end){ .eni_idx = walk->node_idx, .ip = walk->packet.src };
	walk->to = (struct end){ .eni_idx = target->eni_idx, .ip = target->ip };
	walk->identity_lost = false;
	if (is_assumed && !hop->decision.note)
		hop->decision.note =
			keeps ? "assumed: client addresses are kept, as by default"
			      : "assumed: client addresses are not kept, as by default";
	if (is_assumed)
		walk->doubt = "stops the packet if the target group's setting for client addresses "
			      "is the default";
}

static struct step inward(struct walk *walk, uint32_t lb_idx)
{
	const struct world *world = walk->world;
	uint32_t	    listener_idx = lb_listener_for(world, lb_idx, &walk->packet);
	struct lb_targets   targets;
	struct lb_target    target = { 0 };
	struct hop	   *hop;

	if (listener_idx == WORLD_NONE && !lb_has_listeners(world, lb_idx))
		return refuse(walk, lb_idx,
			      walk_unknown(REASON_UNKNOWN_RESOURCE,
					   "the load balancer's listeners are not in the "
					   "snapshot"));
	if (listener_idx == WORLD_NONE)
		return refuse(walk, lb_idx, walk_deny(REASON_ELBV2_LISTENERS_MISMATCH, NULL));
	targets = lb_targets_find(world, listener_idx, walk->node_idx, walk->target_number,
				  &target);
	walk->node_verdict = leg_verdict(walk->leg);
	walk->target_count = targets.count;
	walk->targets_incomplete = targets.is_incomplete;
	if (!targets.has_group)
		return arrive(walk, lb_idx, decision_allow("the listener answers by itself"));
	if (targets.count <= walk->target_number)
		return refuse(walk, lb_idx, without_target(&targets));
	if (target.ip.family == IP_NONE || walk->translation_count == TRANSLATIONS_MAX)
		return arrive(walk, lb_idx,
			      walk_unknown(REASON_UNKNOWN_RESOURCE,
					   "the target is no interface of the snapshot"));
	hop = add(walk, lb_idx,
		  decision_allow(targets.fails_open ? "no target is healthy: all are "
						      "used"
						    : NULL));
	pass_on(walk, lb_idx, &target, hop);
	return walk_to(&hop_sg_ops, DIRECTION_EGRESS, walk->node_idx);
}

/* A reply of the target: it becomes the load balancer's. */
static struct step outward(struct walk *walk, uint32_t lb_idx)
{
	const struct translation *translation =
		&walk->asked->translations[--walk->translation_count];
	struct hop *hop = walk_add(walk, HOP_LOAD_BALANCER, lb_idx, decision_allow(NULL));

	hop->direction = DIRECTION_EGRESS;
	walk->packet = packet_reply(&translation->before);
	walk->place = (struct place){ translation->vpc_idx, translation->subnet_idx };
	hop->new_src = walk->packet.src;
	if (!translation->keeps_source)
		hop->new_dst = walk->packet.dst;
	return walk_leave(walk);
}

const struct hop_ops hop_lb_ops = { .name = "load-balancer",
				    .label = "lb",
				    .table = WORLD_LB,
				    .outward = outward,
				    .inward = inward };
