/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/hop.h"

#include <assert.h>

void leg_add(struct leg *leg, struct hop hop)
{
	assert(leg->count < HOPS_MAX);
	if (leg->count == 0 || hop.decision.verdict < leg->verdict)
		leg->verdict = hop.decision.verdict;
	leg->hops[leg->count++] = hop;
}
