/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a row, everything that its verdict, its ends and its group depend on, in a few words, and back: with the
 * floors of its addresses (address_floor.h) and of its client's port (port_floor.h).  Records that are equal in
 * it are judged alike.
 *
 *	word 0  interface (its number among those of the run), moment, protocol, action, status, direction,
 *		reason of the rejection
 *	word 1  which fields have a value; what tcp-flags tell of the role; the role that others tell
 *	then    srcaddr, dstaddr in one word, or in a wide key two each, and pkt-srcaddr and pkt-dstaddr
 *	last    both ports, and the families of a wide key's addresses
 */
#pragma once

#include "lib/flow/columns.h"
#include "policies/match/record.h"
#include "simulator/flows/address_floor.h"
#include "simulator/flows/memo.h"
#include "simulator/flows/port_floor.h"

/* What all keys of a run have in common. */
struct verdict_scheme {
	struct address_floor *addresses;
	struct port_floor    *ports;
	int64_t		     *moments; /* s, ascending: when a waiver's last day has passed */
	uint32_t	      moment_count;
};

void verdict_scheme_init(struct verdict_scheme *scheme, const struct world *world,
			 const struct judge *judge);
void verdict_scheme_done(struct verdict_scheme *scheme);

/* The fields to parse for a key and for the sums. */
uint64_t verdict_fields(void);

struct verdict_key {
	uint64_t words[MEMO_WIDE];
	uint32_t count;	  /* MEMO_NARROW or MEMO_WIDE */
	uint32_t eni_idx; /* by the caller: of the interface, or as address_floor_of has it */
	uint32_t own_v4;  /* by the caller: its primary address as it lies in memory; 0: none */
	bool	 wants_opener; /* TCP whose own flags do not tell the role: other records may */
	bool	 src_alone, dst_alone; /* the packet's addresses are the only ones of their kinds */
};

/*
 * A key of what the row itself tells.  With wants_opener it has the row's addresses and ports as they are, and
 * is that of a conversation, not of a kind; verdict_key_settle makes one of a kind of it.
 */
void verdict_key_make(const struct verdict_scheme *scheme, const struct columns *columns,
		      uint32_t row, uint32_t interface, struct verdict_key *out);

/* known: ROLE_UNKNOWN when no record of the run tells who opened the conversation. */
void verdict_key_settle(const struct verdict_scheme *scheme, enum role known,
			struct verdict_key *key);

/* A record that has this key.  interface: its text. */
void verdict_key_record(const struct verdict_scheme *scheme, const struct verdict_key *key,
			struct str interface, struct record *out);
/* The addresses of its packet, as they are in the key. */
void verdict_key_packet(const struct verdict_key *key, struct ip *src, struct ip *dst);

uint32_t  verdict_key_interface(const struct verdict_key *key);
enum role verdict_key_known(const struct verdict_key *key);
