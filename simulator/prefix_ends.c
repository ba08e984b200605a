/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/prefix_ends.h"

#include <stdlib.h>

#include "lib/base/mem.h"

/* An address or a prefix that an interface says it has. */
struct claim {
	uint32_t eni_idx;
	bool	 is_prefix;
};

struct making {
	const struct world	     *world;
	const struct address_classes *classes;
	struct prefix_ends	     *out;
	struct claim		     *claims; /* by interface, its prefixes first */
	size_t			      count, capacity;
	/* By home: the VPC, and last of all together, for interfaces of which it is not known. */
	struct blocks (*lists)[SPAN_FAMILY_COUNT]; /* items are claims */
	struct spans (*spans)[SPAN_FAMILY_COUNT];  /* the innermost claim */
	bool		*is_needed;		   /* some interface has a prefix */
	size_t		 home;			   /* that is being swept, */
	enum span_family family;		   /* and the addresses of it */
};

static uint32_t home_of(const struct world *world, uint32_t eni_idx)
{
	uint32_t vpc_idx = world->enis[eni_idx].vpc_idx;

	return vpc_idx == WORLD_NONE ? (uint32_t)world->counts[WORLD_VPC] : vpc_idx;
}

static void add_claim(struct making *making, uint32_t eni_idx, struct cidr cidr, bool is_prefix)
{
	uint32_t home = home_of(making->world, eni_idx),
		 all = (uint32_t)making->world->counts[WORLD_VPC];

	making->claims = mem_grow(making->claims, making->count, &making->capacity,
				  sizeof(*making->claims));
	making->claims[making->count] = (struct claim){ eni_idx, is_prefix };
	if (making->is_needed[home])
		blocks_add(making->lists[home], cidr, (uint32_t)making->count);
	if (making->is_needed[all] && home != all)
		blocks_add(making->lists[all], cidr, (uint32_t)making->count);
	making->count++;
}

static void add_claims(struct making *making)
{
	const struct world *world = making->world;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];

		for (uint32_t j = 0; j < eni->prefix_count; j++)
			add_claim(making, i, eni->prefixes[j], true);
		for (uint32_t j = 0; j < eni->address_count; j++)
			add_claim(making, i, cidr_of_ip(eni->addresses[j].ip), false);
	}
}

/* Who of those that claim one block has it: whom the VPC's table gives it to, by an address before a prefix. */
static uint32_t innermost(void *context, unsigned depth, const struct peer_block *blocks,
			  size_t count)
{
	const struct making *making = context;
	const struct world  *world = making->world;
	struct cidr	     cidr;
	uint32_t	     owner = WORLD_NONE, found = WORLD_NONE;
	int		     best = -1;

	if (depth && making->home < world->counts[WORLD_VPC]) {
		cidr.base = point_ip(blocks[0].base, making->family);
		cidr.prefix_len = blocks[0].prefix_len;
		(void)lpm_get(&world->vpcs[making->home].enis, cidr, &owner);
	}
	for (size_t i = 0; depth && i < count; i++) {
		const struct claim *claim = &making->claims[blocks[i].item];
		int		    rank = 2 * (claim->eni_idx == owner) + !claim->is_prefix;

		if (rank <= best)
			continue;
		best = rank;
		found = blocks[i].item;
	}
	return found;
}

static void sweep_claims(struct making *making)
{
	size_t homes = making->world->counts[WORLD_VPC] + 1;

	for (making->home = 0; making->home < homes; making->home++)
		for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
			struct blocks *list = &making->lists[making->home][family];

			making->family = (enum span_family)family;
			making->spans[making->home][family] = spans_sweep(list, innermost, making);
			blocks_done(list);
		}
}

static void put(struct prefix_ends *out, const struct prefix_end *end)
{
	out->items = mem_grow(out->items, out->count, &out->capacity, sizeof(*out->items));
	out->items[out->count++] = *end;
}

/*
 * An interface of no known VPC is asked for all its addresses; whether another has one of them counts where
 * they are looked for, so that they are apart.
 */
static bool is_own(const struct making *making, uint32_t eni_idx, uint32_t claim, uint32_t holder,
		   struct ip ip)
{
	const struct eni *eni = &making->world->enis[eni_idx];

	return eni->vpc_idx == WORLD_NONE ? !world_eni_has_address(eni, ip) : holder == claim;
}

static void add_prefix(struct making *making, uint32_t eni_idx, struct cidr prefix, uint32_t claim)
{
	enum span_family    family = span_family(prefix.base);
	const struct spans *classes = &making->classes->spans[family];
	const struct spans *claims = &making->spans[home_of(making->world, eni_idx)][family];
	struct prefix_end   now = {
		  .end = { .eni_idx = eni_idx, .ip = prefix.base, .prefix_len = prefix.prefix_len }
	};
	struct ip last = cidr_last(prefix), ends[2];

	do {
		size_t class_at = spans_index(classes, point_of(now.end.ip));
		size_t claim_at = spans_index(claims, point_of(now.end.ip));

		ends[0] = spans_last(classes, class_at, family);
		ends[1] = spans_last(claims, claim_at, family);
		now.last = last;
		for (size_t i = 0; i < ARRAY_LEN(ends); i++)
			if (ip_cmp(ends[i], now.last) < 0)
				now.last = ends[i];
		if (is_own(making, eni_idx, claim, claims->items[claim_at].value, now.end.ip))
			put(making->out, &now);
		now.end.ip = ip_add(now.last, 1);
	} while (ip_cmp(now.last, last) < 0);
}

/* Whether any interface has a prefix; notes of which VPCs. */
static bool find_needed(struct making *making)
{
	const struct world *world = making->world;
	bool		    any = false;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (world->enis[i].prefix_count)
			any = making->is_needed[home_of(world, i)] = true;
	return any;
}

static void find_ends(struct making *making)
{
	const struct world *world = making->world;
	size_t		    homes = world->counts[WORLD_VPC] + 1;
	uint32_t	    claim = 0;

	making->lists = mem_alloc(homes * sizeof(*making->lists));
	making->spans = mem_alloc(homes * sizeof(*making->spans));
	add_claims(making);
	sweep_claims(making);
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];

		making->out->firsts[i] = (uint32_t)making->out->count;
		for (uint32_t j = 0; j < eni->prefix_count; j++)
			add_prefix(making, i, eni->prefixes[j], claim + j);
		claim += eni->prefix_count + eni->address_count;
	}
	making->out->firsts[world->counts[WORLD_ENI]] = (uint32_t)making->out->count;
	for (size_t i = 0; i < homes; i++)
		for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
			spans_done(&making->spans[i][family]);
	free(making->claims);
	free(making->lists);
	free(making->spans);
}

struct prefix_ends prefix_ends_of(const struct world *world, const struct address_classes *classes)
{
	struct prefix_ends out = { 0 };
	auto_free bool	  *is_needed = mem_alloc(world->counts[WORLD_VPC] + 1);
	struct making	   making = {
		     .world = world, .classes = classes, .is_needed = is_needed, .out = &out
	};

	out.firsts = mem_alloc((world->counts[WORLD_ENI] + 1) * sizeof(*out.firsts));
	if (find_needed(&making))
		find_ends(&making);
	return out;
}

void prefix_ends_done(struct prefix_ends *ends)
{
	free(ends->items);
	free(ends->firsts);
	*ends = (struct prefix_ends){ 0 };
}
