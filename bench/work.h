/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work for classifiers of packets: rules as a list in which the first match counts, a world that says the same
 * in AWS's terms, and tuples to ask about.  Peers are nested blocks, hosts and the members of groups; a
 * reference to a group is one rule of the world and one for each member in the list.
 */
#pragma once

#include "policies/world/world.h"

enum { WORK_POLICIES_MAX = 1000, WORK_MEMBERS = 25 };

struct work_rule {
	uint32_t base;
	uint8_t	 prefix_len, protocol; /* protocol 0: any */
	uint16_t port_min, port_max;
	uint32_t policy, rule_idx; /* rule_idx: of the world's group of that policy */
};

struct work_tuple {
	uint32_t policy, peer;
	uint8_t	 protocol;
	uint16_t port;
};

struct work {
	struct work_rule *rules; /* in the order in which they count, policy by policy */
	size_t		  rule_count, policy_count;
	struct world	 *world; /* policy i is interface eni-i's: ingress */
	uint32_t	 *eni_of;
	uint64_t	  seed;
	bool		  v6;
};

/* v6: the same rules in IPv6, where an address is work_v6 of the IPv4 one. */
struct work *work_new(size_t policies, size_t rules_a_policy, bool v6);
void	     work_free(struct work *work);

struct ip work_v6(uint32_t address); /* 2001:db8:… with the address behind, and zeroes */

/* Fresh: every tuple by itself.  Skewed: few tuples make up most, as in real traffic (Zipf's law). */
void work_tuples(struct work *work, bool skewed, struct work_tuple *tuples, size_t count);
