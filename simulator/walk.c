/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/walk.h"

#include <assert.h>

#include "simulator/public_ip.h"

const char walk_same_subnet_doubt[] =
	"stops the packet unless a transit gateway brings it into the subnet "
	"itself";

struct hop *walk_add(struct walk *walk, enum hop_kind kind, uint32_t object_idx,
		     struct decision decision)
{
	struct leg *leg = walk->leg;
	struct hop *hop = &leg->hops[leg->count++];

	assert(leg->count <= HOPS_MAX);
	if (walk->doubt && decision.verdict == VERDICT_DENY) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.note = walk->doubt;
	}
	*hop = (struct hop){ .kind = kind,
			     .direction = DIRECTION_UNKNOWN,
			     .decision = decision,
			     .eni_idx = WORLD_NONE,
			     .object_idx = object_idx,
			     .attachment_idx = WORLD_NONE,
			     .to_vpc_idx = WORLD_NONE,
			     .vpc_idx = walk->place.vpc_idx,
			     .subnet_idx = walk->place.subnet_idx,
			     .packet = walk->packet,
			     .is_doubted = walk->doubt != NULL };
	return hop;
}

struct decision walk_deny(enum reason reason, const char *note)
{
	return (struct decision){
		.verdict = VERDICT_DENY, .reason = reason, .object_idx = WORLD_NONE, .note = note
	};
}

struct decision walk_unknown(enum reason reason, const char *note)
{
	return decision_unknown(LAYER_NONE, reason, note);
}

struct step walk_to(const struct hop_ops *ops, enum direction direction, uint32_t idx)
{
	return (struct step){ .ops = ops, .direction = direction, .idx = idx };
}

struct step walk_end(void)
{
	return (struct step){ 0 };
}

struct step walk_outside(struct walk *walk, const char *kind, struct str id, const char *note)
{
	struct hop *hop = walk_add(walk, HOP_OUTSIDE, WORLD_NONE,
				   walk_unknown(REASON_UNSUPPORTED_COMPONENT, note));

	hop->outside = kind;
	hop->outside_id = id;
	return walk_end();
}

const struct vpc *walk_vpc(const struct walk *walk)
{
	return walk->place.vpc_idx == WORLD_NONE ? NULL : &walk->world->vpcs[walk->place.vpc_idx];
}

static bool same_home(const struct object *a, const struct object *b)
{
	return str_eq(a->owner, b->owner) && str_eq(a->region, b->region);
}

bool walk_knows(const struct world *world, enum world_kind kind, const char *family,
		const struct object *home)
{
	bool one_home = true;

	if (!world_has_family(world, family))
		return false;
	for (uint32_t i = 0; i < world->counts[WORLD_VPC] && one_home; i++)
		one_home = same_home(&world->vpcs[i].object, home);
	for (uint32_t i = 0; i < world->counts[kind] && !one_home; i++)
		one_home = same_home(world_object(world, kind, i), home);
	return one_home;
}

static bool is_refused(const struct leg *leg)
{
	for (size_t i = 0; i < leg->count; i++)
		if (leg->hops[i].decision.verdict == VERDICT_DENY)
			return true;
	return false;
}

struct step walk_dead_end(struct walk *walk)
{
	const struct end *to = &walk->to;
	const struct eni *eni = to->eni_idx == WORLD_NONE ? NULL : &walk->world->enis[to->eni_idx];

	if (!eni || !(ip_eq(walk->packet.dst, to->ip) ||
		      ip_eq(walk->packet.dst, public_ip_of(walk->world, eni->vpc_idx, to->ip))))
		return walk_end();
	walk->packet.dst = to->ip;
	if (!walk->doubt && !is_refused(walk->leg))
		walk->doubt = "stops the packet if it comes here straight";
	if (walk->place.vpc_idx != eni->vpc_idx)
		walk->place = (struct place){ eni->vpc_idx, WORLD_NONE };
	return walk_enter(walk, eni->subnet_idx,
			  walk_to(&hop_eni_ops, DIRECTION_INGRESS, to->eni_idx));
}

struct step walk_however(struct walk *walk)
{
	struct step step = walk_dead_end(walk);

	walk->is_way_unknown = true;
	walk->doubt = NULL;
	walk->edge_doubt = walk_same_subnet_doubt;
	return step;
}

struct step walk_enter(struct walk *walk, uint32_t subnet_idx, struct step then)
{
	if (subnet_idx != WORLD_NONE && walk->place.subnet_idx == subnet_idx)
		return then;
	walk->then = then;
	walk->place.subnet_idx = subnet_idx;
	return walk_to(&hop_nacl_ops, DIRECTION_INGRESS, subnet_idx);
}

const struct translation *walk_translator(const struct walk *walk)
{
	if (!walk->asked || walk->translation_count == 0)
		return NULL;
	return &walk->asked->translations[walk->translation_count - 1];
}

unsigned walk_port_translators(const struct walk *walk)
{
	unsigned count = 0;

	for (size_t i = 0; walk->asked && i < walk->translation_count; i++)
		count += !walk->asked->translations[i].keeps_source;
	return count;
}

/* The translator that a reply is sent to, whose interface need not be in the snapshot; or NULL. */
static const struct translation *translator_at(const struct walk *walk)
{
	const struct translation *last = walk_translator(walk);

	if (!last || !ip_eq(last->address, walk->packet.dst) ||
	    (last->vpc_idx != walk->place.vpc_idx && !last->keeps_source))
		return NULL;
	return last;
}

/* The packet is for an interface or a translator of another VPC, whose blocks overlap this one's. */
static bool is_misrouted(const struct walk *walk)
{
	const struct translation *last = walk_translator(walk);
	const struct end	 *to = &walk->to;
	uint32_t		  home = to->eni_idx == WORLD_NONE ? WORLD_NONE
								   : walk->world->enis[to->eni_idx].vpc_idx;

	if (last && ip_eq(last->address, walk->packet.dst))
		return last->vpc_idx != walk->place.vpc_idx;
	return home != WORLD_NONE && home != walk->place.vpc_idx && ip_eq(walk->packet.dst, to->ip);
}

/*
 * Who has the destination's address in the VPC: the one that it is for, when that is here and has it, though
 * documents of another time may give it to somebody else as well.
 */
static uint32_t receiver(const struct walk *walk)
{
	const struct end *to = &walk->to;

	if (to->eni_idx != WORLD_NONE && ip_eq(to->ip, walk->packet.dst) &&
	    walk->world->enis[to->eni_idx].vpc_idx == walk->place.vpc_idx)
		return to->eni_idx;
	return world_eni_in_vpc(walk->world, walk->place.vpc_idx, walk->packet.dst);
}

/* Hosts of one subnet talk directly: no ACL, no route. */
static bool is_neighbour(const struct walk *walk)
{
	const struct world *world = walk->world;
	uint32_t	    subnet_idx = walk->place.subnet_idx;
	uint32_t	    eni_idx = receiver(walk);

	if (subnet_idx == WORLD_NONE)
		return false;
	if (!is_misrouted(walk) && eni_idx != WORLD_NONE &&
	    world->enis[eni_idx].subnet_idx == subnet_idx)
		return true;
	return world_subnet_has(&world->subnets[subnet_idx], walk->packet.dst);
}

struct step walk_leave(struct walk *walk)
{
	const struct translation *translator = translator_at(walk);

	/* What a load balancer sent in the client's name goes back to it, though the client be next door. */
	if (translator && translator->keeps_source &&
	    translator->subnet_idx != walk->place.subnet_idx)
		return walk_to(&hop_nacl_ops, DIRECTION_EGRESS, walk->place.subnet_idx);
	if (is_neighbour(walk))
		return walk_deliver(walk);
	return walk_to(&hop_nacl_ops, DIRECTION_EGRESS, walk->place.subnet_idx);
}

/* The one that it is for is elsewhere: whoever has the address here, it does not get there. */
static struct step misroute(struct walk *walk, uint32_t eni_idx)
{
	walk_add(
		walk, HOP_OUTSIDE, WORLD_NONE,
		walk_deny(
			REASON_NO_POSSIBLE_DESTINATION,
			eni_idx == WORLD_NONE
				? "the address is this VPC's own here: the one that it is for is "
				  "in another VPC"
				: "here another interface has this address than the one asked for"))
		->outside = "network-interface";
	return walk_end();
}

struct step walk_deliver(struct walk *walk)
{
	const struct translation *translator = translator_at(walk);
	uint32_t		  eni_idx = receiver(walk);

	if (translator && translator->subnet_idx == WORLD_NONE)
		return translator->back;
	if (translator)
		return walk_enter(walk, translator->subnet_idx, translator->back);
	if (is_misrouted(walk))
		return misroute(walk, eni_idx);
	if (eni_idx == WORLD_NONE)
		return walk_outside(walk, "network-interface", (struct str){ 0 },
				    "no interface of the snapshot has this address");
	return walk_enter(walk, walk->world->enis[eni_idx].subnet_idx,
			  walk_to(&hop_eni_ops, DIRECTION_INGRESS, eni_idx));
}

bool walk_is_from_here(const struct walk *walk)
{
	const struct vpc *vpc = walk_vpc(walk);

	return !vpc || vpc->cidr_count == 0 || world_vpc_has(vpc, walk->packet.src);
}
