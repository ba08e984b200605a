/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of `weir who` and `weir reach` say of a row, in words. */
#pragma once

#include "lib/base/buf.h"
#include "simulator/reach/addresses.h"
#include "simulator/report/peers.h"

/* A row, or several that are equal but for their names. */
struct peers_line {
	const struct peer_row *row, *second, *last;
	size_t		       count;
	size_t		       ends, undecided, of; /* of all of them */
};

/* Of an answer's rows, in their order; instances that fare alike are one line.  The caller frees it. */
struct peers_line *peers_lines(const struct peers_answer *answer, size_t *count) MUST_USE;

void peers_add_label(struct str	 label,
		     struct buf *out); /* a name made harmless, and not too long */
void peers_add_names(const struct peers_line *line, struct buf *out); /* "web-1 … web-14 (14)" */

/* "3 of 5, 1 undecided"; of addresses that no interface has, their blocks, with `between` between them. */
void peers_add_amount(const struct peers_answer *answer, const struct peers_line *line,
		      const char *between, struct buf *out);

void peers_add_ports(const struct peers_answer *answer, const struct peer_row *row,
		     struct buf *out); /* "tcp/22,443 ? udp/53" */

/* The rule of a fact, or what leaves it undecided; false: an earlier fact of the row says the same. */
bool peers_add_rule(const struct peers_answer *answer, const struct peer_row *row, size_t fact_idx,
		    struct buf *out);

/* What the policy says in a fact, and of which ports where it does not say the same of all; false likewise. */
bool peers_add_policy(const struct peers_answer *answer, const struct peer_row *row,
		      size_t fact_idx, struct buf *out);

/* "!": some packets get through that the policy does not want; "✓", "?". */
const char *peers_mark(const struct peers_answer *answer, const struct peer_row *row);

/* The worst that the policy says of what gets through, or may: "unintended", "silent", "intended"; "" without one. */
const char *peers_policy(const struct peers_answer *answer, const struct peer_row *row);

/* Whether something gets through of which it says that. */
bool peers_is_unintended(const struct peers_answer *answer, const struct peer_row *row);
bool peers_is_silent(const struct peers_answer *answer, const struct peer_row *row);

/* The addresses of a row that no interface has, and that get that far: a list for each scope and family. */
enum { PEERS_ADDRESSES = 4 };
size_t peers_fact_addresses(const struct peers_answer *answer, const struct peer_fact *fact,
			    struct addresses out[static PEERS_ADDRESSES]); /* those of one fact */
size_t peers_addresses(const struct peers_answer *answer, const struct peer_row *row,
		       enum verdict verdict, struct addresses out[static PEERS_ADDRESSES]);
