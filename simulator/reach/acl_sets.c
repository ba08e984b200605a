/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/acl_sets.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/match/spans.h"
#include "policies/rules/exempt.h"
#include "policies/rules/nacl.h"
#include "simulator/reach/cuts.h"

enum purpose { PACKETS, REPLIES, PURPOSE_COUNT };

/* One direction of an ACL: its rules' blocks, and what was found for the addresses of each. */
struct side {
	bool	     is_ready;
	struct spans spans[SPAN_FAMILY_COUNT]; /* the value is the number of a block */
	uint32_t    *known[PURPOSE_COUNT];     /* by block: a set + 1; 0: not asked yet */
};

struct acl_sets {
	const struct world *world;
	struct packet_sets *sets;
	struct side	   *sides; /* two of each ACL: ingress, egress */
};

struct acl_sets *acl_sets_new(const struct world *world, struct packet_sets *sets)
{
	struct acl_sets *acl_sets = mem_alloc(sizeof(*acl_sets));

	acl_sets->world = world;
	acl_sets->sets = sets;
	acl_sets->sides = mem_alloc((2 * world->counts[WORLD_NACL] + 1) * sizeof(*acl_sets->sides));
	return acl_sets;
}

void acl_sets_free(struct acl_sets *acl_sets)
{
	if (!acl_sets)
		return;
	for (size_t i = 0; i < 2 * acl_sets->world->counts[WORLD_NACL]; i++) {
		struct side *side = &acl_sets->sides[i];

		for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
			spans_done(&side->spans[family]);
		for (int purpose = 0; purpose < PURPOSE_COUNT; purpose++)
			free(side->known[purpose]);
	}
	free(acl_sets->sides);
	free(acl_sets);
}

static uint32_t number_of_block(void *context, unsigned depth, const struct peer_block *blocks,
				size_t count)
{
	(void)context;
	(void)count;
	return depth ? blocks[0].item : 0;
}

static void make_side(const struct nacl *nacl, bool egress, struct side *side)
{
	struct blocks lists[SPAN_FAMILY_COUNT] = { 0 };

	for (uint32_t i = 0; i < nacl->rule_count; i++)
		if (nacl->rules[i].egress == egress)
			blocks_add(lists, nacl->rules[i].cidr, i + 1);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		side->spans[family] = spans_sweep(&lists[family], number_of_block, NULL);
		blocks_done(&lists[family]);
	}
	/* Outside of all blocks there are the addresses of two families. */
	for (int purpose = 0; purpose < PURPOSE_COUNT; purpose++)
		side->known[purpose] = mem_alloc((nacl->rule_count + 2) *
						 sizeof(*side->known[purpose]));
	side->is_ready = true;
}

struct query {
	const struct world *world;
	uint32_t	    nacl_idx;
	bool		    egress;
	struct ip	    ip;
};

static enum verdict ask(void *context, const struct packet *packet)
{
	const struct query *query = context;
	struct packet	    full = *packet;

	*(query->egress ? &full.dst : &full.src) = query->ip;
	return nacl_decide(query->world, query->nacl_idx, query->egress, &full).verdict;
}

static enum verdict ask_reply(void *context, const struct packet *packet)
{
	struct packet reply = packet_reply(packet);

	if (!proto_is_icmp(packet->protocol) || !packet_wants_reply(packet))
		return VERDICT_ALLOW;
	return ask(context, &reply);
}

static void cut_rules(struct cuts *cuts, const struct query *query)
{
	const struct nacl *nacl = &query->world->nacls[query->nacl_idx];

	for (uint32_t i = 0; i < nacl->rule_count; i++)
		if (nacl->rules[i].egress == query->egress)
			cuts_add(cuts, nacl->rules[i].protocol, nacl->rules[i].ports,
				 nacl->rules[i].icmp_type, nacl->rules[i].icmp_code);
}

/* Each type that is a request, and each code that a rule tells apart: an echo's reply has the request's. */
static void cut_requests(struct cuts *cuts, const struct query *query)
{
	static const struct {
		int16_t protocol, type;
	} requests[] = { { PROTO_ICMP, 8 },
			 { PROTO_ICMP, 13 },
			 { PROTO_ICMP, 15 },
			 { PROTO_ICMP, 17 },
			 { PROTO_ICMPV6, 128 } };
	static const struct port_range none;
	const struct nacl	      *nacl = &query->world->nacls[query->nacl_idx];

	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		cuts_add(cuts, requests[i].protocol, none, requests[i].type, -1);
		for (uint32_t j = 0; j < nacl->rule_count; j++)
			if (nacl->rules[j].protocol == requests[i].protocol)
				cuts_add(cuts, requests[i].protocol, none, requests[i].type,
					 nacl->rules[j].icmp_code);
	}
}

static uint32_t make(const struct acl_sets *acl_sets, enum purpose purpose, struct query *query)
{
	struct cuts cuts = { 0 };
	uint32_t    set;

	if (purpose == REPLIES)
		cut_requests(&cuts, query);
	else
		cut_rules(&cuts, query);
	cuts_close(&cuts);
	set = cuts_ask(&cuts, acl_sets->sets, purpose == REPLIES ? ask_reply : ask, query);
	cuts_done(&cuts);
	return set;
}

static bool is_exempt(const struct world *world, uint32_t subnet_idx, struct ip ip)
{
	static const struct packet no_ports = { .icmp_type = -1, .icmp_code = -1 };

	return exempt_from_rules(world, subnet_idx, ip, &no_ports) != NULL;
}

static uint32_t find(struct acl_sets *acl_sets, enum purpose purpose, uint32_t subnet_idx,
		     bool egress, struct ip ip)
{
	const struct world *world = acl_sets->world;
	struct query	    query = { world, WORLD_NONE, egress, ip };
	enum span_family    family = span_family(ip);
	struct side	   *side;
	uint32_t	    number, *known;

	if (is_exempt(world, subnet_idx, ip))
		return PACKET_SET_ALLOW;
	if (subnet_idx != WORLD_NONE)
		query.nacl_idx = world->subnets[subnet_idx].nacl_idx;
	if (query.nacl_idx == WORLD_NONE)
		return nacl_missing().verdict;
	side = &acl_sets->sides[2 * query.nacl_idx + egress];
	if (!side->is_ready)
		make_side(&world->nacls[query.nacl_idx], egress, side);
	number = spans_at(&side->spans[family], point_of(ip));
	if (number == 0 && family == SPAN_V6)
		number = world->nacls[query.nacl_idx].rule_count + 1;
	known = &side->known[purpose][number];
	if (*known == 0)
		*known = make(acl_sets, purpose, &query) + 1;
	return *known - 1;
}

uint32_t acl_sets_ask(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress, struct ip ip)
{
	return find(acl_sets, PACKETS, subnet_idx, egress, ip);
}

uint32_t acl_sets_ask_replies(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress,
			      struct ip ip)
{
	return find(acl_sets, REPLIES, subnet_idx, egress, ip);
}
