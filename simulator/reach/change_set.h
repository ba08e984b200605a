/* SPDX-License-Identifier: Apache-2.0 */
/* Some of the changes of a delta, by their indexes, and how those of one object are picked. */
#pragma once

#include "policies/world/delta.h"

/* A change may be in it more than once until it is sorted. */
struct change_set {
	uint32_t *items;
	size_t	  count, capacity;
};

void change_set_add(struct change_set *set, uint32_t change);
void change_set_sort(struct change_set *set); /* ascending, each once */
void change_set_done(struct change_set *set);

/* Whether a change of an object is one that is looked for. */
typedef bool change_wanted_fn(const void *query, const struct delta_change *change);

struct change_filter {
	const struct delta *delta;
	change_wanted_fn   *wanted;
	const void	   *query; /* what it is given */
};

/* Adds the changes of an object that matter and are wanted; all that matter. */
void change_set_pick(struct change_filter filter, enum world_kind kind, struct str id,
		     struct change_set *out);
void change_set_pick_all(const struct delta *delta, enum world_kind kind, struct str id,
			 struct change_set *out);

/* Also those that can do nothing to a packet: names and tags, which policies speak of. */
void change_set_pick_even_cosmetic(struct change_filter filter, enum world_kind kind, struct str id,
				   struct change_set *out);

/* Adds those that matter of every object of every kind. */
void change_set_scan(struct change_filter filter, struct change_set *out);

/* Those documents of objects of a kind that only one snapshot has. */
void change_set_pick_documents(const struct delta *delta, enum world_kind kind,
			       struct change_set *out);
