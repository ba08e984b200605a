/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet from one end to another, hop by hop, and its reply back (aws-semantics.md 8).  The walk goes on
 * past what stops the packet, as far as it is defined where to go, so that every blocker is found.
 *
 * What each component does is in its hop_<kind>.c.  Where the way crosses something that is not modelled or
 * not in the snapshot, the answer is UNKNOWN unless something else denies.
 */
#pragma once

#include "policies/intent/judge.h"
#include "simulator/hop.h"

/* One end: an interface with one of its addresses, a foreign address, or the internet as a whole. */
struct end {
	uint32_t  eni_idx; /* WORLD_NONE: no interface of the snapshot */
	struct ip ip;	   /* family IP_NONE: the internet */
	/* Where it stands for addresses of a delegated prefix, of which ip is one; 0: for ip alone. */
	uint8_t prefix_len;
};

struct question {
	struct end	  src, dst;
	struct packet	  packet;	/* src and dst are those of the ends */
	struct port_range client_ports; /* where the sender's source port may lie */

	const struct judge *judge; /* borrowed; NULL: no policy */
	int32_t		    day;   /* for waivers, since 1970-01-01 */

	/*
	 * Groups and, of what is not a reply, ACLs let everything pass: the way alone is asked for, and no
	 * further than to what refuses it.
	 */
	bool ignores_rules;
};

struct path {
	struct leg   forward, back;
	bool	     back_needed; /* a connection: without replies it is not one */
	enum verdict reply_acls;  /* of the ACLs on the way back together, over all client ports */
	enum verdict verdict;
	/* The internet as a whole is asked as one of its addresses, the one that gets furthest. */
	struct ip internet_ip;	   /* none: the internet is no end */
	bool	  internet_varies; /* other addresses of it fare otherwise */
	/* The client ports of 1024 to 65535 whose replies get back; TCP and UDP. */
	struct port_range reply_ports[PORTS_MAX];
	size_t		  reply_port_count;
	bool		  reply_ports_cut; /* there are more than PORTS_MAX of these ranges */
};

/* What the policy says of the question's packet; INTENT_SILENT without one. */
struct intent_answer path_intent(const struct question *question);

/* Linux draws client ports from here (net.ipv4.ip_local_port_range). */
struct port_range path_default_client_ports(void);

/* Total: never fails, never allocates. */
void path_walk(const struct world *world, const struct question *question, struct path *out);

/*
 * Where the receiving interface's groups speak, which is what opens a path; where it leads outside, the
 * groups that let it out.  NULL: no groups have a say.
 */
const struct hop *path_opener(const struct path *path);

/* The first hop that is not known, or NULL. */
const struct hop *path_doubt(const struct path *path);
