/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/hop_change.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/prefix_list.h"
#include "policies/rules/sg.h"
#include "simulator/explain.h"

static int compare_idxs(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void change_set_sort(struct change_set *set)
{
	size_t kept = 0;

	if (set->count)
		qsort(set->items, set->count, sizeof(*set->items), compare_idxs);
	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || set->items[i] != set->items[kept - 1])
			set->items[kept++] = set->items[i];
	set->count = kept;
}

void change_set_done(struct change_set *set)
{
	free(set->items);
	*set = (struct change_set){ 0 };
}

void change_set_add(struct change_set *set, uint32_t change)
{
	set->items = mem_grow(set->items, set->count, &set->capacity, sizeof(*set->items));
	set->items[set->count++] = change;
}

static void add(const struct delta *delta, const struct delta_change *change,
		struct change_set *out)
{
	change_set_add(out, (uint32_t)(change - delta->changes));
}

/* Whether a change of an object is one that is looked for. */
typedef bool wanted_fn(const void *query, const struct delta_change *change);

struct filter {
	const struct delta *delta;
	wanted_fn	   *wanted;
	const void	   *query;
};

static void add_wanted(struct filter filter, enum world_kind kind, struct str id,
		       struct change_set *out)
{
	size_t			   count;
	const struct delta_change *changes = delta_of(filter.delta, kind, id, &count);

	for (size_t i = 0; i < count; i++)
		if (!changes[i].cosmetic && filter.wanted(filter.query, &changes[i]))
			add(filter.delta, &changes[i], out);
}

static bool any(const void *query, const struct delta_change *change)
{
	(void)query;
	(void)change;
	return true;
}

void hop_changes_of(const struct delta *delta, enum world_kind kind, struct str id,
		    struct change_set *out)
{
	add_wanted((struct filter){ delta, any, NULL }, kind, id, out);
}

/* One object of a hop's table in the world of a side, and its id. */
static struct str id_of(const struct crossing_pair *pair, size_t side)
{
	const struct hop *hop = pair->hops[side];

	return hop ? explain_hop_id(pair->delta->worlds[side], hop) : str_of("");
}

/* The text that an element or a member has in the more open world. */
static struct str high_text(const struct crossing_pair *pair, const struct delta_change *change)
{
	return pair->low ? change->before : change->after;
}

static const struct eni *eni_at(const struct crossing_pair *pair, size_t side)
{
	const struct hop *hop = pair->hops[side];

	return hop && hop->eni_idx != WORLD_NONE ? &pair->delta->worlds[side]->enis[hop->eni_idx]
						 : NULL;
}

/* What of groups is asked for: the packet at the interface in the more open world. */
struct sg_query {
	const struct crossing_pair *pair;
	const struct eni	   *eni;
	const struct packet	   *packet;
	bool			    egress;
	struct str		    group_id; /* that a rule of the more open world refers to */
};

static bool lets_in(const struct sg_query *query, const struct sg_rule *rule)
{
	const struct world *world = query->pair->delta->worlds[!query->pair->low];

	return rule && rule->egress == query->egress &&
	       sg_match(world, query->eni, rule, query->packet) != MATCH_NO;
}

/* A rule that the more open world has for the packet; or a doubtful one of the less open world. */
static bool is_rule_for(const void *query_ptr, const struct delta_change *change)
{
	const struct sg_query *query = query_ptr;
	size_t		       low = query->pair->low;

	if (change->part != DELTA_SG_RULE)
		return change->part != DELTA_OBJECT;
	if (lets_in(query, change->sg_rules[!low]))
		return true;
	return query->pair->hops[low]->decision.verdict == VERDICT_UNKNOWN &&
	       change->sg_rules[low] == query->pair->hops[low]->decision.sg_rule;
}

/* A group that the interface has in the more open world, and that lets the packet pass. */
static bool is_group_for(const void *query_ptr, const struct delta_change *change)
{
	const struct sg_query *query = query_ptr;
	const struct world    *world = query->pair->delta->worlds[!query->pair->low];
	uint32_t	       idx = world_index(world, WORLD_SG, high_text(query->pair, change));

	if (change->part != DELTA_ELEMENT || idx == WORLD_NONE)
		return false;
	for (uint32_t i = 0; i < world->sgs[idx].rule_count; i++)
		if (lets_in(query, &world->sgs[idx].rules[i]))
			return true;
	return false;
}

static bool is_that_group(const void *query_ptr, const struct delta_change *change)
{
	const struct sg_query *query = query_ptr;

	return change->part == DELTA_ELEMENT &&
	       str_eq(high_text(query->pair, change), query->group_id);
}

/* The interfaces of an end in both worlds, which may be others by id. */
static void add_of_end(const struct crossing_pair *pair, bool is_dst, wanted_fn *wanted,
		       const void *query, struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		const struct question *question = pair->questions[side];
		uint32_t	       idx = is_dst ? question->dst.eni_idx : question->src.eni_idx;

		if (idx != WORLD_NONE)
			add_wanted((struct filter){ pair->delta, wanted, query }, WORLD_ENI,
				   pair->delta->worlds[side]->enis[idx].object.id, out);
	}
}

struct list_query {
	const struct crossing_pair *pair;
	struct ip		    ip;
};

/* A prefix list's entry around an address, or that the entries are known. */
static bool is_entry_for(const void *query_ptr, const struct delta_change *change)
{
	const struct list_query *query = query_ptr;

	for (size_t side = 0; change->part == DELTA_ELEMENT && side < 2; side++)
		if (change->rows[side] &&
		    cidr_has(*(const struct cidr *)change->rows[side], query->ip))
			return true;
	return change->part != DELTA_ELEMENT;
}

static void add_of_list(const struct crossing_pair *pair, struct str list_id, struct ip ip,
			struct change_set *out)
{
	struct list_query query = { .pair = pair, .ip = ip };

	if (list_id.len)
		add_wanted((struct filter){ pair->delta, is_entry_for, &query }, WORLD_PREFIX_LIST,
			   list_id, out);
}

/* Whom the deciding rule lets in has become one of its peers, or is known to be. */
static void add_of_peer(struct sg_query *query, struct change_set *out)
{
	const struct crossing_pair *pair = query->pair;
	struct ip		    ip = query->egress ? query->packet->dst : query->packet->src;

	for (size_t side = 0; side < 2; side++) {
		const struct hop     *hop = pair->hops[side];
		const struct sg_rule *rule = hop ? hop->decision.sg_rule : NULL;

		if (!rule)
			continue;
		query->group_id = rule->peer_id;
		if (rule->peer_kind == PEER_GROUP)
			add_of_end(pair, query->egress, is_that_group, query, out);
		else if (rule->peer_kind == PEER_PREFIX_LIST)
			add_of_list(pair, rule->peer_id, ip, out);
	}
}

static void find_sg(const struct crossing_pair *pair, struct change_set *out)
{
	const struct hop *high = pair->hops[!pair->low], *low = pair->hops[pair->low];
	struct sg_query	  query = { .pair = pair,
				    .packet = high ? &high->packet : &low->packet,
				    .egress = low->direction == DIRECTION_EGRESS };

	query.eni = eni_at(pair, !pair->low);
	if (!query.eni)
		return;
	for (size_t side = 0; side < 2; side++) {
		const struct eni *eni = eni_at(pair, side);

		add_wanted((struct filter){ pair->delta, is_group_for, &query }, WORLD_ENI,
			   eni->object.id, out);
		for (uint32_t i = 0; i < eni->sg_count; i++)
			add_wanted((struct filter){ pair->delta, is_rule_for, &query }, WORLD_SG,
				   eni->sg_ids[i], out);
	}
	add_of_peer(&query, out);
}

/* An association of a subnet, by the ids of what it is with in either world. */
struct association_query {
	struct str ids[2];
};

static bool is_association(const void *query_ptr, const struct delta_change *change)
{
	const struct association_query *query = query_ptr;

	return change->part == DELTA_MEMBER && str_eq(change->before, query->ids[0]) &&
	       str_eq(change->after, query->ids[1]);
}

/* Of the subnet where the component stands, or of one of the ends. */
static void add_association(const struct crossing_pair *pair, struct change_set *out)
{
	struct association_query query = { .ids = { id_of(pair, 0), id_of(pair, 1) } };

	for (size_t side = 0; side < 2; side++) {
		const struct world    *world = pair->delta->worlds[side];
		const struct question *question = pair->questions[side];
		uint32_t subnets[] = { pair->hops[side]->subnet_idx, question->src.eni_idx,
				       question->dst.eni_idx };

		for (size_t i = 0; i < ARRAY_LEN(subnets); i++) {
			if (i && subnets[i] != WORLD_NONE)
				subnets[i] = world->enis[subnets[i]].subnet_idx;
			if (subnets[i] != WORLD_NONE)
				add_wanted((struct filter){ pair->delta, is_association, &query },
					   WORLD_SUBNET, world->subnets[subnets[i]].object.id, out);
		}
	}
}

/* Documents of that kind that only one snapshot has. */
static void add_families(const struct crossing_pair *pair, struct change_set *out)
{
	enum world_kind table = hop_ops_of(pair->hops[pair->low]->kind)->table;

	for (size_t i = 0; i < pair->delta->count; i++) {
		const struct delta_change *change = &pair->delta->changes[i];

		if (change->part != DELTA_FAMILY)
			return;
		if (change->kind == table && table != WORLD_KIND_COUNT)
			add(pair->delta, change, out);
	}
}

static bool same_object(const struct crossing_pair *pair)
{
	return str_eq(id_of(pair, 0), id_of(pair, 1));
}

/* A reply goes to any of a range of ports. */
static bool covers(const struct hop *hop, const struct nacl_rule *rule)
{
	bool	      egress = hop->direction == DIRECTION_EGRESS;
	struct ip     peer = egress ? hop->packet.dst : hop->packet.src;
	struct packet packet = hop->packet;

	if (rule->egress != egress || !cidr_has(rule->cidr, peer))
		return false;
	if (hop->ports.max && proto_has_ports(packet.protocol))
		packet.dst_port = rule->ports.min < hop->ports.min ? hop->ports.min
								   : rule->ports.min;
	return packet_match(&packet, rule->protocol, rule->ports, rule->icmp_type,
			    rule->icmp_code) != MATCH_NO;
}

/* Behind the deciding entry none is asked; of a range of ports several decide. */
static bool comes_first(const struct hop *hop, const struct nacl_rule *rule)
{
	const struct nacl_rule *deciding = hop->decision.nacl_rule;

	return !deciding || hop->ports.max || rule->number <= deciding->number;
}

/* A refusal that the more open world does not have, or a permission that it has. */
static bool is_entry(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;
	const struct hop	   *low = pair->hops[pair->low], *high = pair->hops[!pair->low];
	const struct nacl_rule	   *before = change->nacl_rules[pair->low];
	const struct nacl_rule	   *after = change->nacl_rules[!pair->low];

	if (change->part != DELTA_NACL_RULE)
		return change->part == DELTA_OBJECT;
	if (before && !before->allow && covers(low, before) && comes_first(low, before))
		return true;
	return after && after->allow && covers(high ? high : low, after) &&
	       (!high || comes_first(high, after));
}

static void find_nacl(const struct crossing_pair *pair, struct change_set *out)
{
	if (pair->hops[!pair->low] && !same_object(pair)) {
		add_association(pair, out);
		add_families(pair, out);
		return;
	}
	add_wanted((struct filter){ pair->delta, is_entry, pair }, WORLD_NACL,
		   id_of(pair, pair->low), out);
}

static bool route_covers(const struct crossing_pair *pair, size_t side, const struct route *route)
{
	struct ip dst = pair->hops[pair->low]->packet.dst;

	if (!route)
		return false;
	if (route->prefix_list_id.len)
		return prefix_list_match(pair->delta->worlds[side], route->prefix_list_idx, dst) !=
		       MATCH_NO;
	return cidr_has(route->cidr, dst);
}

/* A route that either world took, or that is for the packet where it took none. */
static bool is_route(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;

	if (change->part != DELTA_ROUTE)
		return change->part == DELTA_ELEMENT;
	for (size_t side = 0; side < 2; side++) {
		const struct hop *hop = pair->hops[side];

		if (hop && hop->route ? change->routes[side] == hop->route
				      : route_covers(pair, side, change->routes[side]))
			return true;
	}
	return false;
}

static void find_rtb(const struct crossing_pair *pair, struct change_set *out)
{
	struct ip dst = pair->hops[pair->low]->packet.dst;

	if (pair->hops[!pair->low] && !same_object(pair)) {
		add_association(pair, out);
		add_families(pair, out);
		return;
	}
	add_wanted((struct filter){ pair->delta, is_route, pair }, WORLD_RTB,
		   id_of(pair, pair->low), out);
	for (size_t side = 0; side < 2; side++) {
		const struct hop *hop = pair->hops[side];
		const struct rtb *rtb = hop && hop->object_idx != WORLD_NONE
						? &pair->delta->worlds[side]->rtbs[hop->object_idx]
						: NULL;

		for (uint32_t i = 0; rtb && i < rtb->route_count; i++)
			add_of_list(pair, rtb->routes[i].prefix_list_id, dst, out);
	}
}

static bool is_tgw_route(const void *query, const struct delta_change *change)
{
	const struct crossing_pair *pair = query;
	struct ip		    dst = pair->hops[pair->low]->packet.dst;

	if (change->part != DELTA_TGW_ROUTE)
		return true;
	for (size_t side = 0; side < 2; side++) {
		const struct tgw_route *route = change->tgw_routes[side];

		if (route && (route->prefix_list_id.len || cidr_has(route->cidr, dst)))
			return true;
	}
	return false;
}

static void find_tgw(const struct crossing_pair *pair, struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		const struct hop   *hop = pair->hops[side];
		const struct world *world = pair->delta->worlds[side];

		if (!hop)
			continue;
		add_wanted((struct filter){ pair->delta, is_tgw_route, pair },
			   hop_ops_of(hop->kind)->table, id_of(pair, side), out);
		if (hop->attachment_idx != WORLD_NONE)
			hop_changes_of(pair->delta, WORLD_TGW_ATTACHMENT,
				       world->tgw_attachments[hop->attachment_idx].object.id, out);
	}
}

/* All changes of some kinds: few objects of a world are of them. */
static void add_of_kinds(const struct crossing_pair *pair, const enum world_kind *kinds,
			 size_t count, struct change_set *out)
{
	const struct delta *delta = pair->delta;

	for (size_t i = 0; i < delta->count; i++)
		for (size_t j = 0; j < count; j++)
			if (delta->changes[i].kind == kinds[j] && !delta->changes[i].cosmetic)
				add(delta, &delta->changes[i], out);
}

static const struct {
	enum hop_kind	hop;
	enum world_kind kinds[4];
	size_t		count;
} kinds_behind[] = {
	{ HOP_INTERNET_GATEWAY, { WORLD_BPA, WORLD_BPA_EXCLUSION, WORLD_IGW, WORLD_EIP }, 4 },
	{ HOP_EGRESS_ONLY_GATEWAY, { WORLD_BPA, WORLD_BPA_EXCLUSION, WORLD_EIGW }, 3 },
	{ HOP_NAT_GATEWAY, { WORLD_NAT }, 1 },
	{ HOP_VPN_GATEWAY, { WORLD_VGW, WORLD_VPN }, 2 },
	{ HOP_LOAD_BALANCER, { WORLD_LB, WORLD_LISTENER, WORLD_LB_RULE, WORLD_TARGET_GROUP }, 4 },
};

void hop_changes_of_way(const struct crossing_pair *pair, const struct path *const paths[2],
			struct change_set *out)
{
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < paths[side]->forward.count + paths[side]->back.count; i++) {
			size_t		    count = paths[side]->forward.count;
			const struct hop   *hop = i < count ? &paths[side]->forward.hops[i]
							    : &paths[side]->back.hops[i - count];
			const struct world *world = pair->delta->worlds[side];
			enum world_kind	    table = hop_ops_of(hop->kind)->table;

			if (hop->eni_idx != WORLD_NONE)
				hop_changes_of(pair->delta, WORLD_ENI,
					       world->enis[hop->eni_idx].object.id, out);
			if (table != WORLD_KIND_COUNT && hop->kind != HOP_SECURITY_GROUP)
				hop_changes_of(pair->delta, table, explain_hop_id(world, hop), out);
		}
}

void hop_changes_of_components(const struct crossing_pair *pair, struct change_set *out)
{
	static const enum world_kind kinds[] = {
		WORLD_PREFIX_LIST, WORLD_IGW,	   WORLD_EIGW,		WORLD_VGW,
		WORLD_NAT,	   WORLD_PCX,	   WORLD_TGW,		WORLD_TGW_ATTACHMENT,
		WORLD_TGW_RTB,	   WORLD_VPN,	   WORLD_VPCE,		WORLD_EIP,
		WORLD_LB,	   WORLD_LISTENER, WORLD_LB_RULE,	WORLD_TARGET_GROUP,
		WORLD_BPA,	   WORLD_CAGW,	   WORLD_BPA_EXCLUSION,
	};

	add_of_kinds(pair, kinds, ARRAY_LEN(kinds), out);
}

static void find_other(const struct crossing_pair *pair, struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		const struct hop *hop = pair->hops[side];
		enum world_kind	  kind;
		uint32_t	  idx;

		if (!hop)
			continue;
		for (size_t i = 0; i < ARRAY_LEN(kinds_behind); i++)
			if (kinds_behind[i].hop == hop->kind)
				add_of_kinds(pair, kinds_behind[i].kinds, kinds_behind[i].count,
					     out);
		for (size_t world = 0; world < 2; world++)
			if (world_find(pair->delta->worlds[world], id_of(pair, side), &kind, &idx))
				hop_changes_of(pair->delta, kind, id_of(pair, side), out);
	}
	if (out->count == 0)
		hop_changes_of_ends(pair, out);
}

void hop_changes_of_ends(const struct crossing_pair *pair, struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		const struct world    *world = pair->delta->worlds[side];
		const struct question *question = pair->questions[side];
		uint32_t	       enis[] = { question->src.eni_idx, question->dst.eni_idx };

		for (size_t i = 0; i < ARRAY_LEN(enis); i++) {
			const struct eni *eni = enis[i] == WORLD_NONE ? NULL
								      : &world->enis[enis[i]];

			if (!eni)
				continue;
			hop_changes_of(pair->delta, WORLD_ENI, eni->object.id, out);
			hop_changes_of(pair->delta, WORLD_INSTANCE, eni->instance_id, out);
			hop_changes_of(pair->delta, WORLD_SUBNET, eni->subnet_id, out);
			hop_changes_of(pair->delta, WORLD_VPC, eni->vpc_id, out);
		}
	}
}

void hop_changes_find(const struct crossing_pair *pair, struct change_set *out)
{
	size_t before = out->count;

	switch (pair->hops[pair->low]->kind) {
	case HOP_SECURITY_GROUP:
		find_sg(pair, out);
		break;
	case HOP_NETWORK_ACL:
		find_nacl(pair, out);
		break;
	case HOP_ROUTE_TABLE:
		find_rtb(pair, out);
		break;
	case HOP_TRANSIT_GATEWAY:
	case HOP_TGW_ROUTE_TABLE:
		find_tgw(pair, out);
		break;
	case HOP_NETWORK_INTERFACE:
	case HOP_INTERNET_GATEWAY:
	case HOP_EGRESS_ONLY_GATEWAY:
	case HOP_NAT_GATEWAY:
	case HOP_PEERING:
	case HOP_VPN_GATEWAY:
	case HOP_VPC_ENDPOINT:
	case HOP_LOAD_BALANCER:
	case HOP_INTERNET:
	case HOP_ON_PREMISES:
	case HOP_OUTSIDE:
		find_other(pair, out);
		break;
	case HOP_KIND_COUNT:
		break;
	}
	if (out->count == before)
		add_families(pair, out);
}
