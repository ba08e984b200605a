/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can get from any end of a world to any other, all packets at once.  The answer for a pair of kinds is a
 * set of packets, exactly that of which path_walk says so for each pair of their ends.
 *
 * The way between two places is walked once for each protocol that components tell apart; what groups and ACLs
 * say on it are sets.
 */
#pragma once

#include "policies/intent/judge.h"
#include "simulator/reach/kinds.h"
#include "simulator/reach/packet_set.h"

struct reach;

struct reach_options {
	const struct judge *judge; /* borrowed; NULL: no policy */
	int32_t		    day;   /* for waivers, since 1970-01-01 */
	struct port_range   client_ports;
	struct packet_sets *sets; /* borrowed, to be shared by several worlds; NULL: its own */
};

struct reach *reach_new(const struct world *world, const struct reach_options *options) MUST_USE;
void	      reach_free(struct reach *reach);
void	      reach_free_at(struct reach **reach);

const struct kinds *reach_kinds(const struct reach *reach);
struct packet_sets *reach_sets(const struct reach *reach);

/*
 * What gets from an end of one kind to an end, of another interface, of another kind: where the set says ALLOW
 * it does, where UNKNOWN the snapshot does not tell.  PACKET_SET_DENY where kinds_pairs is 0.
 */
uint32_t reach_between(struct reach *reach, uint32_t src_kind, uint32_t dst_kind);

/*
 * What the policy has nothing against: ALLOW where it allows, waives or does not speak of it, UNKNOWN where an
 * ICMP type would decide, DENY where it forbids or does not list it.  PACKET_SET_ALLOW without a policy.
 */
uint32_t reach_intended(struct reach *reach, uint32_t src_kind, uint32_t dst_kind);

/* ALLOW where the policy does not speak of it, else DENY; PACKET_SET_DENY without a policy. */
uint32_t reach_silent(struct reach *reach, uint32_t src_kind, uint32_t dst_kind);

/* The question of one packet between two ends of the kinds, to be walked or judged for its reasons. */
struct question reach_question(const struct reach *reach, uint32_t src_kind, uint32_t dst_kind,
			       uint32_t packet_key);

#define auto_reach __attribute__((cleanup(reach_free_at)))
