/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiers and names of the ends of rows, from the snapshot and the policy.  An address is looked up as the
 * VPC of the row's interface sees it; without one, or when the snapshot does not have it, only where
 * exactly one VPC has the address.  One per thread; it remembers what it was asked lately.
 */
#pragma once

#include "lib/flow/columns.h"
#include "policies/intent/judge.h"
#include "simulator/flows/subject.h"

struct namer;

/* Both borrowed; judge may be NULL when no tier is asked for. */
struct namer *namer_new(const struct world *world, const struct judge *judge) MUST_USE;
void	      namer_free(struct namer *namer);

/*
 * The texts of SUBJECT_TIER or SUBJECT_NAME, a row each; the empty slice where there is none.  They live as
 * long as world and judge.
 */
void namer_fill(struct namer *namer, struct subject subject, const struct columns *columns,
		struct str *out);
