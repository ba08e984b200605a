/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends of a world by kinds.  Ends of one kind are told apart by nothing: the same groups, subnet and tiers,
 * and addresses of one class; what one of them can reach the others can.  So a question about all pairs is
 * asked of pairs of kinds, and the answer is spread over their members only to be shown.
 *
 * A kind is also of a place: what is left of it when groups, tiers and the blocks that only groups name do
 * not count.  Ways depend on places alone.
 *
 * Beside the interfaces' ends there are foreign kinds: stretches of addresses that no interface of the
 * snapshot has.
 */
#pragma once

#include "simulator/path.h"
#include "simulator/reach/address_classes.h"

enum kind_scope {
	KIND_INTERFACES,
	KIND_INTERNET, /* public addresses of no VPC */
	KIND_ON_PREMISES, /* private ones of no VPC: the far side of a VPN, a network nobody described */
};

struct kind {
	enum kind_scope scope;
	uint8_t		family; /* enum ip_family */
	uint32_t	place, groups;
	uint64_t	tiers; /* judge_tiers; 0 without a policy */
	uint32_t	address_class;
	/* Two of its ends, of different interfaces; the second has no address when there is only one. */
	struct end ends[2];
	size_t	   first, count; /* KIND_INTERFACES: its ends, see kinds_member */
};

/* What ways tell apart of an end. */
struct place {
	struct end ends[2];	  /* as of a kind */
	struct ip  public_ips[2]; /* theirs, where they have others than their own */
};

/* A stretch of a foreign kind's addresses, both included. */
struct stretch {
	struct ip first, last;
	uint32_t  kind;
};

struct kinds {
	const struct world *world;
	struct kind	   *items;
	struct place	   *places;
	uint32_t	   *group_enis; /* of each set of groups, an interface that has it */
	uint32_t	   *eni_groups; /* each interface's set of groups */
	/* Of all interfaces, by interface: its addresses, then its delegated prefixes (prefix_ends.h). */
	struct end     *ends;
	struct ip      *end_lasts; /* beside ends: the last of the addresses that it stands for */
	uint32_t       *end_kinds; /* likewise */
	uint32_t       *eni_ends;  /* where an interface's ends begin; one more than interfaces */
	uint32_t       *members;   /* indexes of ends, by kind */
	uint32_t       *owners;	   /* beside members: their interfaces */
	struct stretch *stretches; /* of all foreign kinds, ascending, IPv4 first */
	uint32_t       *foreign[SPAN_FAMILY_COUNT]; /* by class; WORLD_NONE: none */
	struct address_classes peer_classes, place_classes;
	size_t count, capacity, place_count, place_capacity, group_set_count, group_set_capacity,
		stretch_count, stretch_capacity;
	bool is_simple; /* no interface has two ends of one family */
};

/* judge may be NULL; both are borrowed. */
struct kinds *kinds_new(const struct world *world, const struct judge *judge) MUST_USE;
void	      kinds_free(struct kinds *kinds);

/* Which of an interface's ends an address of it is; WORLD_NONE: it has no such address. */
uint32_t kinds_end_at(const struct kinds *kinds, const struct end *end);

/* The kind of an interface's address or of a foreign one; WORLD_NONE: nobody's, or of neither scope. */
uint32_t kinds_find(const struct kinds *kinds, const struct end *end);

/* How many pairs of ends of different interfaces there are from one kind to another. */
uint64_t kinds_pairs(const struct kinds *kinds, uint32_t src, uint32_t dst);

const struct end *kinds_member(const struct kinds *kinds, const struct kind *kind, size_t index);
