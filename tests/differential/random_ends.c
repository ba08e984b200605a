/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_ends.h"

#include <string.h>

#include "lib/base/mem.h"
#include "policies/rules/service.h"
#include "simulator/internet.h"
#include "simulator/lb_targets.h"
#include "simulator/public_ip.h"

static bool is_owned(const struct world *world, struct ip ip)
{
	struct ip inside = ip_nat64_inside(ip);
	uint32_t  eni_idx;

	if (inside.family != IP_NONE)
		ip = inside;
	if (public_ip_vpc(world, ip) != WORLD_NONE)
		return true;
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (lpm_find(&world->vpcs[i].enis, ip, &eni_idx, NULL))
			return true;
	return false;
}

/* Loopback, link-local and AWS's services at such addresses are nobody's network. */
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

bool foreign_scope(const struct world *world, struct ip ip, enum kind_scope *scope)
{
	if (is_owned(world, ip))
		return false;
	*scope = KIND_INTERNET;
	if (internet_has(world, ip))
		return true;
	*scope = KIND_ON_PREMISES;
	for (size_t i = 0; i < world->counts[WORLD_VPC]; i++)
		if (world_vpc_has(&world->vpcs[i], ip))
			return false;
	return ip_is_private(ip) && !is_of_one_host(ip);
}

/* One of those between two, both included: either of them, or with the bits below their common ones at random. */
struct ip random_between(struct dice *dice, struct ip first, struct ip last)
{
	struct ip ip = first;

	if (dice_one_in(dice, 4))
		return dice_one_in(dice, 2) ? first : last;
	for (int tries = 0; tries < 8; tries++) {
		size_t at = 0, bytes = ip_bits(ip) / 8;

		while (at < bytes && first.bytes[at] == last.bytes[at])
			at++;
		for (; at < bytes; at++)
			ip.bytes[at] = (uint8_t)dice_roll(dice, 256);
		if (memcmp(ip.bytes, first.bytes, bytes) >= 0 &&
		    memcmp(ip.bytes, last.bytes, bytes) <= 0)
			return ip;
	}
	return first;
}

static struct ip some_place(struct dice *dice, const struct places *places, int family)
{
	return places->ips[family][dice_roll(dice, places->ip_count[family])];
}

/* The edges of what is no network, of the internet, and of where no route leads. */
static struct ip odd_ip(struct dice *dice)
{
	static const struct ip odd[] = {
		{ IP_V4, { 169, 253, 255, 255 } },
		{ IP_V4, { 169, 255, 0, 0 } },
		{ IP_V4, { 0, 255, 255, 255 } },
		{ IP_V4, { 1, 0, 0, 0 } },
		{ IP_V4, { 223, 255, 255, 255 } },
		{ IP_V4, { 224, 0, 0, 0 } },
		{ IP_V4, { 100, 63, 255, 255 } },
		{ IP_V4, { 127, 0, 0, 1 } },
		{ IP_V6, { 0xfd, 0x00, 0x0e, 0xc2 } },
		{ IP_V6, { 0xfd, 0x00, 0x0e, 0xc3 } },
		{ IP_V6, { 0xfc, 0x00 } },
		{ IP_V6, { 0x3f, 0xff } },
	};

	return odd[dice_roll(dice, ARRAY_LEN(odd))];
}

static struct ip foreign_ip(struct dice *dice, const struct kinds *kinds,
			    const struct places *places)
{
	const struct stretch *stretch;
	uint64_t	      way = dice_roll(dice, 8);

	if (way == 0)
		return odd_ip(dice);
	if (way == 1)
		return ip_nat64_of(some_place(dice, places, 0));
	if (way < 5 || kinds->stretch_count == 0)
		return some_place(dice, places, dice_one_in(dice, 3));
	stretch = &kinds->stretches[dice_roll(dice, kinds->stretch_count)];
	return random_between(dice, stretch->first, stretch->last);
}

/* A node of a load balancer, of which there are few. */
static bool balancer_end(struct dice *dice, const struct kinds *kinds, struct end *out)
{
	const struct world *world = kinds->world;
	uint32_t	    count = (uint32_t)world->counts[WORLD_ENI];
	uint32_t	    first = count ? (uint32_t)dice_roll(dice, count) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t eni_idx = (first + i) % count, ends = kinds->eni_ends[eni_idx];
		uint32_t own = kinds->eni_ends[eni_idx + 1] - ends;

		if (own == 0 || lb_of_eni(world, eni_idx) == WORLD_NONE)
			continue;
		*out = kinds->ends[ends + dice_roll(dice, own)];
		return true;
	}
	return false;
}

/* Any address of a delegated prefix, as far as it is not another's. */
static bool prefix_end(struct dice *dice, const struct world *world, struct end *out)
{
	uint32_t count = (uint32_t)world->counts[WORLD_ENI];
	uint32_t first = count ? (uint32_t)dice_roll(dice, count) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t	  eni_idx = (first + i) % count;
		const struct eni *eni = &world->enis[eni_idx];
		struct cidr	  prefix;

		if (eni->prefix_count == 0)
			continue;
		prefix = eni->prefixes[dice_roll(dice, eni->prefix_count)];
		out->eni_idx = eni_idx;
		out->ip = random_between(dice, prefix.base, cidr_last(prefix));
		return eni->vpc_idx == WORLD_NONE ||
		       world_eni_in_vpc(world, eni->vpc_idx, out->ip) == eni_idx;
	}
	return false;
}

struct end random_end(struct dice *dice, const struct kinds *kinds, const struct places *places)
{
	uint32_t	total = kinds->eni_ends[kinds->world->counts[WORLD_ENI]];
	struct end	end = { .eni_idx = WORLD_NONE };
	enum kind_scope scope;

	if (dice_one_in(dice, 8) && balancer_end(dice, kinds, &end))
		return end;
	if (dice_one_in(dice, 5) && prefix_end(dice, kinds->world, &end))
		return end;
	end.eni_idx = WORLD_NONE;
	if (total && !dice_one_in(dice, 3))
		return kinds->ends[dice_roll(dice, total)];
	for (int tries = 0; tries < 16; tries++) {
		end.ip = foreign_ip(dice, kinds, places);
		if (foreign_scope(kinds->world, end.ip, &scope))
			return end;
	}
	end.ip = (struct ip){ 0 };
	return end;
}

static uint8_t some_protocol(struct dice *dice)
{
	static const uint8_t protocols[] = { PROTO_TCP,	   PROTO_TCP,  PROTO_TCP,    PROTO_UDP,
					     PROTO_UDP,	   PROTO_ICMP, PROTO_ICMPV6, PROTO_ICMP,
					     PROTO_ICMPV6, PROTO_GRE };

	return dice_one_in(dice, 6) ? (uint8_t)dice_roll(dice, 256)
				    : protocols[dice_roll(dice, ARRAY_LEN(protocols))];
}

/* Of ICMP every type and code, those of rules more often. */
static uint32_t some_low_part(struct dice *dice, uint8_t protocol, const struct places *places)
{
	static const uint8_t types[] = { 0, 3, 8, 13, 15, 17, 128, 129 };
	uint32_t	     type = (uint32_t)dice_roll(dice, 256), code = 0;

	if (!proto_is_icmp(protocol))
		return places->port_count && !dice_one_in(dice, 4)
			       ? places->ports[dice_roll(dice, places->port_count)]
			       : (uint32_t)dice_roll(dice, 65536);
	if (dice_one_in(dice, 2))
		type = types[dice_roll(dice, ARRAY_LEN(types))];
	else if (places->type_count && dice_one_in(dice, 2))
		type = (uint8_t)places->types[dice_roll(dice, places->type_count)];
	if (dice_one_in(dice, 2))
		code = (uint32_t)dice_roll(dice, dice_one_in(dice, 2) ? 5 : 256);
	return type << 8 | code;
}

uint32_t random_key(struct dice *dice, const struct world *world, const struct packet_sets *sets,
		    const uint32_t edges[static 2], const struct places *places)
{
	const struct packet_cut *cuts;
	uint8_t			 protocol;
	size_t			 count;

	if (dice_one_in(dice, 3)) {
		cuts = packet_sets_cuts(sets, edges[dice_roll(dice, 2)], &count);
		return (cuts[dice_roll(dice, count)].key + PACKET_KEY_END -
			(uint32_t)dice_roll(dice, 2)) %
		       PACKET_KEY_END;
	}
	protocol = some_protocol(dice);
	if (world->counts[WORLD_LISTENER] && dice_one_in(dice, 6))
		return (uint32_t)(dice_one_in(dice, 3) ? PROTO_UDP : PROTO_TCP) << 16 |
		       world->listeners[dice_roll(dice, world->counts[WORLD_LISTENER])].port;
	return (uint32_t)protocol << 16 | some_low_part(dice, protocol, places);
}
