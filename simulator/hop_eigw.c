/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An egress-only internet gateway: IPv6 out, and in only what answers (aws-semantics.md 4.3).
 */
#include "simulator/walk.h"

/* Whether the packet that this one answers came in by another way, so that the gateway knows nothing of it. */
static bool is_stray_reply(const struct walk *walk)
{
	return walk->asked && walk->asked->arrival == ARRIVAL_INTERFACE;
}

static struct step outward(struct walk *walk, uint32_t eigw_idx)
{
	struct decision decision = walk_public_access(walk, true);

	if (walk->packet.dst.family != IP_V6)
		decision = walk_deny(REASON_PROTOCOL_RESTRICTION, "it forwards IPv6 only");
	else if (is_stray_reply(walk))
		decision = walk_unknown(REASON_UNSUPPORTED_COMPONENT,
					"it keeps state, and has not seen what this packet "
					"answers: AWS does not say what becomes of it");
	walk_add(walk, HOP_EGRESS_ONLY_GATEWAY, eigw_idx, decision)->direction = DIRECTION_EGRESS;
	walk->way_out = walk_to(&hop_eigw_ops, DIRECTION_INGRESS, eigw_idx);
	walk->way_out_vpc_idx = walk->place.vpc_idx;
	walk->place = (struct place){ WORLD_NONE, WORLD_NONE };
	return walk_to(&hop_internet_ops, DIRECTION_EGRESS, WORLD_NONE);
}

/* Only replies are sent here. */
static struct step inward(struct walk *walk, uint32_t eigw_idx)
{
	walk_add(walk, HOP_EGRESS_ONLY_GATEWAY, eigw_idx, decision_allow(NULL))->direction =
		DIRECTION_INGRESS;
	walk->way_in = walk_to(&hop_eigw_ops, DIRECTION_INGRESS, eigw_idx);
	walk->identity_lost = true;
	return walk_deliver(walk);
}

const struct hop_ops hop_eigw_ops = { .name = "egress-only-internet-gateway",
				      .label = "eigw",
				      .table = WORLD_EIGW,
				      .outward = outward,
				      .inward = inward };
