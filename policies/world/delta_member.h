/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of objects, and of the rows in their lists, as tables: what a comparison of two worlds looks at.
 * To compare one more member is one more row here.
 *
 * A row is the same one in both worlds when its keys are equal.  What matters is what a packet may feel; the
 * rest are words for people.
 */
#pragma once

#include "policies/world/world.h"

enum member_type {
	MEMBER_END,
	MEMBER_TEXT,
	MEMBER_FLAG,
	MEMBER_U16,
	MEMBER_I16,
	MEMBER_U32,
	MEMBER_IP,
	MEMBER_CIDR,
	MEMBER_PORTS,
	MEMBER_PEER_KIND,
	MEMBER_REFERENCE, /* the index of an object of the kind `target` */
	MEMBER_TEXTS,	  /* a set of ids inside a row */
	MEMBER_ROWS,	  /* a list of an object, of any order */
};

enum { MEMBER_KEY = 1, MEMBER_MATTERS = 2 };

/* What a row of a list is, so that whoever is told of one knows its struct. */
enum row_part { ROW_TEXT, ROW_TAG, ROW_SG_RULE, ROW_NACL_RULE, ROW_ROUTE, ROW_TGW_ROUTE };

struct member;

struct row_type {
	enum row_part	     part;
	size_t		     size;
	const struct member *members;
};

struct member {
	enum member_type       type;
	const char	      *name;
	unsigned	       role; /* MEMBER_KEY, MEMBER_MATTERS */
	size_t		       offset, count_offset;
	enum world_kind	       target; /* MEMBER_REFERENCE */
	const struct row_type *rows;   /* MEMBER_ROWS */
	/* MEMBER_ROWS: flags that say whether the rows are in the snapshot at all. */
	size_t known_offset, known_count;
};

/* What every object has, and what those of one kind have.  Both end in MEMBER_END. */
extern const struct member object_members[];
const struct member	  *kind_members(enum world_kind kind);

/* Objects of that kind are not in a packet's way: all their changes are words for people. */
bool kind_is_decoration(enum world_kind kind);
