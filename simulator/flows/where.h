/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which records a question is about: `action = REJECT and dstport in (22, 3389) and not srcaddr in
 * 10.0.0.0/8`.  The language is in docs/cli.md, "top".
 *
 *	expression = all { "or" all }
 *	all        = part { "and" part }
 *	part       = "not" part | "(" expression ")" | test
 *	test       = FIELD ("=" | "!=" | "<" | "<=" | ">" | ">=") (VALUE | "-")
 *	           | FIELD ["not"] "in" (ITEM | "(" ITEM { "," ITEM } ")")     ITEM: VALUE, CIDR or MIN-MAX
 *	           | FIELD ["not"] "like" PATTERN                              `*` any run, `?` one byte
 *
 * Three values, as in SQL: a comparison with a field that has no value is unknown, not of unknown is
 * unknown, and only what is true passes.  Whether there is a value is asked with `= -` and `!= -`.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/net/lpm.h"
#include "simulator/flows/subject.h"

enum {
	WHERE_TEXT_MAX = 1 << 16,
	WHERE_TESTS_MAX = 256,
	WHERE_VALUES_MAX = 4096,
	WHERE_DEPTH_MAX = 32, /* of parentheses and nots */
};

enum where_op {
	WHERE_EQ,
	WHERE_NE,
	WHERE_LT,
	WHERE_LE,
	WHERE_GT,
	WHERE_GE,
	WHERE_IN,
	WHERE_LIKE,
	WHERE_OP_COUNT
};

/* A literal, by the type of what it is compared with. */
struct where_value {
	uint64_t    min, max; /* a number or a word's enum has min == max */
	struct cidr cidr;
	struct str  text;
};

struct where_test {
	struct subject subject;
	enum where_op  op;
	bool	       is_absent;    /* `-`: there are no values */
	uint32_t       first, count; /* values; of WHERE_IN sorted, none twice */
	struct lpm     blocks;	     /* the same, where it pays */
};

enum where_kind { WHERE_TEST, WHERE_NOT, WHERE_AND, WHERE_OR, WHERE_KIND_COUNT };

/* left and right are nodes that stand before it; of WHERE_NOT only left, of WHERE_TEST left is its test. */
struct where_node {
	enum where_kind kind;
	uint32_t	left, right;
};

struct where {
	struct arena	    arena;
	struct where_node  *nodes; /* the last is the root */
	struct where_test  *tests;
	struct where_value *values;
	size_t		    node_count, node_capacity, test_count, test_capacity;
	size_t		    value_count, value_capacity;
};

enum where_truth { WHERE_FALSE, WHERE_UNKNOWN, WHERE_TRUE }; /* not: 2 - x; and: min; or: max */

/* ERR_USAGE with the 1-based column.  Times may be ages before now_s. */
int  where_parse(struct str text, int64_t now_s, struct where *out, struct err *err) MUST_USE;
void where_done(struct where *where);

/* Parses back equal. */
void where_print(const struct where *where, struct buf *out);

uint64_t where_fields(const struct where *where); /* that must be read, a bit each */
bool	 where_names(const struct where *where);  /* whether it asks what only a snapshot tells */
bool	 where_tiers(const struct where *where);  /* … what only a policy tells */

const char *where_op_text(enum where_op op);

#define auto_where __attribute__((cleanup(where_done)))
