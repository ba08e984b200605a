/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ends of recorded traffic, as groups name them: few however many addresses there are.  The first of
 * these that is known: the tier; the security groups of the interface; the interface's name; an address that
 * no rule filters (exempt); the internet; the block of a private address that no interface of the snapshot has.
 * Of IPv6 there are more such blocks than memory: beyond ENDS_MAX ends new ones are all ::/0.
 */
#pragma once

#include "policies/intent/judge.h"

/* Blocks are what networks are usually given: a /16, and a site's /48 (RFC 4193). */
enum { ENDS_BLOCK_V4 = 16, ENDS_BLOCK_V6 = 48, ENDS_MAX = 1 << 18 };

enum end_kind {
	END_NONE, /* the record has no address */
	END_TIER,
	END_GROUPS,
	END_INTERFACE,
	END_ADDRESS,
	END_INTERNET,
	END_BLOCK,
	END_KIND_COUNT
};

const char *end_kind_text(enum end_kind kind); /* "security-group"; NULL for none */

struct flow_end {
	enum end_kind kind;
	struct str    text; /* harmless: "web", "sg:shop-web", "internet", "10.9.0.0/16" */
};

/* What is known of an end.  tiers: judge_tiers', 0 without a policy. */
struct end_query {
	uint64_t  tiers;
	uint32_t  eni_idx; /* WORLD_NONE: none */
	struct ip ip;
	bool	  is_exempt;
};

struct ends;

/* The world and the judge are borrowed; judge may be NULL. */
struct ends *ends_new(const struct world *world, const struct judge *judge) MUST_USE;
void	     ends_free(struct ends *ends);

/* The number of an end; equal ends have equal numbers. */
uint32_t	       ends_find(struct ends *ends, const struct end_query *query);
uint32_t	       ends_put(struct ends *ends, const struct flow_end *end);
const struct flow_end *ends_at(const struct ends *ends,
			       uint32_t		  number); /* until the next find or put */
