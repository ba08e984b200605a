/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a person names interfaces: by tag, name, subnet, group, VPC, id or address.  Policies build tiers of
 * selectors; the command line's endpoints are selectors too.  `*` and `?` match inside names and values.
 *
 *	tag:Tier=web   name:web-*   subnet:shop-app-*   sg:shop-db   vpc:shop   i-0a1b   10.0.20.0/24   10.0.1.5
 */
#pragma once

#include "policies/world/world.h"

enum selector_kind {
	SELECT_TAG,
	SELECT_NAME,
	SELECT_SUBNET,
	SELECT_SG,
	SELECT_VPC,
	SELECT_INSTANCE,
	SELECT_ENI,
	SELECT_CIDR,
	SELECT_KIND_COUNT
};

struct selector {
	enum selector_kind kind;
	struct str	   text;    /* as written, borrowed */
	struct str	   key;	    /* SELECT_TAG */
	struct str	   pattern; /* id or name; not SELECT_CIDR */
	struct cidr	   cidr;
};

/* text must outlive the selector. */
int selector_parse(struct str text, struct selector *out, struct err *err) MUST_USE;

bool selector_has_eni(const struct selector *selector, const struct world *world, uint32_t eni_idx);

/* For an address that belongs to no interface of the snapshot: only blocks speak of it. */
bool selector_has_ip(const struct selector *selector, struct ip ip);
