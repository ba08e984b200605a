/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/route.h"

enum { RANK_STATIC = 3, RANK_PREFIX_LIST = 2, RANK_PROPAGATED = 1 };

static bool is_local(const struct route *route)
{
	return str_is(route->target, "local");
}

static bool is_propagated(const struct route *route)
{
	return str_is(route->origin, "EnableVgwRoutePropagation") ||
	       str_is(route->origin, "Advertisement");
}

static int rank_of(const struct route *route)
{
	if (is_propagated(route))
		return RANK_PROPAGATED;
	return route->prefix_list_id.len ? RANK_PREFIX_LIST : RANK_STATIC;
}

/* The length of the route's block that holds dst, -1 when none does, -2 when its list is not known. */
static int matched_len(const struct world *world, const struct route *route, struct ip dst)
{
	const struct prefix_list *list;
	int			  best = -1;

	if (route->prefix_list_id.len == 0)
		return cidr_has(route->cidr, dst) ? route->cidr.prefix_len : -1;
	if (route->prefix_list_idx == WORLD_NONE)
		return -2;
	list = &world->prefix_lists[route->prefix_list_idx];
	if (!list->has_entries)
		return -2;
	for (uint32_t i = 0; i < list->entry_count; i++)
		if (cidr_has(list->entries[i], dst) && list->entries[i].prefix_len > best)
			best = list->entries[i].prefix_len;
	return best;
}

struct route_search {
	const struct route *best, *local, *listed;
	int		    best_len;
	bool		    unknown_list, lists_differ;
};

static void consider(struct route_search *search, const struct route *route, int len)
{
	if (is_local(route))
		search->local = route;
	if (route->prefix_list_id.len) {
		search->lists_differ = search->lists_differ ||
				       (search->listed &&
					!str_eq(search->listed->target, route->target));
		search->listed = route;
	}
	if (!search->best || len > search->best_len ||
	    (len == search->best_len && rank_of(route) > rank_of(search->best))) {
		search->best = route;
		search->best_len = len;
	}
}

static struct decision decide(const struct route_search *search)
{
	struct decision decision = decision_allow(NULL);

	/* A list that is not known could hold a longer prefix, unless the packet stays inside the VPC. */
	if (search->unknown_list && !(search->best && is_local(search->best)))
		return decision_unknown(LAYER_NONE, REASON_UNKNOWN_RESOURCE,
					"a route's prefix list is not in the snapshot");
	if (search->lists_differ && search->best->prefix_list_id.len)
		return decision_unknown(LAYER_NONE, REASON_UNSUPPORTED_COMPONENT,
					"prefix lists overlap: AWS takes one of their routes "
					"arbitrarily");
	if (!search->best) {
		decision.verdict = VERDICT_DENY;
		decision.reason = REASON_NO_ROUTE_TO_DESTINATION;
	} else if (str_is(search->best->state, "blackhole")) {
		decision.verdict = VERDICT_DENY;
		decision.reason = REASON_BAD_STATE_ROUTE;
	} else if (search->best->state.len && !str_is(search->best->state, "active")) {
		return decision_unknown(LAYER_NONE, REASON_BAD_STATE_ROUTE,
					"what a route in this state does is not documented");
	}
	return decision;
}

/* No route captures these, however wide it is (aws-semantics.md 4.2). */
static bool is_never_routed(struct ip dst)
{
	static const struct cidr blocks[] = {
		{ { IP_V4, { 169, 254, 168 } }, 22 },
		{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2 } }, 32 },
	};

	return cidr_has(blocks[0], dst) || cidr_has(blocks[1], dst);
}

/* Propagated routes count for nothing where a local one matches (aws-semantics.md 4.2). */
static struct route_search search_rtb(const struct world *world, const struct rtb *rtb,
				      struct ip dst, bool counts_propagated)
{
	struct route_search search = { 0 };

	for (uint32_t i = 0; i < rtb->route_count && !is_never_routed(dst); i++) {
		const struct route *route = &rtb->routes[i];
		int		    len = matched_len(world, route, dst);

		if (len == -2)
			search.unknown_list = true;
		else if (len >= 0 && (counts_propagated || !is_propagated(route)))
			consider(&search, route, len);
	}
	return search;
}

struct route_answer route_find(const struct world *world, uint32_t rtb_idx, struct ip dst)
{
	struct route_search search;

	if (rtb_idx == WORLD_NONE)
		return (struct route_answer){ .decision = decision_unknown(
						      LAYER_NONE, REASON_UNKNOWN_RESOURCE,
						      "the subnet's route table is not in the "
						      "snapshot") };
	search = search_rtb(world, &world->rtbs[rtb_idx], dst, true);
	if (search.local && is_propagated(search.best))
		search = search_rtb(world, &world->rtbs[rtb_idx], dst, false);
	return (struct route_answer){ .route = search.best, .decision = decide(&search) };
}
