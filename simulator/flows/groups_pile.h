/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that wait to be grouped, sorted by the part of the hash (groups_table.h) that their key is in.
 * To look a row up in a table that no cache holds is to wait for memory at random; to write it behind
 * the others of its part is not, and a part's groups fit into a cache.
 */
#pragma once

#include "simulator/flows/groups_table.h"

struct groups_pile;
struct groups_chunk;

struct groups_pile *groups_pile_new(const struct groups_shape *shape, size_t memory_bytes) MUST_USE;
void		    groups_pile_free(struct groups_pile *pile);

/* Rows of one record each.  Returns how many there was room for. */
size_t groups_pile_add(struct groups_pile *pile, const struct groups_rows *rows);

enum { GROUPS_PILE_ROOM = 512 };

/* Where reading a part is. */
struct groups_pile_at {
	const struct groups_chunk *chunk;
	size_t			   row; /* of the chunk */
	bool			   has_begun;
	uint64_t room[GROUPS_PILE_ROOM]; /* for rows that are kept shorter than they are read */
};

/* The next rows of a part, until the next call; *at is zeroed at first.  No rows: there are no more. */
struct groups_rows groups_pile_part(const struct groups_pile *pile, unsigned part,
				    struct groups_pile_at *at);

void groups_pile_clear(struct groups_pile *pile); /* keeps the memory */
