/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of all packets between two ends: a verdict for every protocol, port, and ICMP type and code.
 * Such a set is a line of keys cut where the verdict changes; equal sets are kept once and known by a number,
 * so that comparing two is comparing numbers, and what was worked out of two is not worked out again.
 *
 * A key is protocol << 16, with the destination port (TCP, UDP) or type << 8 | code (ICMP, ICMPv6) below it.
 * Of other protocols all 65,536 keys are one and fare alike.
 */
#pragma once

#include "policies/rules/packet.h"
#include "policies/rules/verdict.h"

enum { PACKET_KEY_END = 1 << 24, PACKET_KEYS = 1 << 16 /* of one protocol */ };

/* The sets that are the same verdict everywhere have the verdict's number. */
enum {
	PACKET_SET_DENY = VERDICT_DENY,
	PACKET_SET_UNKNOWN = VERDICT_UNKNOWN,
	PACKET_SET_ALLOW = VERDICT_ALLOW
};

/* From this key to the next cut's; the first cut is at 0. */
struct packet_cut {
	uint32_t     key;
	enum verdict verdict;
};

struct packet_sets;

struct packet_sets *packet_sets_new(void) MUST_USE;
void		    packet_sets_free(struct packet_sets *sets);

uint32_t      packet_key(const struct packet *packet); /* an ICMP type that is not known is 0 */
struct packet packet_of_key(uint32_t key);	       /* without addresses and source port */

/* The set with these cuts, ascending from 0; neighbours may be alike. */
uint32_t packet_sets_put(struct packet_sets *sets, const struct packet_cut *cuts, size_t count);

/* The keys from first to last have the verdict, all others are denied. */
uint32_t packet_sets_range(struct packet_sets *sets, uint32_t first, uint32_t last,
			   enum verdict verdict);

/* What a rule with that header covers, as packet_match has it; all else denied. */
uint32_t packet_sets_header(struct packet_sets *sets, int16_t protocol, struct port_range ports,
			    int16_t icmp_type, int16_t icmp_code);

/* What a person means by ports; all else denied. */
uint32_t packet_sets_ports(struct packet_sets *sets, const struct ports *ports);

/* ALLOW where the set has that verdict, else DENY. */
uint32_t packet_sets_where(struct packet_sets *sets, uint32_t set, enum verdict verdict);

/*
 * Between ends of a family (enum ip_family).  IPv4 has no ICMPv6 and IPv6 no ICMP: of those packets the set says
 * what it says of protocols that no rule names, which makes the fewest words.
 */
uint32_t packet_sets_family(struct packet_sets *sets, uint32_t set, uint8_t family);

/* Of two sets key by key: both must allow; one must; the opposite (unknown stays unknown). */
uint32_t packet_sets_both(struct packet_sets *sets, uint32_t a, uint32_t b);
uint32_t packet_sets_either(struct packet_sets *sets, uint32_t a, uint32_t b);
uint32_t packet_sets_not(struct packet_sets *sets, uint32_t a);

/* Borrowed until the next set is made. */
const struct packet_cut *packet_sets_cuts(const struct packet_sets *sets, uint32_t set,
					  size_t *count);

enum verdict packet_sets_at(const struct packet_sets *sets, uint32_t set, uint32_t key);
enum verdict packet_sets_best(const struct packet_sets *sets, uint32_t set); /* the most open */
bool	     packet_sets_has(const struct packet_sets *sets, uint32_t set, enum verdict verdict);
size_t	     packet_sets_count(const struct packet_sets *sets);
