/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks at random, each from a seed, as snapshots: VPCs that overlap or not, of several accounts and Regions
 * or of one, route tables, gateways of every kind, NAT, peering, transit gateways, endpoints, appliances, load
 * balancers, Block Public Access, and whatever a snapshot can leave out.
 */
#pragma once

#include "lib/base/buf.h"
#include "policies/world/world.h"
#include "tests/differential/dice.h"

/* Ends the program when it cannot be loaded: a fault of the generator. */
struct world *random_estate(struct dice *dice) MUST_USE;

/* The same one with some rules, references and routes changed. */
struct world *random_estate_changed(struct dice *dice, unsigned changes) MUST_USE;

/* The same one as its snapshot's text, to be asked by hand; the caller frees it. */
void random_estate_text(struct dice *dice, struct buf *out);
