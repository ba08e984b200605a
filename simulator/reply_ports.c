/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reply_ports.h"

#include "policies/rules/interface.h"

enum { CLIENT_PORT_MIN = 1024, CLIENT_PORT_MAX = 65535 };

/* What one ACL says of all ports of interest so far: the first decision, and whether another differed. */
struct tally {
	struct decision first;
	bool		any, mixed;
};

static void tally_add(struct tally *tally, struct decision decision)
{
	if (!tally->any)
		tally->first = decision;
	else if (decision.verdict != tally->first.verdict)
		tally->mixed = true;
	tally->any = true;
}

static struct decision tally_decision(const struct tally *tally)
{
	struct decision decision = tally->first;

	if (tally->mixed) {
		decision.verdict = VERDICT_UNKNOWN;
		decision.reason = REASON_SUBNET_ACL_RESTRICTION;
		decision.note = "some client ports pass, others do not";
	}
	return decision;
}

/* The lowest port above `from` at which a rule begins or has ended, at most CLIENT_PORT_MAX + 1. */
static uint32_t next_boundary(const struct world *world, uint32_t nacl_idx, uint32_t from)
{
	const struct nacl *nacl = nacl_idx == WORLD_NONE ? NULL : &world->nacls[nacl_idx];
	uint32_t	   next = CLIENT_PORT_MAX + 1;

	for (uint32_t i = 0; nacl && i < nacl->rule_count; i++) {
		uint32_t begin = nacl->rules[i].ports.min, end = nacl->rules[i].ports.max + 1U;

		if (begin > from && begin < next)
			next = begin;
		if (end > from && end < next)
			next = end;
	}
	return next;
}

static uint32_t nacl_of(const struct world *world, uint32_t eni_idx)
{
	uint32_t subnet_idx = world->enis[eni_idx].subnet_idx;

	return subnet_idx == WORLD_NONE ? WORLD_NONE : world->subnets[subnet_idx].nacl_idx;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
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

static enum verdict overall_of(const enum verdict seen[static 2])
{
	return seen[0] == seen[1] ? seen[0] : VERDICT_UNKNOWN;
}

struct reply_answer reply_ports_find(const struct world *world, const struct question *question,
				     struct path *path)
{
	struct packet	  reply = packet_reply(&question->packet);
	bool		  has_ports = proto_has_ports(reply.protocol);
	struct port_range wanted = question->client_ports;
	uint32_t	  leaving_nacl = nacl_of(world, question->dst.eni_idx);
	uint32_t	  entering_nacl = nacl_of(world, question->src.eni_idx);
	struct tally	  leaving = { 0 }, entering = { 0 };
	enum verdict	  seen[2] = { VERDICT_ALLOW, VERDICT_DENY }; /* least and most open */

	for (uint32_t from = lesser(CLIENT_PORT_MIN, wanted.min), next; from <= CLIENT_PORT_MAX;
	     from = next) {
		struct interface_decision out, in;
		enum verdict		  both;

		next = has_ports ? lesser(next_boundary(world, leaving_nacl, from),
					  next_boundary(world, entering_nacl, from))
				 : CLIENT_PORT_MAX + 1;
		if (has_ports && from < wanted.min)
			next = lesser(next, wanted.min);
		if (has_ports && from <= wanted.max)
			next = lesser(next, wanted.max + 1U);
		reply.dst_port = has_ports ? (uint16_t)from : 0;
		out = interface_decide(world, question->dst.eni_idx, true, &reply, true);
		in = interface_decide(world, question->src.eni_idx, false, &reply, true);
		both = decision_and(out.nacl, in.nacl).verdict;
		if (has_ports && both == VERDICT_ALLOW)
			add_range(path, from, next - 1);
		if (has_ports && (from < wanted.min || from > wanted.max))
			continue;
		tally_add(&leaving, out.nacl);
		tally_add(&entering, in.nacl);
		seen[0] = both < seen[0] ? both : seen[0];
		seen[1] = both > seen[1] ? both : seen[1];
	}
	return (struct reply_answer){ .leaving = tally_decision(&leaving),
				      .entering = tally_decision(&entering),
				      .overall = overall_of(seen) };
}
