/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/address_classes.h"

#include "policies/rules/exempt.h"

struct draft {
	const struct world *world;
	struct blocks	    lists[SPAN_FAMILY_COUNT];
	uint32_t	    count;
	bool		    has_nat64; /* blocks of IPv4 are blocks of 64:ff9b::/96 too */
};

/* The borders of the internet, of what its gateways forward and of what is never routed, and NAT64's block. */
static const struct cidr borders[] = {
	{ { IP_V4, { 0 } }, 8 },
	{ { IP_V4, { 10 } }, 8 },
	{ { IP_V4, { 172, 16 } }, 12 },
	{ { IP_V4, { 192, 168 } }, 16 },
	{ { IP_V4, { 100, 64 } }, 10 },
	{ { IP_V4, { 224 } }, 3 },
	{ { IP_V6, { 0xfd, 0x00, 0x0e, 0xc2 } }, 32 },
	{ { IP_V6, { 0x20 } }, 3 },
	{ { IP_V6, { 0x00, 0x64, 0xff, 0x9b } }, 96 },
};

static void add(struct draft *draft, struct cidr cidr)
{
	if (cidr.base.family == IP_NONE)
		return;
	blocks_add(draft->lists, cidr, ++draft->count);
	/* What a NAT gateway makes of an address in 64:ff9b::/96 fares as that of IPv4 does. */
	if (cidr.base.family == IP_V4 && draft->has_nat64)
		blocks_add(draft->lists,
			   (struct cidr){ ip_nat64_of(cidr.base),
					  (uint8_t)(IP_NAT64_BITS + cidr.prefix_len) },
			   ++draft->count);
}

static void add_all(struct draft *draft, const struct cidr *cidrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(draft, cidrs[i]);
}

static void add_list(struct draft *draft, uint32_t list_idx)
{
	if (list_idx != WORLD_NONE)
		add_all(draft, draft->world->prefix_lists[list_idx].entries,
			draft->world->prefix_lists[list_idx].entry_count);
}

static void add_networks(struct draft *draft)
{
	const struct world *world = draft->world;
	const struct cidr *private;
	size_t	  count = ip_private_blocks(&private);
	struct ip peers[EXEMPT_PEERS_MAX];

	add_all(draft, borders, ARRAY_LEN(borders));
	add_all(draft, private, count);
	for (uint32_t i = 0; i < world->counts[WORLD_VPC]; i++)
		add_all(draft, world->vpcs[i].cidrs, world->vpcs[i].cidr_count);
	for (uint32_t i = 0; i < world->counts[WORLD_SUBNET]; i++) {
		add_all(draft, world->subnets[i].cidrs, world->subnets[i].cidr_count);
		count = exempt_peers(world, i, peers);
		for (size_t j = 0; j < count; j++)
			add(draft, cidr_of_ip(peers[j]));
	}
}

static void add_routes(struct draft *draft)
{
	const struct world *world = draft->world;

	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (uint32_t j = 0; j < world->rtbs[i].route_count; j++) {
			const struct route *route = &world->rtbs[i].routes[j];

			if (route->prefix_list_id.len)
				add_list(draft, route->prefix_list_idx);
			else
				add(draft, route->cidr);
		}
	for (uint32_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++)
		for (uint32_t j = 0; j < world->tgw_rtbs[i].route_count; j++) {
			const struct tgw_route *route = &world->tgw_rtbs[i].routes[j];

			if (route->prefix_list_id.len)
				add_list(draft, world_index(world, WORLD_PREFIX_LIST,
							    route->prefix_list_id));
			else
				add(draft, route->cidr);
		}
	for (uint32_t i = 0; i < world->counts[WORLD_PCX]; i++) {
		const struct pcx *pcx = &world->pcxs[i];

		add_all(draft, pcx->requester.cidrs, pcx->requester.cidr_count);
		add_all(draft, pcx->accepter.cidrs, pcx->accepter.cidr_count);
	}
	for (uint32_t i = 0; i < world->counts[WORLD_VPN]; i++)
		add_all(draft, world->vpns[i].routes, world->vpns[i].route_count);
}

/* An appliance takes what is for its own addresses, whoever in another VPC has them too. */
static void add_appliances(struct draft *draft)
{
	const struct world *world = draft->world;

	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (uint32_t j = 0; j < world->rtbs[i].route_count; j++) {
			uint32_t	  eni_idx = world_index(world, WORLD_ENI,
								world->rtbs[i].routes[j].target);
			const struct eni *eni = eni_idx == WORLD_NONE ? NULL
								      : &world->enis[eni_idx];

			for (uint32_t k = 0; eni && k < eni->address_count; k++)
				add(draft, cidr_of_ip(eni->addresses[k].ip));
			if (eni)
				add_all(draft, eni->prefixes, eni->prefix_count);
		}
}

static void add_acls(struct draft *draft)
{
	const struct world *world = draft->world;

	for (uint32_t i = 0; i < world->counts[WORLD_NACL]; i++)
		for (uint32_t j = 0; j < world->nacls[i].rule_count; j++)
			add(draft, world->nacls[i].rules[j].cidr);
}

static void add_groups(struct draft *draft)
{
	const struct world *world = draft->world;

	for (uint32_t i = 0; i < world->counts[WORLD_SG]; i++)
		for (uint32_t j = 0; j < world->sgs[i].rule_count; j++)
			if (world->sgs[i].rules[j].peer_kind == PEER_CIDR)
				add(draft, world->sgs[i].rules[j].cidr);
	for (uint32_t i = 0; i < world->counts[WORLD_PREFIX_LIST]; i++)
		add_list(draft, i);
}

static void add_tiers(struct draft *draft, const struct intent *intent)
{
	for (uint32_t i = 0; i < intent->tier_count; i++)
		for (uint32_t j = 0; j < intent->tiers[i].selector_count; j++)
			if (intent->tiers[i].selectors[j].kind == SELECT_CIDR)
				add(draft, intent->tiers[i].selectors[j].cidr);
}

/* Blocks that are equal have the number of one of them. */
static uint32_t class_of_blocks(void *context, unsigned depth, const struct peer_block *blocks,
				size_t count)
{
	uint32_t lowest = depth ? blocks[0].item : 0;

	(void)context;
	for (size_t i = 1; depth && i < count; i++)
		lowest = blocks[i].item < lowest ? blocks[i].item : lowest;
	return lowest;
}

struct address_classes address_classes_of(const struct world *world, const struct judge *judge,
					  enum address_detail detail)
{
	struct draft	       draft = { .world = world, .has_nat64 = true };
	struct address_classes classes;

	add_networks(&draft); /* whose borders are the internet's, with NAT64 or without */
	draft.has_nat64 = world->counts[WORLD_NAT] > 0;
	add_routes(&draft);
	add_appliances(&draft);
	add_acls(&draft);
	if (detail == ADDRESS_PEER) {
		add_groups(&draft);
		if (judge)
			add_tiers(&draft, judge_policy(judge));
	}
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		classes.spans[family] = spans_sweep(&draft.lists[family], class_of_blocks, NULL);
		blocks_done(&draft.lists[family]);
	}
	classes.count = draft.count + 1;
	return classes;
}

void address_classes_done(struct address_classes *classes)
{
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans_done(&classes->spans[family]);
}

uint32_t address_class(const struct address_classes *classes, struct ip ip)
{
	return spans_at(&classes->spans[span_family(ip)], point_of(ip));
}
