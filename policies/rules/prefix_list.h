/* SPDX-License-Identifier: Apache-2.0 */
/* A named set of CIDRs (aws-semantics.md 2.4).  A list whose entries are not known is no miss: it may match. */
#pragma once

#include "policies/rules/packet.h"
#include "policies/world/world.h"

/* list_idx may be WORLD_NONE: the list is not in the snapshot. */
enum match prefix_list_match(const struct world *world, uint32_t list_idx, struct ip ip);
