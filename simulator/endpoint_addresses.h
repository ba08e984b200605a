/* SPDX-License-Identifier: Apache-2.0 */
/* The ends that are named by addresses: of interfaces, private or public, and of those outside the snapshot. */
#pragma once

#include "simulator/endpoint.h"

/* The snapshot's own come before all foreign ones. */
int endpoint_add_own(struct endpoint *out, struct end end, struct err *err) MUST_USE;
int endpoint_add_foreign(struct endpoint *out, struct end end, struct err *err) MUST_USE;

/* All delegated prefixes of an interface that has some; what they are is known when they have been divided. */
int endpoint_add_prefixes(struct endpoint *out, uint32_t eni_idx, const struct eni *eni,
			  struct err *err) MUST_USE;

/* Puts in the place of delegated prefixes what rules and routes tell apart of them (prefix_ends.h). */
int endpoint_divide_prefixes(struct endpoint *endpoint, const struct world *world,
			     const struct judge *judge, struct err *err) MUST_USE;

/* An address that several VPCs have is ambiguous: it needs an id. */
int endpoint_add_ip(struct endpoint *out, const struct world *world, struct ip ip,
		    struct err *err) MUST_USE;

/* All addresses of a block; ERR_USAGE when they are nobody's. */
int endpoint_add_block(struct endpoint *out, const struct world *world, const struct judge *judge,
		       struct cidr cidr, struct err *err) MUST_USE;

int endpoint_add_on_premises(struct endpoint *out, const struct world *world,
			     const struct judge *judge, struct err *err) MUST_USE;

/* The addresses of a tier's blocks that no interface has. */
int endpoint_add_tier_blocks(struct endpoint *out, const struct world *world,
			     const struct judge *judge, unsigned tier, struct err *err) MUST_USE;
