/* SPDX-License-Identifier: Apache-2.0 */
/* Ends as people speak of them: by instance, security group, subnet, VPC or tier, and the internet. */
#pragma once

#include "lib/base/arena.h"
#include "simulator/reach/reach.h"

enum party_by {
	PARTY_BY_INSTANCE, /* an interface without one is itself */
	PARTY_BY_SG,	   /* an interface of several groups is in each of them */
	PARTY_BY_SUBNET,
	PARTY_BY_VPC,
	PARTY_BY_TIER, /* of the policy; what is in none is apart */
	PARTY_BY_COUNT
};

struct party_kind {
	uint32_t kind;
	size_t	 count; /* how many of the kind's ends are in the party; foreign kinds: 0 */
};

struct party {
	struct str label; /* a name, with the id where two share it; or the id; not made harmless */
	struct str id;	  /* of the object; empty: a tier, the internet, on-premises */
	enum kind_scope	   scope;   /* KIND_INTERFACES, or which foreign one it is */
	bool		   is_rest; /* what has no group, no tier, … */
	bool		   is_host; /* what it sends to itself never reaches AWS */
	struct party_kind *kinds;   /* by kind */
	size_t		   kind_count, kind_capacity;
	size_t		   end_count; /* of interfaces */
	uint32_t	   number;    /* in the order in which they were met */
};

/* Interfaces of NAT gateways and transit gateways are in none: they are what others pass through. */
struct parties {
	enum party_by by;
	struct party *items; /* in the order of labels; then the internet, then on-premises */
	size_t	      count, capacity;
	/* The parties of end i of the kinds, from end_firsts[i] to before end_firsts[i + 1]. */
	uint32_t    *end_firsts, *end_parties;
	size_t	     end_party_count, end_party_capacity;
	struct arena arena;
};

/* What passes through a NAT or transit gateway is its senders' and receivers', not its interfaces'. */
bool party_is_component(const struct eni *eni);

/* "instance", "sg", …; ERR_USAGE when it is none of them, or a tier is asked for without a policy. */
int	    party_by_parse(const char *text, const struct judge *judge, enum party_by *out,
			   struct err *err) MUST_USE;
const char *party_by_text(enum party_by by);

/* What a party is: "instance", "network-interface", "security-group", …, "internet", "on-premises". */
const char *party_kind_text(const struct world *world, enum party_by by, const struct party *party);

#define PARTIES_NOBODY "no interface of the snapshot has an address: there is nothing to ask about"

/* Whether no interface with an address is in any of them: the snapshot has nobody to ask about. */
bool parties_are_nobody(const struct parties *parties);

struct parties *parties_new(const struct reach *reach, const struct judge *judge,
			    enum party_by by) MUST_USE;
void		parties_free(struct parties *parties);
void		parties_free_at(struct parties **parties);

/* What gets from any end of one party to any of another. */
struct cell {
	uint32_t set;	     /* the most open of all pairs, packet by packet */
	uint32_t common;     /* the least open of them: what every pair has */
	uint32_t unknown;    /* ALLOW where it is not known of some pair, whatever others have */
	uint32_t unintended; /* the most open of what the policy does not want */
	uint32_t silent;     /* likewise of what it does not speak of */
	uint64_t pairs;	     /* of ends of different interfaces, counted as in cell.h */
	uint64_t open_pairs, undecided_pairs, unintended_pairs;
};

struct cell parties_cell(struct reach *reach, const struct party *src, const struct party *dst);

#define auto_parties __attribute__((cleanup(parties_free_at)))
