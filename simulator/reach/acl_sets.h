/* SPDX-License-Identifier: Apache-2.0 */
/* What network ACLs let through, as sets of packets: the answers of interface_edge for all packets of a peer. */
#pragma once

#include "simulator/reach/address_classes.h"
#include "simulator/reach/packet_set.h"

struct acl_sets;

/* All borrowed; classes tell apart what ACLs do. */
struct acl_sets *acl_sets_new(const struct world *world, const struct address_classes *classes,
			      struct packet_sets *sets) MUST_USE;
void		 acl_sets_free(struct acl_sets *acl_sets);

/* Of the subnet's edge; ip: the source of what enters, the destination of what leaves. */
uint32_t acl_sets_ask(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress, struct ip ip);
