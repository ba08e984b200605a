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
	ARRIVAL_ENDPOINT,    /* an AWS service, by a gateway endpoint */
	ARRIVAL_ON_PREMISES, /* the far side of a VPN or Direct Connect: the edge of the model */
	ARRIVAL_SERVICE, /* of the host it is sent from: DNS, metadata, … (aws-semantics.md 2.7) */
};

/* What a NAT gateway or load balancer did to a packet, so that replies find back through it. */
struct translation {
	struct step   back;
	uint32_t      vpc_idx, subnet_idx; /* of the translator; subnet_idx WORLD_NONE: regional */
	struct ip     address;		   /* its own, that the packet bears from here on */
	struct packet before;
	bool keeps_source; /* replies bear the client's own address and port, and come back all the same */
};

enum { TRANSLATIONS_MAX = 4 };

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
	/* By which it left the last VPC, and replies come in again. */
	struct step way_out;
	uint32_t    way_out_vpc_idx;
	struct step way_in;	    /* by which it came into this VPC; ops NULL: it is from here */
	uint32_t    attachment_idx; /* by which it enters, or is to leave, a transit gateway */
	uint32_t    tgw_idx;	    /* the transit gateway that it is in */
	uint32_t    az_subnet_idx;  /* whose zone a transit gateway keeps it in */
	bool	    identity_lost;  /* references to groups do not see the sender any more */
	bool	    is_way_unknown; /* the way to the receiver: replies may find state anywhere */
	/* Why a refusal from here on is none for certain, as a static text; NULL: nothing is in doubt. */
	const char	  *doubt;
	const char	  *edge_doubt; /* the same of the next network ACL alone */
	struct translation translations[TRANSLATIONS_MAX];
	size_t	     translation_count; /* of a reply: those that it has yet to go back through */
	uint32_t     node_idx;		/* of the load balancer that it is in: an interface */
	size_t	     target_number;	/* which of a load balancer's targets it goes to */
	size_t	     target_count;	/* how many there are */
	bool	     targets_incomplete;
	enum verdict node_verdict;		  /* of the way to the load balancer */
	struct crossing crossings[CROSSINGS_MAX]; /* of a reply: the ACLs it has to pass */
	size_t		crossing_count;
};

extern const struct hop_ops hop_sg_ops, hop_nacl_ops, hop_rtb_ops, hop_eni_ops, hop_igw_ops,
	hop_eigw_ops, hop_nat_ops, hop_pcx_ops, hop_tgw_ops, hop_tgw_rtb_ops, hop_vgw_ops,
	hop_vpce_ops, hop_lb_ops, hop_internet_ops, hop_on_premises_ops, hop_outside_ops;

/* Of an ACL that a transit gateway in the subnet itself would pass by (aws-semantics.md 3). */
extern const char walk_same_subnet_doubt[];

/* Adds a hop of what is crossed here; the caller may say more about it. */
struct hop *walk_add(struct walk *walk, enum hop_kind kind, uint32_t object_idx,
		     struct decision decision);

struct decision walk_deny(enum reason reason, const char *note);
struct decision walk_unknown(enum reason reason, const char *note);

/* Something that is not modelled or not in the snapshot: UNKNOWN, and the way ends. */
struct step walk_outside(struct walk *walk, const char *kind, struct str id, const char *note);

struct step walk_to(const struct hop_ops *ops, enum direction direction, uint32_t idx);
struct step walk_end(void);

/*
 * It stops here, or where it goes is not known; but where the receiver is known, what that would say of the
 * packet is worth knowing.  On a way that is not known that is no refusal for certain.
 */
struct step walk_dead_end(struct walk *walk);

/*
 * How it comes to the receiver is not known, but from whom is: what the receiver's groups refuse is refused,
 * however it comes.
 */
struct step walk_however(struct walk *walk);

/* Into a subnet, over its ACL unless the packet is in it already, and then on. */
struct step walk_enter(struct walk *walk, uint32_t subnet_idx, struct step then);

/* Out of the subnet that the packet is in: to a neighbour directly, to others by ACL and route. */
struct step walk_leave(struct walk *walk);

/* The translator that a reply has yet to go back through; NULL: none. */
const struct translation *walk_translator(const struct walk *walk);

/* How many of them have given the client another port. */
unsigned walk_port_translators(const struct walk *walk);

/* To whoever has the destination's address in the VPC that the packet is in. */
struct step walk_deliver(struct walk *walk);

/* What enters a VPC by a gateway: by the gateway's own route table when it has one. */
struct step walk_edge(struct walk *walk, struct str gateway_id);

/* Whether Block Public Access lets it out of the VPC towards the internet. */
struct decision walk_public_access(const struct walk *walk, bool is_egress_only);

/* Whether the receiver's routes leave it open that the public address of the sender is not the internet's. */
bool on_premises_may_have(const struct walk *walk);
/* Likewise: a route names it behind an appliance, an instance that ends a VPN say. */
bool on_premises_by_appliance(const struct walk *walk);

/* From a VPC to a transit gateway, through the attachment's subnet. */
struct step walk_to_tgw(struct walk *walk, uint32_t tgw_idx);

/* To an endpoint that a route points at, through its subnet when it stands in one. */
struct step walk_to_vpce(struct walk *walk, uint32_t vpce_idx);
bool vpce_is_gateway(const struct vpce *vpce); /* it leads to an AWS service, not to appliances */

/* At an interface, past its groups: the end of the way, or who forwards it. */
struct step walk_behind(struct walk *walk, uint32_t eni_idx);

/*
 * Whether a family was fetched for the home of an object, so that what is not there does not exist.  Of a
 * snapshot of several accounts or Regions a family of only some of them is no proof.
 */
bool walk_knows(const struct world *world, enum world_kind kind, const char *family,
		const struct object *home);

/* Whether the packet's source is of the VPC that it is in; true when the VPC's blocks are not known. */
bool walk_is_from_here(const struct walk *walk);

/* The VPC of the place, or NULL. */
const struct vpc *walk_vpc(const struct walk *walk);
