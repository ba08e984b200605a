/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user may name as SRC or DST (docs/cli.md, "Operands"): ids, unambiguous prefixes of ids, Name tags,
 * tag:, name:, subnet:, sg:, vpc:, tier:, lb:, addresses, CIDRs, `internet`, `on-premises`.
 *
 * A block means all its addresses: those of interfaces, by the private or the public one, and of those that no
 * interface has one for each kind (reach/kinds.h).  A set has interfaces of NAT and transit gateways only where
 * it has nothing else.
 */
#pragma once

#include "policies/intent/judge.h"
#include "simulator/path.h"

enum { ENDPOINT_ENDS_MAX = 1 << 20 };

struct endpoint {
	const char *query; /* borrowed: as typed */
	struct end *ends;  /* at least one */
	size_t	    count, capacity;
	size_t own_count; /* the first of them are the snapshot's; the others are nobody's in it */
	bool   is_receiver, has_prefixes; /* delegated ones, that are not divided yet */
};

/*
 * A public address of an interface means the interface, by its private one.
 *
 * judge may be NULL: then `tier:` is an error that asks for a policy.  Not found and ambiguous
 * names are ERR_USAGE with the candidates.
 */
int endpoint_resolve(const char *text, const struct world *world, const struct judge *judge,
		     struct endpoint *out, struct err *err) MUST_USE;

/* What packets are sent to: one that is named by a public address gets them by that one. */
int  endpoint_resolve_receiver(const char *text, const struct world *world,
			       const struct judge *judge, struct endpoint *out,
			       struct err *err) MUST_USE;
void endpoint_done(struct endpoint *endpoint);

#define auto_endpoint __attribute__((cleanup(endpoint_done)))
