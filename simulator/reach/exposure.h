/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the internet can reach: which packets, of which interfaces, from which of its addresses, by which gateway
 * and rule, and what the policy says of it.  Found kind by kind; what fares alike is one row, whatever kinds it
 * is of.
 *
 * A load balancer's nodes are the load balancer: its rows have a listener instead of a rule, and are judged by
 * the tiers of its targets when the nodes themselves are in none.
 */
#pragma once

#include "lib/base/arena.h"
#include "simulator/reach/addresses.h"
#include "simulator/reach/reach.h"

struct exposure_question {
	struct reach	   *reach;
	const struct judge *judge; /* the reach's; NULL: no policy */
	int32_t		    day;
	const struct ports *ports; /* NULL: all */
	const struct end   *ends;  /* of interfaces; NULL: all */
	size_t		    end_count;
};

/* Ends of one kind: indexes of kinds->ends. */
struct exposure_part {
	const uint32_t *ends; /* borrowed from the kinds or the arena */
	size_t		count;
};

struct exposure_row {
	uint8_t			family;
	bool			is_ipv6_only; /* over IPv4 the same interfaces refuse all of it */
	enum verdict		verdict;      /* ALLOW, or UNKNOWN: it may be */
	uint32_t		set;	      /* of packets: ALLOW */
	uint32_t		sources;      /* of the exposure's */
	const struct sg_rule   *sg_rule; /* the widest that lets it in; NULL: no group has a say */
	uint32_t		sg_idx;
	const struct nacl_rule *nacl_rule;
	uint32_t		nacl_idx, via_idx;    /* WORLD_NONE: not crossed, or not known */
	enum hop_kind		via_kind;	      /* the gateway that it comes in by */
	uint32_t		lb_idx, listener_idx; /* likewise */
	struct str		doubt;		      /* UNKNOWN: why, made harmless */
	struct intent_answer	intent;
	struct str		first_name, last_name; /* of its interfaces, or load balancer */
	uint32_t		first_end; /* who has the first: an index of kinds->ends */
	struct exposure_part   *parts;
	size_t			part_count, part_capacity, end_count;
};

enum exposure_grade { EXPOSURE_UNEXPECTED, EXPOSURE_UNDECIDED, EXPOSURE_EXPECTED };

/* Interfaces that are no load balancer's, and load balancers: each is of its worst grade. */
struct exposure_counts {
	size_t grades[EXPOSURE_EXPECTED + 1];
	size_t ipv4_only, ipv6_only, both; /* undecided ones not among them */
};

struct exposure {
	struct reach	      *reach; /* borrowed */
	bool		       has_policy;
	struct exposure_row   *rows; /* worst first, then by name */
	size_t		       count, capacity;
	struct addresses      *sources;
	size_t		       source_count, source_capacity;
	struct exposure_counts interfaces, lbs;
	size_t		       asked; /* interfaces, load balancers' nodes among them */
	struct arena	       arena;
};

void exposure_find(const struct exposure_question *question, struct exposure *out);
void exposure_done(struct exposure *exposure);

/* Without a policy nothing is expected; nor is what a policy does not speak of. */
enum exposure_grade exposure_grade(const struct exposure *exposure, const struct exposure_row *row);

const struct end *exposure_end(const struct exposure *exposure, const struct exposure_part *part,
			       size_t i);

#define auto_exposure __attribute__((cleanup(exposure_done)))
