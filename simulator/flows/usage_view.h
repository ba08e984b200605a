/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules are shown, and in what order. */
#pragma once

#include "simulator/flows/usage.h"

enum usage_sort {
	USAGE_BY_HITS,	/* fewest first: the never hit lead, what may have been hit comes later */
	USAGE_BY_ONLY,	/* fewest first */
	USAGE_BY_BYTES, /* most first */
	USAGE_BY_LAST,	/* the longest ago first */
	USAGE_BY_SHARE, /* the smallest share of its addresses used first */
	USAGE_BY_RULE,	/* as in the snapshot */
	USAGE_SORT_COUNT
};

/* "hits", …; NULL: the first.  ERR_USAGE for anything else. */
int usage_sort_parse(const char *text, enum usage_sort *out, struct err *err) MUST_USE;

struct usage_view {
	enum usage_sort sort;
	bool		unused; /* only those that can be removed */
	const char     *group;	/* pattern of a group's or ACL's id or name; NULL: all */
};

/* A deny at the end of an ACL, which AWS lets nobody remove (aws-semantics.md 3). */
bool usage_is_fixed(const struct usage_rule *rule);

/*
 * Whether no record hit the rule, nor may have: there are records, and if it applies to interfaces, there are of
 * one of them.
 */
bool usage_is_never_hit(const struct usage_answer *answer, const struct usage_rule *rule);

/* Never hit, all interfaces that it applies to are covered, and AWS lets it be removed. */
bool usage_is_removable(const struct usage_answer *answer, const struct usage_rule *rule);

/* ERR_USAGE when the pattern (NULL: all) is no group's or ACL's id or name, and what may have been meant. */
int usage_group_check(const struct world *world, const char *pattern, struct err *err) MUST_USE;

const struct object *usage_object(const struct world *world, const struct usage_rule *rule);

/*
 * The rules in view, *count of them, in an array that the caller frees.  An implicit deny that the snapshot has
 * as an entry, too, is shown only when it is hit.
 */
const struct usage_rule **usage_select(const struct world *world, const struct usage_answer *answer,
				       const struct usage_view *view, size_t *count) MUST_USE;
