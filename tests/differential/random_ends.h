/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of ends of a world at random, and packets between them beside all that may tell packets apart. */
#pragma once

#include "simulator/reach/reach.h"
#include "tests/differential/random_packet.h"

/* Whether an address is nobody's and of the internet, or a private one of no VPC: kinds must have it. */
bool foreign_scope(const struct world *world, struct ip ip, enum kind_scope *scope);

/* One of the addresses between two, both included, these more often than others. */
struct ip random_between(struct dice *dice, struct ip first, struct ip last);

/* An interface's address, or one that is nobody's; family IP_NONE when none was found. */
struct end random_end(struct dice *dice, const struct kinds *kinds, const struct places *places);

/* The key of a packet that lies on an edge of one of the sets, or of a rule, more often than not. */
uint32_t random_key(struct dice *dice, const struct world *world, const struct packet_sets *sets,
		    const uint32_t edges[static 2], const struct places *places);
