/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The places on the line of packets (packet_set.h) where some rule begins or ends: between two of them all
 * packets fare alike, so that asking the plain evaluation about one of each stretch gives the whole set.
 */
#pragma once

#include "simulator/reach/packet_set.h"

struct cuts {
	uint32_t *keys;
	size_t	  count, capacity;
};

/* What a rule with that header covers (see packet_match). */
void cuts_add(struct cuts *cuts, int16_t protocol, struct port_range ports, int16_t icmp_type,
	      int16_t icmp_code);
void cuts_add_key(struct cuts *cuts, uint32_t key);
void cuts_add_ports(struct cuts *cuts, const struct ports *ports);
void cuts_close(struct cuts *cuts); /* after the last of them */
void cuts_done(struct cuts *cuts);

/* The packet has neither addresses nor a source port. */
typedef enum verdict cuts_ask_fn(void *context, const struct packet *packet);

uint32_t cuts_ask(const struct cuts *cuts, struct packet_sets *sets, cuts_ask_fn *ask,
		  void *context);
