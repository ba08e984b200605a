/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_packet.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/exempt.h"

static void add_ip(struct places *places, struct ip ip)
{
	int family = ip.family == IP_V6;

	places->ips[family] = mem_grow(places->ips[family], places->ip_count[family],
				       &places->ip_capacity[family], sizeof(struct ip));
	places->ips[family][places->ip_count[family]++] = ip;
}

/* The first and last address of a block and those on the other side of its edges. */
static void add_block(struct places *places, struct cidr cidr)
{
	struct ip last = cidr.base, before = cidr.base;

	for (unsigned i = cidr.prefix_len; i < ip_bits(last); i++)
		last.bytes[i / 8] |= (uint8_t)(0x80U >> i % 8);
	for (unsigned i = ip_bits(before) / 8; i-- > 0;)
		if (before.bytes[i]-- != 0)
			break;
	add_ip(places, cidr.base);
	add_ip(places, last);
	add_ip(places, before);
	add_ip(places, ip_add(last, 1));
}

static void add_range(struct places *places, struct port_range range)
{
	const uint16_t ports[] = { range.min, range.max, (uint16_t)(range.min - 1),
				   (uint16_t)(range.max + 1) };

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		places->ports = mem_grow(places->ports, places->port_count, &places->port_capacity,
					 sizeof(*places->ports));
		places->ports[places->port_count++] = ports[i];
	}
}

static void add_types(struct places *places, int16_t type, int16_t code)
{
	const int16_t types[] = { type, code };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		places->types = mem_grow(places->types, places->type_count, &places->type_capacity,
					 sizeof(*places->types));
		places->types[places->type_count++] = types[i];
	}
}

static void find_in_rules(const struct world *world, struct places *places)
{
	for (size_t i = 0; i < world->counts[WORLD_SG]; i++) {
		for (uint32_t j = 0; j < world->sgs[i].rule_count; j++) {
			const struct sg_rule *rule = &world->sgs[i].rules[j];

			if (rule->peer_kind == PEER_CIDR)
				add_block(places, rule->cidr);
			add_range(places, rule->ports);
			add_types(places, rule->icmp_type, rule->icmp_code);
		}
	}
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++) {
		for (uint32_t j = 0; j < world->nacls[i].rule_count; j++) {
			const struct nacl_rule *rule = &world->nacls[i].rules[j];

			add_block(places, rule->cidr);
			add_range(places, rule->ports);
			add_types(places, rule->icmp_type, rule->icmp_code);
		}
	}
}

static void find_in_routes(const struct world *world, struct places *places)
{
	for (size_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (uint32_t j = 0; j < world->rtbs[i].route_count; j++)
			if (world->rtbs[i].routes[j].prefix_list_id.len == 0)
				add_block(places, world->rtbs[i].routes[j].cidr);
	for (size_t i = 0; i < world->counts[WORLD_TGW_RTB]; i++)
		for (uint32_t j = 0; j < world->tgw_rtbs[i].route_count; j++)
			if (world->tgw_rtbs[i].routes[j].prefix_list_id.len == 0)
				add_block(places, world->tgw_rtbs[i].routes[j].cidr);
	for (size_t i = 0; i < world->counts[WORLD_VPN]; i++)
		for (uint32_t j = 0; j < world->vpns[i].route_count; j++)
			add_block(places, world->vpns[i].routes[j]);
}

static void find_in_balancers(const struct world *world, struct places *places)
{
	for (size_t i = 0; i < world->counts[WORLD_LISTENER]; i++)
		add_range(places, (struct port_range){ world->listeners[i].port,
						       world->listeners[i].port });
	for (size_t i = 0; i < world->counts[WORLD_TARGET_GROUP]; i++)
		for (uint32_t j = 0; j < world->target_groups[i].target_count; j++) {
			uint16_t port = world->target_groups[i].targets[j].port;

			add_range(places, (struct port_range){ port, port });
		}
}

void places_find(const struct world *world, struct places *places)
{
	struct ip exempt[EXEMPT_PEERS_MAX];

	*places = (struct places){ 0 };
	find_in_rules(world, places);
	find_in_routes(world, places);
	find_in_balancers(world, places);
	for (size_t i = 0; i < world->counts[WORLD_PREFIX_LIST]; i++)
		for (uint32_t j = 0; j < world->prefix_lists[i].entry_count; j++)
			add_block(places, world->prefix_lists[i].entries[j]);
	for (uint32_t i = 0; i < world->counts[WORLD_SUBNET]; i++) {
		size_t count = exempt_peers(world, i, exempt);

		for (uint32_t j = 0; j < world->subnets[i].cidr_count; j++)
			add_block(places, world->subnets[i].cidrs[j]);
		for (size_t j = 0; j < count; j++)
			add_block(places, cidr_of_ip(exempt[j]));
	}
	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];

		for (uint32_t j = 0; j < eni->address_count; j++)
			add_block(places, cidr_of_ip(eni->addresses[j].ip));
		for (uint32_t j = 0; j < eni->prefix_count; j++)
			add_block(places, eni->prefixes[j]);
	}
	add_ip(places, ip_v4(198, 51, 100, 7));
	add_ip(places, ip_from_bytes(IP_V6, "\x2a\x00\x14\x50\0\0\0\0\0\0\0\0\0\0\0\1"));
	for (size_t i = 0; i < DHCP_PORT_COUNT; i++)
		add_range(places, (struct port_range){ dhcp_ports[i], dhcp_ports[i] });
}

void places_done(struct places *places)
{
	free(places->ips[0]);
	free(places->ips[1]);
	free(places->ports);
	free(places->types);
}

static struct ip place_ip(struct dice *dice, const struct places *places, int family)
{
	struct ip ip = places->ips[family][dice_roll(dice, places->ip_count[family])];

	if (dice_one_in(dice, 8)) {
		uint64_t at = dice_roll(dice, ip_bits(ip) / 8);

		ip.bytes[at] = (uint8_t)dice_roll(dice, 256);
	}
	return ip;
}

static uint16_t place_port(struct dice *dice, const struct places *places)
{
	if (dice_one_in(dice, 4))
		return (uint16_t)dice_roll(dice, 65536);
	return places->ports[dice_roll(dice, places->port_count)];
}

static int16_t place_type(struct dice *dice, const struct places *places)
{
	if (dice_one_in(dice, 3))
		return -1;
	if (places->type_count == 0 || dice_one_in(dice, 4))
		return (int16_t)dice_roll(dice, 256);
	return places->types[dice_roll(dice, places->type_count)];
}

struct packet random_packet(struct dice *dice, const struct places *places, bool egress)
{
	static const uint8_t protocols[] = { PROTO_TCP,	 PROTO_TCP,    PROTO_TCP,    PROTO_TCP,
					     PROTO_UDP,	 PROTO_UDP,    PROTO_UDP,    PROTO_ICMP,
					     PROTO_ICMP, PROTO_ICMPV6, PROTO_ICMPV6, PROTO_GRE };
	int		     family = dice_one_in(dice, 3);
	struct ip	     own = place_ip(dice, places, family);
	struct ip	     peer = place_ip(dice, places, family);
	struct packet	     packet = { .src = egress ? own : peer,
					.dst = egress ? peer : own,
					.protocol = protocols[dice_roll(dice, ARRAY_LEN(protocols))],
					.icmp_type = -1,
					.icmp_code = -1 };

	if (dice_one_in(dice, 20))
		packet.protocol = (uint8_t)dice_roll(dice, 256);
	if (proto_has_ports(packet.protocol)) {
		packet.src_port = place_port(dice, places);
		packet.dst_port = place_port(dice, places);
	}
	if (proto_is_icmp(packet.protocol)) {
		packet.icmp_type = place_type(dice, places);
		packet.icmp_code = place_type(dice, places);
	}
	return packet;
}
