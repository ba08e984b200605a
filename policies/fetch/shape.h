/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer of AWS holds, as text that is parsed once: the members of a structure by their names in XML, with
 * what they become in JSON.
 *
 *	groupId                      a string; in JSON its name has a capital: "GroupId"
 *	ipAddress=PublicIpAddress    a string whose name in JSON is another
 *	fromPort:int  isEgress:bool  createTime:ts    a whole number, true or false, a point in time
 *	state{code:int, name}        a structure
 *	tagSet=Tags[]{key, value}    a list; "subnetIds[]" is one of strings
 *	tagSet=Tags@tags             "@tags" stands for a piece of the notation that is used in several places
 *	!preSharedKey                known and not kept: it is a secret
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/str.h"

enum shape_type {
	SHAPE_TEXT,
	SHAPE_INT,
	SHAPE_BOOL,
	SHAPE_TIME,
	SHAPE_MEMBERS,
	SHAPE_LIST,
	SHAPE_SECRET
};

struct shape {
	struct str	xml, json; /* of a member */
	enum shape_type type;
	struct shape   *inner; /* the first member, or what a list is of */
	struct shape   *next;
};

/* Text that "@name" stands for. */
struct shape_piece {
	const char *name, *text;
};

/*
 * The members that text names, as one structure.  Text and pieces (the last has no name) are ours: a mistake
 * in them is an assertion.
 */
const struct shape *shape_parse(struct arena *arena, const char *text,
				const struct shape_piece *pieces);

/* The member of that name in XML, or NULL. */
const struct shape *shape_member(const struct shape *members, struct str xml);
