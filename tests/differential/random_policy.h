/* SPDX-License-Identifier: Apache-2.0 */
/* Policies at random for the worlds of random_world.h: tiers of every kind of selector, waivers with dates. */
#pragma once

#include "policies/intent/intent.h"
#include "tests/differential/random_world.h"

/* Waivers end within two days of this one (since 1970-01-01). */
enum { RANDOM_POLICY_DAY = 20000 };

/* Ends the program when it cannot be parsed: a fault of the generator. */
struct intent *random_policy(struct dice *dice) MUST_USE;
