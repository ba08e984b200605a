/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user may name as SRC or DST (docs/cli.md, "Operands"): ids, unambiguous prefixes of ids, Name tags,
 * tag:, name:, subnet:, sg:, vpc:, tier:, lb:, addresses, CIDRs, `internet`.
 */
#pragma once

#include "policies/intent/judge.h"
#include "simulator/path.h"

enum { ENDPOINT_ENDS_MAX = 1 << 20 };

struct endpoint {
	const char *query; /* borrowed: as typed */
	struct end *ends;  /* at least one */
	size_t	    count, capacity;
};

/*
 * judge may be NULL: then `tier:` is an error that asks for a policy.  Not found and ambiguous
 * names are ERR_USAGE with the candidates.
 */
int  endpoint_resolve(const char *text, const struct world *world, const struct judge *judge,
		      struct endpoint *out, struct err *err) MUST_USE;
void endpoint_done(struct endpoint *endpoint);

#define auto_endpoint __attribute__((cleanup(endpoint_done)))
