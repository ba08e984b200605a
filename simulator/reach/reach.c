/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/reach.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/openings.h"
#include "simulator/reach/intents.h"

struct reach {
	const struct world  *world;
	struct reach_options options;
	struct kinds	    *kinds;
	struct packet_sets  *sets;
	struct intents	    *intents;
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
	reach->intents = intents_new(options->judge, options->day, reach->sets);
	return reach;
}

void reach_free(struct reach *reach)
{
	if (!reach)
		return;
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

static void add_opening(struct packet_sets *sets, const struct opening *opening, uint32_t *set)
{
	uint32_t part = PACKET_SET_DENY;

	for (int protocol = 0; protocol < 256; protocol++) {
		uint32_t base = (uint32_t)protocol << 16, last = base + PACKET_KEYS - 1,
			 first = base;

		if (opening->protocol != PROTO_ANY && protocol != opening->protocol)
			continue;
		if (opening->protocol == PROTO_ANY &&
		    (proto_has_ports((int16_t)protocol) || proto_is_icmp((int16_t)protocol)))
			continue;
		if (proto_has_ports((int16_t)protocol)) {
			first = base | opening->min;
			last = base | opening->max;
		}
		if (proto_is_icmp((int16_t)protocol)) {
			first = base | (uint32_t)opening->min << 8 |
				(opening->icmp_code < 0 ? 0 : (uint32_t)opening->icmp_code);
			last = base | (uint32_t)opening->max << 8 |
			       (opening->icmp_code < 0 ? 255 : (uint32_t)opening->icmp_code_max);
		}
		part = packet_sets_either(sets, part,
					  packet_sets_range(sets, first, last, opening->verdict));
	}
	*set = packet_sets_either(sets, *set, part);
}

uint32_t reach_between(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	struct question		      question = reach_question(reach, src_kind, dst_kind, 0);
	auto_openings struct openings openings;
	uint32_t		      set = PACKET_SET_DENY;

	if (kinds_pairs(reach->kinds, src_kind, dst_kind) == 0)
		return PACKET_SET_DENY;
	openings_find(reach->world, &question, &openings);
	for (size_t i = 0; i < openings.count; i++)
		add_opening(reach->sets, &openings.items[i], &set);
	return set;
}

uint32_t reach_intended(struct reach *reach, uint32_t src_kind, uint32_t dst_kind)
{
	return intents_between(reach->intents, reach->kinds->items[src_kind].tiers,
			       reach->kinds->items[dst_kind].tiers);
}
