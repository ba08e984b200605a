/* SPDX-License-Identifier: Apache-2.0 */
/* Packets at random for a world, most of them on the edge of something that a rule says. */
#pragma once

#include "policies/rules/packet.h"
#include "tests/differential/random_world.h"

/* Where the rules of a world begin and end, so that packets can be put beside it. */
struct places {
	struct ip *ips[2]; /* IPv4, IPv6 */
	size_t	   ip_count[2], ip_capacity[2];
	uint16_t  *ports;
	size_t	   port_count, port_capacity;
	int16_t	  *types;
	size_t	   type_count, type_capacity;
};

void places_find(const struct world *world, struct places *places);
void places_done(struct places *places);

/* A packet whose peer and header lie on a rule's edge more often than not. */
struct packet random_packet(struct dice *dice, const struct places *places, bool egress);
