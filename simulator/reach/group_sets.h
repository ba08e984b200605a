/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What security groups let through, as sets of packets: the answers of sg_decide_peer for all packets of one
 * peer at once.  Groups that interfaces of one VPC share are looked at once, whatever the number of peers.
 */
#pragma once

#include "policies/rules/sg.h"
#include "simulator/reach/kinds.h"
#include "simulator/reach/packet_set.h"

struct group_sets;

/* All borrowed. */
struct group_sets *group_sets_new(const struct kinds *kinds, struct packet_sets *sets) MUST_USE;
void		   group_sets_free(struct group_sets *group_sets);

/* groups: one of kinds' sets of groups.  ip: the far address, behind which peer stands. */
uint32_t group_sets_ask(struct group_sets *group_sets, uint32_t groups, bool egress, struct ip ip,
			struct sg_peer peer);
