/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two snapshots, from A (side 0) to B (side 1): objects by id, and of those that are in
 * both each member and each row of their lists (delta_member.h says which).
 *
 * It says what was changed, not what that does to packets.  A change that is `cosmetic` cannot do anything to
 * them: names, tags, descriptions, flow logs.  It holds pointers into both worlds, which must outlive it.
 */
#pragma once

#include "policies/world/delta_member.h"

enum delta_what { DELTA_ADDED, DELTA_REMOVED, DELTA_CHANGED, DELTA_WHAT_COUNT };

enum delta_part {
	DELTA_FAMILY,	 /* documents that only one snapshot has; their objects are not listed */
	DELTA_OBJECT,	 /* the object as a whole; its members and rows are not listed */
	DELTA_MEMBER,	 /* one value: before and after */
	DELTA_ELEMENT,	 /* of a list without a part of its own: a group, an address, a tag */
	DELTA_SG_RULE,	 /* by sgr id when both have one, else by what it says */
	DELTA_NACL_RULE, /* by direction and number */
	DELTA_ROUTE,	 /* by destination */
	DELTA_TGW_ROUTE, /* likewise */
	DELTA_PART_COUNT
};

struct delta_change {
	enum delta_what what;
	enum delta_part part;
	enum world_kind kind;
	bool		cosmetic;
	struct str	id; /* the object's, "ACCOUNT/REGION" where it has none; a family's key */
	const struct object *objects[2]; /* in A and in B, or NULL */
	const char	    *member;	 /* of a member or list: its name */
	struct str before, after;	 /* the texts, as they came; of a family how many objects */
	union {				 /* in A and in B, or NULL */
		const void	       *rows[2];
		const struct sg_rule   *sg_rules[2];
		const struct nacl_rule *nacl_rules[2];
		const struct route     *routes[2];
		const struct tgw_route *tgw_routes[2];
	};
};

struct delta {
	const struct world  *worlds[2];
	struct delta_change *changes; /* families, then by kind, id, member */
	size_t		     count, capacity;
	size_t		     cosmetic_count;
	struct arena	     arena;
};

/* O(n) of the worlds and O(d log d) of what differs. */
void delta_init(struct delta *delta, const struct world *a, const struct world *b);
void delta_done(struct delta *delta);

/* The changes of one object, or NULL with *count 0. */
const struct delta_change *delta_of(const struct delta *delta, enum world_kind kind, struct str id,
				    size_t *count);
