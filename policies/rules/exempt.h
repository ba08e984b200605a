/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic that neither a security group nor a network ACL ever filters (aws-semantics.md 2.7). */
#pragma once

#include "policies/rules/packet.h"
#include "policies/rules/service.h"
#include "policies/world/world.h"

/*
 * What makes the packet exempt as seen from an interface of that subnet, as a static text, or NULL.  peer
 * is the far end: the destination of what leaves, the source of what enters.
 */
const char *exempt_from_rules(const struct world *world, uint32_t subnet_idx, struct ip peer,
			      const struct packet *packet);

enum { EXEMPT_PEERS_MAX = SERVICE_PEERS_MAX + 2 };

/* All peers for which exempt_from_rules may say so whatever the packet; beside these only DHCP is exempt. */
size_t exempt_peers(const struct world *world, uint32_t subnet_idx,
		    struct ip peers[static EXEMPT_PEERS_MAX]);
