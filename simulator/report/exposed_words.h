/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of `weir exposed` say of a row.  What comes from outside is made harmless. */
#pragma once

#include "lib/base/buf.h"
#include "simulator/report/exposed.h"

/* Where a row's listener passes on to, whichever node it comes to. */
struct exposed_targets {
	size_t	   count;	/* of targets; no more than EXPOSED_TARGETS_MAX are looked at */
	size_t	   group_count; /* of target groups, at most EXPOSED_GROUPS_MAX */
	struct str group;	/* the first one's name */
	uint16_t   port;
	bool	   is_incomplete; /* there may be more */
	bool	   answers_itself;
};

enum { EXPOSED_TARGETS_MAX = 256, EXPOSED_GROUPS_MAX = 8 };

struct exposed_targets exposed_targets_of(const struct exposed_answer *answer,
					  const struct exposure_row   *row);

/* The end by the address that the internet knows it by; none: it has none. */
struct end exposed_outside(const struct exposed_answer *answer, const struct end *end);

void exposed_add_names(const struct exposure_row *row, struct buf *out); /* "web-1 … web-3 (3)" */
void exposed_add_public(const struct exposed_answer *answer, const struct exposure_row *row,
			struct buf *out);
/* The id of the gateway that it comes in by; via_idx is one. */
struct str exposed_gateway(const struct world *world, const struct exposure_row *row);

void exposed_add_via(const struct exposed_answer *answer, const struct exposure_row *row,
		     struct buf *out); /* "igw-01", "lb" */

/* "sgr-0b02+acl:100", "listener:443->tg web:8443 (3 targets)"; of what is undecided why. */
void exposed_add_reason(const struct exposed_answer *answer, const struct exposure_row *row,
			struct buf *out);

/* "expected(P1)", "unexpected(IPv6 only)", "?". */
void exposed_add_risk(const struct exposed_answer *answer, const struct exposure_row *row,
		      struct buf *out);
