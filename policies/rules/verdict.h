/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of a rule set.  Three values: what is not known is UNKNOWN and never reads as protected.
 * Ordered, so that "both must allow" is the smaller one.
 */
#pragma once

#include "policies/rules/reason.h"
#include "policies/world/world.h"

enum verdict { VERDICT_DENY, VERDICT_UNKNOWN, VERDICT_ALLOW, VERDICT_COUNT };

enum layer { LAYER_NONE, LAYER_SG, LAYER_NACL, LAYER_COUNT };

/* A verdict, where it was reached and by which rule. */
struct decision {
	enum verdict	      verdict;
	enum layer	      layer;
	enum reason	      reason;	  /* REASON_NONE when allowed */
	uint32_t	      object_idx; /* sg or nacl; WORLD_NONE when there is none to name */
	const struct sg_rule *sg_rule;	  /* LAYER_SG and a rule matched; borrowed from the world */
	const struct nacl_rule
		   *nacl_rule; /* LAYER_NACL and a rule matched; NULL: the implicit deny */
	const char *note;      /* static text: why it is unknown, or exempt; NULL: nothing */
};

const char *verdict_text(enum verdict verdict); /* "allow" */
const char *layer_text(enum layer layer);	/* "security-group"; NULL for none */

/* Both must allow.  Deny wins over unknown, unknown over allow; the first of equals. */
struct decision decision_and(struct decision a, struct decision b);
struct decision decision_allow(const char *note);
struct decision decision_unknown(enum layer layer, enum reason reason, const char *note);
