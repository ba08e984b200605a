/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/hop_change.h"

#include "policies/rules/prefix_list.h"
#include "policies/rules/sg.h"
#include "simulator/explain.h"
#include "simulator/reach/component_change.h"

struct str crossing_id(const struct crossing_pair *pair, size_t side)
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
static void add_of_end(const struct crossing_pair *pair, bool is_dst, change_wanted_fn *wanted,
		       const void *query, struct change_set *out)
{
	for (size_t side = 0; side < 2; side++) {
		const struct question *question = pair->questions[side];
		uint32_t	       idx = is_dst ? question->dst.eni_idx : question->src.eni_idx;

		if (idx != WORLD_NONE)
			change_set_pick((struct change_filter){ pair->delta, wanted, query },
					WORLD_ENI, pair->delta->worlds[side]->enis[idx].object.id,
					out);
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
		change_set_pick((struct change_filter){ pair->delta, is_entry_for, &query },
				WORLD_PREFIX_LIST, list_id, out);
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

/* A group that the interface still has and one of the worlds does not. */
static void add_lost_groups(const struct crossing_pair *pair, const struct eni *eni,
			    struct change_set *out)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		for (size_t side = 0; side < 2; side++)
			if (world_index(pair->delta->worlds[side], WORLD_SG, eni->sg_ids[i]) ==
			    WORLD_NONE)
				change_set_pick_all(pair->delta, WORLD_SG, eni->sg_ids[i], out);
}

static void find_sg(const struct crossing_pair *pair, struct change_set *out)
{
	const struct hop *high = pair->hops[!pair->low], *low = pair->hops[pair->low];
	struct sg_query	  query = { .pair = pair,
				    .packet = high ? &high->packet : &low->packet,
				    .egress = low->direction == DIRECTION_EGRESS };
	bool		  is_doubtful;

	query.eni = eni_at(pair, !pair->low);
	if (!query.eni)
		return;
	is_doubtful = low->decision.verdict == VERDICT_UNKNOWN ||
		      high->decision.verdict == VERDICT_UNKNOWN;
	for (size_t side = 0; side < 2; side++) {
		const struct eni *eni = eni_at(pair, side);

		change_set_pick((struct change_filter){ pair->delta, is_group_for, &query },
				WORLD_ENI, eni->object.id, out);
		for (uint32_t i = 0; i < eni->sg_count; i++)
			change_set_pick((struct change_filter){ pair->delta, is_rule_for, &query },
					WORLD_SG, eni->sg_ids[i], out);
		if (is_doubtful)
			add_lost_groups(pair, eni, out);
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
	struct association_query query = { .ids = { crossing_id(pair, 0), crossing_id(pair, 1) } };

	for (size_t side = 0; side < 2; side++) {
		const struct world    *world = pair->delta->worlds[side];
		const struct question *question = pair->questions[side];
		uint32_t subnets[] = { pair->hops[side]->subnet_idx, question->src.eni_idx,
				       question->dst.eni_idx };

		for (size_t i = 0; i < ARRAY_LEN(subnets); i++) {
			if (i && subnets[i] != WORLD_NONE)
				subnets[i] = world->enis[subnets[i]].subnet_idx;
			if (subnets[i] != WORLD_NONE)
				change_set_pick((struct change_filter){ pair->delta, is_association,
									&query },
						WORLD_SUBNET, world->subnets[subnets[i]].object.id,
						out);
		}
	}
}

static void add_families(const struct crossing_pair *pair, struct change_set *out)
{
	enum world_kind table = hop_ops_of(pair->hops[pair->low]->kind)->table;

	if (table != WORLD_KIND_COUNT)
		change_set_pick_documents(pair->delta, table, out);
}

static bool same_object(const struct crossing_pair *pair)
{
	return str_eq(crossing_id(pair, 0), crossing_id(pair, 1));
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
	change_set_pick((struct change_filter){ pair->delta, is_entry, pair }, WORLD_NACL,
			crossing_id(pair, pair->low), out);
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
	change_set_pick((struct change_filter){ pair->delta, is_route, pair }, WORLD_RTB,
			crossing_id(pair, pair->low), out);
	for (size_t side = 0; side < 2; side++) {
		const struct hop *hop = pair->hops[side];
		const struct rtb *rtb = hop && hop->object_idx != WORLD_NONE
						? &pair->delta->worlds[side]->rtbs[hop->object_idx]
						: NULL;

		for (uint32_t i = 0; rtb && i < rtb->route_count; i++)
			add_of_list(pair, rtb->routes[i].prefix_list_id, dst, out);
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
		component_changes_find(pair, out);
		break;
	case HOP_KIND_COUNT:
		break;
	}
	if (out->count == before)
		add_families(pair, out);
}
