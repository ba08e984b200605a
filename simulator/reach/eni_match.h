/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which interface of one world is which of another: by id; else by the instance that it is attached to; else by
 * name, in the same subnet first.  Of several with one name each is matched once, in the order of the worlds.
 */
#pragma once

#include "policies/world/world.h"
#include "simulator/reach/slices.h"

struct eni_match {
	uint32_t *others;  /* of each interface of B that of A, or WORLD_NONE */
	size_t	  renewed; /* matched, but not by id */
};

void eni_match_init(struct eni_match *match, const struct world *a, const struct world *b);
void eni_match_done(struct eni_match *match);

/* Of each slice of an interface of B that of its match in A, an index or WORLD_NONE; the caller's to free. */
uint32_t *slices_match(const struct slices *a, const struct slices *b) MUST_USE;
