/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/reach.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "simulator/lb_targets.h"
#include "simulator/public_ip.h"
#include "simulator/reach/group_sets.h"
#include "simulator/reach/intents.h"
#include "simulator/reach/stretches.h"
#include "simulator/reach/ways.h"

struct reach {
	const struct world  *world;
	struct reach_options options;
	struct kinds	    *kinds;
	struct packet_sets  *sets;
	struct intents	    *intents;
	struct group_sets   *groups;
	struct ways	    *ways;
	struct map	     odd; /* pair of kinds that an odd way is between → set */
	struct arena	     arena;
	bool		     owns_sets;
};

struct reach *reach_new(const struct world *world, const struct reach_options *options)
{
	struct reach *reach = mem_alloc(sizeof(*reach));

	reach->world = world;
	reach->options = *options;
	reach->owns_sets = !options->sets;
	reach->sets = options->sets ? options->sets : packet_sets_new();
	reach->kinds = kinds_new(world, options->judge);
	reach->groups = group_sets_new(reach->kinds, reach->sets);
	reach->ways = ways_new(reach->kinds, options->client_ports, reach->sets);
	reach->intents = intents_new(options->judge, options->day, reach->sets);
	return reach;
}

void reach_free(struct reach *reach)
{
	if (!reach)
		return;
	ways_free(reach->ways);
	map_done(&reach->odd);
	arena_done(&reach->arena);
	group_sets_free(reach->groups);
	intents_free(reach->intents);
	kinds_free(reach->kinds);
	if (reach->owns_sets)
		packet_sets_free(reach->sets);
	free(reach);
}

void reach_free_at(struct reach **reach)
{
	reach_free(*reach);
}

const struct kinds *reach_kinds(const struct reach *reach)
{
	return reach->kinds;
}

struct packet_sets *reach_sets(const struct reach *reach)
{
	return reach->sets;
}

struct question reach_question(const struct reach *reach, uint32_t src_kind, uint32_t dst_kind,
			       uint32_t key)
{
	const struct kind *src = &reach->kinds->items[src_kind];
	const struct kind *dst = &reach->kinds->items[dst_kind];
	struct question	   question = { .src = src->ends[0],
					.dst = dst->ends[0],
					.packet = packet_of_key(key),
					.client_ports = reach->options.client_ports,
					.judge = reach->options.judge,
					.day = reach->options.day };

	if (question.dst.eni_idx != WORLD_NONE && question.src.eni_idx == question.dst.eni_idx) {
		if (dst->ends[1].ip.family != IP_NONE)
			question.dst = dst->ends[1];
		else
			question.src = src->ends[1];
	}
	question.packet.src = question.src.ip;
	question.packet.dst = question.dst.ip;
	return question;
}

/* Who plays the roles of a way's checks. */
struct cast {
	const struct kind *src, *dst;
};

static const struct kind *kind_of_role(const struct cast *cast, uint8_t role)
{
	return role == ROLE_SRC || role == ROLE_SRC_PUBLIC ? cast->src : cast->dst;
}

static struct ip address_of(const struct reach *reach, const struct cast *cast,
			    const struct way_check *check)
{
	const struct end *end;

	if (check->address == ROLE_OTHER)
		return check->ip;
	end = &kind_of_role(cast, check->address)->ends[0];
	if (check->address == ROLE_SRC || check->address == ROLE_DST)
		return end->ip;
	return public_ip_of(reach->world, reach->world->enis[end->eni_idx].vpc_idx, end->ip);
}

static struct sg_peer peer_of(const struct cast *cast, const struct way_check *check)
{
	struct sg_peer peer = { .is_known = check->is_known, .eni_idx = WORLD_NONE };

	if (check->identity == ROLE_OTHER)
		peer.eni_idx = check->other_eni_idx;
	else if (check->identity != ROLE_NOBODY)
		peer.eni_idx = kind_of_role(cast, check->identity)->ends[0].eni_idx;
	return peer;
}

static uint32_t ask_check(const struct reach *reach, const struct cast *cast,
			  const struct way_check *check)
{
	uint32_t groups = check->owner == ROLE_OTHER
				  ? reach->kinds->eni_groups[check->owner_eni_idx]
				  : kind_of_role(cast, check->owner)->groups;
	uint32_t set = group_sets_ask(reach->groups, groups, check->egress,
				      address_of(reach, cast, check), peer_of(cast, check));

	return check->is_doubted ? packet_sets_either(reach->sets, set, PACKET_SET_UNKNOWN) : set;
}

static uint32_t ask_strand(const struct reach *reach, const struct cast *cast,
			   const struct strand *strand)
{
	uint32_t set = strand->rest;

	for (uint32_t i = 0; i < strand->check_count && set != PACKET_SET_DENY; i++)
		set = packet_sets_both(reach->sets, set,
				       ask_check(reach, cast, &strand->checks[i]));
	return set;
}

/* A listener's port is walked by itself, where a packet gets as far as the load balancer. */
static uint32_t ask_listener(const struct reach *reach, uint32_t src_kind, uint32_t dst_kind,
			     uint32_t before, uint32_t key)
{
	struct question question = reach_question(reach, src_kind, dst_kind, key);
	struct path	path;

	if (packet_sets_at(reach->sets, before, key) == VERDICT_DENY)
		return PACKET_SET_DENY;
	path_walk(reach->world, &question, &path);
	return packet_sets_range(reach->sets, key, key, path.verdict);
}

static uint32_t ask_listeners(const struct reach *reach, uint32_t src_kind, uint32_t dst_kind,
			      const struct way *way, uint32_t before)
{
	static const uint32_t protocols[] = { PROTO_TCP, PROTO_UDP };
	const struct world   *world = reach->world;
	const struct lb	     *lb = &world->lbs[way->lb_idx];
	uint32_t	      set = PACKET_SET_DENY;

	for (uint32_t i = 0; i < lb->listener_count && before != PACKET_SET_DENY; i++) {
		uint32_t at = lb->listener_idxs[i];

		for (size_t j = 0; j < ARRAY_LEN(protocols); j++) {
			uint32_t      key = protocols[j] << 16 | world->listeners[at].port;
			struct packet packet = packet_of_key(key);

			if (lb_listener_for(world, way->lb_idx, &packet) == at)
				set = packet_sets_either(
					reach->sets, set,
					ask_listener(reach, src_kind, dst_kind, before, key));
		}
	}
	return set;
}

/* Hundreds of walks, and asked for again wherever the pair is shown. */
static uint32_t walk_odd(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	const uint32_t	pair[2] = { src_kind, dst_kind };
	struct str	key = { (const char *)pair, sizeof(pair) };
	struct question question;
	uint32_t	set;

	if (map_get(&reach->odd, key, &set))
		return set;
	question = reach_question(reach, src_kind, dst_kind, 0);
	set = stretches_walk(reach->world, &question, reach->sets);
	map_put(&reach->odd, arena_str(&reach->arena, key), set);
	return set;
}

uint32_t reach_between(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	const struct cast cast = { &reach->kinds->items[src_kind], &reach->kinds->items[dst_kind] };
	const struct way *way;
	uint32_t	  set = PACKET_SET_DENY;

	if (kinds_pairs(reach->kinds, src_kind, dst_kind) == 0)
		return PACKET_SET_DENY;
	way = ways_between(reach->ways, cast.src->place, cast.dst->place);
	if (!way)
		return PACKET_SET_DENY;
	if (way->is_odd)
		return walk_odd(reach, src_kind, dst_kind);
	for (size_t i = 0; i < way->count; i++)
		set = packet_sets_either(reach->sets, set,
					 ask_strand(reach, &cast, &way->strands[i]));
	if (way->lb_idx == WORLD_NONE)
		return set;
	return packet_sets_either(
		reach->sets, set,
		ask_listeners(reach, src_kind, dst_kind, way,
			      ask_strand(reach, &cast, &way->strands[way->count])));
}

uint32_t reach_intended(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	return intents_between(reach->intents, reach->kinds->items[src_kind].tiers,
			       reach->kinds->items[dst_kind].tiers);
}

uint32_t reach_silent(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	return intents_silent(reach->intents, reach->kinds->items[src_kind].tiers,
			      reach->kinds->items[dst_kind].tiers);
}
