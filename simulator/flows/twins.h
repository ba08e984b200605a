/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that a record of their own traffic does not tell apart: of one subnet, type and tiers, with the same
 * groups in the same order.  The first of them can stand in for the others where it does not matter which it was.
 */
#pragma once

#include "policies/intent/judge.h"

/*
 * By interface: its first twin, itself at least.  One without groups or with delegated prefixes has none.  judge may
 * be NULL.  To be freed.
 */
uint32_t *twins_new(const struct world *world, const struct judge *judge) MUST_USE;
