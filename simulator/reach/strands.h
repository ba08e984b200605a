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

/* The packets of each class; together they are all. */
void packet_class_sets(struct packet_sets *sets, uint32_t classes[static CLASS_COUNT]);

struct strand_maker {
	const struct world *world;
	struct packet_sets *sets;
	struct acl_sets	   *acls;
	uint32_t	    classes[CLASS_COUNT];
	struct end	    src, dst; /* who walked */
	struct ip	    src_public, dst_public;
};

/*
 * What the class may do on a path that a packet of another class, or its own, has walked with
 * question.ignores_rules.  False: it cannot be told without walking each packet.
 */
bool strand_make(const struct strand_maker *maker, const struct path *path,
		 enum packet_class walked, enum packet_class class, struct strand *out);

/* The same up to the load balancer at the end of the path: no packet of TCP or UDP does better. */
bool strand_before_lb(const struct strand_maker *maker, const struct path *path,
		      struct strand *out);
