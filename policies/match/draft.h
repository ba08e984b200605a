/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One policy while it is compiled: all that one direction of an interface's groups and of its subnet's ACL
 * say, as sheets.  A sheet has a row for each class of peers that its rules tell apart, and in a row a code
 * for each column of the axis; which row an address has is a function of the address.
 */
#pragma once

#include "policies/match/axis.h"
#include "policies/match/owners.h"
#include "policies/match/rows.h"
#include "policies/match/spans.h"
#include "policies/world/world.h"

/* What the groups say: the smallest code wins. */
enum { SG_MAYBE = 1U << 31, SG_ASSUMED = 1, SG_SHIFT = 1 };
#define SG_NOTHING UINT32_MAX /* no rule matches */

/* What the subnet's edge says. */
enum {
	EDGE_ASK, /* depends on the source port */
	EDGE_INSIDE,
	EDGE_NO_NACL,
	EDGE_UNMATCHED,		      /* the implicit deny */
	EDGE_EXEMPT,		      /* + index of the exempt peer */
	EDGE_RULE = EDGE_EXEMPT + 28, /* + 2 × index of the ACL's rule, + 1: it only may match */
};

/* A rule of the groups, in the order in which the plain evaluation looks at them. */
struct draft_rule {
	const struct sg_rule *rule;
	uint32_t	      sg_idx;
	struct cover	      columns[COVERS_MAX];
	size_t		      column_count;
};

struct draft {
	const struct world *world;
	const struct eni   *eni;
	const struct nacl  *nacl; /* NULL: not in the snapshot */
	bool		    egress;
	struct axis	    axis;
	struct draft_rule  *rules;
	size_t		    rule_count, rule_capacity;
};

struct sheet {
	struct rows  rows;		       /* as wide as the axis */
	struct spans spans[SPAN_FAMILY_COUNT]; /* address → row */
};

void draft_init(struct draft *draft, const struct world *world, uint32_t eni_idx, bool egress);
void draft_done(struct draft *draft);
bool draft_has_references(const struct draft *draft);

/* Rules whose peers are blocks of addresses, known or not; sheet->rows is empty or has others' rows. */
void sheet_blocks(const struct draft *draft, struct sheet *sheet);

/* Rules that reference groups: who value → row, to be freed.  The rows go where those of sheet_blocks are. */
uint32_t *sheet_references(const struct draft *draft, struct owners *owners, struct rows *rows,
			   enum span_family family) MUST_USE;

/* The network ACL, what is inside the subnet, what is never filtered. */
void sheet_edge(const struct draft *draft, const struct owners *owners, struct sheet *sheet);

void sheet_done(struct sheet *sheet);
