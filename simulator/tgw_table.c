/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/tgw_table.h"

uint32_t tgw_attachment_of(const struct world *world, uint32_t tgw_idx, uint32_t vpc_idx)
{
	struct str tgw_id = world->tgws[tgw_idx].object.id, vpc_id = world->vpcs[vpc_idx].object.id;

	for (uint32_t i = 0; i < world->counts[WORLD_TGW_ATTACHMENT]; i++) {
		const struct tgw_attachment *attachment = &world->tgw_attachments[i];

		if (str_eq(attachment->resource_id, vpc_id) && str_eq(attachment->tgw_id, tgw_id) &&
		    str_is(attachment->resource_type, "vpc"))
			return i;
	}
	return WORLD_NONE;
}

/* Both ends know a peering attachment by one id; each document names the gateways from its own side. */
uint32_t tgw_peer(const struct world *world, uint32_t tgw_idx, uint32_t attachment_idx)
{
	const struct tgw_attachment *attachment = &world->tgw_attachments[attachment_idx];
	const struct str	     ends[] = { attachment->tgw_id, attachment->peer_tgw_id,
						attachment->requester_tgw_id, attachment->resource_id };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (ends[i].len && !str_eq(ends[i], world->tgws[tgw_idx].object.id))
			return world_index(world, WORLD_TGW, ends[i]);
	return WORLD_NONE;
}

static bool is_associated(const struct tgw_rtb *rtb, struct str attachment_id)
{
	for (uint32_t i = 0; i < rtb->association_count; i++)
		if (str_eq(rtb->association_ids[i], attachment_id))
			return true;
	return false;
}

uint32_t tgw_table_of(const struct world *world, uint32_t tgw_idx, uint32_t attachment_idx)
{
	const struct tgw_attachment *attachment = &world->tgw_attachments[attachment_idx];
	struct str		     tgw_id = world->tgws[tgw_idx].object.id;

	for (uint32_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++) {
		const struct tgw_rtb *rtb = &world->tgw_rtbs[i];
		struct str	      id = rtb->object.id;

		if (str_eq(rtb->tgw_id, tgw_id) &&
		    (str_eq(attachment->rtb_id, id) || str_eq(attachment->other_rtb_id, id) ||
		     is_associated(rtb, attachment->object.id)))
			return i;
	}
	return WORLD_NONE;
}

enum { LEN_NONE = -1, LEN_UNKNOWN = -2 };

/* The length of the route's block that holds dst. */
static int matched_len(const struct world *world, const struct tgw_route *route, struct ip dst)
{
	const struct prefix_list *list;
	uint32_t		  list_idx;
	int			  best = LEN_NONE;

	if (route->prefix_list_id.len == 0)
		return cidr_has(route->cidr, dst) ? route->cidr.prefix_len : LEN_NONE;
	list_idx = world_index(world, WORLD_PREFIX_LIST, route->prefix_list_id);
	if (list_idx == WORLD_NONE || !world->prefix_lists[list_idx].has_entries)
		return LEN_UNKNOWN;
	list = &world->prefix_lists[list_idx];
	for (uint32_t i = 0; i < list->entry_count; i++)
		if (cidr_has(list->entries[i], dst) && list->entries[i].prefix_len > best)
			best = list->entries[i].prefix_len;
	return best;
}

static int rank_of(const struct tgw_route *route)
{
	return route->prefix_list_id.len ? 1 : route->is_static ? 2 : 0;
}

struct tgw_answer tgw_route_find(const struct world *world, uint32_t rtb_idx, struct ip dst)
{
	const struct tgw_rtb *rtb = &world->tgw_rtbs[rtb_idx];
	struct tgw_answer     answer = { .decision = decision_allow(NULL) };
	int		      best = LEN_NONE;
	bool		      unknown = !rtb->has_routes;

	for (uint32_t i = 0; i < rtb->route_count; i++) {
		const struct tgw_route *route = &rtb->routes[i];
		int			len = matched_len(world, route, dst);

		unknown = unknown || len == LEN_UNKNOWN;
		if (len < 0 ||
		    (answer.route &&
		     (len < best || (len == best && rank_of(route) <= rank_of(answer.route)))))
			continue;
		answer.route = route;
		best = len;
	}
	if (unknown)
		return (struct tgw_answer){ .decision = decision_unknown(
						    LAYER_NONE, REASON_TGW_RTB_ROUTES_ARE_UNKNOWN,
						    NULL) };
	if (answer.route && !answer.route->is_blackhole)
		return answer;
	answer.decision.verdict = VERDICT_DENY;
	answer.decision.reason = answer.route ? REASON_TGW_RTB_BAD_STATE_ROUTE
					      : REASON_TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT;
	return answer;
}
