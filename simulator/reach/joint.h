/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends of two worlds together, A (side 0) and B (side 1).  An end is the same in both when its interface is
 * (eni_match.h); ends that are of one kind in A and of one kind in B are of one joint kind, so that what
 * differs between the worlds is asked of pairs of joint kinds, never of pairs of ends.  A delegated prefix has as
 * many ends as both worlds' rules divide it into (slices.h).
 *
 * An address that is foreign in both worlds is the same end; one that only one world has an interface or a VPC
 * for is none.
 */
#pragma once

#include "simulator/reach/reach.h"

struct joint_kind {
	enum kind_scope scope;
	uint8_t		family;
	uint32_t	kinds[2];     /* WORLD_NONE: its ends are in the other world only */
	size_t		first, count; /* KIND_INTERFACES: its ends, see joint_member */
};

/* No address: it is not in that world. */
struct joint_end {
	struct end ends[2];
	uint32_t   numbers[2]; /* of them among the kinds' ends; WORLD_NONE: not there */
	uint32_t   interface;  /* of both worlds together */
};

struct joint {
	struct reach	  *reaches[2]; /* borrowed; they share their sets */
	struct joint_kind *items;
	size_t		   count, capacity;
	struct joint_end  *ends;      /* by interface */
	uint32_t	  *end_kinds; /* beside ends */
	uint32_t	  *members;   /* indexes of ends, by joint kind */
	uint32_t	  *owners;    /* beside members: their interfaces */
	struct kinds foreign; /* the joint kinds with their stretches, as addresses.h takes them */
	size_t	     end_count, interface_count;
	size_t	     renewed_count; /* interfaces that are others by id */
	bool	     is_simple;	    /* no interface has two ends of one family */
};

struct joint *joint_new(struct reach *a, struct reach *b) MUST_USE;
void	      joint_free(struct joint *joint);

const struct joint_end *joint_member(const struct joint *joint, const struct joint_kind *kind,
				     size_t index);

/* How many pairs of ends of different interfaces there are; a foreign kind counts as one end. */
uint64_t joint_pairs(const struct joint *joint, uint32_t src, uint32_t dst);

/* What gets from one to the other in the world of a side; PACKET_SET_DENY when it has only one of them. */
uint32_t joint_between(const struct joint *joint, size_t side, uint32_t src, uint32_t dst);

/*
 * The question about a packet in the world of a side: of the same two ends on either side.  Both must be there,
 * and joint_pairs not 0.
 */
struct question joint_question(const struct joint *joint, size_t side, uint32_t src, uint32_t dst,
			       uint32_t packet_key);
