/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ends that a question names, by kinds.  Where one interface has all of them of a kind, its own ends are no
 * peers of that kind, though others of their kinds are: they are told apart.
 */
#pragma once

#include "simulator/reach/kinds.h"

/* A kind that some of the query's ends are of. */
struct asked_kind {
	uint32_t kind;
	size_t	 count;	   /* how many of them; of addresses outside 0 */
	uint32_t only_eni; /* the interface that has all of them, or WORLD_NONE */
};

/* An end of an interface that is a peer of some of the query's kinds only. */
struct own_end {
	uint32_t kind, eni_idx;
};

struct asked {
	const struct kinds *kinds;    /* borrowed */
	bool		   *is_asked; /* beside the kinds' ends: whether it is named */
	struct asked_kind  *items;    /* by kind */
	size_t		    count;
	size_t		    end_count; /* of interfaces; each once */
	struct own_end	   *own;       /* ascending by kind */
	size_t		    own_count, own_capacity;
	size_t		   *own_first; /* where those of a kind begin; one more than kinds */
};

/* Each of the ends has a kind (kinds_find), or is the internet as a whole. */
void asked_find(const struct kinds *kinds, const struct end *ends, size_t count, struct asked *out);
void asked_done(struct asked *asked);

/* How many of the named ends of a kind are not of that interface; WORLD_NONE: of all. */
size_t asked_others(const struct asked *asked, const struct asked_kind *item, uint32_t eni_idx);
