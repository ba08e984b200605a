/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of packets as people write ports (docs/cli.md, "Ports"): "tcp/22,443 udp/53 icmp/8". */
#pragma once

#include "lib/base/buf.h"
#include "simulator/reach/packet_set.h"

/* Where a set has the verdict, protocol by protocol; "all" when everywhere.  Nothing when nowhere. */
void packet_words(const struct packet_sets *sets, uint32_t set, enum verdict verdict,
		  struct buf *out);

/* A stretch of one protocol that has one verdict; what most protocols share as a whole is one stretch. */
struct packet_piece {
	int16_t		  protocol; /* PROTO_ANY: every protocol there is, or every other one */
	struct port_range ports;    /* TCP and UDP */
	struct port_range types;    /* ICMP and ICMPv6 */
	struct port_range codes;    /* of one type; 0 to 255: all */
	bool		  is_rest;  /* PROTO_ANY: not all protocols */
	uint64_t except[4]; /* then a bit for each that it is not about, listed apart or denied */
	uint32_t key;	    /* of one of its packets */
	enum verdict verdict;
};

struct packet_pieces {
	struct packet_piece *items;
	size_t		     count, capacity;
};

/* All that is not denied, by protocol and port. */
void packet_pieces_of(const struct packet_sets *sets, uint32_t set, struct packet_pieces *out);
void packet_pieces_done(struct packet_pieces *pieces);

bool packet_piece_excepts(const struct packet_piece *piece, int protocol);

/* "tcp/8000-8100", "icmp/3/4", "gre", "all", "all but tcp,udp". */
void packet_piece_words(const struct packet_piece *piece, struct buf *out);

#define auto_packet_pieces __attribute__((cleanup(packet_pieces_done)))
