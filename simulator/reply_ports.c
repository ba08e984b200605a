/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reply_ports.h"

#include <assert.h>

#include "policies/rules/interface.h"

enum { CLIENT_PORT_MIN = 1024, CLIENT_PORT_MAX = 65535 };

/* What one ACL says of all ports of interest so far: the first decision, and whether another differed. */
struct tally {
	struct decision first;
	bool		any, mixed;
};

/* The crossings between two translators, or between the last one and the client: they share the port. */
struct stretch {
	const struct world    *world;
	const struct crossing *crossings;
	size_t		       count;
	unsigned	       translators;
	struct port_range      wanted;
	bool		       wanted_only; /* the others are not shown */
	struct tally	       tallies[CROSSINGS_MAX];
	bool		       seen[VERDICT_COUNT]; /* of all its ACLs together */
};

static void tally_add(struct tally *tally, struct decision decision)
{
	if (!tally->any)
		tally->first = decision;
	else if (decision.verdict != tally->first.verdict)
		tally->mixed = true;
	tally->any = true;
}

static struct decision tally_decision(const struct tally *tally, unsigned translators)
{
	struct decision decision = tally->first;

	if (tally->mixed) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.reason = REASON_SUBNET_ACL_RESTRICTION;
		decision.note = translators ? "some of the NAT gateway's ports pass, others do not"
					    : "some client ports pass, others do not";
	}
	return decision;
}

static const struct nacl *nacl_of(const struct world *world, uint32_t subnet_idx)
{
	uint32_t nacl_idx = subnet_idx == WORLD_NONE ? WORLD_NONE
						     : world->subnets[subnet_idx].nacl_idx;

	return nacl_idx == WORLD_NONE ? NULL : &world->nacls[nacl_idx];
}

/* Lowers *next to the lowest port above `from` at which a rule of the ACL begins or has ended. */
static void note_boundaries(const struct nacl *nacl, uint32_t from, uint32_t *next)
{
	for (uint32_t i = 0; nacl && i < nacl->rule_count; i++) {
		uint32_t begin = nacl->rules[i].ports.min, end = nacl->rules[i].ports.max + 1U;

		if (begin > from && begin < *next)
			*next = begin;
		if (end > from && end < *next)
			*next = end;
	}
}

static uint32_t next_boundary(const struct stretch *stretch, uint32_t from)
{
	const struct port_range *wanted = &stretch->wanted;
	uint32_t		 next = CLIENT_PORT_MAX + 1;

	for (size_t i = 0; i < stretch->count; i++)
		if (stretch->crossings[i].translators == stretch->translators)
			note_boundaries(nacl_of(stretch->world, stretch->crossings[i].subnet_idx),
					from, &next);
	if (from < wanted->min && wanted->min < next)
		next = wanted->min;
	if (from <= wanted->max && wanted->max + 1U < next)
		next = wanted->max + 1U;
	return next;
}

static void add_range(struct path *path, uint32_t min, uint32_t max)
{
	struct port_range *last = path->reply_port_count
					  ? &path->reply_ports[path->reply_port_count - 1]
					  : NULL;

	if (last && last->max + 1U == min)
		last->max = (uint16_t)max;
	else if (path->reply_port_count < PORTS_MAX)
		path->reply_ports[path->reply_port_count++] = (struct port_range){
			.min = (uint16_t)min, .max = (uint16_t)max
		};
	else
		path->reply_ports_cut = true;
}

/* How replies to one port fare; has_ports false: to no port. */
static enum verdict ask(struct stretch *stretch, uint32_t port, bool counts)
{
	enum verdict verdict = VERDICT_ALLOW;

	for (size_t i = 0; i < stretch->count; i++) {
		const struct crossing *crossing = &stretch->crossings[i];
		struct packet	       packet = crossing->packet;
		struct decision	       decision;

		if (crossing->translators != stretch->translators)
			continue;
		packet.dst_port = (uint16_t)port;
		decision = interface_edge(stretch->world, crossing->subnet_idx, crossing->egress,
					  &packet);
		if (crossing->doubt && decision.verdict == VERDICT_DENY) {
			decision.verdict = VERDICT_UNKNOWN;
			decision.note = crossing->doubt;
		}
		if (decision.verdict < verdict)
			verdict = decision.verdict;
		if (counts)
			tally_add(&stretch->tallies[i], decision);
	}
	if (counts)
		stretch->seen[verdict] = true;
	return verdict;
}

static enum verdict overall_of(const struct stretch *stretch)
{
	if (!stretch->seen[VERDICT_UNKNOWN] && !stretch->seen[VERDICT_DENY])
		return VERDICT_ALLOW;
	if (!stretch->seen[VERDICT_UNKNOWN] && !stretch->seen[VERDICT_ALLOW])
		return VERDICT_DENY;
	return VERDICT_UNKNOWN;
}

/* The path is for the client's own stretch only: whoever else has a port there is not shown. */
static enum verdict find(struct stretch *stretch, bool has_ports, struct path *path)
{
	struct port_range *wanted = &stretch->wanted;
	uint32_t	   from = wanted->min, last = CLIENT_PORT_MAX, next;

	if (!has_ports) {
		ask(stretch, 0, true);
		return overall_of(stretch);
	}
	if (stretch->wanted_only)
		last = wanted->max;
	else if (from > CLIENT_PORT_MIN)
		from = CLIENT_PORT_MIN;
	for (; from <= last; from = next) {
		bool counts = from >= wanted->min && from <= wanted->max;

		next = next_boundary(stretch, from);
		if (ask(stretch, from, counts) == VERDICT_ALLOW && stretch->translators == 0)
			add_range(path, from, next - 1);
	}
	return overall_of(stretch);
}

static void settle(const struct stretch *stretch, size_t i, struct hop *hop)
{
	hop->decision = tally_decision(&stretch->tallies[i], stretch->translators);
	hop->ports = stretch->wanted;
}

enum verdict reply_ports_find(const struct world *world, const struct question *question,
			      const struct crossing *crossings, size_t count, struct path *path)
{
	bool		  has_ports = proto_has_ports(question->packet.protocol);
	struct port_range translated = { CLIENT_PORT_MIN, CLIENT_PORT_MAX };
	enum verdict	  verdict = VERDICT_ALLOW;
	unsigned	  most = 0;

	assert(count <= CROSSINGS_MAX);
	for (size_t i = 0; i < count; i++)
		if (crossings[i].translators > most)
			most = crossings[i].translators;
	for (unsigned translators = 0; translators <= most; translators++) {
		struct stretch stretch = { .world = world,
					   .crossings = crossings,
					   .count = count,
					   .translators = translators,
					   .wanted_only = question->ignores_rules,
					   .wanted = translators ? translated
								 : question->client_ports };
		enum verdict   part = find(&stretch, has_ports, path);

		verdict = part < verdict ? part : verdict;
		for (size_t i = 0; i < count; i++)
			if (crossings[i].translators == translators)
				settle(&stretch, i, &path->back.hops[crossings[i].hop_idx]);
	}
	return verdict;
}
