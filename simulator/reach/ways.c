/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/ways.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/rules/service.h"
#include "simulator/reach/strands.h"

struct ways {
	const struct kinds *kinds;
	struct port_range   client_ports;
	struct strand_maker maker;
	struct arena	    arena;
	struct map	    pairs;    /* two places → index of a way */
	struct map	    contents; /* strands → index of a way: most pairs share a few */
	struct way	   *items;
	size_t		    count, capacity;
	struct path	    path; /* the last that was walked */
	uint32_t	    lb_idx;
	struct strand	    before_lb;
	uint16_t	    quiet_port; /* that nothing listens on; 0: there is none */
};

/* The ports of listeners are walked by themselves; this one stands for all others. */
static uint16_t find_quiet_port(const struct world *world)
{
	auto_free bool *is_taken = mem_alloc(UINT16_MAX + 1);

	for (size_t i = 0; i < world->counts[WORLD_LISTENER]; i++)
		is_taken[world->listeners[i].port] = true;
	for (size_t i = 0; i < DHCP_PORT_COUNT; i++)
		is_taken[dhcp_ports[i]] = true;
	for (unsigned port = 1; port <= UINT16_MAX; port++)
		if (!is_taken[port])
			return (uint16_t)port;
	return 0;
}

struct ways *ways_new(const struct kinds *kinds, struct port_range client_ports,
		      struct packet_sets *sets)
{
	struct ways *ways = mem_alloc(sizeof(*ways));

	ways->kinds = kinds;
	ways->client_ports = client_ports;
	ways->quiet_port = find_quiet_port(kinds->world);
	ways->maker.world = kinds->world;
	ways->maker.sets = sets;
	ways->maker.acls = acl_sets_new(kinds->world, sets);
	strand_maker_init(&ways->maker);
	return ways;
}

void ways_free(struct ways *ways)
{
	if (!ways)
		return;
	acl_sets_free(ways->maker.acls);
	map_done(&ways->pairs);
	map_done(&ways->contents);
	arena_done(&ways->arena);
	free(ways->items);
	free(ways);
}

/* Two ends of different interfaces, one of each place. */
static bool choose_ends(const struct place *src, const struct place *dst,
			struct strand_maker *maker)
{
	for (int i = 0; i < 4; i++) {
		maker->src = src->ends[i & 1];
		maker->dst = dst->ends[i >> 1];
		if (maker->src.ip.family && maker->src.ip.family == maker->dst.ip.family &&
		    (maker->src.eni_idx == WORLD_NONE ||
		     maker->src.eni_idx != maker->dst.eni_idx)) {
			maker->src_public = src->public_ips[i & 1];
			maker->dst_public = dst->public_ips[i >> 1];
			return true;
		}
	}
	return false;
}

static void walk(struct ways *ways, enum packet_class class)
{
	const struct strand_maker *maker = &ways->maker;
	struct question		   question = { .src = maker->src,
						.dst = maker->dst,
						.packet = packet_of_class(class),
						.client_ports = ways->client_ports,
						.ignores_rules = true };

	question.packet.src = maker->src.ip;
	question.packet.dst = maker->dst.ip;
	if (proto_has_ports(question.packet.protocol))
		question.packet.dst_port = ways->quiet_port;
	path_walk(maker->world, &question, &ways->path);
}

/* A load balancer refuses what nothing listens for whatever the protocol. */
static bool tells_protocols_apart(const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].kind == HOP_NAT_GATEWAY || leg->hops[i].kind == HOP_VPC_ENDPOINT)
			return true;
	return false;
}

/* Strands whose packets ask the same groups are one. */
static void add_strand(struct packet_sets *sets, struct strand strands[static STRANDS_MAX],
		       size_t *count, const struct strand *strand)
{
	if (strand->rest == PACKET_SET_DENY)
		return;
	for (size_t i = 0; i < *count; i++)
		if (strands[i].check_count == strand->check_count &&
		    memcmp(strands[i].checks, strand->checks,
			   strand->check_count * sizeof(*strand->checks)) == 0) {
			strands[i].rest = packet_sets_either(sets, strands[i].rest, strand->rest);
			return;
		}
	strands[(*count)++] = *strand;
}

/* The load balancer in front of which the path ends, or WORLD_NONE. */
static uint32_t lb_at_end(const struct path *path)
{
	const struct hop *last = path->forward.count ? &path->forward.hops[path->forward.count - 1]
						     : NULL;

	return last && last->kind == HOP_LOAD_BALANCER ? last->object_idx : WORLD_NONE;
}

static bool make_strands(struct ways *ways, struct strand strands[static STRANDS_MAX],
			 size_t *count)
{
	const struct strand_maker *maker = &ways->maker;
	const struct path	  *tcp = &ways->path;
	struct strand		   strand;

	walk(ways, CLASS_TCP);
	ways->lb_idx = lb_at_end(&ways->path);
	if (ways->lb_idx != WORLD_NONE && !strand_before_lb(maker, &ways->path, &ways->before_lb))
		return false;
	if (!tells_protocols_apart(&tcp->forward) && !tells_protocols_apart(&tcp->back)) {
		if (!strand_make(maker, &ways->path, CLASS_TCP, PACKET_SET_ALLOW, &strand))
			return false;
		add_strand(maker->sets, strands, count, &strand);
		return true;
	}
	for (int i = 0; i < CLASS_COUNT; i++) {
		enum packet_class class = (enum packet_class)i;

		if (class != CLASS_TCP)
			walk(ways, class);
		if (!strand_make(maker, &ways->path, class, maker->classes[class], &strand))
			return false;
		add_strand(maker->sets, strands, count, &strand);
	}
	return true;
}

static uint32_t keep(struct ways *ways, struct way *way, const struct strand *strands, size_t kept)
{
	struct str bytes = { (const char *)strands, kept * sizeof(*strands) };
	uint32_t   idx;

	/* Those that have to walk each packet are told by being empty, but for the load balancer. */
	if (!way->is_odd && way->lb_idx == WORLD_NONE && map_get(&ways->contents, bytes, &idx))
		return idx;
	way->strands = arena_copy(&ways->arena, strands, bytes.len + 1);
	ways->items = mem_grow(ways->items, ways->count, &ways->capacity, sizeof(*ways->items));
	ways->items[ways->count] = *way;
	if (!way->is_odd && way->lb_idx == WORLD_NONE)
		map_put(&ways->contents, (struct str){ (const char *)way->strands, bytes.len },
			(uint32_t)ways->count);
	return (uint32_t)ways->count++;
}

static uint32_t make_way(struct ways *ways)
{
	struct strand strands[STRANDS_MAX + 1];
	struct way    way = { 0 };
	size_t	      kept = 0;

	ways->lb_idx = WORLD_NONE;
	way.is_odd = !make_strands(ways, strands, &kept) || !ways->quiet_port;
	way.count = kept;
	way.lb_idx = way.is_odd ? WORLD_NONE : ways->lb_idx;
	if (way.lb_idx != WORLD_NONE)
		strands[kept++] = ways->before_lb;
	return keep(ways, &way, strands, kept);
}

const struct way *ways_between(struct ways *ways, uint32_t src_place, uint32_t dst_place)
{
	uint32_t   key[2] = { src_place, dst_place }, idx;
	struct str bytes = { (const char *)key, sizeof(key) };

	if (map_get(&ways->pairs, bytes, &idx))
		return &ways->items[idx];
	if (!choose_ends(&ways->kinds->places[src_place], &ways->kinds->places[dst_place],
			 &ways->maker))
		return NULL;
	idx = make_way(ways);
	map_put(&ways->pairs, arena_str(&ways->arena, bytes), idx);
	return &ways->items[idx];
}
