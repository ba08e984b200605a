/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/foreign.h"

#include "lib/base/mem.h"
#include "policies/rules/service.h"
#include "simulator/internet.h"
#include "simulator/public_ip.h"

static bool is_of_vpc(const struct world *world, struct ip ip)
{
	for (uint32_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return true;
	return false;
}

/* The address, or the block around it, that is an interface's. */
static bool find_owned(const struct world *world, struct ip ip, struct cidr *out)
{
	uint32_t eni_idx;

	for (uint32_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (lpm_find(&world->vpcs[i].enis, ip, &eni_idx, out))
			return true;
	*out = cidr_of_ip(ip);
	return public_ip_vpc(world, ip) != WORLD_NONE;
}

/* The same of hosts of IPv4 as those of IPv6 name them. */
static bool find_owned_nat64(const struct world *world, struct ip ip, struct cidr *out)
{
	struct ip inside = ip_nat64_inside(ip);

	if (inside.family == IP_NONE)
		return find_owned(world, ip, out);
	if (!find_owned(world, inside, out))
		return false;
	out->base = ip_nat64_of(out->base);
	out->prefix_len = (uint8_t)(out->prefix_len + IP_NAT64_BITS);
	return true;
}

/* Loopback, link-local and AWS's services at such addresses: nobody's network. */
static bool is_of_one_host(struct ip ip)
{
	static const struct cidr blocks[] = { { { IP_V4, { 127 } }, 8 },
					      { { IP_V4, { 169, 254 } }, 16 },
					      { { IP_V6, { [15] = 1 } }, 128 },
					      { { IP_V6, { 0xfe, 0x80 } }, 10 } };

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		if (cidr_has(blocks[i], ip))
			return true;
	return service_at(ip) != NULL;
}

static bool find_scope(const struct world *world, struct ip ip, enum kind_scope *scope)
{
	*scope = KIND_INTERNET;
	if (internet_has(world, ip))
		return true;
	*scope = KIND_ON_PREMISES;
	return ip_is_private(ip) && !is_of_one_host(ip) && !is_of_vpc(world, ip);
}

struct ip foreign_free(const struct world *world, struct ip first, struct ip last)
{
	struct cidr owned;

	while (find_owned_nat64(world, first, &owned)) {
		if (ip_cmp(cidr_last(owned), last) >= 0)
			return (struct ip){ 0 };
		first = ip_add(cidr_last(owned), 1);
	}
	return first;
}

static void add_stretch(struct kinds *kinds, struct ip first, struct ip last, uint32_t kind)
{
	kinds->stretches = mem_grow(kinds->stretches, kinds->stretch_count,
				    &kinds->stretch_capacity, sizeof(*kinds->stretches));
	kinds->stretches[kinds->stretch_count++] = (struct stretch){ .first = first,
								     .last = last,
								     .kind = kind };
}

void foreign_find(struct kinds *kinds, foreign_kind_fn *kind, void *context)
{
	const struct world *world = kinds->world;

	for (int f = 0; f < SPAN_FAMILY_COUNT; f++) {
		enum span_family    family = (enum span_family)f;
		const struct spans *spans = &kinds->peer_classes.spans[family];
		uint32_t	   *known;

		known = mem_alloc(kinds->peer_classes.count * sizeof(*known));
		for (uint32_t i = 0; i < kinds->peer_classes.count; i++)
			known[i] = WORLD_NONE;
		for (size_t i = 0; i < spans->count; i++) {
			struct ip	first = point_ip(spans->items[i].start, family);
			struct ip	last = spans_last(spans, i, family), free_ip;
			uint32_t       *idx = &known[spans->items[i].value];
			enum kind_scope scope;

			if (!find_scope(world, first, &scope))
				continue;
			free_ip = *idx == WORLD_NONE ? foreign_free(world, first, last) : first;
			if (free_ip.family == IP_NONE)
				continue;
			if (*idx == WORLD_NONE)
				*idx = kind(context, scope, spans->items[i].value, free_ip);
			add_stretch(kinds, first, last, *idx);
		}
		kinds->foreign[family] = known;
	}
}
