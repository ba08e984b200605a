/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports that nothing tells apart: no rule of the world, no statement of the policy, no service, and not the
 * border of the ephemeral range.  Each is replaced by the lowest of its kind, so that the many client ports of
 * one conversation after the other are one.
 */
#pragma once

#include "policies/intent/judge.h"

struct port_floor {
	uint16_t lowest[65536]; /* by port */
};

/* judge may be NULL. */
struct port_floor *port_floor_new(const struct world *world, const struct judge *judge) MUST_USE;
