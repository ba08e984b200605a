/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has an address, as functions of the address: what world_eni_in_vpc and world_eni_by_peer say of each,
 * worked out for all addresses at once.  Rules that reference groups need no more of an owner than which
 * groups it carries and in which VPC it is: its identity.
 */
#pragma once

#include "policies/match/directory.h"
#include "policies/match/spans.h"
#include "policies/world/world.h"

/* What an address is to rules that reference groups. */
enum {
	WHO_OUTSIDE, /* nobody's for sure */
	WHO_UNKNOWN, /* nobody's in the snapshot; it may be anybody's */
	WHO_IDENTITY /* + 2 × identity, + 1 when that it counts is assumed (reference_is_assumed) */
};

/* As seen from one VPC: who values; places[family][who] is one of its addresses. */
struct view {
	struct spans	  spans[SPAN_FAMILY_COUNT];
	struct point	 *places[SPAN_FAMILY_COUNT];
	bool		 *seen[SPAN_FAMILY_COUNT]; /* whether there is such a place */
	struct directory *directory;		   /* of owners_directory */
};

struct owners;

struct owners *owners_new(const struct world *world) MUST_USE;

/* For tests: whether every policy that refers to groups uses the directory, however few the members are. */
void owners_remap_always(struct owners *owners);
bool owners_always_remap(const struct owners *owners);
void owners_free(struct owners *owners);

size_t owners_who_count(const struct owners *owners); /* who values there are */

/* Made when first asked for; vpc_idx may be WORLD_NONE. */
const struct view *owners_view(struct owners *owners, uint32_t vpc_idx);

/* The IPv4 part of the view to look up; made when first asked for. */
struct directory *owners_directory(struct owners *owners, uint32_t vpc_idx);

/* Values: WORLD_NONE, or the interface's index × 2 + whether that it counts is assumed. */
const struct spans *owners_in_vpc(const struct owners *owners, uint32_t vpc_idx,
				  enum span_family family);

/* Whether an interface of the subnet claims an address outside the subnet's blocks. */
bool owners_has_strays(const struct owners *owners, uint32_t subnet_idx);

/* The identities that carry a group. */
struct carriers {
	uint32_t *identities;
	size_t	  count, capacity;
};

const struct carriers *owners_carriers(const struct owners *owners, struct str group_id);
