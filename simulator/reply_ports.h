/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back through network ACLs.  A reply goes to the client's port, which nobody knows beforehand: every
 * port it may have is looked at, by the boundaries that the rules draw.  Behind a translator (a NAT gateway,
 * a load balancer) it is the translator's port, of 1024 to 65535.
 */
#pragma once

#include "simulator/path.h"

/* One network ACL that a reply has to pass. */
struct crossing {
	size_t	      hop_idx; /* in the leg of the way back */
	uint32_t      subnet_idx;
	bool	      egress;
	unsigned      translators; /* that are yet to come; 0: it goes to the client's own port */
	const char   *doubt;	   /* why a refusal would be none for certain, or NULL */
	struct packet packet;
};

enum { CROSSINGS_MAX = 24 };

/* Decides the crossings' hops of path->back, fills reply_ports, and tells how the whole set of ports fares. */
enum verdict reply_ports_find(const struct world *world, const struct question *question,
			      const struct crossing *crossings, size_t count, struct path *path);
