/* SPDX-License-Identifier: Apache-2.0 */
/* A cell as stretches of packets, each with what is to be said of it. */
#pragma once

#include "simulator/reach/cell.h"
#include "simulator/reach/packet_words.h"

struct matrix_piece {
	struct packet_piece piece;
	bool		    is_undecided;
	bool is_unintended; /* the policy does not want it; if undecided: would not */
	bool is_silent;	    /* the policy does not speak of it, and of no pair it says no */
	bool is_partial;    /* some pairs only, or some foreign addresses */
	bool has_undecided; /* it is open, and of other pairs or addresses undecided */
};

/* "unintended", "silent", "intended": the worst word of all pairs that have it. */
const char *matrix_piece_policy(const struct matrix_piece *piece);

struct matrix_pieces {
	struct matrix_piece *items;
	size_t		     count, capacity;
};

/* All that is not closed, in the order in which people write ports. */
void matrix_pieces_of(struct packet_sets *sets, const struct cell *cell, struct matrix_pieces *out);
void matrix_pieces_done(struct matrix_pieces *pieces);

/*
 * "22!,8080 udp/53~": ports of TCP bare, and behind what they belong to "?" undecided, "!" not intended, "°"
 * not spoken of, "~" partial, "~?" of others undecided.  Where that would be long, a mark is for any part of what it stands behind: "all! but 443", of which
 * 443 is intended.
 */
void matrix_words(struct packet_sets *sets, const struct cell *cell, struct buf *out);

/* How many pairs have a piece, and of how many it is undecided; where addresses differ a pair is in both. */
struct matrix_piece_pairs {
	uint64_t open, undecided;
};

struct matrix_piece_pairs matrix_piece_pairs(const struct packet_sets  *sets,
					     const struct matrix_piece *piece,
					     const struct cell_parts   *parts);

#define auto_matrix_pieces __attribute__((cleanup(matrix_pieces_done)))
