/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports that nothing tells apart: no rule of the world, no statement of the policy, no service, and not the
 * borders of the system ports and of the ephemeral range.  Each is replaced by the lowest of its kind, so that
 * the many client ports of one conversation after the other are one.  A port that is named stays as it is: it
 * may turn out to be a service's.
 */
#pragma once

#include "policies/intent/judge.h"
#include "policies/match/record.h"

struct port_floor {
	uint16_t lowest[65536]; /* by port */
	bool is_named[65536];	/* by a rule of a group or a line of the policy (port_evidence.h) */
};

/* judge may be NULL. */
struct port_floor *port_floor_new(const struct world *world, const struct judge *judge) MUST_USE;

/*
 * Whether the ports of TCP tell the role that flags tell, so that it need not be remembered: by their numbers,
 * and nothing speaks against these, as the service's port is a system port or named and the client's is
 * neither.  Where a port is named of other ends only, it is still likely and no more, and may leave a record
 * unknown whose flags were seen; to remember every connection of such a service would take more than it gives.
 */
bool port_floor_tells(const struct port_floor *floor, enum role role, uint16_t src, uint16_t dst);
