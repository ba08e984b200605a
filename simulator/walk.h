/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet under way: what it looks like here, where it is, what it has crossed.  The components
 * (hop_<kind>.c) move it; path.c starts it and asks whether it arrived.
 */
#pragma once

#include "simulator/hop.h"
#include "simulator/path.h"
#include "simulator/reply_ports.h"

/* In a subnet; at the edge of a VPC (subnet_idx WORLD_NONE); outside all VPCs (vpc_idx too). */
struct place {
	uint32_t vpc_idx, subnet_idx;
};

/* Where a walk ended that got to where it was sent: its reply starts there. */
enum arrival {
	ARRIVAL_NONE,
	ARRIVAL_INTERFACE,
	ARRIVAL_INTERNET,
	ARRIVAL_SERVICE, /* of the host it is sent from: DNS, metadata, … (aws-semantics.md 2.7) */
};

struct walk {
	const struct world    *world;
	const struct question *question;
	struct leg	      *leg;
	struct packet	       packet;
	struct place	       place;
	struct end	       from, to; /* of this leg */
	const struct walk     *asked;	 /* of a reply: the walk that it answers */
	struct step	       then;	 /* after the subnet that is being entered */
	enum arrival	       arrival;
	struct step way_out; /* the gateway by which it left the last VPC, where replies enter */
	uint32_t    way_out_vpc_idx;
	bool	    identity_lost; /* references to groups do not see the sender any more */
	bool past_appliance; /* what was assumed to be forwarded unchanged may have been changed */
	struct crossing crossings[CROSSINGS_MAX]; /* of a reply: the ACLs it has to pass */
	size_t		crossing_count;
};

extern const struct hop_ops hop_sg_ops, hop_nacl_ops, hop_rtb_ops, hop_eni_ops, hop_igw_ops,
	hop_internet_ops, hop_outside_ops;

/* Adds a hop of what is crossed here; the caller may say more about it. */
struct hop *walk_add(struct walk *walk, enum hop_kind kind, uint32_t object_idx,
		     struct decision decision);

struct decision walk_deny(enum reason reason, const char *note);
struct decision walk_unknown(enum reason reason, const char *note);

/* Something that is not modelled or not in the snapshot: UNKNOWN, and the way ends. */
struct step walk_outside(struct walk *walk, const char *kind, struct str id, const char *note);

struct step walk_to(const struct hop_ops *ops, enum direction direction, uint32_t idx);
struct step walk_end(void);

/* It stops here; but where the receiver is known, what that would say of the packet is worth knowing. */
struct step walk_dead_end(struct walk *walk);

/* Into a subnet, over its ACL unless the packet is in it already, and then on. */
struct step walk_enter(struct walk *walk, uint32_t subnet_idx, struct step then);

/* Out of the subnet that the packet is in: to a neighbour directly, to others by ACL and route. */
struct step walk_leave(struct walk *walk);

/* To whoever has the destination's address in the VPC that the packet is in. */
struct step walk_deliver(struct walk *walk);

/* What enters a VPC by a gateway: by the gateway's own route table when it has one. */
struct step walk_edge(struct walk *walk, struct str gateway_id);

/* At an interface, past its groups: the end of the way, or who forwards it. */
struct step walk_behind(struct walk *walk, uint32_t eni_idx);

/*
 * Whether a family was fetched for the home of an object, so that what is not there does not exist.  Of a
 * snapshot of several accounts or Regions a family of only some of them is no proof.
 */
bool walk_knows(const struct world *world, enum world_kind kind, const char *family,
		const struct object *home);

/* The VPC of the place, or NULL. */
const struct vpc *walk_vpc(const struct walk *walk);
