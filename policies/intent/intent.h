/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intended segmentation, as docs/cli.md's policy file states it: tiers, and what may pass between them.
 * Parsed without a world; policies/intent/judge.h holds it against one.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/net/ports.h"
#include "policies/world/selector.h"

/* A tier is a bit of a mask; the two that are always there come last. */
enum { INTENT_TIERS_MAX = 62, INTENT_INTERNET = 62, INTENT_ANY = 63 };

struct intent_tier {
	struct str	 name;
	uint32_t	 line;
	struct selector *selectors;
	uint32_t	 selector_count;
};

enum statement_kind {
	STATEMENT_ALLOW,
	STATEMENT_DENY,
	STATEMENT_REQUIRE,     /* must be reachable */
	STATEMENT_REQUIRE_NOT, /* must never be reachable */
	STATEMENT_WAIVE,
	STATEMENT_KIND_COUNT
};

struct statement {
	enum statement_kind kind;
	uint32_t	    line;
	uint8_t		    src, dst; /* tier index, INTENT_INTERNET or INTENT_ANY */
	struct ports	   *ports;    /* any of them */
	uint32_t	    ports_count;
	struct str	    text;  /* the line as written, without comment and extra blanks */
	int32_t		    until; /* STATEMENT_WAIVE: the last day, since 1970-01-01 */
	struct str	    owner, note;
};

struct intent {
	struct arena	    arena;
	struct str	    source; /* the file as the user named it */
	struct intent_tier *tiers;
	uint32_t	    tier_count;
	struct statement   *statements; /* in order */
	uint32_t	    statement_count;
};

/* NULL with every error of the file (bounded) in *errors; each has line and column. */
struct intent *intent_parse(struct str text, const char *source, struct err_list *errors) MUST_USE;
struct intent *intent_open(const char *path, struct err_list *errors) MUST_USE;
void	       intent_free(struct intent *intent);
void	       intent_free_at(struct intent **intent);

/* The policy in its normal form, which parses back to the same policy.  Comments are not kept. */
void	   intent_print(const struct intent *intent, struct buf *out);
struct str intent_tier_name(const struct intent *intent, unsigned tier);

#define auto_intent __attribute__((cleanup(intent_free_at)))
