/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network ACL at the edge of a subnet (aws-semantics.md 3).  It knows no state: of a reply every client
 * port that it may go to has to be looked at, which reply_ports.c does when the whole way is known.
 */
#include "policies/rules/interface.h"
#include "simulator/walk.h"

static void remember(struct walk *walk, uint32_t subnet_idx, bool egress, const char *doubt)
{
	if (walk->crossing_count == CROSSINGS_MAX) {
		walk->leg->hops[walk->leg->count - 1].decision = walk_unknown(
			REASON_UNSUPPORTED_COMPONENT, "the way back crosses too many ACLs");
		return;
	}
	walk->crossings[walk->crossing_count++] = (struct crossing){
		.hop_idx = walk->leg->count - 1,
		.subnet_idx = subnet_idx,
		.egress = egress,
		.translators = walk_port_translators(walk),
		.doubt = doubt,
		.packet = walk->packet,
	};
}

static uint32_t nacl_of(const struct world *world, uint32_t subnet_idx)
{
	return subnet_idx == WORLD_NONE ? WORLD_NONE : world->subnets[subnet_idx].nacl_idx;
}

static void add(struct walk *walk, uint32_t subnet_idx, enum direction direction)
{
	bool		egress = direction == DIRECTION_EGRESS;
	const char     *doubt = walk->doubt ? walk->doubt : walk->edge_doubt;
	struct decision decision = decision_allow(NULL);
	struct hop     *hop;

	walk->edge_doubt = NULL;
	if (!walk->asked && !walk->question->ignores_rules)
		decision = interface_edge(walk->world, subnet_idx, egress, &walk->packet);
	if (doubt && decision.verdict == VERDICT_DENY) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.note = doubt;
	}
	hop = walk_add(walk, HOP_NETWORK_ACL, nacl_of(walk->world, subnet_idx), decision);
	hop->direction = direction;
	hop->is_doubted = doubt != NULL;
	if (walk->asked)
		remember(walk, subnet_idx, egress, doubt);
}

/*
 * A reply to a client whose address a network load balancer kept is no packet for the route table: it goes
 * back to the node that sent its question.
 */
static struct step outward(struct walk *walk, uint32_t subnet_idx)
{
	const struct translation *translator;
	uint32_t		  rtb_idx = subnet_idx == WORLD_NONE ? WORLD_NONE
								     : walk->world->subnets[subnet_idx].rtb_idx;

	add(walk, subnet_idx, DIRECTION_EGRESS);
	walk->az_subnet_idx = subnet_idx;
	translator = walk_translator(walk);
	if (translator && translator->keeps_source &&
	    ip_eq(translator->address, walk->packet.dst)) {
		walk->place.vpc_idx = translator->vpc_idx;
		return walk_enter(walk, translator->subnet_idx, translator->back);
	}
	return walk_to(&hop_rtb_ops, DIRECTION_EGRESS, rtb_idx);
}

static struct step inward(struct walk *walk, uint32_t subnet_idx)
{
	add(walk, subnet_idx, DIRECTION_INGRESS);
	return walk->then;
}

const struct hop_ops hop_nacl_ops = { .name = "network-acl",
				      .label = "nacl",
				      .table = WORLD_NACL,
				      .outward = outward,
				      .inward = inward };
