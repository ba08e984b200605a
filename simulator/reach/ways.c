/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/ways.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/public_ip.h"
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
	struct path	    paths[CLASS_COUNT];
};

struct ways *ways_new(const struct kinds *kinds, struct port_range client_ports,
		      struct packet_sets *sets)
{
	struct ways *ways = mem_alloc(sizeof(*ways));

	ways->kinds = kinds;
	ways->client_ports = client_ports;
	ways->maker.world = kinds->world;
	ways->maker.sets = sets;
	ways->maker.acls = acl_sets_new(kinds->world, &kinds->place_classes, sets);
	packet_class_sets(sets, ways->maker.classes);
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

static struct ip public_of(const struct world *world, const struct end *end)
{
	struct ip none = { 0 }, outside;

	if (end->eni_idx == WORLD_NONE)
		return none;
	outside = public_ip_of(world, world->enis[end->eni_idx].vpc_idx, end->ip);
	return ip_eq(outside, end->ip) ? none : outside;
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
			maker->src_public = public_of(maker->world, &maker->src);
			maker->dst_public = public_of(maker->world, &maker->dst);
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
	path_walk(maker->world, &question, &ways->paths[class]);
}

/* Components that treat protocols differently. */
static bool tells_protocols_apart(const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].kind == HOP_NAT_GATEWAY || leg->hops[i].kind == HOP_VPC_ENDPOINT ||
		    leg->hops[i].kind == HOP_LOAD_BALANCER)
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
		    memcmp(strands[i].checks, strand->checks, sizeof(strand->checks)) == 0) {
			strands[i].rest = packet_sets_either(sets, strands[i].rest, strand->rest);
			return;
		}
	strands[(*count)++] = *strand;
}

static bool make_strands(struct ways *ways, struct strand strands[static STRANDS_MAX],
			 size_t *count)
{
	const struct path *tcp = &ways->paths[CLASS_TCP];
	bool		   each;

	walk(ways, CLASS_TCP);
	each = tells_protocols_apart(&tcp->forward) || tells_protocols_apart(&tcp->back);
	for (int i = 0; i < CLASS_COUNT; i++) {
		enum packet_class class = (enum packet_class)i;
		enum packet_class walked = each ? class : CLASS_TCP;
		struct strand	  strand;

		if (each && class != CLASS_TCP)
			walk(ways, class);
		if (!strand_make(&ways->maker, &ways->paths[walked], walked, class, &strand))
			return false;
		add_strand(ways->maker.sets, strands, count, &strand);
	}
	return true;
}

/* The load balancer in front of which the path ends, or WORLD_NONE. */
static uint32_t lb_at_end(const struct path *path)
{
	const struct hop *last = path->forward.count ? &path->forward.hops[path->forward.count - 1]
						     : NULL;

	return last && last->kind == HOP_LOAD_BALANCER ? last->object_idx : WORLD_NONE;
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
	struct way    way = { .lb_idx = WORLD_NONE };
	size_t	      kept = 0;

	way.is_odd = !make_strands(ways, strands, &kept);
	way.count = kept;
	way.lb_idx = way.is_odd ? WORLD_NONE : lb_at_end(&ways->paths[CLASS_TCP]);
	if (way.lb_idx != WORLD_NONE &&
	    !strand_before_lb(&ways->maker, &ways->paths[CLASS_TCP], &strands[kept++]))
		way.is_odd = true;
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
