/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks on the other side of a VPN or Direct Connect: the edge of the model.  What is asked from there
 * comes in where the destination's replies would go out.  Some have public addresses (aws-semantics.md 4.3: an
 * internet gateway refuses private ones, a VPN gateway no public ones); of what only a default route sends there
 * nobody knows whether those networks let it in.
 */
#include <string.h>

#include "simulator/route.h"
#include "simulator/tgw_table.h"
#include "simulator/walk.h"

static struct step outward(struct walk *walk, uint32_t idx)
{
	(void)idx;
	if (walk->to.eni_idx != WORLD_NONE)
		return walk_dead_end(walk);
	walk_add(walk, HOP_ON_PREMISES, WORLD_NONE,
		 decision_allow("the edge of the model: what is admitted there is not known"));
	walk->arrival = ARRIVAL_ON_PREMISES;
	return walk_end();
}

static bool is_default(struct cidr cidr, struct str prefix_list_id)
{
	return prefix_list_id.len == 0 && cidr.prefix_len == 0;
}

/* The table of the receiver's subnet, or WORLD_NONE. */
static uint32_t table_of(const struct walk *walk)
{
	uint32_t subnet_idx = walk->world->enis[walk->to.eni_idx].subnet_idx;

	return subnet_idx == WORLD_NONE ? WORLD_NONE : walk->world->subnets[subnet_idx].rtb_idx;
}

/* The way that replies to the sender take out of the receiver's subnet. */
static struct route_answer way_back(const struct walk *walk)
{
	return route_find(walk->world, table_of(walk), walk->packet.src);
}

static bool leads_to(const struct route *route, const char *const *kinds, size_t count)
{
	for (size_t i = 0; route && i < count; i++)
		if (strcmp(route->target_kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool leads_to_appliance(const struct route *route)
{
	static const char *const kinds[] = { "network-interface", "instance" };

	return leads_to(route, kinds, ARRAY_LEN(kinds));
}

/* Of an endpoint that the snapshot lacks the route tells: to an AWS service it has a prefix list. */
static bool leads_to_service(const struct world *world, const struct route *route)
{
	uint32_t idx;

	if (!route || strcmp(route->target_kind, "vpc-endpoint") != 0)
		return false;
	idx = world_index(world, WORLD_VPCE, route->target);
	return idx == WORLD_NONE ? route->prefix_list_id.len > 0
				 : vpce_is_gateway(&world->vpces[idx]);
}

static bool has_entries(const struct world *world, uint32_t list_idx)
{
	return list_idx != WORLD_NONE && world->prefix_lists[list_idx].has_entries;
}

/* Whether what the snapshot does not tell of routes may name the sender; lists of AWS services do not. */
static bool may_be_named(const struct world *world, uint32_t rtb_idx)
{
	const struct rtb *rtb = rtb_idx == WORLD_NONE ? NULL : &world->rtbs[rtb_idx];

	for (uint32_t i = 0; rtb && i < rtb->route_count; i++) {
		const struct route *route = &rtb->routes[i];

		if (route->prefix_list_id.len && !has_entries(world, route->prefix_list_idx) &&
		    !leads_to_service(world, route))
			return true;
	}
	return !rtb;
}

static bool is_named_by_appliance(const struct route *route)
{
	return leads_to_appliance(route) && !is_default(route->cidr, route->prefix_list_id);
}

bool on_premises_by_appliance(const struct walk *walk)
{
	return is_named_by_appliance(way_back(walk).route);
}

bool on_premises_may_have(const struct walk *walk)
{
	static const char *const elsewhere[] = { "internet-gateway", "egress-only-internet-gateway",
						 "carrier-gateway", "nat-gateway", "local" };
	struct route_answer	 answer = way_back(walk);

	if (world_vpcs_have(walk->world, walk->packet.src) ||
	    may_be_named(walk->world, table_of(walk)) || is_named_by_appliance(answer.route))
		return true;
	if (leads_to(answer.route, elsewhere, ARRAY_LEN(elsewhere)) ||
	    leads_to_service(walk->world, answer.route) || leads_to_appliance(answer.route))
		return false;
	return answer.route && answer.decision.verdict != VERDICT_DENY;
}

/* The attachment by which the gateway sends what is for the sender, as seen from the receiver's VPC. */
static uint32_t attachment_for(const struct walk *walk, uint32_t tgw_idx, uint32_t vpc_idx,
			       bool *is_named)
{
	const struct world *world = walk->world;
	uint32_t	    from = tgw_attachment_of(world, tgw_idx, vpc_idx), rtb_idx, found;
	struct tgw_answer   answer;

	if (from == WORLD_NONE)
		return WORLD_NONE;
	rtb_idx = tgw_table_of(world, tgw_idx, from);
	if (rtb_idx == WORLD_NONE)
		return WORLD_NONE;
	answer = tgw_route_find(world, rtb_idx, walk->packet.src);
	if (answer.decision.verdict != VERDICT_ALLOW || answer.route->attachment_count == 0)
		return WORLD_NONE;
	found = world_index(world, WORLD_TGW_ATTACHMENT, answer.route->attachment_ids[0]);
	if (found == WORLD_NONE || str_is(world->tgw_attachments[found].resource_type, "vpc") ||
	    str_is(world->tgw_attachments[found].resource_type, "peering"))
		return WORLD_NONE;
	*is_named = *is_named || !is_default(answer.route->cidr, answer.route->prefix_list_id);
	return found;
}

/* The way in that matches the way back, as the receiver's route table has it; ops NULL: none is known. */
static struct step entry_of(struct walk *walk, const struct eni *eni)
{
	const struct world *world = walk->world;
	struct route_answer answer = way_back(walk);
	enum world_kind	    kind;
	uint32_t	    idx;
	bool		    is_named;

	if (answer.decision.verdict != VERDICT_ALLOW ||
	    !world_find(world, answer.route->target, &kind, &idx))
		return walk_end();
	is_named = ip_is_private(walk->packet.src) ||
		   !is_default(answer.route->cidr, answer.route->prefix_list_id);
	if (kind == WORLD_VGW && is_named) {
		walk->place.vpc_idx = eni->vpc_idx;
		return walk_to(&hop_vgw_ops, DIRECTION_INGRESS, idx);
	}
	if (kind != WORLD_TGW)
		return walk_end();
	walk->attachment_idx = attachment_for(walk, idx, eni->vpc_idx, &is_named);
	if (walk->attachment_idx == WORLD_NONE || !is_named)
		return walk_end();
	return walk_to(&hop_tgw_ops, DIRECTION_EGRESS, idx);
}

/* Somebody's it is, and the snapshot has not told whose. */
static void add_unknown(struct walk *walk, const struct eni *eni)
{
	struct str by = { 0 };

	if (ip_is_private(walk->packet.src)) {
		(void)walk_outside(walk, "network-interface", by,
				   "no interface of the snapshot has this address");
		return;
	}
	if (eni) {
		const struct route *route = way_back(walk).route;

		by = route ? route->target : by;
	}
	(void)walk_outside(walk, "on-premises", by,
			   "whether it comes in where replies to it go out is not known");
}

static struct step inward(struct walk *walk, uint32_t idx)
{
	const struct eni *eni = walk->to.eni_idx == WORLD_NONE
					? NULL
					: &walk->world->enis[walk->to.eni_idx];
	struct step	  entry = eni ? entry_of(walk, eni) : walk_end();

	(void)idx;
	if (entry.ops) {
		walk->identity_lost = true;
		walk_add(walk, HOP_ON_PREMISES, WORLD_NONE,
			 decision_allow("assumed: it comes in where replies to it go out"))
			->vpc_idx = WORLD_NONE;
		return entry;
	}
	add_unknown(walk, eni);
	return walk_however(walk);
}

const struct hop_ops hop_on_premises_ops = {
	.name = "on-premises", .table = WORLD_KIND_COUNT, .outward = outward, .inward = inward
};
