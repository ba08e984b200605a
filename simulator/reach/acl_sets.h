/* SPDX-License-Identifier: Apache-2.0 */
/* What network ACLs let through, as sets of packets: the answers of interface_edge for all packets of a peer. */
#pragma once

#include "policies/world/world.h"
#include "simulator/reach/packet_set.h"

struct acl_sets;

/* Both borrowed. */
struct acl_sets *acl_sets_new(const struct world *world, struct packet_sets *sets) MUST_USE;
void		 acl_sets_free(struct acl_sets *acl_sets);

/* Of the subnet's edge; ip: the source of what enters, the destination of what leaves. */
uint32_t acl_sets_ask(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress, struct ip ip);

/* The requests of ICMP whose replies the ACL lets through (packet_reply); all other packets are allowed. */
uint32_t acl_sets_ask_replies(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress,
			      struct ip ip);
