/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One component that a packet crosses, and what it says.  What each kind of component does with a packet is
 * its file hop_<kind>.c and its table of operations; simulator/walk.h is what they work on.
 */
#pragma once

#include "lib/flow/record.h"
#include "policies/rules/packet.h"
#include "policies/rules/sg.h"

/* The names of docs/cli.md, plus what a route may point at and Weir does not walk through. */
enum hop_kind {
	HOP_SECURITY_GROUP,
	HOP_NETWORK_ACL,
	HOP_ROUTE_TABLE,
	HOP_NETWORK_INTERFACE, /* its source/destination check, or that it forwards */
	HOP_INTERNET_GATEWAY,
	HOP_EGRESS_ONLY_GATEWAY,
	HOP_NAT_GATEWAY,
	HOP_PEERING,
	HOP_TRANSIT_GATEWAY,
	HOP_TGW_ROUTE_TABLE,
	HOP_VPN_GATEWAY,
	HOP_VPC_ENDPOINT,
	HOP_LOAD_BALANCER,
	HOP_INTERNET,
	HOP_ON_PREMISES,
	HOP_OUTSIDE, /* what is not modelled, or not in the snapshot; it says itself what it is */
	HOP_KIND_COUNT
};

struct hop {
	enum hop_kind kind;
	enum direction
		direction; /* of the interface, subnet or VPC; DIRECTION_UNKNOWN for tables */
	struct decision	    decision;
	uint32_t	    eni_idx;	/* HOP_SECURITY_GROUP: whose groups */
	uint32_t	    object_idx; /* of the kind's table; WORLD_NONE: not in the snapshot */
	const struct route *route;	/* HOP_ROUTE_TABLE: the one that matched, or NULL */
	const char	   *outside;	/* HOP_OUTSIDE: "local-gateway", … */
	struct str	    outside_id;
	const struct tgw_route *tgw_route; /* HOP_TGW_ROUTE_TABLE, likewise */
	struct port_range ports; /* of a reply, the ports that it may go to; 0: it is no reply */
	uint32_t
		attachment_idx; /* HOP_TRANSIT_GATEWAY: by which it came or goes; WORLD_NONE: not known */
	uint32_t       to_vpc_idx; /* the VPC that it goes into from here; WORLD_NONE: it stays */
	uint32_t       vpc_idx, subnet_idx; /* where it stands; WORLD_NONE: in none */
	struct packet  packet;		    /* as it came */
	struct ip      new_src, new_dst;    /* what it becomes here; no address: it stays */
	uint16_t       new_port;	    /* of the destination, likewise */
	struct sg_peer peer;	    /* HOP_SECURITY_GROUP: who stands behind the far address */
	bool	       is_stateful; /* HOP_SECURITY_GROUP: rules have no say: state, or exempt */
	bool	       is_doubted;  /* a refusal here is none for certain */
};

struct walk;
struct hop_ops;

/* Where the packet goes next: a component, and whether into it or out of it.  ops NULL: nowhere. */
struct step {
	const struct hop_ops *ops;
	enum direction	      direction;
	uint32_t	      idx;
};

/*
 * What a kind of component does with the packet of a walk: says yes, no or unknown by adding a hop, may give
 * the packet other addresses and another place, and tells where it goes next, past a refusal too as long
 * as that is defined.  NULL: there is no such direction.
 */
struct hop_ops {
	const char     *name;  /* as docs/cli.md has it; NULL: the hop says it */
	const char     *label; /* where short is better; NULL: the name */
	enum world_kind table; /* of object_idx; WORLD_KIND_COUNT: none */

	struct step (*outward)(struct walk *walk,
			       uint32_t	    idx); /* away from the interface or VPC */
	struct step (*inward)(struct walk *walk, uint32_t idx);
};

const struct hop_ops *hop_ops_of(enum hop_kind kind);

enum { HOPS_MAX = 64 };

struct leg {
	struct hop   hops[HOPS_MAX];
	size_t	     count;
	enum verdict verdict; /* of all hops; ALLOW when there is none */
	bool	     arrived; /* the way ends where it was to end */
};

/* The verdict of all hops. */
enum verdict leg_verdict(const struct leg *leg);
