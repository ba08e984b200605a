/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/internet.h"

enum { SOURCES_MAX = 64 };

/* Asked first: an address that rules seldom name, so that what they say of everybody decides. */
static const struct ip sample_v4 = { IP_V4, { 11, 22, 33, 44 } };
static const struct ip sample_v6 = { IP_V6, { 0x2a, 0x00, [15] = 1 } };
/* 64:ff9b::/96 is IPv4's internet, for hosts that a NAT gateway translates for. */
static const struct ip sample_nat64 = {
	IP_V6, { 0x00, 0x64, 0xff, 0x9b, [12] = 11, [13] = 22, [14] = 33, [15] = 44 }
};

/* A component that draws boundaries. */
struct source {
	enum hop_kind kind;
	uint32_t      idx; /* eni, nacl, rtb or tgw_rtb */
	bool	      egress;
};

struct search {
	const struct world    *world;
	const struct question *question;
	walk_fn		      *walk;
	struct source	       sources[SOURCES_MAX];
	size_t		       source_count;
	struct path	      *out, *now;
	bool		       done; /* an address gets through */
};

/* Whether the walks so far have met the component; there may be too many to remember all. */
static void learn(struct search *search, const struct hop *hop)
{
	bool		    is_sg = hop->kind == HOP_SECURITY_GROUP;
	const struct source source = { .kind = hop->kind,
				       .idx = is_sg ? hop->eni_idx : hop->object_idx,
				       .egress = hop->direction == DIRECTION_EGRESS };

	if (!is_sg && hop->kind != HOP_NETWORK_ACL && hop->kind != HOP_ROUTE_TABLE &&
	    hop->kind != HOP_TGW_ROUTE_TABLE)
		return;
	for (size_t i = 0; i < search->source_count; i++)
		if (search->sources[i].kind == source.kind &&
		    search->sources[i].idx == source.idx &&
		    search->sources[i].egress == source.egress)
			return;
	if (source.idx != WORLD_NONE && search->source_count < SOURCES_MAX)
		search->sources[search->source_count++] = source;
}

static void ask(struct search *search, struct ip ip)
{
	struct question question = *search->question;
	bool		is_src = question.src.ip.family == IP_NONE;
	struct path    *now = search->now;

	*(is_src ? &question.src.ip : &question.dst.ip) = ip;
	*(is_src ? &question.packet.src : &question.packet.dst) = ip;
	search->walk(search->world, &question, now);
	now->internet_ip = ip;
	now->internet_varies = search->out->internet_ip.family != IP_NONE &&
			       now->verdict != search->out->verdict;
	for (size_t i = 0; i < now->forward.count; i++)
		learn(search, &now->forward.hops[i]);
	for (size_t i = 0; i < now->back.count; i++)
		learn(search, &now->back.hops[i]);
	if (search->out->internet_ip.family == IP_NONE || now->verdict > search->out->verdict)
		*search->out = *now;
	search->done = search->out->verdict == VERDICT_ALLOW;
}

bool internet_routes(struct ip ip)
{
	static const struct cidr not_v4[] = { { { IP_V4, { 0 } }, 8 }, { { IP_V4, { 224 } }, 3 } };
	static const struct cidr global_v6 = { { IP_V6, { 0x20 } }, 3 };
	struct ip		 inside = ip_nat64_inside(ip);

	if (inside.family != IP_NONE)
		ip = inside;
	if (ip_is_private(ip) || cidr_has(not_v4[0], ip) || cidr_has(not_v4[1], ip))
		return false;
	return ip.family == IP_V4 || cidr_has(global_v6, ip);
}

bool internet_has(const struct world *world, struct ip ip)
{
	struct ip inside = ip_nat64_inside(ip);

	if (!internet_routes(ip))
		return false;
	if (inside.family != IP_NONE)
		ip = inside;
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return false;
	return true;
}

/* The address behind a block; none at the end of the family. */
static struct ip after(struct cidr cidr)
{
	struct ip ip = cidr.base;

	for (unsigned bit = cidr.prefix_len; bit-- > 0;) {
		ip.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (ip.bytes[bit / 8] & 0x80 >> bit % 8)
			return ip;
	}
	return (struct ip){ 0 };
}

static void ask_edges(struct search *search, struct cidr cidr)
{
	const struct ip	  edges[] = { cidr.base, after(cidr) };
	const struct end *other = search->question->src.ip.family == IP_NONE
					  ? &search->question->dst
					  : &search->question->src;

	for (size_t i = 0; i < ARRAY_LEN(edges) && !search->done; i++)
		if (edges[i].family == other->ip.family && internet_has(search->world, edges[i]))
			ask(search, edges[i]);
}

static void ask_list(struct search *search, uint32_t list_idx)
{
	const struct prefix_list *list = list_idx == WORLD_NONE
						 ? NULL
						 : &search->world->prefix_lists[list_idx];

	for (uint32_t i = 0; list && i < list->entry_count && !search->done; i++)
		ask_edges(search, list->entries[i]);
}

/* Rules of another protocol or port say nothing about this packet. */
static void ask_groups(struct search *search, const struct source *source)
{
	const struct world *world = search->world;
	const struct eni   *eni = &world->enis[source->idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count && !search->done; j++) {
			const struct sg_rule *rule = &sg->rules[j];

			if (rule->egress != source->egress ||
			    packet_match(&search->question->packet, rule->protocol, rule->ports,
					 rule->icmp_type, rule->icmp_code) == MATCH_NO)
				continue;
			if (rule->peer_kind == PEER_CIDR)
				ask_edges(search, rule->cidr);
			else if (rule->peer_kind == PEER_PREFIX_LIST)
				ask_list(search, rule->peer_idx);
		}
	}
}

static void ask_nacl(struct search *search, const struct nacl *nacl)
{
	for (uint32_t i = 0; i < nacl->rule_count && !search->done; i++)
		ask_edges(search, nacl->rules[i].cidr);
}

static void ask_rtb(struct search *search, const struct rtb *rtb)
{
	for (uint32_t i = 0; i < rtb->route_count && !search->done; i++) {
		if (rtb->routes[i].prefix_list_id.len)
			ask_list(search, rtb->routes[i].prefix_list_idx);
		else
			ask_edges(search, rtb->routes[i].cidr);
	}
}

static void ask_tgw_rtb(struct search *search, const struct tgw_rtb *rtb)
{
	for (uint32_t i = 0; i < rtb->route_count && !search->done; i++) {
		const struct tgw_route *route = &rtb->routes[i];

		if (route->prefix_list_id.len)
			ask_list(search, world_index(search->world, WORLD_PREFIX_LIST,
						     route->prefix_list_id));
		else
			ask_edges(search, route->cidr);
	}
}

static void ask_source(struct search *search, const struct source *source)
{
	const struct world *world = search->world;

	if (source->kind == HOP_SECURITY_GROUP)
		ask_groups(search, source);
	else if (source->kind == HOP_NETWORK_ACL)
		ask_nacl(search, &world->nacls[source->idx]);
	else if (source->kind == HOP_ROUTE_TABLE)
		ask_rtb(search, &world->rtbs[source->idx]);
	else
		ask_tgw_rtb(search, &world->tgw_rtbs[source->idx]);
}

void internet_walk(const struct world *world, const struct question *question, walk_fn *walk,
		   struct path *out)
{
	struct path   now;
	struct search search = {
		.world = world, .question = question, .walk = walk, .out = out, .now = &now
	};
	const struct cidr *blocks;
	size_t		   count = ip_private_blocks(&blocks);
	bool is_v6 = question->src.ip.family == IP_V6 || question->dst.ip.family == IP_V6;

	out->internet_ip = (struct ip){ 0 };
	ask(&search, is_v6 ? sample_v6 : sample_v4);
	if (is_v6 && question->dst.ip.family == IP_NONE && !search.done)
		ask(&search, sample_nat64);
	for (size_t i = 0; i < count && !search.done; i++)
		ask_edges(&search, blocks[i]);
	/* New ones may be met while these are asked. */
	for (size_t i = 0; i < search.source_count && !search.done; i++)
		ask_source(&search, &search.sources[i]);
	if (search.source_count == SOURCES_MAX && out->verdict == VERDICT_DENY)
		out->verdict = VERDICT_UNKNOWN;
}
