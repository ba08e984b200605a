/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/owners.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

struct owners {
	const struct world *world;
	struct arena	    arena;
	struct spans (*in_vpc)[SPAN_FAMILY_COUNT]; /* by VPC */
	struct spans	 alone[SPAN_FAMILY_COUNT]; /* like in_vpc: where one VPC has it, not more */
	struct view	*views;			   /* by VPC; the last for none */
	bool		*has_strays;		   /* by subnet */
	uint32_t	*identity_of;		   /* by interface */
	size_t		 identity_count;
	bool		 always_remap;
	struct map	 groups; /* id → carriers */
	struct carriers *carriers;
	size_t		 carrier_count, carrier_capacity;
};

/* Whoever claims it: it belongs to whom the VPC's table gives it. */
static void add_claim(const struct world *world, uint32_t vpc_idx, struct cidr cidr,
		      struct blocks lists[static SPAN_FAMILY_COUNT])
{
	uint32_t owner;
	bool	 assumed = true;

	if (!lpm_get(&world->vpcs[vpc_idx].enis, cidr, &owner))
		return;
	if (cidr.base.family == IP_V4 && cidr.prefix_len == 32)
		assumed = !world_eni_has_address(&world->enis[owner], cidr.base);
	blocks_add(lists, cidr, owner * 2 + assumed);
}

static uint32_t innermost(void *context, unsigned depth, const struct peer_block *blocks,
			  size_t count)
{
	(void)context;
	(void)count;
	return depth == 0 ? WORLD_NONE : blocks[0].item;
}

static void sweep_claims(struct owners *owners)
{
	const struct world *world = owners->world;
	size_t		    vpcs = world->counts[WORLD_VPC];
	struct blocks(*lists)[SPAN_FAMILY_COUNT] = mem_alloc(vpcs * sizeof(*lists));

	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];

		if (eni->vpc_idx == WORLD_NONE)
			continue;
		for (uint32_t j = 0; j < eni->prefix_count; j++)
			add_claim(world, eni->vpc_idx, eni->prefixes[j], lists[eni->vpc_idx]);
		for (uint32_t j = 0; j < eni->address_count; j++)
			add_claim(world, eni->vpc_idx, cidr_of_ip(eni->addresses[j].ip),
				  lists[eni->vpc_idx]);
	}
	owners->in_vpc = mem_alloc(vpcs * sizeof(*owners->in_vpc));
	for (size_t i = 0; i < vpcs; i++) {
		for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
			owners->in_vpc[i][family] = spans_sweep(&lists[i][family], innermost, NULL);
			blocks_done(&lists[i][family]);
		}
	}
	free(lists);
}

/* A place where what one VPC has changes. */
struct change {
	struct point start;
	uint32_t     vpc_idx, value;
};

static int compare_changes(const void *a, const void *b)
{
	return point_cmp(((const struct change *)a)->start, ((const struct change *)b)->start);
}

static struct change *changes_of(const struct owners *owners, enum span_family family,
				 size_t *count)
{
	struct change *changes;
	size_t	       vpcs = owners->world->counts[WORLD_VPC], total = 0;

	for (size_t i = 0; i < vpcs; i++)
		total += owners->in_vpc[i][family].count;
	changes = mem_alloc(total * sizeof(*changes));
	*count = 0;
	for (uint32_t i = 0; i < vpcs; i++) {
		const struct spans *spans = &owners->in_vpc[i][family];

		for (size_t j = 0; j < spans->count; j++)
			changes[(*count)++] = (struct change){ .start = spans->items[j].start,
							       .vpc_idx = i,
							       .value = spans->items[j].value };
	}
	if (total)
		qsort(changes, total, sizeof(*changes), compare_changes);
	return changes;
}

/* What all VPCs have together: the sum of the values of those that have something, and how many these are. */
static struct spans sweep_alone(const struct owners *owners, enum span_family family)
{
	size_t			 count, holders = 0;
	auto_free struct change *changes = changes_of(owners, family, &count);
	auto_free uint32_t	*now = mem_resize(NULL, owners->world->counts[WORLD_VPC] + 1,
						  sizeof(*now));
	struct spans		 spans = spans_constant(WORLD_NONE);
	uint64_t		 sum = 0;

	memset(now, 0xff, (owners->world->counts[WORLD_VPC] + 1) * sizeof(*now));
	for (size_t i = 0; i < count; i++) {
		uint32_t *value = &now[changes[i].vpc_idx];

		holders -= *value != WORLD_NONE;
		sum -= *value != WORLD_NONE ? *value : 0;
		*value = changes[i].value;
		holders += *value != WORLD_NONE;
		sum += *value != WORLD_NONE ? *value : 0;
		if (i + 1 == count || point_cmp(changes[i].start, changes[i + 1].start) != 0)
			spans_put(&spans, changes[i].start,
				  holders == 1 ? (uint32_t)sum : WORLD_NONE);
	}
	return spans;
}

/* VPC and groups of an interface as text in which nothing can be taken for anything else. */
static void identity_key(const struct eni *eni, struct buf *key)
{
	buf_clear(key);
	buf_printf(key, "%zu:", eni->vpc_id.len);
	buf_add_str(key, eni->vpc_id);
	for (uint32_t i = 0; i < eni->sg_count; i++) {
		buf_printf(key, "%zu:", eni->sg_ids[i].len);
		buf_add_str(key, eni->sg_ids[i]);
	}
}

static void add_carrier(struct owners *owners, struct str group_id, uint32_t identity)
{
	struct carriers *carriers;
	uint32_t	 at;

	if (!map_get(&owners->groups, group_id, &at)) {
		at = (uint32_t)owners->carrier_count;
		owners->carriers = mem_grow(owners->carriers, owners->carrier_count++,
					    &owners->carrier_capacity, sizeof(*owners->carriers));
		owners->carriers[at] = (struct carriers){ 0 };
		map_put(&owners->groups, group_id, at);
	}
	carriers = &owners->carriers[at];
	carriers->identities = mem_grow(carriers->identities, carriers->count, &carriers->capacity,
					sizeof(*carriers->identities));
	carriers->identities[carriers->count++] = identity;
}

static void number_identities(struct owners *owners)
{
	const struct world *world = owners->world;
	auto_buf struct buf key = buf_make(SIZE_MAX / 2);
	struct map	    identities = { 0 };

	owners->identity_of = mem_alloc(world->counts[WORLD_ENI] * sizeof(uint32_t));
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];
		uint32_t	  identity;

		identity_key(eni, &key);
		if (!map_get(&identities, buf_str(&key), &identity)) {
			identity = (uint32_t)owners->identity_count++;
			map_put(&identities, arena_str(&owners->arena, buf_str(&key)), identity);
			for (uint32_t j = 0; j < eni->sg_count; j++)
				add_carrier(owners, eni->sg_ids[j], identity);
		}
		owners->identity_of[i] = identity;
	}
	map_done(&identities);
}

static bool covers(const struct subnet *subnet, struct cidr cidr)
{
	for (uint32_t i = 0; i < subnet->cidr_count; i++)
		if (cidr_covers(subnet->cidrs[i], cidr))
			return true;
	return false;
}

static void find_strays(struct owners *owners)
{
	const struct world *world = owners->world;

	owners->has_strays = mem_alloc(world->counts[WORLD_SUBNET] * sizeof(bool));
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni    *eni = &world->enis[i];
		const struct subnet *subnet;

		if (eni->subnet_idx == WORLD_NONE)
			continue;
		subnet = &world->subnets[eni->subnet_idx];
		for (uint32_t j = 0; j < eni->prefix_count; j++)
			if (!covers(subnet, eni->prefixes[j]))
				owners->has_strays[eni->subnet_idx] = true;
		for (uint32_t j = 0; j < eni->address_count; j++)
			if (!covers(subnet, cidr_of_ip(eni->addresses[j].ip)))
				owners->has_strays[eni->subnet_idx] = true;
	}
}

bool owners_has_strays(const struct owners *owners, uint32_t subnet_idx)
{
	return owners->has_strays[subnet_idx];
}

struct owners *owners_new(const struct world *world)
{
	struct owners *owners = mem_alloc(sizeof(*owners));

	owners->world = world;
	sweep_claims(owners);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		owners->alone[family] = sweep_alone(owners, (enum span_family)family);
	number_identities(owners);
	find_strays(owners);
	owners->views = mem_alloc((world->counts[WORLD_VPC] + 1) * sizeof(*owners->views));
	return owners;
}

static void free_spans(struct spans spans[static SPAN_FAMILY_COUNT])
{
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans_done(&spans[family]);
}

void owners_free(struct owners *owners)
{
	size_t vpcs;

	if (!owners)
		return;
	vpcs = owners->world->counts[WORLD_VPC];
	for (size_t i = 0; i < vpcs; i++)
		free_spans(owners->in_vpc[i]);
	for (size_t i = 0; i <= vpcs; i++) {
		free_spans(owners->views[i].spans);
		for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
			free(owners->views[i].places[family]);
			free(owners->views[i].seen[family]);
		}
		directory_drop(owners->views[i].directory);
	}
	for (size_t i = 0; i < owners->carrier_count; i++)
		free(owners->carriers[i].identities);
	free_spans(owners->alone);
	free(owners->in_vpc);
	free(owners->views);
	free(owners->has_strays);
	free(owners->identity_of);
	free(owners->carriers);
	map_done(&owners->groups);
	arena_done(&owners->arena);
	free(owners);
}

void owners_remap_always(struct owners *owners)
{
	owners->always_remap = true;
}

bool owners_always_remap(const struct owners *owners)
{
	return owners->always_remap;
}

size_t owners_who_count(const struct owners *owners)
{
	return WHO_IDENTITY + 2 * owners->identity_count;
}

const struct spans *owners_in_vpc(const struct owners *owners, uint32_t vpc_idx,
				  enum span_family family)
{
	return &owners->in_vpc[vpc_idx][family];
}

const struct carriers *owners_carriers(const struct owners *owners, struct str group_id)
{
	static const struct carriers none;
	uint32_t		     at;

	return map_get(&owners->groups, group_id, &at) ? &owners->carriers[at] : &none;
}

/* Blocks that only say "in here": 1 inside. */
static uint32_t inside(void *context, unsigned depth, const struct peer_block *blocks, size_t count)
{
	(void)context;
	(void)blocks;
	(void)count;
	return depth > 0;
}

static void sweep_vpc_blocks(const struct vpc *vpc, struct spans spans[static SPAN_FAMILY_COUNT])
{
	struct blocks lists[SPAN_FAMILY_COUNT] = { 0 };

	for (uint32_t i = 0; vpc && i < vpc->cidr_count; i++)
		blocks_add(lists, vpc->cidrs[i], 0);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		spans[family] = spans_sweep(&lists[family], inside, NULL);
		blocks_done(&lists[family]);
	}
}

static void add_blocks(struct blocks lists[static SPAN_FAMILY_COUNT], const struct cidr *cidrs,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		blocks_add(lists, cidrs[i], 0);
}

/* Of IPv4 what an interface may have inside a VPC: private addresses and the blocks of VPCs. */
static struct spans sweep_inside(const struct world *world)
{
	struct blocks	   lists[SPAN_FAMILY_COUNT] = { 0 };
	const struct cidr *blocks;
	size_t		   count = ip_private_blocks(&blocks);
	struct spans	   spans;

	add_blocks(lists, blocks, count);
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		add_blocks(lists, world->vpcs[i].cidrs, world->vpcs[i].cidr_count);
	for (size_t i = 0; i < world->counts[WORLD_PCX]; i++) {
		const struct pcx *pcx = &world->pcxs[i];

		add_blocks(lists, pcx->requester.cidrs, pcx->requester.cidr_count);
		add_blocks(lists, pcx->accepter.cidrs, pcx->accepter.cidr_count);
	}
	spans = spans_sweep(&lists[SPAN_V4], inside, NULL);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		blocks_done(&lists[family]);
	return spans;
}

struct seeing {
	const struct owners *owners;
	enum span_family     family;
};

/* values: the VPC's own owner, whether it is in the VPC's blocks, the owner elsewhere. */
static uint32_t by_peer(void *context, const uint32_t *values)
{
	const struct seeing *seeing = context;
	uint32_t	     owner = values[0];

	if (owner == WORLD_NONE && !values[1])
		owner = values[2];
	if (owner == WORLD_NONE)
		return WHO_UNKNOWN;
	return WHO_IDENTITY + seeing->owners->identity_of[owner / 2] * 2 + owner % 2;
}

/* values: who, whether inside.  Members count by their addresses in VPCs (policies/rules/reference.c). */
static uint32_t outside_or_who(void *context, const uint32_t *values)
{
	(void)context;
	return values[0] == WHO_UNKNOWN && !values[1] ? WHO_OUTSIDE : values[0];
}

static void find_places(const struct owners *owners, struct view *view, enum span_family family)
{
	const struct spans *spans = &view->spans[family];
	size_t		    whos = owners_who_count(owners);

	view->places[family] = mem_alloc(whos * sizeof(*view->places[family]));
	view->seen[family] = mem_alloc(whos * sizeof(*view->seen[family]));
	for (size_t i = 0; i < spans->count; i++) {
		view->places[family][spans->items[i].value] = spans->items[i].start;
		view->seen[family][spans->items[i].value] = true;
	}
}

static void make_view(struct owners *owners, uint32_t vpc_idx, struct view *view)
{
	const struct vpc *vpc = vpc_idx == WORLD_NONE ? NULL : &owners->world->vpcs[vpc_idx];
	struct spans	  nobody = spans_constant(WORLD_NONE), within[SPAN_FAMILY_COUNT];
	struct spans	  inside_vpcs = sweep_inside(owners->world), who;

	sweep_vpc_blocks(vpc, within);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++) {
		struct seeing	    seeing = { owners, (enum span_family)family };
		const struct spans *parts[] = { vpc ? &owners->in_vpc[vpc_idx][family] : &nobody,
						&within[family], &owners->alone[family] };

		view->spans[family] = spans_zip(parts, ARRAY_LEN(parts), by_peer, &seeing);
		if (family == SPAN_V4) {
			const struct spans *known[] = { &view->spans[family], &inside_vpcs };

			who = spans_zip(known, ARRAY_LEN(known), outside_or_who, NULL);
			spans_done(&view->spans[family]);
			view->spans[family] = who;
		}
		find_places(owners, view, (enum span_family)family);
	}
	free_spans(within);
	spans_done(&nobody);
	spans_done(&inside_vpcs);
}

static struct view *view_of(struct owners *owners, uint32_t vpc_idx)
{
	size_t	     vpcs = owners->world->counts[WORLD_VPC];
	struct view *view = &owners->views[vpc_idx == WORLD_NONE ? vpcs : vpc_idx];

	if (view->spans[SPAN_V4].count == 0)
		make_view(owners, vpc_idx, view);
	return view;
}

const struct view *owners_view(struct owners *owners, uint32_t vpc_idx)
{
	return view_of(owners, vpc_idx);
}

struct directory *owners_directory(struct owners *owners, uint32_t vpc_idx)
{
	struct view *view = view_of(owners, vpc_idx);

	if (!view->directory)
		view->directory = directory_new(&view->spans[SPAN_V4]);
	return view->directory;
}
