/* SPDX-License-Identifier: Apache-2.0 */
/* What gets from one party to another, by how many pairs, and between which kinds of their ends. */
#pragma once

#include "simulator/reach/parties.h"

/*
 * Pairs of ends of two parties that fare alike.  The foreign addresses of a party are one end of each family:
 * `set` has what some of them can, `common` what all can.
 */
struct cell_part {
	uint32_t set, common, unknown, unintended, silent; /* as of a cell */
	uint64_t pairs;
	uint32_t src_kind, dst_kind; /* of one of them; WORLD_NONE: the foreign end */
};

/* Zeroed: empty and ready; may be filled again and again. */
struct cell_parts {
	const struct party *src, *dst; /* borrowed: as filled */
	struct cell_part   *items;
	size_t		    count, capacity;
	uint32_t	   *slots; /* part + 1, by hash */
	size_t		    slot_count;
};

/* Of those packets only that the set `asked` has. */
void	    cell_parts_fill(struct cell_parts *parts, struct reach *reach, const struct party *src,
			    const struct party *dst, uint32_t asked);
void	    cell_parts_add(struct cell_parts *parts, const struct cell_part *part);
void	    cell_parts_clear(struct cell_parts *parts);
void	    cell_parts_done(struct cell_parts *parts);
struct cell cell_of_parts(struct reach *reach, const struct cell_parts *parts);

/* A packet between two parties, for which kinds of their ends are wanted. */
struct cell_search {
	uint32_t     key;
	enum verdict verdict;	    /* what becomes of it */
	bool	     is_unintended; /* and the policy does not want it */
};

/* Such kinds, of the source and of the destination, when the parts were filled.  False: there are none. */
bool cell_parts_find(const struct cell_parts *parts, struct reach *reach,
		     const struct cell_search *search, uint32_t kinds[static 2]);

#define auto_cell_parts __attribute__((cleanup(cell_parts_done)))
