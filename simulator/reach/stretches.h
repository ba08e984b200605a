/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All packets between two ends, each stretch of them walked: between two places where a rule on the way begins
 * or ends all fare alike.  Slow, and right whatever the way; for the few ways that are no strands.
 */
#pragma once

#include "simulator/path.h"
#include "simulator/reach/packet_set.h"

/* The question's packet gives the ends only. */
uint32_t stretches_walk(const struct world *world, const struct question *question,
			struct packet_sets *sets);
