/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds at random, each from a seed: VPCs that overlap or not, joined or not, groups that
 * reference each other, prefix lists with and without entries, network ACLs with denials in between, IPv6,
 * delegated prefixes, and whatever a snapshot can leave out.
 */
#pragma once

#include "policies/world/world.h"
#include "tests/differential/dice.h"

/* Ends the program when it cannot be loaded: a fault of the generator. */
struct world *random_world(struct dice *dice) MUST_USE;
