/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/openings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { CLASS_MAX = 65536, ICMP_MAX = 255, PROTOCOL_COUNT = 256 };

/* Where a class begins: bit set per possible value. */
struct boundaries {
	uint8_t bits[CLASS_MAX / 8 + 1];
};

static void mark(struct boundaries *boundaries, uint32_t at)
{
	if (at < CLASS_MAX)
		boundaries->bits[at / 8] |= (uint8_t)(1U << at % 8);
}

static void mark_range(struct boundaries *boundaries, uint32_t min, uint32_t max)
{
	mark(boundaries, min);
	mark(boundaries, max + 1);
}

static bool is_marked(const struct boundaries *boundaries, uint32_t at)
{
	return boundaries->bits[at / 8] >> at % 8 & 1;
}

/* What the rules on the way between two ends distinguish. */
struct classes {
	struct boundaries ports[2];	      /* tcp, udp */
	struct boundaries types[2], codes[2]; /* icmp, icmpv6 */
	bool		  named[PROTOCOL_COUNT];
};

static void add_rule(struct classes *classes, int16_t protocol, struct port_range ports,
		     int16_t icmp_type, int16_t icmp_code)
{
	size_t icmp = protocol == PROTO_ICMPV6;

	if (protocol < 0)
		return;
	classes->named[protocol] = true;
	if (proto_has_ports(protocol))
		mark_range(&classes->ports[protocol == PROTO_UDP], ports.min, ports.max);
	if (proto_is_icmp(protocol) && icmp_type >= 0)
		mark_range(&classes->types[icmp], (uint32_t)icmp_type, (uint32_t)icmp_type);
	if (proto_is_icmp(protocol) && icmp_code >= 0)
		mark_range(&classes->codes[icmp], (uint32_t)icmp_code, (uint32_t)icmp_code);
}

static void add_groups(struct classes *classes, const struct world *world, uint32_t eni_idx)
{
	const struct eni *eni = &world->enis[eni_idx];

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			add_rule(classes, sg->rules[j].protocol, sg->rules[j].ports,
				 sg->rules[j].icmp_type, sg->rules[j].icmp_code);
	}
}

static void add_nacl(struct classes *classes, const struct nacl *nacl)
{
	for (uint32_t i = 0; i < nacl->rule_count; i++)
		add_rule(classes, nacl->rules[i].protocol, nacl->rules[i].ports,
			 nacl->rules[i].icmp_type, nacl->rules[i].icmp_code);
}

static void add_listeners(struct classes *classes, const struct world *world, uint32_t lb_idx)
{
	const struct lb *lb = &world->lbs[lb_idx];

	for (uint32_t i = 0; i < lb->listener_count; i++) {
		uint16_t	  number = world->listeners[lb->listener_idxs[i]].port;
		struct port_range port = { number, number };

		add_rule(classes, PROTO_TCP, port, -1, -1);
		add_rule(classes, PROTO_UDP, port, -1, -1);
	}
}

static void add_leg(struct classes *classes, const struct world *world, const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++) {
		const struct hop *hop = &leg->hops[i];

		if (hop->kind == HOP_SECURITY_GROUP)
			add_groups(classes, world, hop->eni_idx);
		else if (hop->kind == HOP_NETWORK_ACL && hop->object_idx != WORLD_NONE)
			add_nacl(classes, &world->nacls[hop->object_idx]);
		else if (hop->kind == HOP_LOAD_BALANCER)
			add_listeners(classes, world, hop->object_idx);
	}
}

/* Which components are on the way depends on the protocol at most: their rules draw the boundaries. */
static void add_way(struct classes *classes, const struct world *world, struct question question)
{
	static const uint8_t protocols[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMPV6,
					     PROTO_GRE };
	struct path	     path;

	for (size_t i = 0; i < ARRAY_LEN(protocols); i++) {
		question.packet.protocol = protocols[i];
		path_walk(world, &question, &path);
		add_leg(classes, world, &path.forward);
		add_leg(classes, world, &path.back);
	}
}

static void add_policy(struct classes *classes, const struct intent *intent)
{
	for (uint32_t i = 0; i < intent->statement_count; i++) {
		const struct statement *statement = &intent->statements[i];

		for (uint32_t j = 0; j < statement->ports_count; j++) {
			const struct ports *ports = &statement->ports[j];

			for (uint8_t k = 0; k < ports->count; k++)
				add_rule(classes, ports->protocol, ports->ranges[k], -1, -1);
			if (ports->count == 0)
				add_rule(classes, ports->protocol,
					 (struct port_range){ .min = 0, .max = 65535 },
					 ports->icmp_type, ports->icmp_code);
		}
	}
}

static bool fares_alike(const struct opening *a, const struct opening *b)
{
	return a->verdict == b->verdict && a->rule == b->rule &&
	       a->intent.verdict == b->intent.verdict && a->intent.statement == b->intent.statement;
}

/* Joined to the class before it when nothing but the range differs. */
static void add_opening(struct openings *out, struct opening opening)
{
	struct opening *last = out->count ? &out->items[out->count - 1] : NULL;

	if (opening.verdict > out->verdict)
		out->verdict = opening.verdict;
	if (opening.verdict == VERDICT_DENY)
		return;
	if (last && last->protocol == opening.protocol && last->max + 1U == opening.min &&
	    fares_alike(last, &opening) && last->icmp_code < 0 && opening.icmp_code < 0) {
		last->max = opening.max;
		return;
	}
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = opening;
}

/* Walks one packet of a class. */
static struct opening walk(const struct world *world, struct question *question, uint32_t min,
			   uint32_t max)
{
	struct path	  path;
	const struct hop *opener, *doubt;

	path_walk(world, question, &path);
	opener = path_opener(&path);
	doubt = path_doubt(&path);
	return (struct opening){ .protocol = question->packet.protocol,
				 .min = (uint16_t)min,
				 .max = (uint16_t)max,
				 .icmp_code = -1,
				 .verdict = path.verdict,
				 .rule = opener ? opener->decision.sg_rule : NULL,
				 .doubt = doubt ? *doubt : path.forward.hops[0],
				 .intent = path_intent(question),
				 .packet = question->packet };
}

static uint32_t class_end(const struct boundaries *boundaries, uint32_t from, uint32_t max)
{
	uint32_t end = from;

	while (end < max && !is_marked(boundaries, end + 1))
		end++;
	return end;
}

static void find_ports(const struct world *world, struct question question, int16_t protocol,
		       const struct boundaries *boundaries, struct openings *out)
{
	question.packet.protocol = (uint8_t)protocol;
	for (uint32_t from = 0, end; from < CLASS_MAX; from = end + 1) {
		end = class_end(boundaries, from, CLASS_MAX - 1);
		question.packet.dst_port = (uint16_t)from;
		add_opening(out, walk(world, &question, from, end));
	}
}

/* All codes of a class of types; one opening when every code fares alike. */
static void find_codes(const struct world *world, struct question *question,
		       const struct boundaries *codes, struct port_range types,
		       struct openings *out)
{
	struct openings parts = { 0 };

	for (uint32_t from = 0, end; from <= ICMP_MAX; from = end + 1) {
		struct opening *last = parts.count ? &parts.items[parts.count - 1] : NULL;
		struct opening	part;

		end = class_end(codes, from, ICMP_MAX);
		question->packet.icmp_code = (int16_t)from;
		part = walk(world, question, types.min, types.max);
		part.icmp_code = (int16_t)from;
		part.icmp_code_max = (int16_t)end;
		if (last && fares_alike(last, &part)) {
			last->icmp_code_max = part.icmp_code_max;
			continue;
		}
		parts.items = mem_grow(parts.items, parts.count, &parts.capacity,
				       sizeof(*parts.items));
		parts.items[parts.count++] = part;
	}
	if (parts.count == 1)
		parts.items[0].icmp_code = -1;
	for (size_t i = 0; i < parts.count; i++)
		add_opening(out, parts.items[i]);
	openings_done(&parts);
}

static void find_icmp(const struct world *world, struct question question,
		      const struct classes *classes, bool is_v6, struct openings *out)
{
	question.packet.protocol = is_v6 ? PROTO_ICMPV6 : PROTO_ICMP;
	for (uint32_t from = 0, end; from <= ICMP_MAX; from = end + 1) {
		struct port_range types;

		end = class_end(&classes->types[is_v6], from, ICMP_MAX);
		types = (struct port_range){ .min = (uint16_t)from, .max = (uint16_t)end };
		question.packet.icmp_type = (int16_t)from;
		find_codes(world, &question, &classes->codes[is_v6], types, out);
	}
}

/* Protocols without ports: those that a rule names, then one that stands for all others. */
static void find_others(const struct world *world, struct question question,
			const struct classes *classes, struct openings *out)
{
	struct opening rest;
	int	       unnamed = -1;

	for (int i = 0; i < PROTOCOL_COUNT; i++) {
		if (proto_has_ports((int16_t)i) || proto_is_icmp((int16_t)i))
			continue;
		if (!classes->named[i]) {
			unnamed = i;
			continue;
		}
		question.packet.protocol = (uint8_t)i;
		add_opening(out, walk(world, &question, 0, 65535));
	}
	if (unnamed < 0)
		return;
	question.packet.protocol = (uint8_t)unnamed;
	rest = walk(world, &question, 0, 65535);
	rest.protocol = PROTO_ANY;
	for (int i = 0; i < PROTOCOL_COUNT; i++)
		if (classes->named[i] || proto_has_ports((int16_t)i) || proto_is_icmp((int16_t)i))
			rest.except[i / 64] |= UINT64_C(1) << i % 64;
	add_opening(out, rest);
}

void openings_find(const struct world *world, const struct question *question, struct openings *out)
{
	auto_free struct classes *classes = mem_alloc(sizeof(*classes));
	struct question		  probe = *question;
	bool is_v6 = question->src.ip.family == IP_V6 || question->dst.ip.family == IP_V6;

	*out = (struct openings){ .verdict = VERDICT_DENY };
	if (question->judge)
		add_policy(classes, judge_policy(question->judge));
	/* Queries want an answer, other messages do not: they are classes of their own. */
	for (uint32_t type = 8; type <= 17; type++)
		mark_range(&classes->types[0], type, type);
	mark_range(&classes->types[1], 128, 128);
	probe.packet.src_port = probe.packet.dst_port = 0;
	probe.packet.icmp_type = probe.packet.icmp_code = -1;
	add_way(classes, world, probe);
	find_ports(world, probe, PROTO_TCP, &classes->ports[0], out);
	find_ports(world, probe, PROTO_UDP, &classes->ports[1], out);
	find_icmp(world, probe, classes, is_v6, out);
	find_others(world, probe, classes, out);
}

void openings_done(struct openings *openings)
{
	free(openings->items);
	*openings = (struct openings){ 0 };
}
