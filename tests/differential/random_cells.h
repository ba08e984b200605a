/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of parties (simulator/reach/parties.h) against every pair of their ends, one by one. */
#pragma once

#include "simulator/reach/parties.h"
#include "tests/differential/dice.h"

/*
 * Some cells of one grouping at random, adding to *count how many were compared; false when one differs, which
 * is said on stderr.  judge may be NULL.
 */
bool random_cells_agree(struct dice *dice, struct reach *reach, const struct judge *judge,
			uint64_t *count);
