/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends of an interface in two worlds, cut so that those of the one are those of the other or share no
 * address with them: what a rule of one world divides of a delegated prefix is divided in both.
 */
#pragma once

#include "simulator/reach/kinds.h"

/* Some of the addresses of an end, by the first of them. */
struct slice {
	struct ip first;
	uint32_t  number; /* of the end among the kinds' */
};

struct slices {
	struct slice *items;
	size_t	      count, capacity;
};

/* eni_idxs: of both worlds; WORLD_NONE: it is not there. */
void slices_cut(const struct kinds *const kinds[2], const uint32_t eni_idxs[2],
		struct slices out[2]);
void slices_done(struct slices *slices);
