/* SPDX-License-Identifier: Apache-2.0 */
/* Walked paths made into strands: what of a way depends on the packet, and what on the ends. */
#pragma once

#include "simulator/reach/acl_sets.h"
#include "simulator/reach/ways.h"

/* Packets that components tell apart by protocol, type and whether they want a reply. */
enum packet_class {
	CLASS_TCP,
	CLASS_UDP,
	CLASS_ECHO,
	CLASS_QUERY, /* timestamp, information, address mask */
	CLASS_ICMP,
	CLASS_ECHO_V6,
	CLASS_ECHO_REPLY_V6, /* NAT64 knows it */
	CLASS_ICMPV6,
	CLASS_OTHER,
	CLASS_COUNT
};

/* A packet of the class, without addresses. */
struct packet packet_of_class(enum packet_class class);

struct strand_maker {
	const struct world *world;
	struct packet_sets *sets;
	struct acl_sets	   *acls;
	uint32_t   classes[CLASS_COUNT]; /* the packets of each class; together they are all */
	uint32_t   queries;		 /* of ICMP, that want a reply */
	uint32_t   messages;		 /* what wants none */
	struct end src, dst;		 /* who walked */
	struct ip  src_public, dst_public;
};

/* World, sets and acls are set; the sets of packets are filled in. */
void strand_maker_init(struct strand_maker *maker);

/*
 * What some packets may do on a path that one of a class has walked with question.ignores_rules, and that all
 * of them would walk.  False: it cannot be told without walking each packet.
 */
bool strand_make(const struct strand_maker *maker, const struct path *path,
		 enum packet_class walked, uint32_t packets, struct strand *out);

/* The same up to the load balancer at the end of the path: no packet of TCP or UDP does better. */
bool strand_before_lb(const struct strand_maker *maker, const struct path *path,
		      struct strand *out);
