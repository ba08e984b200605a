/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Longest-prefix match: cidr → uint32_t, both families.  A path-compressed binary trie (Morrison's
 * PATRICIA): a node holds the prefix all below it share; a node without a value only forks.  Lookup costs
 * at most one step a distinct prefix length on the way.
 */
#pragma once

#include "lib/net/cidr.h"

struct lpm_node;

struct lpm {
	struct lpm_node *nodes;
	size_t		 count, capacity;
	uint32_t	 root_v4, root_v6; /* 0: empty; node 0 is never used */
};

/* A zeroed struct lpm is empty and ready. */
void lpm_done(struct lpm *lpm);

/* Returns true when the cidr is new; an old value is replaced. */
bool lpm_put(struct lpm *lpm, struct cidr cidr, uint32_t value);

/* The most specific block that holds ip.  matched may be NULL. */
bool lpm_find(const struct lpm *lpm, struct ip ip, uint32_t *value, struct cidr *matched);
bool lpm_get(const struct lpm *lpm, struct cidr cidr, uint32_t *value); /* exactly this block */
