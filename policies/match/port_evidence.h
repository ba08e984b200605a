/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ports of a record tell of who opened its connection.  Who opens it chooses his own port, so a
 * port counts only for what is known of the end that has it: that somebody named it there, or that it is one
 * of the system ports.  Where neither is so, ports make a reading likely and no more.
 */
#pragma once

#include "policies/match/record.h"

struct port_evidence {
	enum role role; /* ROLE_UNKNOWN: neither port is likelier a service's */
	bool is_strong; /* the service's port is named or a system port, the other is neither */
};

/* Of a record that is located, with the tiers of its ends.  judge may be NULL. */
struct port_evidence port_evidence_of(const struct world *world, const struct judge *judge,
				      const struct record_answer *answer);

/* Whether a rule or a line of that range names its ports, rather than what clients draw from. */
bool port_evidence_names(struct port_range range);
