/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One compiled policy: what one direction of an interface's groups and its subnet's edge say, for every peer,
 * protocol and port.  Immutable, in one piece of memory, shared by the matchers that have it.
 *
 * A peer's interval has a row, a key of the axis a column, the cell there is the answer.  Rows and columns
 * that are equal are there once.
 */
#pragma once

#include "policies/match/axis.h"
#include "policies/match/owners.h"
#include "policies/match/pool.h"
#include "policies/match/tree.h"
#include "policies/rules/interface.h"

/* An answer: a verdict in the two upper bits, an index below; what is all ones is none: ask policies/rules. */
enum { ANSWER_SHIFT = 14, ANSWER_ASK = 0xffff, ANSWERS_MAX = (1 << ANSWER_SHIFT) - 1 };

/* An IPv6 row with this bit is the index of a struct lows: the lower 64 bits decide. */
enum { ROW_IS_LOWS = 1U << 31 };

struct lows {
	uint32_t first, count; /* in low_starts and low_rows; the first start is 0 */
};

enum sg_outcome { SG_IS_UNMATCHED, SG_IS_ALLOWED, SG_IS_ASSUMED, SG_IS_UNDECIDED };

/* What an answer stands for. */
struct plane_answer {
	uint32_t sg_idx, rule_idx; /* of the deciding rule of the groups, when there is one */
	uint32_t edge;		   /* EDGE_… of draft.h */
	uint32_t sg;		   /* enum sg_outcome */
};

struct plane {
	/* What flows of many sides need: one line. */
	const int32_t	 *v4_keys, *port_keys;
	const uint32_t	 *rows_v4; /* class × interval_count + interval → its row's first cell */
	const uint16_t	 *columns; /* interval → column */
	const uint16_t	 *cells;
	struct directory *directory; /* NULL: the intervals tell all peers apart; held */
	const uint8_t *class_of; /* who value → class; without a directory there is one class */
	uint16_t       interval_count; /* with a directory */
	uint8_t	       v4_levels, v4_halves, port_levels, port_halves;

	struct tree32	   v4, ports;
	struct tree64	   v6;	    /* over the upper 64 bits */
	const uint32_t	  *rows_v6; /* interval → its row's first cell, or ROW_IS_LOWS | index */
	const struct lows *lows;
	const uint64_t	  *low_starts;
	const uint32_t	  *low_rows;
	const struct plane_answer *answers;
	struct decision		   unmatched; /* when no rule of the groups matches */
	uint32_t		   eni_idx;   /* one of those that have the policy */
	bool			   egress;
	uint32_t		   answer_count;
	size_t			   size_bytes;
	uint32_t		   holders; /* matchers that have it; atomic */
	struct pool		  *pool;    /* where it lies; held */
};

struct plane *plane_new(const struct world *world, struct owners *owners, struct pool *pool,
			uint32_t eni_idx, bool egress) MUST_USE;

/* One that leaves everything to policies/rules. */
struct plane *plane_new_asking(struct pool *pool) MUST_USE;
struct plane *plane_hold(struct plane *plane);
void	      plane_drop(struct plane *plane);

/* The answer is not ANSWER_ASK.  The world is the plane's, or one that differs where no rule of it looks. */
struct interface_decision plane_decide(const struct plane *plane, const struct world *world,
				       uint32_t answer);

/* Whether the answer is for traffic that is never filtered. */
bool plane_is_exempt(const struct plane *plane, uint32_t answer);
