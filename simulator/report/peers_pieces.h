/* SPDX-License-Identifier: Apache-2.0 */
/* A row of `weir who` and `weir reach` as stretches of packets, each with its fact. */
#pragma once

#include "simulator/reach/packet_words.h"
#include "simulator/report/peers.h"

struct peers_piece {
	struct packet_piece	piece;
	const struct peer_fact *fact;
};

/*
 * In the order of protocols and ports; two have the same packets where two rules let them through, or some ends
 * are let through and others only perhaps.  The caller frees it.
 */
struct peers_piece *peers_pieces(const struct peers_answer *answer, const struct peer_row *row,
				 size_t *count) MUST_USE;
