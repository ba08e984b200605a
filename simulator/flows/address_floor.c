/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/address_floor.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/rules/exempt.h"
#include "simulator/flows/ends.h"

enum { TOP_BITS = 12, TOPS = 1 << TOP_BITS, NEAR_BITS = 16, FLEET_TEXT_MAX = 4096 };

#define NOT_OWNED (UINT32_MAX - 2)

/* Where kinds begin, ascending; a kind ends where the next begins. */
struct starts {
	struct ip *items;
	size_t	   count, capacity;
};

/* An address of an interface. */
struct owned {
	struct ip ip;	   /* IP_NONE: a free slot */
	uint32_t  eni_idx; /* WORLD_NONE: of several, which are kept apart */
	uint32_t  fleet;   /* number of what all interfaces like this one have in common */
	uint32_t  block;   /* the kind it would be of without interfaces */
	uint32_t  lowest;  /* slot of the lowest address of the same fleet and block */
};

/* The same of IPv4, in one place: addresses as they lie in memory. */
struct owned_v4 {
	uint32_t address, eni_idx; /* WORLD_NONE: of several; NOT_OWNED: a free slot */
	uint32_t lowest, lowest_eni_idx;
};

struct address_floor {
	struct starts blocks[2]; /* IPv4, IPv6: kinds of what no interface has */
	struct ip *floors[2]; /* beside blocks[]: the kind's first address that no interface has */
	bool *in_sites; /* beside blocks[1]: reports name the site (ENDS_BLOCK_V6) of an address */
	bool *ones[2];	/* beside blocks[]: the kind is one address */
	uint32_t     *v4;	      /* blocks[0], host order */
	uint32_t      tops[TOPS + 1]; /* by an address's first bits: how many of v4 are below it */
	uint64_t      near[(1 << NEAR_BITS) / 64]; /* by hash of a /24: an interface may be in it */
	struct owned *owned;			   /* open addressing, at most half full */
	struct owned_v4 *owned_v4;		   /* likewise */
	size_t		 owned_capacity;	   /* of both, a power of two */
};

static void add_start(struct starts *starts, struct ip ip)
{
	starts->items = mem_grow(starts->items, starts->count, &starts->capacity,
				 sizeof(*starts->items));
	starts->items[starts->count++] = ip;
}

/* A block begins and ends here. */
static void add_block(struct starts *both, struct cidr block)
{
	struct starts *starts = &both[block.base.family == IP_V6];
	struct ip      next = block.base;
	unsigned       bit = block.prefix_len;

	if (block.base.family == IP_NONE)
		return;
	add_start(starts, block.base);
	/* Adds one to the prefix; without it (0.0.0.0/0) and at the family's end nothing comes behind. */
	while (bit-- > 0) {
		next.bytes[bit / 8] ^= (uint8_t)(0x80U >> bit % 8);
		if (next.bytes[bit / 8] & (0x80U >> bit % 8)) {
			add_start(starts, next);
			return;
		}
	}
}

static void add_rules(const struct world *world, struct starts *both)
{
	for (size_t i = 0; i < world->counts[WORLD_SG]; i++)
		for (uint32_t j = 0; j < world->sgs[i].rule_count; j++)
			if (world->sgs[i].rules[j].peer_kind == PEER_CIDR)
				add_block(both, world->sgs[i].rules[j].cidr);
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++)
		for (uint32_t j = 0; j < world->nacls[i].rule_count; j++)
			add_block(both, world->nacls[i].rules[j].cidr);
	for (size_t i = 0; i < world->counts[WORLD_PREFIX_LIST]; i++)
		for (uint32_t j = 0; j < world->prefix_lists[i].entry_count; j++)
			add_block(both, world->prefix_lists[i].entries[j]);
}

static void add_exempt(const struct world *world, uint32_t subnet_idx, struct starts *both)
{
	struct ip peers[EXEMPT_PEERS_MAX];
	size_t	  count = exempt_peers(world, subnet_idx, peers);

	for (size_t i = 0; i < count; i++)
		add_block(both, cidr_of_ip(peers[i]));
}

static void add_networks(const struct world *world, struct starts *both)
{
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		for (uint32_t j = 0; j < world->vpcs[i].cidr_count; j++)
			add_block(both, world->vpcs[i].cidrs[j]);
	for (size_t i = 0; i < world->counts[WORLD_PCX]; i++) {
		const struct pcx_side *const sides[] = { &world->pcxs[i].requester,
							 &world->pcxs[i].accepter };

		for (size_t j = 0; j < ARRAY_LEN(sides); j++)
			for (uint32_t k = 0; k < sides[j]->cidr_count; k++)
				add_block(both, sides[j]->cidrs[k]);
	}
	for (uint32_t i = 0; i < world->counts[WORLD_SUBNET]; i++) {
		for (uint32_t j = 0; j < world->subnets[i].cidr_count; j++)
			add_block(both, world->subnets[i].cidrs[j]);
		add_exempt(world, i, both);
	}
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++)
		for (uint32_t j = 0; j < world->enis[i].prefix_count; j++)
			add_block(both, world->enis[i].prefixes[j]);
}

static void add_policy(const struct intent *intent, struct starts *both)
{
	for (uint32_t i = 0; i < intent->tier_count; i++)
		for (uint32_t j = 0; j < intent->tiers[i].selector_count; j++)
			if (intent->tiers[i].selectors[j].kind == SELECT_CIDR)
				add_block(both, intent->tiers[i].selectors[j].cidr);
}

/* Blocks that reports name of private addresses, and of those of a VPC that is larger than such a block. */
static void add_named(struct cidr block, struct starts *both)
{
	struct ip at = block.base;

	add_block(both, block);
	if (at.family != IP_V4 || block.prefix_len >= ENDS_BLOCK_V4)
		return;
	for (uint32_t i = 0; i < UINT32_C(1) << (ENDS_BLOCK_V4 - block.prefix_len); i++) {
		add_start(both, at);
		at = ip_add(at, UINT32_C(1) << (32 - ENDS_BLOCK_V4));
	}
}

static int compare_starts(const void *a, const void *b)
{
	return ip_cmp(*(const struct ip *)a, *(const struct ip *)b);
}

static void sort_starts(struct starts *starts)
{
	size_t kept = 0;

	qsort(starts->items, starts->count, sizeof(*starts->items), compare_starts);
	for (size_t i = 0; i < starts->count; i++)
		if (kept == 0 || !ip_eq(starts->items[i], starts->items[kept - 1]))
			starts->items[kept++] = starts->items[i];
	starts->count = kept;
}

/* Which kind the address is in. */
static size_t find(const struct starts *starts, struct ip ip)
{
	size_t low = 1, high = starts->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ip_cmp(starts->items[middle], ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static int compare_ids(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/*
 * VPC, as the interface itself says and as its subnet tells (a reference asks for the former), subnet, tiers and
 * groups of an interface; one without groups is named, and so is like no other.
 */
static void print_fleet(const struct world *world, const struct judge *judge, uint32_t eni_idx,
			struct buf *out)
{
	const struct eni     *eni = &world->enis[eni_idx];
	auto_free struct str *ids = mem_alloc((eni->sg_count + 1) * sizeof(*ids));

	buf_printf(out, "%u %.*s %u %llx", eni->vpc_idx, STR_ARG(eni->vpc_id), eni->subnet_idx,
		   judge ? (unsigned long long)judge_tiers(judge, eni_idx, (struct ip){ 0 }) : 0);
	for (uint32_t i = 0; i < eni->sg_count; i++)
		ids[i] = eni->sg_ids[i];
	if (eni->sg_count)
		qsort(ids, eni->sg_count, sizeof(*ids), compare_ids);
	else
		buf_printf(out, " eni %u", eni_idx);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		buf_add_char(out, ' ');
		buf_add_str(out, ids[i]);
	}
}

static uint32_t v4_value(struct ip ip)
{
	uint32_t value;

	memcpy(&value, ip.bytes, sizeof(value));
	return __builtin_bswap32(value);
}

static uint32_t hash_of_v4(uint32_t address)
{
	return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static uint64_t hash_of(struct ip ip)
{
	uint64_t words[2];

	memcpy(words, ip.bytes, sizeof(words));
	return (words[0] * UINT64_C(0x9e3779b97f4a7c15) ^ words[1]) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* The slot of the address, or the free one where it would be. */
static struct owned *slot_of(const struct address_floor *floor, struct ip ip)
{
	size_t at = hash_of(ip) >> 32 & (floor->owned_capacity - 1);

	while (floor->owned[at].ip.family != IP_NONE && !ip_eq(floor->owned[at].ip, ip))
		at = (at + 1) & (floor->owned_capacity - 1);
	return &floor->owned[at];
}

static void add_owned(struct address_floor *floor, struct ip ip, uint32_t eni_idx, uint32_t fleet)
{
	struct owned *slot = slot_of(floor, ip);

	if (slot->ip.family == IP_NONE)
		*slot = (struct owned){ .ip = ip, .eni_idx = eni_idx, .fleet = fleet };
	else if (slot->eni_idx != eni_idx)
		slot->eni_idx = WORLD_NONE;
	slot->block = (uint32_t)find(&floor->blocks[ip.family == IP_V6], ip);
}

static int compare_owned(const void *a, const void *b)
{
	const struct owned *x = *(const struct owned *const *)a;
	const struct owned *y = *(const struct owned *const *)b;

	if (x->fleet != y->fleet)
		return x->fleet < y->fleet ? -1 : 1;
	if (x->ip.family == y->ip.family && x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return ip_cmp(x->ip, y->ip);
}

/* Whether two interfaces' addresses are alike: in all that they are themselves, and in what they are called. */
static bool are_alike(const struct address_floor *floor, const struct owned *a,
		      const struct owned *b)
{
	if (a->fleet != b->fleet || a->ip.family != b->ip.family || a->block != b->block)
		return false;
	return a->ip.family == IP_V4 || !floor->in_sites[a->block] ||
	       ip_eq(ip_mask(a->ip, ENDS_BLOCK_V6), ip_mask(b->ip, ENDS_BLOCK_V6));
}

/* Each address is told which is the lowest of those that are alike. */
static void set_lowest(struct address_floor *floor)
{
	auto_free struct owned **sorted = mem_alloc(floor->owned_capacity * sizeof(*sorted));
	size_t			 count = 0;
	uint32_t		 lowest = 0;

	for (size_t i = 0; i < floor->owned_capacity; i++)
		if (floor->owned[i].ip.family != IP_NONE && floor->owned[i].eni_idx != WORLD_NONE)
			sorted[count++] = &floor->owned[i];
	if (count)
		qsort(sorted, count, sizeof(struct owned *), compare_owned);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !are_alike(floor, sorted[i - 1], sorted[i]))
			lowest = (uint32_t)(sorted[i] - floor->owned);
		sorted[i]->lowest = lowest;
	}
}

/* The slot of the address, or the free one where it would be. */
static struct owned_v4 *slot_of_v4(const struct address_floor *floor, uint32_t address)
{
	size_t at = hash_of_v4(address) & (floor->owned_capacity - 1);

	while (floor->owned_v4[at].eni_idx != NOT_OWNED && floor->owned_v4[at].address != address)
		at = (at + 1) & (floor->owned_capacity - 1);
	return &floor->owned_v4[at];
}

/* Which bit of `near`; the first three bytes of an address are its lowest here. */
static uint32_t near_bit(uint32_t address)
{
	return (address & 0xffffff) * UINT32_C(0x9e3779b1) >> (32 - NEAR_BITS);
}

static bool is_near(const struct address_floor *floor, uint32_t address)
{
	uint32_t bit = near_bit(address);

	return floor->near[bit / 64] >> bit % 64 & 1;
}

static void set_owned_v4(struct address_floor *floor)
{
	floor->owned_v4 = mem_alloc(floor->owned_capacity * sizeof(*floor->owned_v4));
	for (size_t i = 0; i < floor->owned_capacity; i++)
		floor->owned_v4[i].eni_idx = NOT_OWNED;
	for (size_t i = 0; i < floor->owned_capacity; i++) {
		const struct owned *owned = &floor->owned[i];
		const struct owned *lowest = &floor->owned[owned->lowest];
		struct owned_v4	    made = { .eni_idx = owned->eni_idx,
					     .lowest_eni_idx = lowest->eni_idx };

		if (owned->ip.family != IP_V4)
			continue;
		memcpy(&made.address, owned->ip.bytes, sizeof(made.address));
		memcpy(&made.lowest, lowest->ip.bytes, sizeof(made.lowest));
		*slot_of_v4(floor, made.address) = made;
		floor->near[near_bit(made.address) / 64] |= UINT64_C(1)
							    << near_bit(made.address) % 64;
	}
}

static size_t count_addresses(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++)
		count += world->enis[i].address_count;
	return count;
}

static void set_owned(struct address_floor *floor, const struct world *world,
		      const struct judge *judge)
{
	struct arena arena = { 0 };
	struct map   fleets = { 0 };

	floor->owned_capacity = 16;
	while (floor->owned_capacity < 2 * count_addresses(world))
		floor->owned_capacity *= 2;
	floor->owned = mem_alloc(floor->owned_capacity * sizeof(*floor->owned));
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni   *eni = &world->enis[i];
		auto_buf struct buf text = buf_make(FLEET_TEXT_MAX);
		uint32_t	    fleet;

		print_fleet(world, judge, i, &text);
		if (text.overflow || !map_get(&fleets, buf_str(&text), &fleet)) {
			fleet = i;
			if (!text.overflow)
				map_put(&fleets, arena_str(&arena, buf_str(&text)), fleet);
		}
		for (uint32_t j = 0; j < eni->address_count; j++)
			if (eni->addresses[j].ip.family != IP_NONE)
				add_owned(floor, eni->addresses[j].ip, i, fleet);
	}
	set_lowest(floor);
	set_owned_v4(floor);
	map_done(&fleets);
	arena_done(&arena);
}

/* Private blocks and VPCs begin and end with a kind, so one address speaks for its kind. */
static void set_sites(struct address_floor *floor, const struct world *world)
{
	const struct starts *starts = &floor->blocks[1];

	floor->in_sites = mem_resize(NULL, starts->count, sizeof(*floor->in_sites));
	for (size_t i = 0; i < starts->count; i++)
		floor->in_sites[i] = !world_internet_has(world, starts->items[i]);
}

static bool is_owned(const struct address_floor *floor, struct ip ip)
{
	return slot_of(floor, ip)->ip.family != IP_NONE;
}

/* A kind is known by an address that is of it, and so of no interface. */
static void set_floors(struct address_floor *floor, int family)
{
	const struct starts *blocks = &floor->blocks[family];

	floor->floors[family] = mem_resize(NULL, blocks->count, sizeof(struct ip));
	floor->ones[family] = mem_alloc(blocks->count * sizeof(bool));
	for (size_t i = 0; i < blocks->count; i++) {
		struct ip ip = blocks->items[i];

		while (is_owned(floor, ip))
			ip = ip_add(ip, 1);
		floor->floors[family][i] = ip;
		floor->ones[family][i] = i + 1 < blocks->count &&
					 ip_eq(blocks->items[i + 1], ip_add(blocks->items[i], 1));
	}
}

static void set_v4(struct address_floor *floor)
{
	const struct starts *starts = &floor->blocks[0];
	size_t		     at = 0;

	floor->v4 = mem_resize(NULL, starts->count, sizeof(*floor->v4));
	for (size_t i = 0; i < starts->count; i++)
		floor->v4[i] = v4_value(starts->items[i]);
	for (uint32_t top = 0; top <= TOPS; top++) {
		while (at < starts->count && floor->v4[at] >> (32 - TOP_BITS) < top)
			at++;
		floor->tops[top] = (uint32_t)at;
	}
}

/* The kinds of what no interface has. */
static void set_blocks(const struct world *world, const struct judge *judge, struct starts *both)
{
	const struct cidr *private_blocks;
	size_t		   private_count = ip_private_blocks(&private_blocks);

	add_start(&both[0], (struct ip){ .family = IP_V4 });
	add_start(&both[1], (struct ip){ .family = IP_V6 });
	for (size_t i = 0; i < private_count; i++)
		add_named(private_blocks[i], both);
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		for (uint32_t j = 0; j < world->vpcs[i].cidr_count; j++)
			add_named(world->vpcs[i].cidrs[j], both);
	add_rules(world, both);
	add_networks(world, both);
	add_exempt(world, WORLD_NONE, both);
	if (judge)
		add_policy(judge_policy(judge), both);
	sort_starts(&both[0]);
	sort_starts(&both[1]);
}

struct address_floor *address_floor_new(const struct world *world, const struct judge *judge)
{
	struct address_floor *floor = mem_alloc(sizeof(*floor));

	set_blocks(world, judge, floor->blocks);
	set_sites(floor, world);
	set_owned(floor, world, judge);
	set_floors(floor, 0);
	set_floors(floor, 1);
	set_v4(floor);
	return floor;
}

void address_floor_free(struct address_floor *floor)
{
	if (!floor)
		return;
	for (int family = 0; family < 2; family++) {
		free(floor->blocks[family].items);
		free(floor->floors[family]);
		free(floor->ones[family]);
	}
	free(floor->in_sites);
	free(floor->v4);
	free(floor->owned);
	free(floor->owned_v4);
	free(floor);
}

/* value: host order. */
static size_t find_v4(const struct address_floor *floor, uint32_t value)
{
	uint32_t top = value >> (32 - TOP_BITS);
	size_t	 low = floor->tops[top], high = floor->tops[top + 1];

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (floor->v4[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

/* Of an address that no interface has. */
static struct ip floor_in_block(const struct address_floor *floor, struct ip ip, bool *alone)
{
	int	  family = ip.family == IP_V6;
	size_t	  idx = family ? find(&floor->blocks[1], ip) : find_v4(floor, v4_value(ip));
	struct ip found = floor->floors[family][idx], block;

	*alone = floor->ones[family][idx];
	if (!family || !floor->in_sites[idx])
		return found;
	block = ip_mask(ip, ENDS_BLOCK_V6);
	if (ip_cmp(found, block) >= 0)
		return found;
	return is_owned(floor, block) ? ip : block;
}

/* Whether an interface's address stays what it is: it is of several, or its own, or its fleet goes by own's. */
static bool stays(uint32_t eni_idx, uint32_t lowest_eni_idx, uint32_t own_idx)
{
	return eni_idx == WORLD_NONE || own_idx == ADDRESS_FLOOR_APART || eni_idx == own_idx ||
	       lowest_eni_idx == own_idx;
}

struct ip address_floor_of(const struct address_floor *floor, struct ip ip, uint32_t own_idx,
			   bool *alone)
{
	const struct owned *owned, *lowest;

	*alone = true;
	if (ip.family == IP_NONE)
		return ip;
	owned = slot_of(floor, ip);
	if (owned->ip.family == IP_NONE)
		return floor_in_block(floor, ip, alone);
	lowest = &floor->owned[owned->lowest];
	*alone = stays(owned->eni_idx, lowest->eni_idx, own_idx);
	return *alone ? ip : lowest->ip;
}

struct address_floor_v4 address_floor_of_v4(const struct address_floor *floor, uint32_t address,
					    uint32_t own_idx)
{
	struct address_floor_v4 found = { .eni_idx = WORLD_NONE };
	size_t			idx;

	if (is_near(floor, address)) {
		const struct owned_v4 *owned = slot_of_v4(floor, address);

		if (owned->eni_idx != NOT_OWNED) {
			found.alone = stays(owned->eni_idx, owned->lowest_eni_idx, own_idx);
			found.address = found.alone ? address : owned->lowest;
			found.eni_idx = found.alone ? owned->eni_idx : owned->lowest_eni_idx;
			if (owned->eni_idx == WORLD_NONE)
				found.eni_idx = ADDRESS_FLOOR_SHARED;
			return found;
		}
	}
	idx = find_v4(floor, __builtin_bswap32(address));
	found.alone = floor->ones[0][idx];
	memcpy(&found.address, floor->floors[0][idx].bytes, sizeof(found.address));
	return found;
}
